"""Events of stages from a file, one a row: a lead became MQL, SAL, SQL, an opportunity or a customer, or was lost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from handoff import workflow
from handoff.imports.kind import REFUSALS, Kind, Reading, Result, Row, reason_of, refused
from handoff.imports.ladder import Climb, Past
from handoff.imports.leads import WHO, find, keys, locked
from handoff.imports.people import OWNERS, People
from handoff.imports.rejections import REJECTION, Lookups
from handoff.imports.stages import Event, event_of, in_order, order_of_events
from handoff.workflow.backfill import record
from leads.models import DealState, Team, User

ALIASES = {
    **WHO,
    "external_id": ("lead_id", "contact_id", "record_id", "who_id", "lead_external_id"),
    "stage": (
        *("event", "event_type", "event_name", "to_stage", "new_stage", "new_value", "lifecycle_stage", "status"),
        *("lead_status", "state", "phase", "to", "type"),
    ),
    "at": (
        *("date", "event_date", "event_at", "event_time", "timestamp", "changed_at", "change_date", "stage_date"),
        *("entered_at", "occurred_at", "created_at", "created_date", "edit_date", "datum", "zeitpunkt"),
    ),
    **OWNERS,
    **{name: names for name, names in REJECTION.items() if name != "rejected_at"},
}


class _Given(NamedTuple):
    """What a row says."""

    event: Event
    owner: User | None
    team: Team | None


def write(rows: Sequence[Row], reading: Reading) -> list[Result]:
    """Those of one lead are taken in the order of their moments, whatever that of their rows."""
    results: dict[int, Result] = {}
    given: defaultdict[int, list[_Given]] = defaultdict(list)
    people = People.of(rows)
    for row, lead in zip(rows, find(rows, reading), strict=True):
        if isinstance(lead, Exception):
            results[row.number] = refused(row, lead)
            continue
        try:
            owner, team = people.user(row, "owner", reading), people.team(row, "team", reading)
            statement = _Given(event_of(row, reading), owner, team)
        except ValidationError as error:
            results[row.number] = refused(row, error)
        else:
            given[lead.pk].append(statement)
    results |= _write(given, Lookups.of(rows, reading), reading)
    return [results[row.number] for row in rows]


@transaction.atomic
def _write(given: Mapping[int, Sequence[_Given]], lookups: Lookups, reading: Reading) -> dict[int, Result]:
    leads, past = locked(given, reading), Past.of(given)
    results: dict[int, Result] = {}
    climbs = []
    for pk, lead in leads.items():
        climb = Climb(lead, past, lookups, reading)
        climb.owner = next((each.owner for each in given[pk] if each.owner), None)
        climb.team = next((each.team for each in given[pk] if each.team), None)
        ordered = in_order((each.event for each in given[pk]), reading)
        for event in ordered:
            results[event.row.number] = _climb(climb, event, reading)
        climb.give(ordered[0].row)
        climbs.append(climb)
    record([(climb.lead, climb.acts) for climb in climbs if climb.acts], door=reading.past, clocks=reading.clocks)
    for climb in climbs:
        if climb.won and win(climb, reading):
            results[climb.won.row.number] = Result(climb.won.row, "created")
    return results


def _climb(climb: Climb, event: Event, reading: Reading) -> Result:
    before, remarks = len(climb.acts), len(event.row.remarks)
    try:
        climb.go(event)
    except ValidationError as error:
        return refused(event.row, error)
    if len(climb.acts) > before:
        return Result(event.row, "created")
    if reading.strict and len(event.row.remarks) > remarks:
        return Result(event.row, "refused", " ".join(event.row.remarks))
    return Result(event.row, "unchanged")


def win(climb: Climb, reading: Reading) -> bool:
    """Let the one open deal of an opportunity be won when its stages say so; whether that was news."""
    event = climb.won
    deals = list(climb.lead.deals.all()) if event else []
    if event is None or any(deal.state == DealState.WON for deal in deals):
        return False
    open_ones = [deal for deal in deals if deal.state == DealState.OPEN]
    if len(open_ones) != 1:
        event.row.remark(f"{event.name}: The lead has {len(open_ones)} open deals: a file of deals says which was won.")
        return False
    facts: dict[str, Any] = {"deal": open_ones[0].pk, "state": DealState.WON.value, "closed_at": event.at}
    try:
        workflow.update_deal(climb.lead.pk, by=None, door=reading.past, at=event.at, **facts)
    except REFUSALS as error:
        event.row.remark(f"{event.name}: {reason_of(error)}")
        return False
    return True


KIND = Kind(ALIASES, ("external_id", "email"), frozenset({"at", "retry_on"}), write, keys, order_of_events)
