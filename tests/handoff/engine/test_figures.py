"""What the engine measures of itself, and the same in the format of Prometheus."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from handoff import workflow
from handoff.engine.exposition import exposition
from handoff.engine.figures import DAY, HOUR, Lateness, figures
from handoff.ladder.sweep import sweep
from handoff.models import Delivery, DeliveryState
from leads.models import State
from sla.metrics import Metric
from sla.models import Alarm, Clock
from tests.handoff.alerts.conftest import make_delivery
from tests.handoff.engine.conftest import live
from tests.world import MONDAY, World, bring_to, make_lead, make_policy

__all__ = ["make_delivery"]
pytestmark = pytest.mark.django_db
TARGET = 600  # seconds


def breach(world: World, due: datetime, late: float) -> None:
    """A lead that nobody accepts, and a sweep that comes so many seconds late."""
    with time_machine.travel(due - timedelta(seconds=TARGET), tick=False):
        bring_to(State.MQL, make_lead(f"Lead {Clock.objects.count()}"), world)
    sweep(due + timedelta(seconds=late))


def test_an_empty_engine(world: World, django_assert_num_queries) -> None:
    live()
    with django_assert_num_queries(14):
        now = figures()
    assert now.lateness == {HOUR: Lateness(0, None, None, None), DAY: Lateness(0, None, None, None)}
    assert (now.overdue_alarms, now.outbox_pending, now.outbox_dead, now.clocks_with_error, now.pending_actions) == (
        0,
    ) * 5
    assert (now.overdue_alarms_age, now.outbox_age, now.pending_actions_age) == (None,) * 3
    assert now.silent == {}
    assert max(age or 0 for age in now.signs.values()) < 5


def test_lateness_is_from_due_to_fired_by_window_and_without_superseded_ones(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT, TARGET, steps=[(75, 0), (100, 0)])  # each warning is overtaken by its breach
    breach(world, MONDAY - timedelta(hours=30), late=900)  # too long ago
    breach(world, MONDAY - timedelta(hours=5), late=400)
    for late in (1, 2, 3):
        breach(world, MONDAY - timedelta(minutes=40 - 10 * late), late=late)

    now = figures(MONDAY)

    assert Alarm.objects.filter(superseded=True).count() == 5
    assert now.lateness[HOUR] == Lateness(fired=3, p50=2.0, p99=2.98, worst=3.0)
    assert now.lateness[DAY] == Lateness(fired=4, p50=2.5, p99=388.09, worst=400.0)


def test_an_alarm_of_an_act_told_late_is_late_from_when_it_was_written(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT, TARGET, steps=[(100, 0)])
    long_ago = MONDAY - timedelta(hours=3)
    lead = make_lead(created_at=long_ago, entered_at=long_ago)
    with time_machine.travel(MONDAY, tick=False):
        workflow.promote(lead.pk, by=world.mia, owner=world.ada, at=MONDAY - timedelta(hours=2))
    sweep(MONDAY + timedelta(seconds=4))
    assert figures(MONDAY + timedelta(minutes=1)).lateness[HOUR].worst == 4.0


def test_alarms_that_are_due_and_have_not_fired(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT, TARGET, steps=[(50, 0), (100, 0)])
    with time_machine.travel(MONDAY, tick=False):
        bring_to(State.MQL, make_lead(), world)
    now = figures(MONDAY + timedelta(seconds=TARGET - 100))
    assert (now.overdue_alarms, now.overdue_alarms_age) == (1, 200.0)


def test_clocks_with_an_error_and_pending_actions(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT, TARGET, steps=[(100, 0)])
    breach(world, MONDAY, late=0)
    breach(world, MONDAY, late=0)
    Alarm.objects.filter(pk=Alarm.objects.latest("pk").pk).update(to_do=True)
    Clock.objects.filter(pk=Clock.objects.latest("pk").pk).update(due_at=None, error="It never opens.")
    now = figures(MONDAY + timedelta(seconds=30))
    assert (now.clocks_with_error, now.pending_actions, now.pending_actions_age) == (1, 1, 30.0)


def test_the_outbox_and_what_only_waits_for_its_hour(make_delivery: Callable[..., Delivery]) -> None:
    now = timezone.now()
    an_hour_ago, later = now - timedelta(hours=1), now + timedelta(hours=8)
    make_delivery("a@handoff.example", created_at=an_hour_ago, next_attempt_at=later)  # quiet hours
    make_delivery("b@handoff.example", created_at=an_hour_ago, digest=True)
    assert figures(now).outbox_age is None

    make_delivery("c@handoff.example", created_at=now - timedelta(seconds=50))
    make_delivery(
        "d@handoff.example",
        created_at=now - timedelta(seconds=90),
        attempts=1,
        last_error="Busy",
        next_attempt_at=later,
    )
    make_delivery("e@handoff.example", state=DeliveryState.DEAD, created_at=an_hour_ago)
    make_delivery("f@handoff.example", state=DeliveryState.DEAD, created_at=now - timedelta(days=8))

    found = figures(now)
    assert (found.outbox_pending, found.outbox_failing, found.outbox_age) == (4, 1, 90.0)
    assert (found.outbox_dead, found.outbox_dead_lately) == (2, 1)


def test_the_format_of_prometheus_has_the_same_numbers(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT, TARGET, steps=[(100, 0)])
    breach(world, MONDAY - timedelta(minutes=10), late=2)
    live(MONDAY, sweep=60, deliver=70)
    workflow.promote(make_lead().pk, by=world.mia, team=world.berlin)

    text = exposition(figures(MONDAY)).decode()

    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["handoff_alarm_lateness_seconds", "0.99", "1h"] == 2.0
    assert samples["handoff_alarms_fired", "24h"] == 1
    assert samples["handoff_up", "beat"] == 1
    assert samples["handoff_up", "worker"] == 0
    assert samples["handoff_sign_of_life_age_seconds", "sweep"] == 60
    assert samples["handoff_leads_slipping_through", "unowned"] == 1
    assert samples["handoff_outbox_pending",] == 1  # the manager hears of the breach
    assert samples["handoff_pending_actions",] == 0
    assert ("handoff_pending_actions_age_seconds",) not in samples  # nothing waits, so nothing has an age
