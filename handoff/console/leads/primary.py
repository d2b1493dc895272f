"""The one verb that is loud for a lead, on its page and in lists: the one that stops its most urgent clock."""

from collections.abc import Collection, Mapping
from datetime import datetime

from handoff.console.leads.answering import PRIMARY
from leads.models import Lead, Route, State, Verb
from sla.metrics import Metric
from sla.models import Clock

STOPS: Mapping[str, tuple[str, ...]] = {
    Metric.TIME_TO_ASSIGN: (Verb.ASSIGN,),
    Metric.TIME_TO_ACCEPT: (Verb.ACCEPT,),
    Metric.TIME_TO_TOUCH: (Verb.TOUCH,),
    Metric.SPEED_TO_LEAD: (Verb.TOUCH,),
    Metric.TIME_TO_NEXT_TOUCH: (Verb.TOUCH,),
    Metric.TIME_TO_QUALIFY: (Verb.QUALIFY,),
    Metric.TIME_TO_CONVERT: (Verb.CONVERT,),
    Metric.TIME_TO_ANSWER: (Verb.ANSWER,),
    Metric.TIME_TO_DECIDE: (),
}
"""What stops a clock of each metric. A decision is prejudiced by no colour."""
NEXT_STEP: Mapping[str, str] = {
    State.RAW: Verb.PROMOTE,
    State.MQL: Verb.ACCEPT,
    State.SAL: Verb.QUALIFY,
    State.SQL: Verb.CONVERT,
}
"""What comes next where no clock runs."""


def primary_verb(
    lead: Lead, verbs: Collection[str], clock: Clock | None, *, offered_at: datetime | None = None
) -> str | None:
    """It is one of those that this person may do now; what would be refused is never that.

    Nobody qualifies a buyer before somebody has contacted them, since the lead was offered to sales.
    """
    if lead.state == State.REJECTED:
        return _answer(lead, verbs)
    if lead.state != State.RAW and lead.owner_id is None and Verb.ASSIGN in verbs:
        return Verb.ASSIGN
    wanted = STOPS[clock.metric] if clock else (NEXT_STEP.get(lead.state, ""),)
    is_touched = lead.last_touch_at and (offered_at is None or lead.last_touch_at >= offered_at)
    if Verb.QUALIFY in wanted and not is_touched:
        wanted = (Verb.TOUCH,)
    return next((verb for verb in wanted if verb in verbs), None)


def _answer(lead: Lead, verbs: Collection[str]) -> str | None:
    """While marketing owes an answer, the one that the reason asks for."""
    wanted = PRIMARY[Route(lead.reason.route)] if lead.reason else ""
    return wanted if Verb.ANSWER in verbs and wanted in verbs else None
