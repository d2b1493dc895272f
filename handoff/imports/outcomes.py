"""What became of leads, from a file: deals won and lost, and rejections.

A historical deal walks its lead through every stage it has not reached, by the verbs. Any other one is judged as it
would be today: the lead must be an opportunity, or convert into one with all that this demands.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from handoff import workflow
from handoff.imports.kind import REFUSALS, Kind, Outcome, Reading, Result, Row, named, refused
from handoff.imports.leads import WHO, find, keys
from handoff.imports.money import read_currency, read_money
from handoff.imports.rejections import REJECTION, Lookups, reject
from handoff.workflow.act import lock, settled_at
from handoff.workflow.backfill import PastDeal, convert_raw
from leads.models import DealState, Lead, Opportunity, State

ALIASES = {
    **WHO,
    "external_id": ("lead_id", "contact_id", "record_id", "lead_external_id", "converted_lead_id"),
    "won_at": ("won_date", "closed_won_date"),
    "lost_at": ("lost_date", "closed_lost_date"),
    "closed_at": ("close_date", "closed_date"),
    "state": ("outcome", "stage", "stage_name", "deal_stage", "lead_status", "status"),
    "amount": ("deal_amount", "deal_value", "value"),
    "currency": ("currency_iso_code", "currency_code", "deal_currency_code"),
    "name": ("deal_name", "opportunity_name"),
    "expected_close": ("expected_close_date",),
    **REJECTION,
}
_UNSAID = {"name": "", "amount": None, "currency": "", "expected_close": None}
_WON, _LOST, _REJECTED = "won", "lost", "rejected"
_SAID = {
    **dict.fromkeys(("won", "closedwon"), _WON),
    **dict.fromkeys(("lost", "closedlost"), _LOST),
    **dict.fromkeys(("rejected", "disqualified", "unqualified", "closednotconverted"), _REJECTED),
}
_REMAINING: dict[str, tuple[Callable[..., Any], ...]] = {
    State.RAW: (workflow.promote, workflow.accept, workflow.qualify),
    State.MQL: (workflow.accept, workflow.qualify),
    State.SAL: (workflow.qualify,),
}


@dataclass(frozen=True)
class _Deal:
    """How a deal ended according to a row; empty is what the row leaves out."""

    state: DealState
    closed_at: datetime | None
    stated: dict[str, Any]

    def differs(self, opportunity: Opportunity) -> dict[str, Any]:
        """What has to change of an opportunity so that it agrees."""
        wanted = {**self.stated, "state": self.state}
        if self.closed_at or opportunity.closed_at is None:
            wanted["closed_at"] = self.closed_at or timezone.now()
        return {name: value for name, value in wanted.items() if getattr(opportunity, name) != value}

    def close(self, opportunity: Opportunity) -> dict[str, Any]:
        """Make it agree, unsaved, and return what changed."""
        changes = self.differs(opportunity)
        for name, value in changes.items():
            setattr(opportunity, name, value)
        return changes


def write(rows: Sequence[Row], reading: Reading) -> list[Result]:
    """Write the rows in their order; but first, at once, what a file of the past says of leads that are still raw."""
    entries = [_read(row, lead, reading) for row, lead in zip(rows, find(rows, reading), strict=True)]
    read = [entry for entry in entries if isinstance(entry, _Entry)]
    new = _book_raw(read, reading) if reading.historical else set()
    booked = {deal.lead_id: deal for deal in Opportunity.objects.filter(lead__in=[entry.lead.pk for entry in read])}
    lookups = Lookups.of([entry.row for entry in read if entry.deal is None], reading)

    def write_row(entry: _Entry) -> Result:
        if entry.row.number in new:
            return Result(entry.row, "created", entry.warning)
        if entry.deal is None:
            return _reject(entry, reading, lookups)
        return _write_deal(entry, entry.deal, booked, reading)

    return [write_row(entry) if isinstance(entry, _Entry) else entry for entry in entries]


@dataclass(frozen=True)
class _Entry:
    """What a row says of a lead: how its deal ended, or else that it was rejected."""

    row: Row
    lead: Lead
    deal: _Deal | None

    @property
    def warning(self) -> str:
        return _strange(self.lead, self.deal) if self.deal else ""


def _read(row: Row, lead: Lead | Exception, reading: Reading) -> _Entry | Result:
    if isinstance(lead, Exception):
        return refused(row, lead)
    try:
        outcome = _outcome_of(row, reading)
        return _Entry(row, lead, None if outcome == _REJECTED else _deal(row, DealState(outcome), reading))
    except ValidationError as error:
        return refused(row, error)


def _book_raw(entries: Sequence[_Entry], reading: Reading) -> set[int]:
    """Book in bulk what the past made of raw leads, by the first row of each; the numbers of the rows booked."""
    first: dict[int, _Entry] = {}
    for entry in entries:
        first.setdefault(entry.lead.pk, entry)
    raw = [entry for entry in first.values() if entry.deal and entry.lead.state == State.RAW and entry.lead.cycle == 0]
    with transaction.atomic():
        made = convert_raw(
            [_past(entry.row, entry.lead, entry.deal, reading.zone) for entry in raw if entry.deal], door=reading.door
        )
        booked = [entry for entry in raw if entry.lead.pk in made]
        for entry in booked:
            if entry.deal:
                entry.deal.close(made[entry.lead.pk])
        Opportunity.objects.bulk_update(made.values(), ["state", "closed_at"])
    return {entry.row.number for entry in booked}


def _reject(entry: _Entry, reading: Reading, lookups: Lookups) -> Result:
    try:
        return Result(entry.row, reject(entry.row, entry.lead, reading, lookups))
    except REFUSALS as error:
        return refused(entry.row, error)


def _write_deal(entry: _Entry, deal: _Deal, booked: Mapping[int, Opportunity], reading: Reading) -> Result:
    opportunity = booked.get(entry.lead.pk)
    try:
        if opportunity is not None and not deal.differs(opportunity):
            return Result(entry.row, "unchanged", entry.warning)
        return Result(entry.row, _book(entry.row, entry.lead, deal, reading), entry.warning)
    except REFUSALS as error:
        return refused(entry.row, error)


def _outcome_of(row: Row, reading: Reading) -> str:
    """Won, lost or rejected: a row says one of them, by its state or by the moment of it."""
    stated = {
        outcome for outcome, name in ((_WON, "won_at"), (_LOST, "lost_at"), (_REJECTED, "rejected_at")) if row.get(name)
    }
    if state := row.get("state"):
        spelled = _SAID.get("".join(filter(str.isalnum, state.casefold())))
        if spelled is None and not stated:
            raise ValidationError({"state": [f"“{state}” is not a valid outcome: write won, lost or rejected."]})
        stated |= {spelled} if spelled else set()
    if not stated and not reading.fields.isdisjoint(REJECTION):
        stated = {_REJECTED}  # a file of rejections; should this one lack its reason, the verb says so
    if len(stated) != 1:
        complaint = f"The row says both {' and '.join(sorted(stated))}" if stated else "The row says no outcome"
        raise ValidationError(f"{complaint}: give one of won_at, lost_at, rejected_at or state.")
    return stated.pop()


def _deal(row: Row, state: DealState, reading: Reading) -> _Deal:
    stated: dict[str, Any] = {"name": row.get("name")}
    with named("currency"):
        stated["currency"] = read_currency(row.get("currency"))
    if row.get("amount"):
        with named("amount"):
            money = read_money(row.get("amount"))
            if money.amount < 0:
                raise ValidationError("The amount must not be below zero.")
        stated["amount"], stated["currency"] = money.amount, stated["currency"] or money.currency
    stated["expected_close"] = reading.day(row, "expected_close")
    closed_at = reading.moment(row, "won_at" if state == DealState.WON else "lost_at")
    closed_at = closed_at or reading.moment(row, "closed_at")
    return _Deal(state, closed_at, {name: value for name, value in stated.items() if value not in ("", None)})


def _book(row: Row, lead: Lead, deal: _Deal, reading: Reading) -> Outcome:
    with transaction.atomic():
        current = lock(lead.pk)
        opportunity = Opportunity.objects.filter(lead=current).first()
        is_new = opportunity is None
        if opportunity is None:
            opportunity = _open(row, current, deal, reading)
        changes = deal.close(opportunity)
        opportunity.clean_fields()
        opportunity.save(update_fields=changes)
    return "created" if is_new else "updated" if changes else "unchanged"


def _open(row: Row, lead: Lead, deal: _Deal, reading: Reading) -> Opportunity:
    """Convert the lead; in the past it has gone through every stage before that, at moments that never go backwards."""
    if reading.historical:
        past = _past(row, lead, deal, reading.zone)
        at = max(past.at, settled_at(lead))
        for verb in _REMAINING.get(lead.state, ()):
            verb(lead.pk, by=None, door=reading.door, at=at)
        workflow.convert(lead.pk, by=None, door=reading.door, at=at, **past.facts)
    else:
        workflow.convert(lead.pk, by=None, door=reading.door, **_UNSAID | deal.stated)
    return Opportunity.objects.get(lead=lead)


def _past(row: Row, lead: Lead, deal: _Deal, zone: tzinfo) -> PastDeal:
    """What is not known of a deal of the past is not demanded; a name it needs, to be found again."""
    usual: dict[str, Any] = {"name": lead.name or lead.company or row.identity}
    if deal.closed_at:
        usual["expected_close"] = deal.closed_at.astimezone(zone).date()
    return PastDeal(lead.pk, deal.closed_at or timezone.now(), _UNSAID | usual | deal.stated)


def _strange(lead: Lead, deal: _Deal) -> str:
    if deal.closed_at is None or deal.closed_at >= lead.created_at:
        return ""
    return (
        f"The deal was {deal.state} at {deal.closed_at.isoformat()}, before the first contact with its lead at "
        f"{lead.created_at.isoformat()}: it stays as it is."
    )


KIND = Kind(
    ALIASES,
    ("external_id", "email"),
    frozenset({"won_at", "lost_at", "closed_at", "expected_close", "rejected_at", "retry_on"}),
    write,
    keys,
)
