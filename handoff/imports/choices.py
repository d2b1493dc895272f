"""Fields whose values are one of a few words: what a value of a file may stand for, and which values it has."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from handoff.imports import mixed, stage_words, touchpoints
from handoff.imports.mapping import Columns
from handoff.imports.stage_words import CUSTOMER, LADDER
from handoff.imports.table import Line
from handoff.workflow.facts.timing import Cause
from leads.facts import FactType, facts
from leads.models import Channel, Outcome, Reason, State

LOOKED_AT = 20_000  # rows
MOST_VALUES = 60  # of a column that has choices: a column with more is free text
_STANDING = [("won", "Won"), ("lost", "Lost"), ("rejected", "Rejected"), ("open", "Open, in this stage")]
_YES_OR_NO = [("yes", "Yes"), ("no", "No")]

Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Value:
    """A value of a column, how many rows have it, and what it stands for."""

    text: str
    count: int
    meaning: str
    """One of the choices of its column; empty if it is read as it is written."""


@dataclass(frozen=True)
class ValueColumn:
    """A column whose values are words of a list, at its place in the file."""

    at: int
    header: str
    field: str
    choices: Choices
    values: Sequence[Value]


def choices_of(kind: str, field: str) -> Choices:
    """What values of a field may stand for; empty for a field without a list."""
    if field == "reason" and kind in _WITH_REASONS:
        return list(Reason.objects.filter(retired_at=None).order_by("position").values_list("code", "label"))
    return _CHOICES.get((kind, field)) or (_choices_of_fact(field) if kind == "leads" else ())


def _choices_of_fact(name: str) -> Choices:
    card = next((card for card in facts() if card.name == name), None)
    if card is None:
        return ()
    if card.type == FactType.YES_NO:
        return _YES_OR_NO
    return [(choice.key, choice.label) for choice in card.choices if not choice.is_archived]


_WITH_REASONS = ("outcomes", "leads", "stages")
_STAGES = [
    ("raw", "Raw: not handed to sales"),
    *((stage.value, State(stage).label) for stage in LADDER),
    (CUSTOMER, "Customer: its deal is won"),
    (State.REJECTED.value, State.REJECTED.label),
]
_CHOICES: Mapping[tuple[str, str], Choices] = {
    **{("outcomes", name): _STANDING for name in ("state", "status", "lead_status", "deal_status", "deal_stage")},
    ("outcomes", "is_won"): _YES_OR_NO,
    ("outcomes", "is_closed"): _YES_OR_NO,
    ("touches", "channel"): Channel.choices,
    ("touches", "outcome"): Outcome.choices,
    ("touches", "automatic"): _YES_OR_NO,
    ("pauses", "cause"): Cause.choices,
    ("stages", "stage"): _STAGES,
    **{("leads", name): _STAGES for name in stage_words.COLUMNS},
    ("leads", "deal_stage"): _STANDING,
    ("leads", "channel"): Channel.choices,
    ("leads", "outcome"): Outcome.choices,
    ("leads", "record_type"): [(kind, kind.capitalize()) for kind in (*mixed.KINDS, "call", "email", "meeting")],
    ("touchpoints", "kind"): [(kind, kind.replace("_", " ").capitalize()) for kind in touchpoints.KINDS],
}


def value_columns(kind: str, columns: Columns, lines: Iterable[Line]) -> list[ValueColumn]:
    """The columns with choices, each with its values, the most frequent first."""
    wanted = {
        choice.at: (choice.field, choices)
        for choice in columns.choices
        if choice.field not in columns.constants and (choices := choices_of(kind, choice.field))
    }
    counted: dict[int, Counter[str]] = {at: Counter() for at in wanted}
    for line in islice(lines, LOOKED_AT) if wanted else ():
        for at in wanted:
            if at < len(line.values) and (text := line.values[at].strip()):
                counted[at][text] += 1
    return [
        ValueColumn(at, columns.headers[at], field, choices, _values(at, counted[at], columns, dict(choices)))
        for at, (field, choices) in wanted.items()
        if 0 < len(counted[at]) <= MOST_VALUES
    ]


def _values(at: int, counted: Counter[str], columns: Columns, choices: Collection[str]) -> list[Value]:
    return [Value(text, number, _meaning(at, text, columns, choices)) for text, number in counted.most_common()]


def _meaning(at: int, text: str, columns: Columns, choices: Collection[str]) -> str:
    meanings = (columns.values.get((where, text.casefold())) for where in (at, None))
    meaning = next((meaning for meaning in meanings if meaning is not None), "")
    return meaning if meaning in choices else ""
