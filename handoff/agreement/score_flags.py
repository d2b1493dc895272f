"""Parts of scores that someone in sales calls not indicative: a queue that both sides answer."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone

from handoff.models import FlagDecision, ScoreFlag
from handoff.refusals import FactsRefused, NotAllowed, WrongState
from leads.models import SALES, Lead, Role, User
from leads.scoring import Part, PartKind, parts_of

ANSWERING = (Role.MARKETING_LEAD, Role.SALES_MANAGER)


@dataclass(frozen=True)
class RuleCount:
    """What is said of one rule, whatever its version."""

    rule: str
    name: str
    open: int
    kept: int
    changed: int


def may_flag(user: User) -> bool:
    return user.has_role(*SALES)


@transaction.atomic
def flag(lead: Lead, *, rule: str, touchpoint: int | None, by: User, reason: str) -> ScoreFlag:
    """Say that a part of a lead's score is not indicative, and why. While it is open, it is said once."""
    if not may_flag(by) or not Lead.objects.visible_to(by).filter(pk=lead.pk).exists():
        raise NotAllowed("Only sales can flag a part of a score, of the leads that they see.")
    if not reason.strip():
        raise FactsRefused("Say why it is not indicative.", {"reason": ["Say why it is not indicative."]})
    part = part_of(lead, rule, touchpoint)
    assert lead.scored_by_id is not None  # noqa: S101 it has parts
    try:
        with transaction.atomic():
            return ScoreFlag.objects.create(
                lead=lead,
                model_id=lead.scored_by_id,
                rule=part.rule,
                name=part.name,
                points=part.points,
                evidence=part.evidence,
                part_at=part.at,
                touchpoint_id=part.touchpoint,
                reason=reason.strip(),
                by=by,
            )
    except IntegrityError as error:
        if "score_flag_open_once" not in str(error):
            raise
        raise WrongState("This part is flagged already, and waits for an answer.") from error


def part_of(lead: Lead, rule: str, touchpoint: int | None) -> Part:
    """One part of a score; FactsRefused where it is not there any more."""
    for part in parts_of([lead]).get(lead.pk, ()):
        if (part.rule, part.touchpoint) == (rule, touchpoint) and part.kind != PartKind.EXCLUSION:
            return part
    raise FactsRefused("This is no longer a part of the score: open the lead again.")


@transaction.atomic
def answer(flag_id: int, *, by: User, decision: str, note: str) -> ScoreFlag:
    """Answer a flag: the rule is kept, or it is changed. Once."""
    if not by.has_role(*ANSWERING):
        raise NotAllowed("Only a marketing lead or a sales manager can answer a flag.")
    if decision not in FlagDecision.values:
        raise FactsRefused("Choose whether the rule is kept or changed.")
    if not note.strip():
        raise FactsRefused("Say why.", {"note": ["Say why."]})
    flagged = ScoreFlag.objects.select_for_update(no_key=True).get(pk=flag_id)
    if flagged.decision:
        raise WrongState(f"{flagged.decided_by} has answered it already: {flagged.get_decision_display().lower()}.")
    flagged.decision, flagged.note, flagged.decided_by, flagged.decided_at = decision, note.strip(), by, timezone.now()
    flagged.save(update_fields=["decision", "note", "decided_by", "decided_at"])
    return flagged


def counts() -> list[RuleCount]:
    """By rule, the most often flagged first."""
    of_decision = {each: Count("pk", filter=Q(decision=each)) for each in ("", *FlagDecision.values)}
    rows = (
        ScoreFlag.objects.order_by()
        .values("rule")
        .annotate(
            open=of_decision[""],
            kept_flags=of_decision[FlagDecision.KEPT],
            changed_flags=of_decision[FlagDecision.CHANGED],
        )
    )
    names = dict(ScoreFlag.objects.order_by("rule", "pk").values_list("rule", "name"))
    named = [
        RuleCount(row["rule"], names[row["rule"]], row["open"], row["kept_flags"], row["changed_flags"]) for row in rows
    ]
    return sorted(named, key=lambda each: (-each.open, -(each.kept + each.changed), each.rule))
