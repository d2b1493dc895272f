"""What became of leads, from a file: their deals, open, won or lost, and rejections.

A historical deal walks its lead through every stage it has not reached, by the verbs. Any other one is judged as it
would be today: the lead must be an opportunity, or convert into one with all that this demands.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from handoff import workflow
from handoff.imports.deals import DATES, DEAL, Deal, read_deal, to_deal, warning_of
from handoff.imports.kind import REFUSALS, Kind, Outcome, Reading, Result, Row, refused
from handoff.imports.leads import WHO, find
from handoff.imports.leads import keys as keys_of_leads
from handoff.imports.people import OWNERS, People
from handoff.imports.rejections import REJECTION, Lookups, is_bare, is_recorded, past_facts, reject, rejections_of
from handoff.imports.shelf import Shelf, is_first, stored_as
from handoff.imports.standing import REJECTED, STANDING, standing
from handoff.models import Rejection
from handoff.workflow.act import lock, settled_at
from handoff.workflow.backfill import IN_PROCESS, PastAct, lock_many, record, settled_many
from leads.external_ids import spellings
from leads.models import Lead, Opportunity, State, Team, Verb

ALIASES = {
    **WHO,
    "external_id": (
        *("lead_id", "contact_id", "converted_lead_id", "associated_contact_id", "lead_external_id", "record_id"),
    ),
    "email": (*WHO["email"], "associated_contact_email", "contact_email"),
    **DEAL,
    **STANDING,
    **REJECTION,
    "team": OWNERS["team"],
}
_UNSTATED = {"name": "", "amount": None, "currency": "", "expected_close": None}


@dataclass(frozen=True)
class _Entry:
    """What a row says of a lead: how a deal of it stands, or else that it was rejected."""

    row: Row
    lead: Lead
    deal: Deal | None
    warning: str = ""
    lead_status: str = ""
    team: Team | None = None


@dataclass(frozen=True)
class Known:
    """What is stored already that rows may say again: ids of deals, and rejections by their leads."""

    deals: Collection[str]
    rejections: Mapping[int, Sequence[Rejection]]
    lookups: Lookups


def write(rows: Sequence[Row], reading: Reading) -> list[Result]:
    """Write the rows in their order; but first, at once, what a file of the past says first of each lead."""
    people = People.of(rows, users=("deal_owner",))
    entries = [_read(row, lead, people, reading) for row, lead in zip(rows, _find(rows, reading), strict=True)]
    read = [entry for entry in entries if isinstance(entry, _Entry)]
    lookups = Lookups.of([entry.row for entry in read if entry.deal is None], reading)
    done = _write_past(read, lookups, reading) if reading.historical else {}
    left = [entry for entry in read if entry.row.number not in done]
    shelf = Shelf({entry.lead.pk for entry in left}, [entry.deal for entry in left if entry.deal], reading)

    def write_row(entry: _Entry) -> Result:
        if entry.row.number in done:
            return done[entry.row.number]
        if entry.deal is None:
            return _reject(entry, reading, lookups)
        return _write_deal(entry, entry.deal, shelf, reading)

    return [write_row(entry) if isinstance(entry, _Entry) else entry for entry in entries]


def _find(rows: Sequence[Row], reading: Reading) -> list[Lead | Exception]:
    """The lead of each row; where a row names none, the one that has the deal."""
    leads = _by_deal(rows, reading)
    return [leads.get(row.number, lead) for row, lead in zip(rows, find(rows, reading), strict=True)]


def _by_deal(rows: Sequence[Row], reading: Reading) -> dict[int, Lead | Exception]:
    """By row, the leads of those rows that name a deal alone: who has it by what a file of leads said."""
    unnamed = [row for row in rows if row.get("deal_id") and not (row.get("external_id") or row.get("email"))]
    ids = {row.number: spellings(reading.system, row.get("deal_id")) for row in unnamed}
    wanted = {spelled for of_row in ids.values() for spelled in of_row}
    stored = Opportunity.objects.filter(system=reading.system, external_id__in=wanted).select_related("lead")
    by_id = {deal.external_id: deal.lead for deal in stored} if wanted else {}
    return {
        row.number: next((by_id[spelled] for spelled in ids[row.number] if spelled in by_id), _nobody(row))
        for row in unnamed
    }


def _nobody(row: Row) -> Exception:
    complaint = f"No lead is known to have the deal “{row.get('deal_id')}”: give the id or the email of its lead."
    return ValidationError({"deal_id": [complaint]})


def _read(row: Row, lead: Lead | Exception, people: People, reading: Reading) -> _Entry | Result:
    if isinstance(lead, Exception):
        return refused(row, lead)
    try:
        stands = standing(row, reading)
        if stands.outcome == REJECTED:
            return _Entry(row, lead, None, lead_status=stands.lead_status)
        deal = read_deal(row, lead, stands, people, reading)
    except ValidationError as error:
        return refused(row, error)
    return _Entry(row, lead, deal, warning_of(lead, deal), team=people.team(row, "team", reading))


def _write_past(entries: Sequence[_Entry], lookups: Lookups, reading: Reading) -> dict[int, Result]:
    """Write in bulk what the first row of each lead says, where the lead has not come to its end: by row."""
    first: dict[int, _Entry] = {}
    for entry in entries:
        first.setdefault(entry.lead.pk, entry)
    bare = [entry.lead.pk for entry in first.values() if entry.deal is None]
    known = Known(_known_ids(list(first.values()), reading), rejections_of(bare), lookups)
    # Another import may write the same deals now: then they are looked at one by one, which finds them.
    with suppress(IntegrityError), transaction.atomic():
        leads, settled = lock_many(first), settled_many(first)
        walks = {
            entry.row.number: walk
            for pk, entry in first.items()
            if pk in leads and (walk := _walk(entry, leads[pk], settled.get(pk), known, reading))
        }
        done = {entry.row.number: entry for entry in first.values() if entry.row.number in walks}
        record(
            [(leads[entry.lead.pk], walks[number]) for number, entry in done.items()],
            door=reading.door,
            clocks=reading.clocks,
        )
        for number, entry in done.items():
            if deal := walks[number][-1].deal:
                reading.first_row(stored_as(deal), entry.row)
        return {number: Result(entry.row, "created", entry.warning) for number, entry in done.items()}
    return {}


def _walk(
    entry: _Entry,
    lead: Lead,
    settled: datetime | None,
    known: Known,
    reading: Reading,
) -> list[PastAct]:
    """The acts by which a lead comes to what a row says; none where the row has to be looked at by itself."""
    if lead.state not in IN_PROCESS or lead.merged_into_id is not None:
        return []
    since = max(settled or lead.entered_at, lead.entered_at)
    if entry.deal is None:
        return _rejection(entry, lead, since, known, reading)
    deal = entry.deal
    if deal.external_id and (deal.external_id in known.deals or not is_first(deal, entry.row, reading)):
        return []
    return to_deal(lead, deal, since, entry.team)


def _rejection(entry: _Entry, lead: Lead, since: datetime, known: Known, reading: Reading) -> list[PastAct]:
    """Dated when it happened, but never before what was done with the lead by then."""
    row = entry.row
    if is_bare(reading):
        return []
    try:
        at, recycled_at = reading.moment(row, "rejected_at"), reading.moment(row, "recycled_at")
        facts = past_facts(row, reading, known.lookups)
    except ValidationError:
        return []  # it is refused when it is looked at by itself
    if is_recorded(known.rejections[lead.pk], lead, facts["reason"].code, at):
        return []
    if at is None:
        row.remark("Nothing says when the lead was rejected: it is dated now.")
    when = max(at or timezone.now(), since)
    acts = [PastAct(verb=Verb.REJECT, at=when, facts=facts, is_guessed=at is None)]
    return [*acts, PastAct(verb=Verb.RECYCLE, at=max(recycled_at, when))] if recycled_at else acts


def _known_ids(entries: Sequence[_Entry], reading: Reading) -> set[str]:
    """The ids of deals that are stored already."""
    ids = {entry.deal.external_id for entry in entries if entry.deal} - {""}
    stored = Opportunity.objects.filter(system=reading.system, external_id__in=ids)
    return set(stored.values_list("external_id", flat=True)) if ids else set()


def _reject(entry: _Entry, reading: Reading, lookups: Lookups) -> Result:
    try:
        return Result(entry.row, reject(entry.row, entry.lead, reading, lookups))
    except REFUSALS as error:
        refusal = refused(entry.row, error)
        if not entry.lead_status:
            return refusal
        hint = f"“{entry.lead_status}” is the status of a lead, which makes it a rejection."
        return replace(refusal, reason=f"{refusal.reason} {hint} If it is that of a deal: --map HEADER=deal_stage.")


def _write_deal(entry: _Entry, deal: Deal, shelf: Shelf, reading: Reading) -> Result:
    if earlier := shelf.repeats(entry.lead.pk, deal, entry.row, reading):
        return Result(entry.row, "unchanged", f"It is about the same deal as row {earlier}, which counts.")
    try:
        stored = shelf.find(entry.lead.pk, deal, entry.row, reading)
        outcome: Outcome = "unchanged"
        if stored is None or deal.differs(stored):
            outcome = _book(entry, deal, shelf, reading)
            stored = shelf.find(entry.lead.pk, deal, entry.row, reading)
    except REFUSALS as error:
        return refused(entry.row, error)
    except IntegrityError:
        return refused(entry.row, ValidationError("Another import has just written this deal: run the file again."))
    if stored is not None:
        reading.first_row(stored_as(stored), entry.row)
    return Result(entry.row, outcome, entry.warning)


def _book(entry: _Entry, deal: Deal, shelf: Shelf, reading: Reading) -> Outcome:
    with transaction.atomic():
        current = lock(entry.lead.pk)
        shelf.read_again(current.pk, deal)
        stored = shelf.find(current.pk, deal, entry.row, reading)
        if stored is None:
            _open(current, deal, entry.team, reading)
        elif changes := deal.differs(stored):
            _update(current, deal, reading, {"deal": stored.pk, **changes})
        shelf.read_again(current.pk, deal)
    if stored is None:
        return "created"
    return "updated" if changes else "unchanged"


def _open(lead: Lead, deal: Deal, team: Team | None, reading: Reading) -> None:
    """Another deal of an opportunity, or convert the lead; in the past it has gone through every stage before that, at
    moments that never go backwards."""
    if lead.state == State.OPPORTUNITY:
        _update(lead, deal, reading, deal.as_new())
    elif reading.historical and lead.state in IN_PROCESS:
        walk = to_deal(lead, deal, settled_at(lead), team)
        record([(lead, walk)], door=reading.door, clocks=reading.clocks)
    else:
        facts = _UNSTATED | deal.as_new() | {"name": deal.stated.get("name", "")}
        workflow.convert(lead.pk, by=None, door=reading.door, **facts)


def _update(lead: Lead, deal: Deal, reading: Reading, facts: Mapping[str, Any]) -> None:
    """The past is dated when it happened, so that the history of a lead can be read in its order."""
    moments = [deal.stated.get("closed_at"), deal.stated.get("opened_at")] if reading.historical else []
    workflow.update_deal(lead.pk, by=None, door=reading.door, at=next(filter(None, moments), None), **facts)


def keys(rows: Sequence[Row], reading: Reading) -> list[Collection[object]]:
    """Rows about the same lead, or of the same deal."""
    ids = ({("deal", row.get("deal_id"))} - {("deal", "")} for row in rows)
    of_leads = with_leads_of_deals(rows, keys_of_leads(rows, reading), reading)
    return [{*of_lead, *own} for of_lead, own in zip(of_leads, ids, strict=True)]


def with_leads_of_deals(
    rows: Sequence[Row],
    keys_of: Sequence[Collection[object]],
    reading: Reading,
    only: Callable[[Row], bool] = lambda _row: True,
) -> list[Collection[object]]:
    """The keys of rows, with the lead of those that name their deal alone: it is locked as any other is."""
    leads = _by_deal([row for row in rows if only(row)], reading)
    return [
        [("lead", lead.pk)] if isinstance(lead := leads.get(row.number), Lead) else of_row
        for row, of_row in zip(rows, keys_of, strict=True)
    ]


KIND = Kind(
    ALIASES, ("external_id", "email", "deal_id"), DATES | {"rejected_at", "recycled_at", "retry_on"}, write, keys
)
