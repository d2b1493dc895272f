"""Stages of leads with the moments that a file names, read from columns of dates or from rows of events."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from itertools import pairwise

from django.core.exceptions import ValidationError

from handoff.imports.kind import Reading, Row
from handoff.imports.stage_words import COLUMNS, CUSTOMER, DATES, LADDER, stage_of
from leads.models import State
from leads.normalise import quoted

FIELDS: dict[str, tuple[str, ...]] = {**COLUMNS, **DATES}
_OF_COLUMN = {
    "mql_at": State.MQL,
    "sal_at": State.SAL,
    "sql_at": State.SQL,
    "opportunity_at": State.OPPORTUNITY,
}
RANK: Mapping[str, int] = {State.RAW: 0, **{stage: rank for rank, stage in enumerate(LADDER, 1)}, CUSTOMER: 5}


@dataclass(frozen=True)
class Event:
    """A lead came to a stage. Without a moment: it stands there now, and nobody knows since when."""

    stage: str
    at: datetime | None
    row: Row
    name: str
    """Of the column that says it."""


@dataclass
class Stated:
    """All that a row says of the way of its lead."""

    events: list[Event] = field(default_factory=list)
    customer_at: datetime | None = None
    is_customer: bool = False

    @property
    def first(self) -> datetime | None:
        """The earliest moment of it."""
        moments = [event.at for event in self.events if event.at] + ([self.customer_at] if self.customer_at else [])
        return min(moments, default=None)

    def moment_of(self, stage: str) -> datetime | None:
        return next((event.at for event in self.events if event.stage == stage), None)

    @property
    def is_opportunity(self) -> bool:
        return self.is_customer or any(event.stage == State.OPPORTUNITY for event in self.events)


def read_stages(row: Row, reading: Reading) -> Stated:
    """The stages that the columns of a row name. A moment that cannot be read is left out with a remark."""
    dates = dict.fromkeys(DATES) | {name: _moment(row, name, reading) for name in DATES if name in reading.fields}
    stated = Stated(customer_at=dates["customer_at"], is_customer=dates["customer_at"] is not None)
    if converted_at := dates["converted_at"]:
        has_ids = "deal_id" in reading.fields
        name = "opportunity_at" if row.get("deal_id") or not has_ids else "sql_at"
        dates[name] = dates[name] or converted_at
    stated.events = [Event(stage, at, row, name) for name, stage in _OF_COLUMN.items() if (at := dates[name])]
    for name, stage in (("rejected_at", State.REJECTED), ("recycled_at", State.RAW)):
        if name in reading.fields and (at := _moment(row, name, reading)):
            stated.events.append(Event(stage, at, row, name))
    _stand(row, stated)
    stated.events = in_order(stated.events, reading)
    if reading.strict:
        _refuse_disorder(stated.events)
    return stated


def _refuse_disorder(events: Iterable[Event]) -> None:
    ranked = [(RANK[event.stage], event) for event in events if event.stage in LADDER]
    for (before, earlier), (rank, later) in pairwise(ranked):
        if rank < before:
            raise ValidationError({later.name: [f"It is after {earlier.name}, which is a later stage."]})


def _moment(row: Row, name: str, reading: Reading) -> datetime | None:
    moment: datetime | None = reading.side(row, name, lambda: reading.moment(row, name))
    return moment


def _stand(row: Row, stated: Stated) -> None:
    """Where the lead stands now, if the dates do not say it already."""
    named = {name: (text, stage_of(text)) for name in COLUMNS if (text := row.get(name))}
    for name, (text, stage) in named.items():
        if not stage and name != "status":
            row.remark(f"{name}: {quoted(text)} is not mapped to a stage of a lead.")
    ranked = [(RANK[stage], stage, name) for name, (_, stage) in named.items() if stage in RANK]
    rank, stage, name = max(ranked, default=(0, "", ""))
    reached = max((RANK.get(event.stage, 0) for event in stated.events), default=0)
    stated.is_customer |= stage == CUSTOMER
    if rank > reached and stage in LADDER:
        stated.events.append(Event(stage, None, row, name))
    is_dead = any(stage == State.REJECTED for _, stage in named.values())
    if is_dead and rank < RANK[State.OPPORTUNITY] and not stated.moment_of(State.REJECTED) and not stated.is_customer:
        name = next(name for name, (_, stage) in named.items() if stage == State.REJECTED)
        stated.events.append(Event(State.REJECTED, None, row, name))


def in_order(events: Iterable[Event], reading: Reading) -> list[Event]:
    """By their moments, whatever their order in the file; of one moment by stage, and what has none comes last.

    A date without a time of day is not before what happened on that day at an earlier stage.
    """
    given = list(events)
    settled = [event for event in given if event.stage not in LADDER]
    earlier: datetime | None = None
    for event in sorted((event for event in given if event.stage in LADDER), key=lambda event: RANK[event.stage]):
        settled.append(replace(event, at=earlier) if _is_same_day(event.at, earlier, reading) else event)
        earlier = settled[-1].at
    return sorted(settled, key=lambda event: (event.at is None, event.at, RANK.get(event.stage, 9)))


def _is_same_day(at: datetime | None, earlier: datetime | None, reading: Reading) -> bool:
    if at is None or earlier is None or at >= earlier:
        return False
    here, before = at.astimezone(reading.zone), earlier.astimezone(reading.zone)
    return here.time() == time.min and here.date() == before.date()


def order_of_events(reading: Reading) -> Callable[[Row], tuple[date, int, datetime]]:
    """How rows of events are taken: by day, so that a date without a time is not before the hours of an earlier stage.

    A lead that is at a stage cannot come to an earlier one any more, and many exports begin with the newest event.
    """

    def place(row: Row) -> tuple[date, int, datetime]:
        with suppress(ValidationError, OverflowError):
            # The place of a row must not depend on the clock: an import that goes on later would skip others.
            if at := reading.moment(row, "at", may_lie_ahead=True):
                # What is not on the ladder, a rejection or a recycling, comes after what is.
                return at.astimezone(reading.zone).date(), RANK.get(stage_of(row.get("stage")), 0) or 9, at
        return _UNREADABLE

    return place


_UNREADABLE = (date.min, 0, datetime.min.replace(tzinfo=UTC))
"""It comes first: it is refused wherever it stands."""


def event_of(row: Row, reading: Reading) -> Event:
    """The event that a row of stage events is; a ValidationError says what is missing."""
    text = row.get("stage")
    stage = stage_of(text)
    if not stage:
        words = f"{quoted(text)} is not a stage of a lead" if text else "Give the stage"
        raise ValidationError({"stage": [f"{words}: use mql, sal, sql, opportunity, customer, rejected or recycled."]})
    at = reading.moment(row, "at")
    if at is None:
        raise ValidationError({"at": ["Give the moment at which the lead came to this stage."]})
    return Event(stage, at, row, "at")
