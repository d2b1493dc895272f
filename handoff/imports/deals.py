"""A deal as a row gives it, and which deal of its lead that is: by its id, else by name, else by date and amount."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from handoff.imports.kind import Reading, Row, named
from handoff.imports.money import read_currency, read_money
from handoff.imports.people import People
from handoff.imports.standing import Standing
from handoff.workflow.backfill import NEXT, STEPS, PastAct
from handoff.workflow.deals import attribute
from leads.external_ids import normalise_id
from leads.models import DealState, Lead, Opportunity, Team, Verb
from leads.models.opportunity import CENT
from leads.normalise import is_storable

DEAL = {
    "deal_id": ("opportunity_id", "converted_opportunity_id", "potential_id", "hs_deal_id", "deal_record_id"),
    "won_at": ("won_date", "closed_won_date"),
    "lost_at": ("lost_date", "closed_lost_date"),
    "closed_at": ("close_date", "closed_date", "closing_date", "date_closed", "conversion_date", "sale_date"),
    "amount": ("deal_amount", "deal_value", "opportunity_amount", "opportunity_value", "sale_value", "value"),
    "currency": ("currency_iso_code", "currency_code", "deal_currency_code"),
    "name": ("deal_name", "opportunity_name", "potential_name"),
    "expected_close": ("expected_close_date", "expected_closing_date"),
    "lost_reason": ("closed_lost_reason", "loss_reason", "reason_lost", "reason_for_loss"),
    "deal_owner": ("opportunity_owner", "potential_owner", "owner", "owner_name"),
    "opened_at": ("open_date", "opened_date", "date_opened", "deal_created_date", "opportunity_created_date"),
}
DATES = frozenset({"won_at", "lost_at", "closed_at", "expected_close", "opened_at"})
_EXACT = 9
LONGEST, LONGEST_SYSTEM, LARGEST = 200, 40, Decimal(10**12)  # of the columns of a deal


@dataclass(frozen=True)
class Deal:
    """What a row says of a deal; what it leaves out is not in `stated`."""

    system: str
    external_id: str
    state: DealState
    usual_name: str
    stated: Mapping[str, Any]

    def differs(self, deal: Opportunity) -> dict[str, Any]:
        """The facts of a deal that must change so that it agrees."""
        wanted = {**self.stated, "state": self.state.value}
        if self.external_id:
            wanted |= {"system": self.system, "external_id": self.external_id}
        if self.state == DealState.OPEN:
            wanted["closed_at"] = None
        return {name: value for name, value in wanted.items() if getattr(deal, attribute(name)) != value}

    def as_new(self) -> dict[str, Any]:
        """The facts of a deal that is not there yet. A name it needs, to be found again."""
        identity = {"system": self.system, "external_id": self.external_id, "name": self.usual_name}
        return {**identity, **self.stated, "state": self.state.value}

    def choose(self, candidates: Sequence[Opportunity]) -> Opportunity | None:
        """The one among deals without another id that is most likely this one."""
        alike = [(self._likeness(deal), deal) for deal in Opportunity.by_rank(candidates)]
        likeness, best = max(alike, key=lambda pair: pair[0], default=(0, None))
        if likeness:
            return best
        pending = [deal for deal in candidates if deal.state == DealState.OPEN]
        # A deal that was made here has no other name than the one that sales gave it.
        if len(pending) == 1 and ("name" not in self.stated or not pending[0].system):
            return pending[0]
        return None

    def _likeness(self, deal: Opportunity) -> int:
        if not self.differs(deal):
            return _EXACT
        name, date, amount = (self._agrees(deal, fact) for fact in ("name", "closed_at", "amount"))
        if name:
            return 4 if date else 0 if date is False and amount is False else 3
        if name is False and deal.name != self.usual_name:
            return 0
        if date:
            return 0 if amount is False else 2
        has_ended = self.state != DealState.OPEN and deal.state == self.state
        return int(has_ended and date is None and amount is not False)

    def _agrees(self, deal: Opportunity, fact: str) -> bool | None:
        """None where one of the two does not say."""
        stored, stated = getattr(deal, fact), self.stated.get(fact)
        return None if stored in ("", None) or stated in ("", None) else stored == stated


def read_deal(row: Row, lead: Lead, standing: Standing, people: People, reading: Reading) -> Deal:
    """What a row says of a deal, or a ValidationError that names the field."""
    state = DealState(standing.outcome)
    stage = "" if standing.stage.casefold() in DealState.values else standing.stage
    stated: dict[str, Any] = {"name": row.get("name"), "stage": stage, **_money(row)}
    stated["expected_close"] = reading.day(row, "expected_close")
    stated["opened_at"] = reading.moment(row, "opened_at")
    stated["deal_owner"] = people.user(row, "deal_owner", reading)
    if state == DealState.OPEN:  # what an open deal calls its close date is when it is expected to close
        stated["expected_close"] = stated["expected_close"] or reading.day(row, "closed_at")
    else:
        ended_at = reading.moment(row, "won_at" if state == DealState.WON else "lost_at")
        stated["closed_at"] = ended_at or reading.moment(row, "closed_at")
    if state == DealState.LOST:
        stated["lost_reason"] = row.prose("lost_reason") or row.prose("reason")
    given = {name: value for name, value in stated.items() if value not in ("", None)}
    usual_name = lead.name or lead.company or row.identity
    with named("deal_id"):
        external_id = normalise_id(reading.system, row.get("deal_id"))
    deal = Deal(reading.system, external_id, state, usual_name, given)
    _check(deal)
    return deal


def _money(row: Row) -> dict[str, Any]:
    with named("currency"):
        currency = read_currency(row.get("currency"))
    if not row.get("amount"):
        return {"currency": currency}
    with named("amount"):
        money = read_money(row.get("amount"))
        if money.amount < 0:
            raise ValidationError("The amount must not be below zero.")
    return {"amount": money.amount, "currency": currency or money.currency}


def _check(deal: Deal) -> None:
    """Refuse what no column can hold, before anything is written."""
    if not _is_plain(deal):
        unsaved(None, deal).clean_fields(exclude=["lead", "owner"])


def _is_plain(deal: Deal) -> bool:
    """Any column can hold it, at sight: most deals are so, and the thorough check takes longer than all the rest."""
    facts, amount = deal.as_new(), deal.stated.get("amount")
    texts = [str(facts.get(name, "")) for name in ("name", "stage", "external_id", "lost_reason")]
    is_short = all(len(text) <= LONGEST for text in texts[:3]) and len(deal.system) <= LONGEST_SYSTEM
    is_amount = amount is None or (amount < LARGEST and amount == amount.quantize(CENT))
    return bool(texts[0]) and is_short and is_amount and all(map(is_storable, texts))


def unsaved(lead: Lead | None, deal: Deal) -> Opportunity:
    """The deal of a lead as a new record."""
    facts = {attribute(name): value for name, value in deal.as_new().items()}
    return Opportunity(**facts, **({"lead": lead} if lead else {}))


def to_deal(lead: Lead, deal: Deal, since: datetime, team: Team | None = None) -> list[PastAct]:
    """The acts by which a lead came to its first deal: through every stage before it, at moments that never go
    backwards. Of the conversion alone may be known when it was; who had the deal had the lead."""
    opened_at = deal.stated.get("opened_at")
    at = max(opened_at or deal.stated.get("closed_at") or timezone.now(), since)
    owner = {} if lead.owner_id else {"owner": deal.stated.get("deal_owner"), "team": team}
    left = STEPS[STEPS.index(NEXT[lead.state]) :]
    acts = [
        PastAct(verb=verb, at=at, facts=owner if verb == Verb.PROMOTE else {}, is_guessed=True) for verb in left[:-1]
    ]
    return [*acts, PastAct(verb=Verb.CONVERT, at=at, deal=unsaved(lead, deal), is_guessed=opened_at is None)]


def warning_of(lead: Lead, deal: Deal) -> str:
    """What is strange about a deal that is kept all the same."""
    closed_at = deal.stated.get("closed_at")
    warnings = []
    if deal.state != DealState.OPEN and closed_at is None:
        warnings.append(f"Nothing says when the deal was {deal.state}: it is kept without a date.")
    elif closed_at and closed_at < lead.created_at:
        warnings.append(
            f"The deal was {deal.state} at {closed_at.isoformat()}, before the first contact with its lead at "
            f"{lead.created_at.isoformat()}: it stays as it is."
        )
    return " ".join(warnings)
