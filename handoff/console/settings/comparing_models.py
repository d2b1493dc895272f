"""A draft of the scoring model beside the version in force, rule by rule."""

from collections.abc import Collection, Sequence

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from handoff.console.settings.comparing import NEVER, Compared, marked_items
from leads.conditions import in_words, is_hidden
from leads.models import ScoringModel
from leads.score_rules import BehaviourRule, Exclusion, FitRule, Rule

Roles = Collection[str] | None


def compare_models(before: ScoringModel | None, after: ScoringModel, roles: Roles) -> list[Compared]:
    """All that a signature covers."""
    return [_compared(label, _part(before, label, roles), _part(after, label, roles)) for label in _LABELS]


def rules_in_words(rules: Sequence[Rule], roles: Roles = None) -> SafeString:
    return format_html_join("", "<p>{}</p>", ((_sentence(rule, roles),) for rule in rules)) or SafeString(NEVER)


_LABELS = ("Model", "What buyers do", "Facts", "Excluded", "Fit grade", "Review")


def _compared(label: str, old: list[str], new: list[str]) -> Compared:
    return Compared(label, marked_items(old, new, "del"), marked_items(new, old, "ins"), old != new)


def _part(model: ScoringModel | None, label: str, roles: Roles) -> list[str]:
    if model is None:
        return []
    match label:
        case "Model":
            return [model.text]
        case "What buyers do":
            return [_sentence(rule, roles) for rule in model.behaviours]
        case "Facts":
            return [_sentence(rule, roles) for rule in model.fits]
        case "Excluded":
            return [_sentence(rule, roles) for rule in model.excluding]
        case "Fit grade":
            return [f"A from {model.grade_a}, B from {model.grade_b}, C from {model.grade_c}, else D"]
    return [f"Within {model.review_months} months"]


def _sentence(rule: Rule, roles: Roles) -> str:
    if isinstance(rule, BehaviourRule):
        fades = f", halved every {rule.half_life} days" if rule.half_life else ""
        ends = f", {rule.cap} at most" if rule.cap else ""
        kinds = ", ".join(kind.replace("_", " ") for kind in rule.kinds)
        return f"{rule.name}: {rule.points:+d} for each {kinds}{fades}{ends}"
    asked = " and ".join(
        "a restricted condition" if is_hidden(each, roles) else in_words(each) for each in rule.conditions
    )
    points = f" {rule.points:+d} if" if isinstance(rule, FitRule) else ""
    assert isinstance(rule, FitRule | Exclusion)  # noqa: S101 the third kind was dealt with
    return f"{rule.name}:{points} {asked}"
