"""The one verb that is loud on the page of a lead: the one that stops its most urgent clock."""

from collections.abc import Collection, Mapping

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
ANSWERS: Mapping[str, str] = {
    Route.RECYCLE: Verb.RECYCLE,
    Route.FIX: Verb.RESUBMIT,
    Route.RETIRE: Verb.ANSWER,
    Route.MERGE: Verb.MERGE,
    Route.REROUTE: Verb.RESUBMIT,
}
"""What becomes of a rejected lead, by the route of its reason."""
NEXT_STEP: Mapping[str, str] = {
    State.RAW: Verb.PROMOTE,
    State.MQL: Verb.ACCEPT,
    State.SAL: Verb.QUALIFY,
    State.SQL: Verb.CONVERT,
}
"""What comes next where no clock runs."""


def primary_verb(lead: Lead, verbs: Collection[str], clock: Clock | None) -> str | None:
    """It is one of those that this person may do now. Nobody qualifies a buyer before somebody has contacted them."""
    if lead.state == State.REJECTED:
        return _answer(lead, verbs)
    wanted = STOPS[clock.metric] if clock else (NEXT_STEP.get(lead.state, ""),)
    if Verb.QUALIFY in wanted and not lead.last_touch_at:
        wanted = (Verb.TOUCH,)
    return next((verb for verb in wanted if verb in verbs), None)


def _answer(lead: Lead, verbs: Collection[str]) -> str | None:
    """While marketing owes an answer, the one that the reason asks for."""
    wanted = ANSWERS[lead.reason.route] if lead.reason else ""
    return wanted if Verb.ANSWER in verbs and wanted in verbs else None
