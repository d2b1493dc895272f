"""Pauses from a file, done by the verb; the same one, by lead, moment and end, is done once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from handoff import workflow
from handoff.imports.kind import REFUSALS, Kind, Reading, Result, Row, refused
from handoff.imports.leads import WHO, find, keys
from handoff.workflow.act import lock
from handoff.workflow.facts.timing import Cause
from leads.merged import family
from leads.models import Lead, Transition, Verb

ALIASES = WHO | {
    "external_id": ("lead_id", "contact_id", "record_id", "who_id", "lead_external_id"),
    "cause": ("reason", "pause_reason", "hold_reason", "pending_reason"),
    "from": ("at", "start", "started_at", "paused_at", "start_date", "on_hold_since"),
    "until": ("to", "end", "ended_at", "resumed_at", "end_date", "on_hold_until"),
    "note": ("notes", "comments", "description"),
}
_LABELS = {cause.label.casefold(): cause for cause in Cause}


@dataclass(frozen=True)
class _Entry:
    """A pause according to a row."""

    row: Row
    lead: Lead
    at: datetime
    facts: dict[str, Any]


def write(rows: Sequence[Row], reading: Reading) -> list[Result]:
    """Those of one lead are done in the order of their moments, whatever that of their rows."""
    read = [_read(row, lead, reading) for row, lead in zip(rows, find(rows, reading), strict=True)]
    entries = sorted((entry for entry in read if isinstance(entry, _Entry)), key=lambda entry: entry.at)
    done = {entry.row.number: _pause(entry, reading) for entry in entries}
    return [entry if isinstance(entry, Result) else done[entry.row.number] for entry in read]


def _read(row: Row, lead: Lead | Exception, reading: Reading) -> _Entry | Result:
    if isinstance(lead, Exception):
        return refused(row, lead)
    try:
        at, until = reading.moment(row, "from"), reading.moment(row, "until", may_lie_ahead=True)
    except ValidationError as error:
        return refused(row, error)
    if at is None:
        return refused(row, ValidationError({"from": ["Give the moment from which its clocks are paused."]}))
    return _Entry(row, lead, at, {"cause": _cause(row.get("cause")), "until": until, "note": row.prose("note")})


def _pause(entry: _Entry, reading: Reading) -> Result:
    try:
        with transaction.atomic():
            lock(entry.lead.pk)
            if _is_recorded(entry):
                return Result(entry.row, "unchanged")
            workflow.pause(entry.lead.pk, by=None, door=reading.door, at=entry.at, **entry.facts)
    except REFUSALS as error:
        return refused(entry.row, error)
    return Result(entry.row, "created")


def _is_recorded(entry: _Entry) -> bool:
    """The same pause is in the history, of the lead or of one that was merged into it."""
    until: datetime | None = entry.facts["until"]
    whose = family(entry.lead.pk)
    same = Transition.objects.filter(lead__in=whose, verb=Verb.PAUSE, at=entry.at).values_list(
        "facts__until", flat=True
    )
    ends = {end and datetime.fromisoformat(end) for end in same}
    return (until and until.replace(microsecond=0)) in ends


def _cause(text: str) -> str:
    """A cause by its code or by its label; the verb judges it."""
    return _LABELS.get(text.casefold()) or re.sub(r"[\s/-]+", "_", text.casefold())


KIND = Kind(ALIASES, ("external_id", "email"), frozenset({"from", "until"}), write, keys)
