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
from handoff.imports.leads import WHO, find
from handoff.imports.money import read_currency, read_money
from handoff.imports.rejections import REJECTION, reject
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
    """How a deal ended, as a row tells of it; empty is what the row does not say."""

    state: DealState
    closed_at: datetime | None
    said: dict[str, Any]

    def differs(self, opportunity: Opportunity) -> dict[str, Any]:
        """What has to change of an opportunity so that it agrees."""
        wanted = {**self.said, "state": self.state}
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
    told = [_read(row, lead, reading) for row, lead in zip(rows, find(rows, reading), strict=True)]
    new = _book_raw([one for one in told if isinstance(one, _Told)], reading) if reading.historical else set()
    ids = [one.lead.pk for one in told if isinstance(one, _Told)]
    booked = {opportunity.lead_id: opportunity for opportunity in Opportunity.objects.filter(lead__in=ids)}
    results = []
    for one in told:
        if isinstance(one, _Told):
            is_new = one.row.number in new
            results.append(Result(one.row, "created", one.warning) if is_new else _write_row(one, booked, reading))
        else:
            results.append(one)
    return results


@dataclass(frozen=True)
class _Told:
    """What a row tells of a lead: how its deal ended, or else that it was rejected."""

    row: Row
    lead: Lead
    deal: _Deal | None

    @property
    def warning(self) -> str:
        return _strange(self.lead, self.deal) if self.deal else ""


def _read(row: Row, lead: Lead | Exception, reading: Reading) -> _Told | Result:
    if isinstance(lead, Exception):
        return refused(row, lead)
    try:
        what = _what(row, reading)
        return _Told(row, lead, None if what == _REJECTED else _deal(row, DealState(what), reading))
    except ValidationError as error:
        return refused(row, error)


def _book_raw(told: Sequence[_Told], reading: Reading) -> set[int]:
    """Book in bulk what the past made of raw leads, by the first row of each; the numbers of the rows booked."""
    first: dict[int, _Told] = {}
    for one in told:
        first.setdefault(one.lead.pk, one)
    raw = [one for one in first.values() if one.deal and one.lead.state == State.RAW and one.lead.cycle == 0]
    with transaction.atomic():
        made = convert_raw(
            [_past(one.row, one.lead, one.deal, reading.zone) for one in raw if one.deal], door=reading.door
        )
        booked = [one for one in raw if one.lead.pk in made]
        for one in booked:
            if one.deal:
                one.deal.close(made[one.lead.pk])
        Opportunity.objects.bulk_update(made.values(), ["state", "closed_at"])
    return {one.row.number for one in booked}


def _write_row(told: _Told, booked: Mapping[int, Opportunity], reading: Reading) -> Result:
    row, lead, deal = told.row, told.lead, told.deal
    try:
        if deal is None:
            return Result(row, reject(row, lead, reading))
        known = booked.get(lead.pk)
        is_booked = known is not None and not deal.differs(known)
        return Result(row, "unchanged" if is_booked else _book(row, lead, deal, reading), told.warning)
    except REFUSALS as error:
        return refused(row, error)


def _what(row: Row, reading: Reading) -> str:
    """Won, lost or rejected: a row says one of them, by its state or by the moment of it."""
    said = {what for what, name in ((_WON, "won_at"), (_LOST, "lost_at"), (_REJECTED, "rejected_at")) if row.get(name)}
    if state := row.get("state"):
        known = _SAID.get("".join(filter(str.isalnum, state.casefold())))
        if known is None and not said:
            raise ValidationError({"state": [f"“{state}” is not a valid outcome: write won, lost or rejected."]})
        said |= {known} if known else set()
    if not said and not reading.fields.isdisjoint(REJECTION):
        said = {_REJECTED}  # a file of rejections; should this one lack its reason, the verb says so
    if len(said) != 1:
        complaint = f"The row says both {' and '.join(sorted(said))}" if said else "The row says no outcome"
        raise ValidationError(f"{complaint}: give one of won_at, lost_at, rejected_at or state.")
    return said.pop()


def _deal(row: Row, state: DealState, reading: Reading) -> _Deal:
    said: dict[str, Any] = {"name": row.get("name")}
    with named("currency"):
        said["currency"] = read_currency(row.get("currency"))
    if row.get("amount"):
        with named("amount"):
            money = read_money(row.get("amount"))
            if money.amount < 0:
                raise ValidationError("The amount must not be below zero.")
        said["amount"], said["currency"] = money.amount, said["currency"] or money.currency
    said["expected_close"] = reading.day(row, "expected_close")
    closed_at = reading.moment(row, "won_at" if state == DealState.WON else "lost_at")
    closed_at = closed_at or reading.moment(row, "closed_at")
    return _Deal(state, closed_at, {name: value for name, value in said.items() if value not in ("", None)})


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
        workflow.convert(lead.pk, by=None, door=reading.door, **_UNSAID | deal.said)
    return Opportunity.objects.get(lead=lead)


def _past(row: Row, lead: Lead, deal: _Deal, zone: tzinfo) -> PastDeal:
    """What is not known of a deal of the past is not demanded; a name it needs, to be found again."""
    known: dict[str, Any] = {"name": lead.name or lead.company or row.identity}
    if deal.closed_at:
        known["expected_close"] = deal.closed_at.astimezone(zone).date()
    return PastDeal(lead.pk, deal.closed_at or timezone.now(), _UNSAID | known | deal.said)


def _strange(lead: Lead, deal: _Deal) -> str:
    if deal.closed_at is None or deal.closed_at >= lead.created_at:
        return ""
    return (
        f"The deal was {deal.state} at {deal.closed_at.isoformat()}, before the first contact with its lead at "
        f"{lead.created_at.isoformat()}: it is kept as it is."
    )


KIND = Kind(
    ALIASES,
    ("external_id", "email"),
    frozenset({"won_at", "lost_at", "closed_at", "expected_close", "rejected_at", "retry_on"}),
    write,
)
