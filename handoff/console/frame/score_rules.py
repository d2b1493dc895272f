"""Fields of the rules of a scoring model: a row for each rule, without JSON."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.core.exceptions import ValidationError

from handoff.console.frame.conditions import OPERATORS, ConditionsField
from handoff.console.frame.rows import Row, RowsField, RowsInput
from leads.facts import facts
from leads.score_rules import (
    keyed,
    validate_behaviour_rules,
    validate_exclusions,
    validate_fit_rules,
)

FIT_HELP = "A row without a name is a further condition of the rule above it. Points below 0 are taken off."
BEHAVIOUR_HELP = (
    "Points for each touchpoint. They halve with every half-life, in days; a rule gives its cap at most. "
    "Separate kinds with commas."
)
EXCLUSION_HELP = "A lead that meets one does not fit, whatever its points."


class FitInput(RowsInput):
    columns: ClassVar[Sequence[str]] = ("key", "name", "points", "field", "op", "value")
    template = "handoff/console/settings/fit_rules.html"
    has_points: ClassVar[bool] = True

    def context(self, rows: Sequence[Row]) -> dict[str, Any]:
        labels = {each.name: each.label for each in facts() if each.name != "score"}
        shown = [
            {
                "key": key,
                "name": name,
                "points": points,
                "fields": _options(labels, field),
                "ops": _options(OPERATORS, op),
                "value": value,
            }
            for key, name, points, field, op, value in [*rows, ("", "", "", "", "is", "")]
        ]
        return {"rows": shown, "has_points": self.has_points}


class ExclusionInput(FitInput):
    has_points = False


class BehaviourInput(RowsInput):
    columns: ClassVar[Sequence[str]] = ("key", "name", "kinds", "points", "half_life", "cap")
    template = "handoff/console/settings/behaviour_rules.html"

    def context(self, rows: Sequence[Row]) -> dict[str, Any]:
        return {"rows": [dict(zip(self.columns, row, strict=True)) for row in [*rows, ("",) * len(self.columns)]]}


class FitField(RowsField):
    widget: Any = FitInput
    empty_values = [None, "", [], ()]
    help = FIT_HELP
    validate_rules: ClassVar[Any] = staticmethod(validate_fit_rules)

    def __init__(self, **kwargs: Any) -> None:
        words = {"required": False, "help_text": self.help, "validators": [self.validate_rules], "empty_value": []}
        super().__init__(**words | kwargs)

    def rows_of(self, value: Any) -> list[Row] | None:
        return [row for rule in value or [] for row in self._rows_of_rule(rule)]

    def from_rows(self, rows: Iterable[Row]) -> Any:
        rules: list[dict[str, Any]] = []
        for key, name, points, *asked in rows:
            if not any((name.strip(), points.strip(), asked[0])):
                continue
            conditions = ConditionsField().from_rows([tuple(asked)]) if asked[0] else []
            if name.strip() or not rules:
                rules.append(self._rule(key, name, points, conditions))
            else:
                rules[-1]["conditions"] += conditions
        return keyed(rules, ())

    def to_python(self, value: Any) -> Any:
        rules = super().to_python(value)
        return [] if rules in self.empty_values else rules

    def _rule(self, key: str, name: str, points: str, conditions: list[Any]) -> dict[str, Any]:
        rule = {"key": key, "name": name.strip(), "conditions": conditions}
        return rule | {"points": _whole(name, "points", points)}

    def _rows_of_rule(self, rule: Any) -> list[Row]:
        asked = ConditionsField().rows_of(rule["conditions"]) or []
        first = (rule["key"], rule["name"], str(rule.get("points", "")))
        return [(*(first if at == 0 else ("", "", "")), *row[:3]) for at, row in enumerate(asked)]


class ExclusionField(FitField):
    widget: Any = ExclusionInput
    help = EXCLUSION_HELP
    validate_rules = staticmethod(validate_exclusions)

    def _rule(self, key: str, name: str, points: str, conditions: list[Any]) -> dict[str, Any]:  # noqa: ARG002
        return {"key": key, "name": name.strip(), "conditions": conditions}


class BehaviourField(RowsField):
    widget: Any = BehaviourInput
    empty_values = [None, "", [], ()]

    def __init__(self, **kwargs: Any) -> None:
        words = {
            "required": False,
            "help_text": BEHAVIOUR_HELP,
            "validators": [validate_behaviour_rules],
            "empty_value": [],
        }
        super().__init__(**words | kwargs)

    def rows_of(self, value: Any) -> list[Row] | None:
        return [
            (
                rule["key"],
                rule["name"],
                ", ".join(rule["kinds"]),
                *(str(rule.get(name) or "") for name in ("points", "half_life", "cap")),
            )
            for rule in value or []
        ]

    def from_rows(self, rows: Iterable[Row]) -> Any:
        rules = [
            {
                "key": key,
                "name": name.strip(),
                "kinds": [kind.strip().casefold().replace(" ", "_") for kind in kinds.split(",") if kind.strip()],
                "points": _whole(name, "points", points),
                "half_life": _whole(name, "half-life", half_life, is_needed=False),
                "cap": _whole(name, "cap", cap, is_needed=False),
            }
            for key, name, kinds, points, half_life, cap in rows
            if any(text.strip() for text in (name, kinds, points))
        ]
        return keyed(rules, ())

    def to_python(self, value: Any) -> Any:
        rules = super().to_python(value)
        return [] if rules in self.empty_values else rules


def _whole(name: str, label: str, text: str, *, is_needed: bool = True) -> int | None:
    if not text.strip() and not is_needed:
        return None
    try:
        return int(text.strip().replace("−", "-"))
    except ValueError:
        raise ValidationError(f"“{name or 'A rule without a name'}”: its {label} must be a whole number.") from None


def _options(labels: dict[str, str], chosen: str) -> list[tuple[str, str, bool]]:
    gone = {} if not chosen or chosen in labels else {chosen: chosen}
    return [(name, label, name == chosen) for name, label in (labels | gone).items()]
