"""Play the story: through the real verbs in the order of time, with the sweeps that would have run in between."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery

from handoff import workflow
from handoff.demo.life import Life, Scene
from handoff.ladder.sweep import sweep
from handoff.models import Delivery, DeliveryState
from handoff.workflow import Door
from leads.models import DealState, Transition, Via
from sla.models import Alarm, PendingAlarm

CONSOLE, SYSTEM = Door(via=Via.CONSOLE), Door(via=Via.SYSTEM)
GROWN = {0, 50, 400}  # after how many acts the tables are so much larger that other plans are better
NOTICED = timedelta(seconds=1)  # how late a sweep notices what is due


def play(scenes: Sequence[Scene], now: datetime) -> None:
    """Do the acts of the past until now, each after the alarms that were due before it."""
    swept = scenes[0].at
    for number, scene in enumerate(scenes):
        if number in GROWN:
            _look_at_tables()
        swept = _sweep(swept, scene.at)
        workflow.perform(
            scene.verb,
            scene.life.lead.pk,
            by=scene.by,
            door=CONSOLE if scene.by else SYSTEM,
            facts=_resolved(scene.facts, now),
            at=scene.at,
        )
    _sweep(swept, now)


def close_deals(lives: Sequence[Life], now: datetime) -> None:
    """Some deals have been won and some lost, between their making and now."""
    fates = {life.lead.pk: life for life in lives if life.deal != DealState.OPEN}
    for made in Transition.objects.filter(verb="convert", lead__in=fates).select_related("by"):
        life = fates[made.lead_id]
        closed_at = made.at + (now - made.at) * life.rng.uniform(0.2, 0.9)
        closing: dict[str, Any] = {"deal": made.facts["deal"], "state": life.deal, "closed_at": closed_at}
        workflow.update_deal(made.lead_id, by=made.by, door=CONSOLE, at=closed_at, **closing)


def settle_deliveries() -> None:
    """Mark every message of the past as sent at the time of its cause, as it would have been: none is sent now.

    They are kept, as `check_integrity` asks who was notified of each breach.
    """
    _settle(Delivery.objects.filter(alarm__isnull=False), Alarm.objects.filter(pk=OuterRef("alarm")).values("fired_at"))
    acts = Transition.objects.filter(pk=OuterRef("transition"))
    _settle(Delivery.objects.filter(transition__isnull=False), acts.values("at"))


def _settle(deliveries: QuerySet[Delivery], moment: QuerySet[Any, Any]) -> None:
    at = Subquery(moment)
    deliveries.update(
        state=DeliveryState.SENT, attempts=F("attempts") + 1, created_at=at, next_attempt_at=at, sent_at=at
    )


def _look_at_tables() -> None:
    """Let PostgreSQL plan for the tables as they are: they were empty just now, and nobody else sees them grow.

    A load that was killed leaves empty pages, by which it would plan for ever smaller tables: minutes, not seconds.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _sweep(since: datetime, until: datetime) -> datetime:
    """Fire what was due, each alarm a second later or just before the act that follows. Return until when it did."""
    # The lower bound spares PostgreSQL the rows that this very transaction has removed.
    waiting = PendingAlarm.objects.filter(due_at__gt=since, due_at__lte=until).order_by("due_at")
    for due_at in waiting.values_list("due_at", flat=True):
        if due_at > since:
            since = min(due_at + NOTICED, until)
            sweep(at=since)
    return since


def _resolved(facts: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {name: _resolve(value, now) for name, value in facts.items()}


def _resolve(value: Any, now: datetime) -> Any:
    match value:
        case Life():
            return value.lead
        case timedelta():
            return (now + value).date()
    return value
