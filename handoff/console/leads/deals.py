"""The deals of one lead on its page, the main one first, and what a dialog about one begins with."""

from typing import Any

from django.utils import timezone

from handoff.console.frame.words import badge, moment
from handoff.console.leads.verbs import button
from handoff.workflow import rights
from leads.models import DealState, Lead, Opportunity, User, Verb

TONES = {DealState.OPEN: "info", DealState.WON: "success", DealState.LOST: "danger"}


def deals_of(lead: Lead, user: User, back: str) -> list[dict[str, Any]]:
    """One query, however many there are."""
    verb = Verb.UPDATE_DEAL
    may = rights.applies(verb, lead, timezone.now()) and rights.may(user, verb, lead)
    rows = Opportunity.by_rank(lead.deals.select_related("owner"))
    return [
        _row(deal) | {"button": button(verb, lead, back, "Update", deal=str(deal.pk)) if may else ""} for deal in rows
    ]


def _row(deal: Opportunity) -> dict[str, Any]:
    state = DealState(deal.state)
    return {
        "name": deal.name,
        "external_id": f"{deal.system}:{deal.external_id}" if deal.external_id else "",
        "state": badge(state.label, TONES[state]),
        "stage": deal.stage,
        "lost_reason": deal.lost_reason,
        "amount": "" if deal.amount is None else f"{deal.amount} {deal.currency}".strip(),
        "owner": deal.owner,
        "opened": moment(deal.opened_at),
        "closed": moment(deal.closed_at),
        "expected": deal.expected_close,
        "is_open": state == DealState.OPEN,
    }


def as_it_stands(lead: Lead, number: str) -> dict[str, Any]:
    """The facts of the deal of that number, so that a blank field is one that was blanked; nothing for another deal."""
    deal = next((deal for deal in lead.deals.select_related("owner") if str(deal.pk) == number), None)
    if deal is None:
        return {}
    # The form keeps the moment when it ended unless another one is given: shown to the minute, it would be moved.
    shown = {name: value for name, value in deal.as_facts().items() if name != "closed_at"}
    return shown | {"deal_owner": deal.owner and deal.owner.username}
