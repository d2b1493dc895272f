"""What became of leads, from a file: their deals, open, won or lost, and rejections.

A historical deal walks its lead through every stage it has not reached, by the verbs. Any other one is judged as it
would be today: the lead must be an opportunity, or convert into one with all that this demands.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from handoff import workflow
from handoff.imports.deals import DATES, DEAL, Deal, owners_of, read_deal, warning_of
from handoff.imports.kind import REFUSALS, Kind, Outcome, Reading, Result, Row, refused
from handoff.imports.leads import WHO, find
from handoff.imports.leads import keys as keys_of_leads
from handoff.imports.rejections import REJECTION, Lookups, reject
from handoff.imports.shelf import Shelf, is_first, stored_as
from handoff.imports.standing import REJECTED, STANDING, standing
from handoff.workflow.act import lock, settled_at
from handoff.workflow.backfill import PastDeal, convert_raw
from leads.models import Lead, Opportunity, State, User

ALIASES = {
    **WHO,
    "external_id": (
        *("lead_id", "contact_id", "converted_lead_id", "associated_contact_id", "lead_external_id", "record_id"),
    ),
    "email": (*WHO["email"], "associated_contact_email", "contact_email"),
    **DEAL,
    **STANDING,
    **REJECTION,
}
_UNSTATED = {"name": "", "amount": None, "currency": "", "expected_close": None}
_REMAINING: dict[str, tuple[Callable[..., Any], ...]] = {
    State.RAW: (workflow.promote, workflow.accept, workflow.qualify),
    State.MQL: (workflow.accept, workflow.qualify),
    State.SAL: (workflow.qualify,),
}


@dataclass(frozen=True)
class _Entry:
    """What a row says of a lead: how a deal of it stands, or else that it was rejected."""

    row: Row
    lead: Lead
    deal: Deal | None
    warning: str = ""
    lead_status: str = ""


def write(rows: Sequence[Row], reading: Reading) -> list[Result]:
    """Write the rows in their order; but first, at once, what a file of the past says of leads that are still raw."""
    owners = owners_of(rows)
    entries = [_read(row, lead, owners, reading) for row, lead in zip(rows, find(rows, reading), strict=True)]
    read = [entry for entry in entries if isinstance(entry, _Entry)]
    new = _book_raw(read, reading) if reading.historical else set()
    shelf = Shelf({entry.lead.pk for entry in read}, [entry.deal for entry in read if entry.deal], reading)
    lookups = Lookups.of([entry.row for entry in read if entry.deal is None], reading)

    def write_row(entry: _Entry) -> Result:
        if entry.row.number in new:
            return Result(entry.row, "created", entry.warning)
        if entry.deal is None:
            return _reject(entry, reading, lookups)
        return _write_deal(entry, entry.deal, shelf, reading)

    return [write_row(entry) if isinstance(entry, _Entry) else entry for entry in entries]


def _read(row: Row, lead: Lead | Exception, owners: Mapping[str, User], reading: Reading) -> _Entry | Result:
    if isinstance(lead, Exception):
        return refused(row, lead)
    try:
        stands = standing(row, reading)
        if stands.outcome == REJECTED:
            return _Entry(row, lead, None, lead_status=stands.lead_status)
        deal = read_deal(row, lead, stands, owners, reading)
    except ValidationError as error:
        return refused(row, error)
    return _Entry(row, lead, deal, warning_of(row, lead, deal, owners))


def _book_raw(entries: Sequence[_Entry], reading: Reading) -> set[int]:
    """Book in bulk what the past made of raw leads, by the first row of each; the numbers of the rows booked."""
    first: dict[int, _Entry] = {}
    for entry in entries:
        first.setdefault(entry.lead.pk, entry)
    raw = [entry for entry in first.values() if entry.deal and entry.lead.state == State.RAW and entry.lead.cycle == 0]
    fresh = _without_known_ids(raw, reading)
    # Another import may write the same deals now: then they are looked at one by one, which finds them.
    with suppress(IntegrityError), transaction.atomic():
        made = convert_raw([_past(entry.lead, entry.deal) for entry in fresh if entry.deal], door=reading.door)
        booked = [entry for entry in fresh if entry.lead.pk in made]
        for entry in booked:
            reading.first_row(stored_as(made[entry.lead.pk]), entry.row)
        return {entry.row.number for entry in booked}
    return set()


def _without_known_ids(entries: Sequence[_Entry], reading: Reading) -> list[_Entry]:
    """Those whose deal another row has not been about, nor another lead."""
    ids = {entry.deal.external_id for entry in entries if entry.deal} - {""}
    stored = Opportunity.objects.filter(system=reading.system, external_id__in=ids)
    known = set(stored.values_list("external_id", flat=True)) if ids else set()
    return [
        entry
        for entry in entries
        if entry.deal
        and entry.deal.external_id not in known
        and (not entry.deal.external_id or is_first(entry.deal, entry.row, reading))
    ]


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
            _open(current, deal, reading)
        elif changes := deal.differs(stored):
            _update(current, deal, reading, {"deal": stored.pk, **changes})
        shelf.read_again(current.pk, deal)
    if stored is None:
        return "created"
    return "updated" if changes else "unchanged"


def _open(lead: Lead, deal: Deal, reading: Reading) -> None:
    """Another deal of an opportunity, or convert the lead; in the past it has gone through every stage before that, at
    moments that never go backwards."""
    if lead.state == State.OPPORTUNITY:
        _update(lead, deal, reading, deal.as_new())
    elif reading.historical:
        past = _past(lead, deal)
        at = max(past.at, settled_at(lead))
        for verb in _REMAINING.get(lead.state, ()):
            verb(lead.pk, by=None, door=reading.door, at=at)
        workflow.convert(lead.pk, by=None, door=reading.door, at=at, **past.facts, **past.details)
    else:
        facts = _UNSTATED | deal.as_new() | {"name": deal.stated.get("name", "")}
        workflow.convert(lead.pk, by=None, door=reading.door, **facts)


def _update(lead: Lead, deal: Deal, reading: Reading, facts: Mapping[str, Any]) -> None:
    """The past is dated when it happened, so that the history of a lead can be read in its order."""
    moments = [deal.stated.get("closed_at"), deal.stated.get("opened_at")] if reading.historical else []
    workflow.update_deal(lead.pk, by=None, door=reading.door, at=next(filter(None, moments), None), **facts)


def _past(lead: Lead, deal: Deal) -> PastDeal:
    """What is not known of a deal of the past is not demanded. Its lead is dated now if the file knows no moment."""
    facts = _UNSTATED | deal.as_new()
    at = deal.stated.get("opened_at") or deal.stated.get("closed_at") or timezone.now()
    asked = {name: facts.pop(name) for name in _UNSTATED}
    return PastDeal(lead.pk, at, asked, facts)


def keys(rows: Sequence[Row], reading: Reading) -> list[Collection[object]]:
    """Rows about the same lead, or of the same deal."""
    ids = ({("deal", row.get("deal_id"))} - {("deal", "")} for row in rows)
    return [{*of_lead, *own} for of_lead, own in zip(keys_of_leads(rows, reading), ids, strict=True)]


KIND = Kind(ALIASES, ("external_id", "email"), DATES | {"rejected_at", "retry_on"}, write, keys)
