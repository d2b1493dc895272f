"""A table with several kinds of records, told apart by a column: leads, their stages, what was said to them, deals."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from handoff.imports import outcomes, stage_events, touches
from handoff.imports.kind import Place, Reading, Result, Row, refused
from handoff.imports.stages import order_of_events
from leads.normalise import quoted

LEAD, STAGE, TOUCH, DEAL = KINDS = ("lead", "stage", "touch", "deal")
FIELDS = {
    "record_type": ("object_type", "row_type", "record_kind", "entity_type", "datensatztyp"),
    "touch_id": ("activity_id",),
    "channel": (),
    "outcome": (),
    "at": (),
    "by": (),
    "touch_note": ("activity_note", "call_note", "call_notes"),
}
"""What such a table has besides the columns of leads and of their deals."""
_CHANNELS = ("call", "email", "meeting", "message", "social")
_KINDS = {
    **dict.fromkeys(("lead", "leads", "contact", "contacts", "person", "prospect"), LEAD),
    **dict.fromkeys(("stage", "stages", "event", "stageevent", "stagechange"), STAGE),
    **dict.fromkeys(("touch", "activity", "task", *_CHANNELS), TOUCH),
    **dict.fromkeys(("deal", "deals", "opportunity", "opportunities", "outcome"), DEAL),
}
Write = Callable[[Sequence[Row], Reading], list[Result]]


def write(rows: Sequence[Row], reading: Reading, write_leads: Write) -> list[Result]:
    """Leads first, so that the others find them, whatever the order of the rows."""
    kinds = {row.number: kind_of(row) for row in rows}
    deals = reading.of_deals(frozenset({*outcomes.ALIASES, *reading.fields}))
    ways: Sequence[tuple[str, Write, Reading]] = (
        (LEAD, write_leads, reading),
        (STAGE, stage_events.write, reading),
        (TOUCH, touches.write, reading),
        (DEAL, outcomes.write, deals),
    )
    results = {row.number: refused(row, _unknown(row)) for row in rows if kinds[row.number] is None}
    for kind, write_kind, how in ways:
        of_kind = [row for row in rows if kinds[row.number] == kind]
        written = write_kind([_as(kind, row) for row in of_kind], how) if of_kind else []
        results |= {result.row.number: result for result in written}
    return [results[row.number] for row in rows]


def kind_of(row: Row) -> str | None:
    """Which kind of record a row is; None for a word that is none."""
    return _KINDS.get("".join(filter(str.isalnum, row.get("record_type").casefold())))


def order(reading: Reading) -> Place | None:
    """All leads, then all stages as they followed each other, touches and deals, however large the table is."""
    if "record_type" not in reading.fields:
        return None
    place_of_event = order_of_events(reading)

    def place(row: Row) -> tuple[Any, ...]:
        kind = kind_of(row)
        if kind is None:
            return (len(KINDS),)
        return (KINDS.index(kind), *(place_of_event(row) if kind == STAGE else ()))

    return place


def _as(kind: str, row: Row) -> Row:
    """The row under the names of its kind; it shares its remarks."""
    cells = dict(row.cells)
    if kind == TOUCH:
        cells["note"] = row.prose("touch_note")
        if row.get("record_type").casefold() in _CHANNELS:
            cells["channel"] = row.get("channel") or row.get("record_type")
    if kind == DEAL:
        cells["name"] = row.get("deal_name") or row.get("name")
        cells["deal_owner"] = row.get("owner")
    return Row(row.number, cells, row.complaint, row.remarks)


def _unknown(row: Row) -> ValidationError:
    words = f"{quoted(row.get('record_type'))} is not a kind of record: use lead, stage, call, email, meeting or deal."
    return ValidationError({"record_type": [words]})
