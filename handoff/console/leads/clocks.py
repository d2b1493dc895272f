"""The clocks of one lead on its page: how each stands, and what may be said about it there."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handoff.console.frame.words import absolute, ago, badge, clock_state, moment, time_left, two_lines
from handoff.console.leads.verbs import button
from handoff.workflow import rights
from leads.models import Lead, User, Verb
from sla.durations import in_words
from sla.metrics import Metric
from sla.models import Alarm, Clock, ClockState
from sla.standing import with_warning


def clocks_of(lead: Lead) -> list[Clock]:
    """Those that run first, the most urgent on top; then the newest. Two queries, however many there are."""
    rows = with_warning(Clock.objects.filter(lead=lead)).select_related("policy", "owner", "excused_by__by")
    newest = list(rows.prefetch_related("alarms").order_by("-cycle", "-started_at", "-id"))
    running = sorted((clock for clock in newest if clock.stopped_at is None), key=_urgency)
    return running + [clock for clock in newest if clock.stopped_at is not None]


def most_urgent(clocks: list[Clock]) -> Clock | None:
    return min((clock for clock in clocks if clock.stopped_at is None), key=_urgency, default=None)


def row(clock: Clock, lead: Lead, user: User, back: str) -> dict[str, Any]:
    return {
        "pk": clock.pk,
        "runs": clock.stopped_at is None,
        "metric": clock.get_metric_display(),
        "cycle": clock.cycle,
        "started": moment(clock.started_at),
        "due": moment(clock.due_at),
        "outcome": outcome_of(clock),
        "excused": _excused(clock),
        "target": in_words(clock.target_seconds, exact=True),
        "policy": clock.policy,
        "owner": clock.owner,
        "buttons": [button(verb, lead, back, **about) for verb, about in _verbs(clock, lead, user, timezone.now())],
    }


def outcome_of(clock: Clock) -> Any:
    """What is left, or by how much it was kept or missed."""
    if clock.stopped_at is None:
        return time_left(clock)
    if clock.due_at is None or clock.state == ClockState.CANCELLED:
        return two_lines(clock_state(clock), ago(clock.stopped_at))
    gap = in_words(clock.stopped_at - clock.due_at)
    how = f"{gap} late" if clock.stopped_at > clock.due_at else f"{gap} to spare"
    return format_html(
        '<span title="Stopped {}">{}</span>', absolute(clock.stopped_at), two_lines(clock_state(clock), how)
    )


def _verbs(clock: Clock, lead: Lead, user: User, now: datetime) -> Iterator[tuple[Verb, dict[str, str]]]:
    """What this person may say about this clock, with the fact that their button states."""
    alarm = _ringing(clock)
    if alarm and _open_to(user, Verb.ACKNOWLEDGE, lead):
        yield Verb.ACKNOWLEDGE, {"alarm": str(alarm.pk)}
    if clock.excused_by_id is None and clock.breached_at(now) and _open_to(user, Verb.EXCUSE, lead):
        yield Verb.EXCUSE, {"clock": str(clock.pk)}


def _open_to(user: User, verb: Verb, lead: Lead) -> bool:
    return rights.applies(verb, lead, timezone.now()) and rights.may(user, verb, lead)


def _ringing(clock: Clock) -> Alarm | None:
    """The last alarm that fired on a running clock, unless somebody has acknowledged it."""
    if clock.stopped_at is not None:
        return None
    fired = [alarm for alarm in clock.alarms.all() if not alarm.superseded]
    return fired[-1] if fired and fired[-1].acknowledged_by_id is None else None


def _urgency(clock: Clock) -> tuple[bool, Any, int]:
    """Of two that are due at once, the one of the earlier step."""
    return clock.due_at is None, clock.due_at, list(Metric).index(Metric(clock.metric))


def _excused(clock: Clock) -> SafeString:
    act = clock.excused_by
    if act is None:
        return SafeString("")
    return badge("Excused", "plain", f"{act.by or 'The system'}: {act.facts.get('reason', '')}")
