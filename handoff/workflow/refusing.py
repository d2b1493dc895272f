"""The words in which a verb is refused to a lead in another state, or to the wrong person."""

from datetime import datetime

from handoff.refusals import NotAllowed, WrongState
from handoff.workflow.cards import CARDS
from leads.models import Lead, State, Transition, Verb
from sla.durations import in_words


def wrong_state(verb: str, lead: Lead, now: datetime) -> WrongState:
    """Say in which state the lead is, and who brought it there when."""
    return WrongState(f"Cannot {verb} {lead}: {_why(verb, lead, now)}", state=lead.state)


def not_allowed(verb: str, lead: Lead) -> NotAllowed:
    """Say who may do it."""
    return NotAllowed(f"You may not {verb} {lead}: {CARDS[verb].who}.")


def _why(verb: str, lead: Lead, now: datetime) -> str:
    if lead.merged_into_id:
        return f"it was merged into lead {lead.merged_into_id}."
    card, state = CARDS[verb], State(lead.state)
    if state in card.states:
        return f"{card.hindrance(lead, now)}."
    moves = [name for name, other in CARDS.items() if other.moves_state]
    last = lead.transitions.filter(verb__in=moves).select_related("by").order_by("-at", "-id").first()
    if last is None:
        return f"it is {state.label} and has not been handed over yet."
    return f"already {_done(last)} by {last.by or 'the system'}, {_ago(last.at, now)}. It is {state.label} now."


def _done(move: Transition) -> str:
    return CARDS[move.verb].passive or Verb(move.verb).past


def _ago(at: datetime, now: datetime) -> str:
    return f"{in_words(now - at)} ago" if (now - at).total_seconds() >= 60 else "just now"
