"""Which lead may be merged into which: never so that something owed to a buyer ends with the one that vanishes.

The table of states is in docs/states.md.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from handoff.models import Dispute, Rejection
from handoff.workflow.belongings import email_taken, taken_email
from handoff.workflow.rights import WITH_SALES
from leads.models import Lead, Route, State, Transition, Verb
from sla.metrics import IN_SALES, Metric
from sla.models import Clock

STAGES = {State.MQL: 1, State.SAL: 2, State.SQL: 3}
# Where a clock of a metric has something to measure; it needs an owner, or none, in the first two.
_PLACES: dict[str, tuple[str, ...]] = {
    Metric.TIME_TO_ASSIGN: (State.MQL,),
    Metric.TIME_TO_ACCEPT: (State.MQL,),
    Metric.SPEED_TO_LEAD: IN_SALES,
    Metric.TIME_TO_TOUCH: (State.SAL,),
    Metric.TIME_TO_NEXT_TOUCH: (State.SAL, State.SQL),
    Metric.TIME_TO_QUALIFY: (State.SAL,),
    Metric.TIME_TO_CONVERT: (State.SQL,),
}
CONTACT = (Metric.SPEED_TO_LEAD, Metric.TIME_TO_TOUCH, Metric.TIME_TO_NEXT_TOUCH)


def complaint(gone: Lead, stays: Lead) -> str:
    """Why `gone` cannot be merged into `stays`, and what to do instead; empty when it can."""
    why = _obstacle(gone, stays)
    if not why:
        return ""
    if stays.state != State.OPPORTUNITY and not _obstacle(stays, gone):
        return f"Merge {stays.pk} into {gone.pk} instead: {why}."
    return f"{why[:1].upper()}{why[1:]}. {_advice(gone, stays)}"


def last_merge(gone: Lead) -> Transition:
    """The act by which a lead vanished."""
    return gone.transitions.filter(verb=Verb.MERGE).order_by("-pk")[0]


def undo_complaint(gone: Lead, stays: Lead, merge: Transition) -> str:
    """Why a merge cannot be undone, and what to do instead; empty when it can."""
    if "moved" not in merge.facts:
        because = "it was done in a release that did not record what it moved"
        return f"This merge cannot be undone: {because}. {instead_of_undoing(stays)}"
    if stays.merged_into_id is not None:
        return f"Lead {stays.pk} was merged into lead {stays.merged_into_id} since: undo that merge first."
    if email := taken_email(gone, stays, merge):
        return email_taken(email)
    return ""


def instead_of_undoing(stays: Lead) -> str:
    return f"Correct lead {stays.pk}, and add the other person as a new lead with an email or a phone of their own."


def answers(gone: Lead) -> Rejection | None:
    """The rejection that a merge answers: one as a duplicate, which asks marketing to merge it."""
    rejection = _unanswered(gone)
    return rejection if rejection and rejection.reason.route == Route.MERGE else None


def carried(stays: Lead, running: Sequence[Clock], going_on: Sequence[Clock]) -> list[Clock]:
    """The clocks that must go on, on the lead that stays: nothing that runs there is due as early, or has met them."""
    due = {clock.metric: clock.due_at for clock in going_on}
    return [
        clock
        for clock in running
        if _has_place(clock.metric, stays)
        and not _was_contacted(stays, clock)
        # While the lead that stays is on hold, its own clock is the one that the pause was meant for.
        and (clock.metric not in due or (stays.paused_at is None and _is_earlier(clock, due[clock.metric])))
    ]


def _obstacle(gone: Lead, stays: Lead) -> str:
    """Why what is owed on `gone` would end, in a clause; empty when it would not."""
    if gone.state == State.REJECTED:
        return _open_rejection(gone)
    if gone.state not in STAGES:
        return ""
    if stays.state not in STAGES:
        return f"lead {gone.pk} is {_standing(gone)} and sales owes it, while lead {stays.pk} is {_standing(stays)}"
    if _rank(gone) > _rank(stays):
        return f"lead {gone.pk} is {_standing(gone)}, and lead {stays.pk} only {_standing(stays)}"
    return _ending(gone, stays)


def _open_rejection(gone: Lead) -> str:
    if Dispute.objects.filter(rejection__lead=gone, decision="").exists():
        return f"the dispute about lead {gone.pk} is not decided"
    if _unanswered(gone) and not answers(gone):
        return f"the rejection of lead {gone.pk} is not answered"
    return ""


def _ending(gone: Lead, stays: Lead) -> str:
    """What runs on `gone` would end, and nothing would run on `stays`."""
    running, going_on = _running(gone), _running(stays)
    is_kept = going_on or carried(stays, running, going_on)
    left = [clock.get_metric_display() for clock in running if not _was_contacted(stays, clock)]
    if is_kept or not left:
        return ""
    return f"{left[0]} of lead {gone.pk} would end, and no clock would run on lead {stays.pk}"


def _advice(gone: Lead, stays: Lead) -> str:
    if gone.state == State.REJECTED:
        is_disputed = Dispute.objects.filter(rejection__lead=gone, decision="").exists()
        return "Merge it once it is decided." if is_disputed else "Answer it first."
    if stays.state == State.OPPORTUNITY:
        return f"Reject lead {gone.pk} as a duplicate of {stays.pk} first."
    if stays.state == State.REJECTED:
        is_disputed = Dispute.objects.filter(rejection__lead=stays, decision="").exists()
        first = "Once its dispute is decided" if is_disputed else "Answer its rejection first, then"
        return f"{first} merge {stays.pk} into {gone.pk}."
    behind = gone if _rank(gone) <= _rank(stays) else stays
    ahead = stays if behind is gone else gone
    return f"Bring lead {behind.pk} as far as {_standing(ahead)}, or reject it as a duplicate, before you merge it."


def _unanswered(lead: Lead) -> Rejection | None:
    """The rejection that marketing still owes an answer."""
    last = Rejection.objects.select_related("reason").filter(lead=lead).order_by("-at", "-pk").first()
    return last if last and lead.state == State.REJECTED and not last.answer and last.from_state in WITH_SALES else None


def _rank(lead: Lead) -> tuple[int, bool]:
    """How far sales has come with it. One with an owner is further than one in the queue."""
    return STAGES[State(lead.state)], lead.state != State.MQL or lead.owner_id is not None


def _running(lead: Lead) -> list[Clock]:
    return list(Clock.objects.filter(lead=lead, stopped_at=None).order_by("pk"))


def _has_place(metric: str, lead: Lead) -> bool:
    if metric in (Metric.TIME_TO_ASSIGN, Metric.TIME_TO_ACCEPT):
        return lead.state == State.MQL and (metric == Metric.TIME_TO_ACCEPT) == (lead.owner_id is not None)
    return lead.state in _PLACES.get(metric, ())


def _was_contacted(lead: Lead, clock: Clock) -> bool:
    """The buyer was contacted, by way of the other lead, since the clock began to wait for it."""
    return clock.metric in CONTACT and lead.last_touch_at is not None and lead.last_touch_at >= clock.started_at


def _is_earlier(clock: Clock, due_at: datetime | None) -> bool:
    """The buyer was promised it earlier here. What is overdue has been breached: it gives the other no new time."""
    if clock.due_at is None or clock.due_at <= timezone.now():
        return False
    return due_at is None or clock.due_at < due_at


def _standing(lead: Lead) -> str:
    unowned = lead.state == State.MQL and lead.owner_id is None
    return f"{State(lead.state).label}{' without an owner' if unowned else ''}"
