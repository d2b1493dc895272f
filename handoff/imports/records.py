"""Leads with all that one row says of them: facts, owner, the dates of their stages, why they were lost, their deal."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db import transaction

from handoff.imports import attributes, consents, leads, mixed, outcomes
from handoff.imports.deals import DATES as DATES_OF_DEALS
from handoff.imports.kind import Kind, Reading, Result, Row, refused
from handoff.imports.ladder import Climb, Past
from handoff.imports.people import OWNERS, People
from handoff.imports.rejections import REJECTION, Lookups, past_facts
from handoff.imports.rights import WITH_SALES
from handoff.imports.stage_events import win
from handoff.imports.stage_words import CUSTOMER, DATES
from handoff.imports.stages import FIELDS, Event, Stated, read_stages
from handoff.workflow.backfill import lock_many, record
from leads.identity import Upsert
from leads.models import Lead, State, Team, User

_OF_REJECTIONS = ("reason", "other_reason", "rejected_at", "recycled_at")
DEAL = {
    "deal_id": ("converted_opportunity_id", "opportunity_id", "associated_deal_id"),
    "deal_name": ("opportunity_name", "converted_opportunity_name", "associated_deal"),
    "amount": (
        *("opportunity_value", "opportunity_amount", "deal_value", "deal_amount", "sale_value", "conversion_value"),
        *("won_amount", "auftragswert"),
    ),
    "currency": ("deal_currency", "currency_code"),
    "deal_stage": ("opportunity_stage", "deal_status"),
    "won_at": ("closed_won_date", "won_date", "sale_date"),
    "lost_at": ("closed_lost_date", "lost_date"),
    "closed_at": ("conversion_date", "close_date", "closing_date"),
    "expected_close": ("expected_close_date",),
    "lost_reason": ("closed_lost_reason",),
}
"""What a table of leads calls the columns of their deals, narrower than a file of deals does."""
_MAY_REJECT = frozenset({"stage", "lead_status", "status", "rejected_at"})
_IS_A_DEAL = ("deal_id", "deal_name", "deal_stage", "won_at", "lost_at", "closed_at")
_FIELDS = {
    **leads.FIELDS,
    **OWNERS,
    **FIELDS,
    **{name: REJECTION[name] for name in _OF_REJECTIONS},
    **DEAL,
    **mixed.FIELDS,
}
ALIASES = attributes.Aliases(_FIELDS)
_MORE = _FIELDS.keys() - leads.FIELDS.keys() - mixed.FIELDS.keys()


@dataclass
class _Entry:
    """One row, and what it says of the way of its lead."""

    row: Row
    stated: Stated
    has_deal: bool
    owner: User | None
    team: Team | None


def write(rows: Sequence[Row], reading: Reading) -> list[Result]:
    reading = replace(reading, held={})  # one kind of rows changes what the next one is written by
    return mixed.write(rows, reading, write_leads) if "record_type" in reading.fields else write_leads(rows, reading)


def write_leads(rows: Sequence[Row], reading: Reading) -> list[Result]:
    """What a file says of leads alone is written like that; else each lead is made and moved in one transaction."""
    if reading.fields.isdisjoint(_MORE):
        return leads.write(rows, reading)
    people = People.of(rows)
    lookups = Lookups.of(rows if not reading.fields.isdisjoint(_MAY_REJECT) else [], reading)
    entries = [_read(row, people, lookups, reading) for row in rows]
    read = [entry for entry in entries if isinstance(entry, _Entry)]
    with transaction.atomic():
        done = _write(read, lookups, reading)
    return [done[entry.row.number] if isinstance(entry, _Entry) else entry for entry in entries]


def _read(row: Row, people: People, lookups: Lookups, reading: Reading) -> _Entry | Result:
    try:
        stated = read_stages(row, reading)
        owner, team = people.user(row, "owner", reading), people.team(row, "team", reading)
        if any(event.stage == State.REJECTED for event in stated.events):
            past_facts(row, reading, lookups)  # what is wrong with them refuses the row before anything is written
    except ValidationError as error:
        return refused(row, error)
    has_deal = any(row.get(name) for name in _IS_A_DEAL if name in reading.fields) or (
        stated.is_opportunity and bool(row.get("amount"))
    )
    return _Entry(row, stated, has_deal, owner, team)


def _write(entries: Sequence[_Entry], lookups: Lookups, reading: Reading) -> dict[int, Result]:
    rows = _dated([entry.row for entry in entries], entries, reading)
    done = leads.upsert(rows, reading)
    results = {
        entry.row.number: refused(entry.row, each) if isinstance(each, Exception) else leads.result(entry.row, each)
        for entry, each in zip(entries, done, strict=True)
    }
    kept = [(entry, each.lead) for entry, each in zip(entries, done, strict=True) if isinstance(each, Upsert)]
    for number in _move(kept, lookups, reading) | _write_deals([entry for entry, _ in kept if entry.has_deal], reading):
        if results[number].outcome == "unchanged":
            results[number] = replace(results[number], outcome="updated")
    return results


def _dated(rows: Sequence[Row], entries: Sequence[_Entry], reading: Reading) -> list[Row]:
    """A new lead that the file does not date was captured by the first stage that it came to."""
    undated = [entry for entry in entries if entry.stated.first and not entry.row.get("created_at")]
    known = leads.find([entry.row for entry in undated], reading) if undated else []
    captured = {
        entry.row.number: str(entry.stated.first)
        for entry, lead in zip(undated, known, strict=True)
        if not isinstance(lead, Lead)
    }
    return [
        replace(row, cells={**row.cells, "created_at": captured[row.number]}) if row.number in captured else row
        for row in rows
    ]


def _move(entries: Sequence[tuple[_Entry, Lead]], lookups: Lookups, reading: Reading) -> set[int]:
    """Move the leads through the stages that their rows name; the numbers of the rows that changed anything."""
    locked = lock_many({lead.pk for _, lead in entries})
    past = Past.of(locked)
    climbs: dict[int, Climb] = {}
    changed = set()
    for entry, lead in entries:
        climb = climbs.setdefault(lead.pk, Climb(locked[lead.pk], past, lookups, reading))
        before = len(climb.acts)
        _climb(climb, entry)
        changed |= {entry.row.number} if len(climb.acts) > before else set()
    record(
        [(climb.lead, climb.acts) for climb in climbs.values() if climb.acts], door=reading.past, clocks=reading.clocks
    )
    return changed | {climb.won.row.number for climb in climbs.values() if climb.won and win(climb, reading)}


def _climb(climb: Climb, entry: _Entry) -> None:
    climb.owner, climb.team = entry.owner, entry.team
    for event in entry.stated.events:
        if not (entry.has_deal and event.stage == State.OPPORTUNITY):
            climb.go(event)
    if entry.stated.is_customer and not entry.has_deal:
        climb.go(Event(CUSTOMER, entry.stated.customer_at, entry.row, "customer_at"))
    climb.give(entry.row)


def _write_deals(entries: Sequence[_Entry], reading: Reading) -> set[int]:
    """Write the deals of rows as a file of deals would; the numbers of the rows that changed anything."""
    if not entries:
        return set()
    of_deals = frozenset({*DEAL, "name", "opened_at", "deal_owner", "team", *reading.fields} - {"reason", "created_at"})
    results = outcomes.write([_as_deal(entry) for entry in entries], reading.of_deals(of_deals))
    for entry, result in zip(entries, results, strict=True):
        if result.reason and result.outcome == "refused":
            entry.row.remark(f"The lead was kept without its deal: {result.reason}")
        elif result.reason:
            entry.row.remark(result.reason)
    return {result.row.number for result in results if result.outcome in ("created", "updated")}


def _as_deal(entry: _Entry) -> Row:
    """The row of a file of deals that says the same."""
    row, stated = entry.row, entry.stated
    cells: dict[str, str] = {name: row.get(name) for name in (*leads.WHO, *DEAL, "team")}
    cells |= {
        "name": row.get("deal_name"),
        "deal_owner": row.get("owner"),
        "opened_at": str(stated.moment_of(State.OPPORTUNITY) or ""),
    }
    if not (row.get("deal_stage") or row.get("won_at") or row.get("lost_at")):
        if stated.is_customer or (row.get("closed_at") and not stated.is_opportunity):
            cells["won_at"] = str(stated.customer_at or "") or row.get("closed_at")
            cells["deal_stage"] = "won"
        else:
            cells["deal_stage"] = "open"
    return Row(row.number, cells)


def keys(rows: Sequence[Row], reading: Reading) -> list[Collection[object]]:
    """By what rows may be about the same lead, or the same deal."""
    of_leads = leads.keys(rows, reading)
    if "record_type" in reading.fields:
        of_leads = outcomes.with_leads_of_deals(
            rows, of_leads, reading, only=lambda row: mixed.kind_of(row) == mixed.DEAL
        )
    ids = ([("deal", row.get("deal_id"))] if row.get("deal_id") else [] for row in rows)
    return [[*of_lead, *own] for of_lead, own in zip(of_leads, ids, strict=True)]


def locks_itself(reading: Reading) -> bool:
    """Facts alone are written without anything that sales decides."""
    return reading.fields.isdisjoint({*_MORE, "record_type"})


def facts_alone(row: Row, reading: Reading) -> Row | None:
    """The facts of a lead, as marketing may correct them by hand; neither its moves, its owner nor its deal."""
    if "record_type" in reading.fields and mixed.kind_of(row) != mixed.LEAD:
        return None
    if any(row.get(name) for name in _MORE & reading.fields):
        row.remark(WITH_SALES)
    return replace(row, cells={name: cell for name, cell in row.cells.items() if name not in _MORE})


KIND = Kind(
    ALIASES,
    ("external_id", "email", "phone", "mobile_phone"),
    frozenset(
        {
            *("created_at", "updated_at", "rejected_at", "recycled_at", "at"),
            *(*consents.DATES, *DATES, *(DATES_OF_DEALS & DEAL.keys())),
        }
    ),
    write,
    keys,
    mixed.order,
    locks_itself,
    facts_alone,
)
