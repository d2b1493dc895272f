"""The faults that were read in engines of this kind: none of them is one of ours. Each test is named by its number."""

import sys
import threading
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from handoff import workflow
from handoff.alerts import deliver
from handoff.amending.integrity import disagreements
from handoff.amending.rebuilding import rebuild
from handoff.ladder.sweep import sweep
from handoff.models import Delivery, Destination
from handoff.refusals import FactsRefused
from handoff.reports.attainment import By, attainment
from handoff.workflow.rotation import next_owner
from leads.models import Absence, Lead, Verb
from sla.business_time import BusinessHours, NeverOpen
from sla.metrics import Metric
from sla.models import Alarm, Calendar, Clock
from sla.standing import Standing, standing, with_warning
from sla.versions import revise_calendar
from tests.world import ALWAYS, MONDAY, OFFICE, World, bring_to, make_calendar, make_lead, make_policy

pytestmark = pytest.mark.django_db
CALL: dict[str, Any] = {"channel": "call", "outcome": "reached"}


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def moment(minutes: float) -> time_machine.travel:
    return time_machine.travel(at(minutes), tick=False)


def offered(world: World, minute: float = 0, **fields) -> Lead:
    with moment(minute):
        return bring_to("mql", make_lead(**fields), world)


def clock(lead: Lead, metric: str = "time_to_accept") -> Clock:
    return Clock.objects.get(lead=lead, metric=metric)


def owner_by_email() -> Destination:
    return Destination.objects.create(name="Owner", audience="owner", medium="email")


def test_fault_1_a_lead_of_the_weekend_does_not_keep_its_time_of_day() -> None:
    hours = BusinessHours({day: [["10:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}, "UTC")
    saturday = datetime(2026, 3, 7, 15, 0, tzinfo=UTC)

    assert hours.add(saturday, 3600) == datetime(2026, 3, 9, 11, 0, tzinfo=UTC)


def test_fault_2_a_calendar_without_an_open_day_is_refused_and_is_not_all_week() -> None:
    with pytest.raises(NeverOpen):
        BusinessHours({}, "UTC").next_open(MONDAY)
    with pytest.raises(ValidationError, match="no opening hours"):
        Calendar(key="never", name="Never", weekly={}).full_clean()


def test_fault_3_elapsed_time_is_not_stepped_through() -> None:
    hours = BusinessHours(OFFICE, "Europe/Berlin")
    years = MONDAY + timedelta(days=3 * 365)
    hours.between(MONDAY, years)  # the years are laid out once

    def calls(end: datetime) -> int:
        seen = 0

        def count(*_: object) -> None:
            nonlocal seen
            seen += 1

        sys.setprofile(count)
        hours.between(MONDAY, end)
        sys.setprofile(None)
        return seen

    assert calls(years) == calls(MONDAY + timedelta(days=7))


def test_fault_4_a_clock_is_breached_though_nobody_saves_the_lead(world: World) -> None:
    make_policy("time_to_accept")
    lead = offered(world)
    running = with_warning(Clock.objects.filter(lead=lead)).get()

    assert standing(running, at(61)) == Standing.OVERDUE
    assert running.breached_at(at(61)) == at(60)
    assert attainment(Metric.TIME_TO_ACCEPT, By.TEAM, now=at(61))[0].breached == 1
    sweep(at(500))
    assert Alarm.objects.get(step__percent=100).due_at == at(60)


@pytest.mark.parametrize("change", ["score", "team", "owner", "country"])
def test_fault_5_a_policy_is_chosen_again_when_what_it_depends_on_changes(world: World, change: str) -> None:
    wanted = {"score": 90, "team": "New York", "owner": "zoe", "country": "US"}[change]
    make_policy("time_to_accept", 7200)
    other = make_policy("time_to_accept", 3600, position=1, conditions=[{"field": change, "op": "is", "value": wanted}])
    lead = offered(world)
    with moment(10):
        if change in ("score", "country"):
            workflow.correct(lead.pk, {change: wanted})
            assert lead.transitions.get(verb=Verb.REEVALUATE).facts["reason"] == f"Corrected: {change}."
        else:
            workflow.assign(lead.pk, by=world.olga, owner=world.zoe)

    assert (clock(lead).policy, clock(lead).due_at) == (other, at(60))


def test_fault_6_neither_a_field_nor_an_automatic_mail_is_a_first_response(world: World) -> None:
    make_policy("speed_to_lead")
    lead = offered(world)
    with moment(5):
        workflow.touch(lead.pk, by=world.ada, channel="email", outcome="sent", automatic=True)
        workflow.correct(lead.pk, {"title": "Contacted"})
        workflow.accept(lead.pk, by=world.ada)
    assert clock(lead, "speed_to_lead").stopped_at is None

    with moment(6), pytest.raises(FactsRefused, match="touch"):
        workflow.qualify(lead.pk, by=world.ada)
    with moment(7):
        workflow.touch(lead.pk, by=world.ada, **CALL)
    assert clock(lead, "speed_to_lead").stopped_at == at(7)


def test_fault_7_every_pause_counts_once_and_in_business_time(world: World) -> None:
    make_policy("time_to_accept", 9 * 3600, calendar=make_calendar("office", OFFICE))
    lead = offered(world)
    with moment(7 * 60):  # 16:00 to 10:00 of the next day: 18 hours by the wall, two of business
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away", until=at(25 * 60))
    assert clock(lead).due_at == at(27 * 60)

    with moment(26 * 60):
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away", until=at(26 * 60 + 10))
        workflow.pause(lead.pk, by=world.ada, cause="outage", until=at(26 * 60 + 5))
    assert clock(lead).due_at == at(27 * 60 + 10)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_fault_8_many_sweeps_fire_once_and_tell_nothing_that_is_not_committed(world: World) -> None:
    steps = [(100, 0), *((100, 60 * n) for n in range(1, 6))]
    make_policy("time_to_accept", steps=steps, tells=[owner_by_email()])
    for number in range(10):
        offered(world, name=f"Lead {number}")

    def sweep_here() -> None:
        sweep(at(90), batch=7)
        connection.close()

    threads = [threading.Thread(target=sweep_here) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Alarm.objects.count() == Delivery.objects.count() == 10 * len(steps)  # and no escalation stops in silence
    with transaction.atomic():
        offered(world, 95, name="Undone")
        sweep(at(2000))
        transaction.set_rollback(True)
    assert Delivery.objects.count() == 10 * len(steps)


def test_fault_9_reports_count_in_the_hours_of_the_deadlines(world: World) -> None:
    make_policy("time_to_accept", 9 * 3600, calendar=make_calendar("office", OFFICE))
    lead = offered(world)
    with moment(25 * 60):  # the next day at 10:00: nine hours of business, 25 by the wall
        workflow.accept(lead.pk, by=world.ada)
    row = attainment(Metric.TIME_TO_ACCEPT, By.POLICY)[0]

    assert (row.met, row.breached) == (1, 0)
    assert (row.median_business, row.median_wall) == (9 * 3600, 25 * 3600)


def test_fault_10_reminders_of_one_day_are_all_told_but_not_at_midnight(world: World) -> None:
    world.ada.time_zone, world.ada.quiet_from, world.ada.quiet_until = "UTC", time(20), time(7)
    world.ada.save()
    make_policy("time_to_accept", 3600, steps=[(50, 0), (75, 0), (100, 0)], tells=[owner_by_email()])
    offered(world, 13 * 60)  # 22:00
    for minute in (13 * 60 + 31, 13 * 60 + 46, 13 * 60 + 61):
        with moment(minute):
            sweep()
            deliver()

    assert Delivery.objects.count() == 3
    assert set(Delivery.objects.values_list("state", "next_attempt_at")) == {("pending", at(22 * 60))}


def test_fault_11_a_policy_that_judged_is_not_deleted(world: World) -> None:
    policy = make_policy("time_to_accept")
    offered(world)

    with pytest.raises(ProtectedError):
        policy.delete()
    with pytest.raises(ProtectedError):
        policy.calendar.delete()
    assert Clock.objects.filter(policy=policy).exists()


def test_fault_12_a_breach_without_an_owner_reaches_somebody(world: World) -> None:
    make_policy("speed_to_lead", tells=[owner_by_email()])
    with moment(0):
        lead = make_lead()
        workflow.promote(lead.pk, by=world.mia)
    sweep(at(61))

    told = Delivery.objects.filter(alarm__step__percent=100)
    assert [delivery.recipient for delivery in told] == [world.olga]


def test_fault_13_what_is_over_is_not_computed_again_by_another_calendar(world: World) -> None:
    make_policy("time_to_accept", 3 * 3600, calendar=make_calendar("office", OFFICE, zone="Europe/Berlin"))
    lead = offered(world)
    with moment(60):
        workflow.accept(lead.pk, by=world.ada)
    before = clock(lead)
    with moment(120):
        revise_calendar(Calendar.objects.get(key="office"), {"weekly": ALWAYS, "zone": "Asia/Tokyo"})
        Clock.objects.update(tz_version="1999a")
        assert list(rebuild()) == []
        assert list(disagreements()) == []

    after = clock(lead)
    assert (after.due_at, after.elapsed, after.calendar) == (before.due_at, before.elapsed, before.calendar)


def test_fault_14_the_earliest_touch_counts_not_the_last_to_arrive(world: World) -> None:
    make_policy("speed_to_lead")
    lead = offered(world)
    with moment(70):
        workflow.touch(lead.pk, by=world.ada, **CALL)
        assert clock(lead, "speed_to_lead").state == "breached"
        workflow.touch(lead.pk, by=world.ada, **CALL, at=at(20))
        workflow.touch(lead.pk, by=world.ada, **CALL, at=at(40))

    assert (clock(lead, "speed_to_lead").stopped_at, clock(lead, "speed_to_lead").state) == (at(20), "met")


def test_fault_15_rotation_goes_by_who_was_given_least_recently(world: World) -> None:
    def give(minute: float) -> str | None:
        with moment(minute):
            lead = make_lead(f"Lead {minute}", team=world.berlin)
            with transaction.atomic():
                chosen = next_owner(world.berlin, timezone.now())
            workflow.promote(lead.pk, by=world.mia, owner=chosen, team=world.berlin)
            return chosen.username if chosen else None

    turns = [give(minute) for minute in range(6)]  # an import is no single turn
    assert all(one != other for one, other in pairwise(turns))
    Absence.objects.create(user=world.ada, starts_at=at(9), ends_at=at(20))
    assert [give(10), give(11)] == ["ben", "ben"]
    world.ben.is_active = False
    world.ben.save()
    assert give(12) is None  # it waits in the queue
    assert give(21) == "ada"
