"""What the engine measures of itself, read from the database: the one source of the page, /metrics and the doctor."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Min, Q, QuerySet
from django.utils import timezone

from handoff.engine import heartbeat, leaks
from handoff.engine.backlog import outbox
from handoff.engine.life import silences
from handoff.models import Delivery, DeliveryState
from leads.models import Touchpoint
from sla.metrics import Metric
from sla.models import Alarm, Clock, PendingAlarm

HOUR, DAY = "1h", "24h"
WINDOWS = {HOUR: timedelta(hours=1), DAY: timedelta(hours=24)}
NEWEST = 50_000  # alarms looked at: after a day of storms the figures are those of the last of them
DEAD_LATELY = timedelta(days=7)

# An alarm whose cause was recorded late was due before anyone could know: its lateness counts from when it was written.
_LATENESS = """
WITH fired AS (
    SELECT EXTRACT(EPOCH FROM alarm.fired_at - CASE
        WHEN alarm.fired_at - alarm.due_at < INTERVAL '1 second' THEN alarm.due_at
        ELSE GREATEST(alarm.due_at, (
            SELECT act.recorded_at FROM sla_clock clock JOIN leads_transition act ON act.id = clock.started_by_id
            WHERE clock.id = alarm.clock_id AND act.recorded_at <= alarm.fired_at
        ))
    END)::double precision AS late
    FROM (
        SELECT clock_id, due_at, fired_at, superseded FROM sla_alarm ORDER BY id DESC LIMIT %(newest)s
    ) alarm
    WHERE fired_at > %(since)s AND fired_at <= %(now)s AND NOT superseded
)
SELECT COUNT(*), PERCENTILE_CONT(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY late) FROM fired
"""


@dataclass(frozen=True)
class Lateness:
    """How late alarms fired, in seconds from when each was due. None: none has fired."""

    fired: int
    p50: float | None
    p99: float | None
    worst: float | None


@dataclass(frozen=True)
class Figures:
    """The state of the engine at a moment. Ages are in seconds; None where there is nothing to have an age."""

    at: datetime
    signs: dict[str, float | None]
    silent: dict[str, str]
    lateness: dict[str, Lateness]
    overdue_alarms: int
    overdue_alarms_age: float | None
    outbox_pending: int
    outbox_failing: int
    outbox_age: float | None
    outbox_dead: int
    outbox_dead_lately: int
    clocks_with_error: int
    pending_actions: int
    pending_actions_age: float | None
    leaks: dict[str, int]
    new_intent: dict[str, int]
    """By window: touchpoints recorded in it by which known buyers ask for something."""
    duplicates: dict[str, int]
    """By window: captures recorded in it of buyers who were there already."""


def figures(at: datetime | None = None) -> Figures:
    """Read them all. Every query goes by an index over what waits, or over what fired lately."""
    now = at or timezone.now()
    signs = heartbeat.signs()
    late = PendingAlarm.objects.filter(due_at__lte=now).aggregate(count=Count("pk"), oldest=Min("due_at"))
    waiting, dead = outbox(now), _dead(now)
    returned = _returned(now)
    to_do = Alarm.objects.filter(to_do=True).aggregate(count=Count("pk"), oldest=Min("fired_at"))
    return Figures(
        at=now,
        signs={name: _age(signs[name].at if name in signs else None, now) for name in heartbeat.NAMES},
        silent={silence.part.value: silence.problem for silence in silences(now, signs)},
        lateness={name: _lateness(now - window, now) for name, window in WINDOWS.items()},
        overdue_alarms=late["count"],
        overdue_alarms_age=_age(late["oldest"], now),
        outbox_pending=waiting["count"],
        outbox_failing=waiting["failing"],
        outbox_age=_age(waiting["oldest"], now),
        outbox_dead=dead["count"],
        outbox_dead_lately=dead["lately"],
        clocks_with_error=clocks_with_error().count(),
        pending_actions=to_do["count"],
        pending_actions_age=_age(to_do["oldest"], now),
        leaks={kind.value: count for kind, count in leaks.counts(now).items()},
        new_intent=returned["new_intent"],
        duplicates=returned["duplicates"],
    )


def clocks_with_error() -> QuerySet[Clock]:
    """The running clocks that were set aside, as their deadline cannot be computed."""
    # Naming every metric lets the index of running clocks find those without a due time.
    return Clock.objects.filter(metric__in=Metric.values, stopped_at=None, due_at=None).exclude(error="")


def _lateness(since: datetime, now: datetime) -> Lateness:
    with connection.cursor() as cursor:
        cursor.execute(_LATENESS, {"since": since, "now": now, "newest": NEWEST})
        fired, late = cursor.fetchone()
    p50, p99, worst = (max(0.0, round(seconds, 3)) for seconds in late) if fired else (None, None, None)
    return Lateness(fired, p50, p99, worst)


def _returned(now: datetime) -> dict[str, dict[str, int]]:
    """What known buyers did, among the newest that were recorded: a large import must not slow every scrape."""
    recorded = Touchpoint.objects.filter(recorded_at__gt=now - WINDOWS[DAY])
    newest = recorded.order_by("-recorded_at").values("pk")[:NEWEST]
    points = Touchpoint.objects.filter(pk__in=newest, kind__in=[Touchpoint.ENQUIRY, *settings.INTENT_KINDS])
    kinds = {
        "new_intent": Q(at__gt=F("lead__created_at")),
        "duplicates": ~Q(at=F("lead__created_at")) & Q(kind=Touchpoint.ENQUIRY),
    }
    counted = points.aggregate(
        **{
            f"{kind}_{name}": Count("pk", filter=counts & Q(recorded_at__gt=now - window))
            for kind, counts in kinds.items()
            for name, window in WINDOWS.items()
        }
    )
    return {kind: {name: counted[f"{kind}_{name}"] for name in WINDOWS} for kind in kinds}


def _dead(now: datetime) -> dict[str, Any]:
    dead = Delivery.objects.filter(state=DeliveryState.DEAD)
    return dead.aggregate(count=Count("pk"), lately=Count("pk", filter=Q(created_at__gt=now - DEAD_LATELY)))


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else max(0.0, (now - since).total_seconds())
