"""A condition as it is stored, made into a check."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from leads.conditions.checks import (
    CLOCK_SKEW,
    RELATIVE,
    Among,
    Check,
    DayCompared,
    DayFromToday,
    Given,
    MomentFromNow,
    MoneyCompared,
    Never,
    NumberCompared,
)
from leads.conditions.fields import Field, Kind, canonical
from leads.conditions.windows import Counted, Happened, Window

Condition = Mapping[str, Any]
LISTS, NEGATIVE = ("in", "not_in"), ("is_not", "not_in")


def check_of(field: Field, condition: Condition) -> Check:
    """The check of a condition that is valid, or was when it was written."""
    op, wanted = condition["op"], condition["value"]
    if field.kind == Kind.TOUCHPOINTS:
        return Counted(window_of(condition), condition.get("distinct", "each"), op, wanted)
    if field.kind == Kind.EVENT:
        return Happened(window_of(condition, wanted if op in LISTS else [wanted]), op in NEGATIVE)
    if op == "present":
        return Given(field.kind, wanted)
    if op in RELATIVE:
        return _relative(field, op, wanted)
    if op in ("at_least", "at_most"):
        return _compared(field, op, wanted)
    return _among(field, wanted if op in LISTS else [wanted], is_negative=op in NEGATIVE)


def actual_of(field: Field, values: Mapping[str, Any], at: datetime) -> Any:
    """What a lead has of a field at a moment, as checks compare it."""
    if field.name == "last_touchpoint":
        return values[field.name].latest(at + CLOCK_SKEW)
    return canonical(field.kind, values[field.name])


def window_of(condition: Condition, kinds: Iterable[str] = ()) -> Window:
    return Window(
        tuple(condition.get("kinds", kinds)),
        condition.get("within_days"),
        condition.get("detail", ""),
        condition.get("campaign", ""),
    )


def spelled(field: Field, wanted: Any) -> Any:
    """A wanted value as a lead would keep it: a label is its choice, Germany is DE. Of several choices it is asked for
    one."""
    if field.card is None:
        return wanted
    try:
        cleaned = field.card.clean(wanted)
    except ValidationError:
        return wanted
    return cleaned[0] if isinstance(cleaned, list) else cleaned


def _among(field: Field, wanted: Iterable[Any], *, is_negative: bool) -> Check:
    """Both in its own spelling and as it would be kept: names of campaigns come in any spelling."""
    takes_empty, values = False, []
    for each in wanted:
        cleaned = spelled(field, each)
        takes_empty |= cleaned is None or cleaned == ""
        values += [each, cleaned]
    values = [_as_wanted(field.kind, each) for each in values]
    if takes_empty and field.kind in (Kind.TEXT, Kind.GRADE):
        values.append("")
    return Among(
        field.kind, tuple(dict.fromkeys(each for each in values if each is not None)), takes_empty, is_negative
    )


def _as_wanted(kind: Kind, wanted: Any) -> Any:
    if kind in (Kind.TEXT, Kind.GRADE, Kind.CHOICES):
        return wanted if isinstance(wanted, str) and wanted else None
    return canonical(kind, wanted)


def _compared(field: Field, op: str, wanted: Any) -> Check:
    if field.kind == Kind.GRADE:
        return _graded(field, op, wanted)
    cleaned = canonical(Kind.DATE if field.kind == Kind.MOMENT else field.kind, spelled(field, wanted))
    if cleaned is None:
        return Never()
    match field.kind:
        case Kind.NUMBER:
            return NumberCompared(op, cleaned)
        case Kind.MONEY:
            return MoneyCompared(op, cleaned)
        case Kind.DATE | Kind.MOMENT:
            return DayCompared(field.kind, op, cleaned)
    return Never()


def _graded(field: Field, op: str, wanted: Any) -> Check:
    """Grades are in the order of their list, the best first."""
    grades = [choice.key for choice in field.choices]
    if wanted not in grades:
        return Never()
    place = grades.index(wanted)
    return Among(field.kind, tuple(grades[: place + 1] if op == "at_least" else grades[place:]), takes_empty=False)


def _relative(field: Field, op: str, days: int) -> Check:
    if field.kind == Kind.DATE:
        return DayFromToday(op, days)
    return MomentFromNow(op, days) if field.kind == Kind.MOMENT else Never()
