"""The sweeper: on time to the moment, woken by what is written, alone at its work, and back after every fall."""

import time
from contextlib import ExitStack
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection
from django.utils import timezone

from handoff.ladder import sweeper
from handoff.ladder.listening import listen
from sla.alarms import CHANNEL
from sla.models import Alarm, PendingAlarm, Step
from tests.handoff.alerts.conftest import make_clock, make_step
from tests.programs import database_url, program, wait_for
from tests.world import World, make_lead

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def step(world: World) -> Step:
    return make_step()


def wait_on(step: Step, seconds: float) -> None:
    """Write an alarm that is due in so many seconds."""
    number = Alarm.objects.count() + PendingAlarm.objects.count()
    clock = make_clock(make_lead(f"Lead {number}"), step)
    PendingAlarm.objects.create(clock=clock, step=step, due_at=timezone.now() + timedelta(seconds=seconds))


def seconds_asleep(step: Step, until: float, seconds: float) -> float:
    """How long the sweeper sleeps while another session writes an alarm that is due in so many seconds."""

    def write() -> None:
        time.sleep(0.2)
        wait_on(step, seconds)
        connection.close()

    writer = Thread(target=write)
    listen(CHANNEL)
    begun = time.monotonic()
    writer.start()
    sweeper._sleep_until(timezone.now() + timedelta(seconds=until))
    asleep = time.monotonic() - begun
    writer.join()
    return asleep


def test_it_sleeps_until_the_next_alarm_is_due(step: Step) -> None:
    assert 0.3 <= seconds_asleep(step, until=0.3, seconds=3600) < 0.9


def test_an_alarm_that_is_due_earlier_wakes_it(step: Step) -> None:
    sweeper_sleeps = seconds_asleep(step, until=0.95, seconds=0.3)
    assert 0.2 <= sweeper_sleeps < 0.9


def test_an_alarm_of_later_does_not(step: Step) -> None:
    assert seconds_asleep(step, until=0.5, seconds=5) >= 0.5


def test_what_is_due_for_long_is_left_to_the_sweep_of_all(step: Step) -> None:
    wait_on(step, -60)
    sweeper._sweep_and_sleep()
    assert not Alarm.objects.exists()
    wait_on(step, -5)
    sweeper._sweep_and_sleep()
    assert Alarm.objects.count() == 1


@pytest.mark.slow
def test_it_is_punctual_though_its_connection_is_cut_and_it_is_killed(step: Step) -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database_url()}

    def fires() -> None:
        wanted = Alarm.objects.count() + 1
        wait_on(step, 1)
        wait_for(lambda: Alarm.objects.count() == wanted, seconds=20)

    with ExitStack() as stack:
        with program("sweeper", environment):
            for _ in range(4):
                fires()
            late = [alarm.fired_at - alarm.due_at for alarm in Alarm.objects.all()]
            assert min(late) < timedelta(seconds=0.2)  # nobody else fires them
            assert cut_connections() == 1
            fires()
            stack.enter_context(program("sweeper", environment))
            wait_for(lambda: sessions("INSERT INTO handoff_lease") == 1)  # the second asks for the lease in vain
        fires()
    assert Alarm.objects.count() == 6
    assert not PendingAlarm.objects.exists()


def cut_connections() -> int:
    """End the sessions that look for the next alarm, and return how many there were."""
    return sessions("pendingalarm", "pg_terminate_backend(pid)")


def sessions(asking: str, then: str = "pid") -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {then} FROM pg_stat_activity "  # noqa: S608
            "WHERE datname = current_database() AND query LIKE %s AND pid <> pg_backend_pid()",
            [f"%{asking}%"],
        )
        return len(cursor.fetchall())
