"""How a row of outcomes says that a deal is open, won or lost, or that its lead is none any more.

A status of the lead is not one of a deal: a dead lead was rejected, and lost no deal. So a word that could be either is
taken for a deal's only in a file that has deals.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from django.core.exceptions import ValidationError

from handoff.imports.kind import Reading, Row
from handoff.imports.rejections import REJECTION
from leads.models import DealState

REJECTED = "rejected"
STANDING = {
    "deal_status": ("opportunity_status", "deal_state", "opportunity_state", "potential_status"),
    "deal_stage": ("stage_name", "opportunity_stage", "pipeline_stage", "sales_stage", "potential_stage"),
    "state": ("outcome", "stage"),
    "status": (),
    "lead_status": ("lead_state", "lead_stage", "contact_status"),
    "is_won": (),
    "is_closed": (),
}
OF_DEALS = frozenset(
    {"deal_id", "deal_status", "deal_stage", "is_won", "amount", "won_at", "lost_at", "closed_at", "expected_close"}
)
"""Columns that only a file with deals has."""
_OF_REJECTIONS = REJECTION.keys() - {"other_reason"}
_OF_ONE_DEAL = ("deal_status", "deal_stage", "state", "status")
_OF_THE_LEAD = ("lead_status", "status", "state")
_MOMENTS = (("won", "won_at"), ("lost", "lost_at"), (REJECTED, "rejected_at"))
_WON, _LOST = ("closedwon", "won", "dealwon"), ("closedlost", "lost", "deallost", "lostlead")
_DEAD = (
    *("rejected", "disqualified", "unqualified", "notqualified", "closednotconverted"),
    *("junk", "junklead", "dead", "deadlead"),
)
_YES, _NO = {"1", "true", "yes", "y"}, {"0", "false", "no", "n"}


class Standing(NamedTuple):
    """What became of a deal or its lead, the stage of the deal in the words of the file, and that of a dead lead."""

    outcome: str
    stage: str = ""
    lead_status: str = ""


def has_deals(reading: Reading) -> bool:
    return not reading.fields.isdisjoint(OF_DEALS)


def standing(row: Row, reading: Reading) -> Standing:
    """What a row says; refused when it says nothing, or two things."""
    names = _OF_ONE_DEAL if has_deals(reading) else ()
    stated = {outcome for outcome, name in _MOMENTS if row.get(name)} | _flags(row) | set(_outcomes(row, names))
    stage = next((text for name in ("deal_stage", "state", "deal_status", "status") if (text := row.get(name))), "")
    if len(stated) > 1:
        raise _unclear(f"The row says both {' and '.join(sorted(stated))}")
    if stated:
        return Standing(stated.pop(), stage if names else "")
    if names and (stage or row.get("is_closed")):
        return Standing(DealState.OPEN, stage)
    return _of_the_lead(row, reading)


def _of_the_lead(row: Row, reading: Reading) -> Standing:
    """What the row says of the lead itself, where it says nothing of a deal."""
    names = ("lead_status",) if has_deals(reading) else _OF_THE_LEAD
    for name in names:
        if text := row.get(name):
            outcome = _word(text)
            if outcome == DealState.WON:
                return Standing(outcome)
            if outcome:
                return Standing(REJECTED, lead_status=text)
    text = next(filter(None, map(row.get, names)), "")
    if text:
        name = next(name for name in names if row.get(name))
        complaint = f"“{text}” is not a valid outcome: write won, lost or rejected."
        raise ValidationError({name: [f"{complaint} For the stage of a deal, use --map HEADER=deal_stage."]})
    is_rejection = any(map(row.get, _OF_REJECTIONS - {"note"})) or not has_deals(reading)
    if is_rejection and not reading.fields.isdisjoint(_OF_REJECTIONS):
        return Standing(REJECTED)  # a file of rejections; should this one lack its reason, the verb says so
    raise _unclear("The row says no outcome")


def _outcomes(row: Row, names: Collection[str]) -> Iterator[str]:
    """The outcomes that columns of a deal name. A word for a dead lead means, as a stage of a deal, that it is lost."""
    for name in names:
        outcome = _word(row.get(name))
        if outcome:
            is_of_deal = name in ("deal_status", "deal_stage")
            yield DealState.LOST.value if outcome == REJECTED and is_of_deal else outcome


def _word(text: str) -> str:
    """Won, lost or rejected; empty for any other word. “Closed Lost to Competition” is lost too."""
    key = "".join(filter(str.isalnum, text.casefold()))
    if key in _WON or key.startswith(_WON[0]):
        return DealState.WON
    if key in _LOST or key.startswith(_LOST[0]):
        return DealState.LOST
    return REJECTED if key in _DEAD else ""


def _flags(row: Row) -> set[str]:
    """Salesforce says by two flags what its stages mean: they have names of the company's own."""
    is_won, is_closed = row.get("is_won").casefold(), row.get("is_closed").casefold()
    if is_won in _YES:
        return {DealState.WON.value}
    return {DealState.LOST.value} if is_won in _NO and is_closed in _YES else set()


def _unclear(complaint: str) -> ValidationError:
    return ValidationError(f"{complaint}: give one of won_at, lost_at, rejected_at or state.")
