"""How clocks follow a lead: when they start, what stops them, how they end."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from handoff import workflow
from handoff.ladder.sweep import sweep
from handoff.refusals import FactsRefused
from handoff.workflow import Door
from leads.models import State, Via
from sla.metrics import Metric
from sla.models import Alarm, Calendar, Clock, ClockState, PendingAlarm, Policy
from tests.world import MONDAY, OFFICE, World, assert_consistent, bring_to, make_calendar, make_lead, make_policy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def agreed(world: World) -> None:
    for metric in Metric.values:
        make_policy(metric, 3600)


def clock(metric: str) -> Clock:
    return Clock.objects.get(metric=metric)


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def moment(minutes: float) -> time_machine.travel:
    return time_machine.travel(at(minutes), tick=False)


def test_the_handoff_starts_the_clocks_of_sales(world: World) -> None:
    with moment(0):
        bring_to(State.MQL, make_lead(), world)

    assert {c.metric for c in Clock.objects.all()} == {"time_to_accept", "speed_to_lead"}
    assert clock("time_to_accept").due_at == at(60)
    assert clock("time_to_accept").owner == world.ada
    assert list(PendingAlarm.objects.filter(clock__metric="time_to_accept").values_list("due_at", flat=True)) == [
        at(45),
        at(60),
    ]


def test_time_to_accept_waits_for_an_owner(world: World) -> None:
    lead = make_lead()
    with moment(0):
        workflow.promote(lead.pk, by=world.mia, team=world.berlin)
        assert not Clock.objects.filter(metric="time_to_accept").exists()
    with moment(10):
        workflow.assign(lead.pk, by=world.max, owner=world.ada)

    assert clock("time_to_accept").due_at == at(70)
    assert clock("speed_to_lead").due_at == at(60)


def test_a_lead_returned_to_the_queue_cancels_time_to_accept(world: World) -> None:
    with moment(0):
        lead = bring_to(State.MQL, make_lead(), world)
    with moment(10):
        workflow.assign(lead.pk, by=world.max)

    assert clock("time_to_accept").state == ClockState.CANCELLED
    assert clock("speed_to_lead").state == ClockState.RUNNING


def test_a_clock_that_was_late_when_cancelled_stays_breached(world: World) -> None:
    with moment(0):
        lead = bring_to(State.MQL, make_lead(), world)
    with moment(61):
        workflow.assign(lead.pk, by=world.max)

    assert clock("time_to_accept").state == ClockState.BREACHED


def test_reassigning_carries_what_is_left_to_the_new_owner(world: World) -> None:
    with moment(0):
        lead = bring_to(State.MQL, make_lead(), world)
    with moment(30):
        workflow.assign(lead.pk, by=world.max, owner=world.ben)

    running = clock("time_to_accept")
    assert (running.owner, running.due_at, running.state) == (world.ben, at(60), ClockState.RUNNING)


@pytest.mark.parametrize(("minutes", "state"), [(60, ClockState.MET), (60.001, ClockState.BREACHED)])
def test_stopped_when_due_is_met_and_after_it_is_breached(world: World, minutes: float, state: str) -> None:
    with moment(0):
        lead = bring_to(State.MQL, make_lead(), world)
    with moment(minutes):
        workflow.accept(lead.pk, by=world.ada)

    assert clock("time_to_accept").state == state
    assert not PendingAlarm.objects.filter(clock__metric="time_to_accept", due_at__gte=at(minutes)).exists()


def test_a_breach_that_a_late_act_overtakes_is_told_all_the_same(world: World) -> None:
    with moment(0):
        lead = bring_to(State.MQL, make_lead(), world)
    with moment(180):
        workflow.accept(lead.pk, by=world.ada)  # and no sweep has run since the handoff
    assert_consistent()

    sweep(at(181))

    fired = Alarm.objects.filter(clock__metric="time_to_accept").values_list("due_at", "superseded")
    assert list(fired) == [(at(45), True), (at(60), False)]
    assert_consistent()


def test_a_warning_that_an_act_overtakes_is_recorded_and_not_told(world: World) -> None:
    with moment(0):
        lead = bring_to(State.MQL, make_lead(), world)
    with moment(50):
        workflow.accept(lead.pk, by=world.ada)

    sweep(at(51))

    assert Alarm.objects.get(clock__metric="time_to_accept").superseded
    assert_consistent()


def test_fault_4_a_clock_is_breached_when_it_is_due_though_nobody_saves_the_lead(world: World) -> None:
    with moment(0):
        bring_to(State.MQL, make_lead(), world)

    assert clock("time_to_accept").breached_at(at(60)) is None
    assert clock("time_to_accept").breached_at(at(61)) == at(60)


def test_fault_6_first_response_is_met_by_a_human_and_by_nothing_else(world: World) -> None:
    with moment(0):
        lead = bring_to(State.SAL, make_lead(), world)
    with moment(5):
        workflow.touch(lead.pk, by=world.ada, channel="email", outcome="sent", automatic=True)
        assert clock("time_to_touch").state == clock("speed_to_lead").state == ClockState.RUNNING
    with moment(6):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="no_answer")

    assert clock("time_to_touch").stopped_at == clock("speed_to_lead").stopped_at == at(6)


def test_fault_14_the_earliest_touch_counts_not_the_last_to_arrive(world: World) -> None:
    with moment(0):
        lead = bring_to(State.SAL, make_lead(), world)
    with moment(90):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")
        assert clock("time_to_touch").state == ClockState.BREACHED
    with moment(100):
        workflow.touch(lead.pk, by=world.ada, channel="email", outcome="sent", at=at(20))

    assert (clock("time_to_touch").stopped_at, clock("time_to_touch").state) == (at(20), ClockState.MET)
    assert_consistent()


def test_a_touch_before_the_acceptance_is_no_first_touch_after_it(world: World) -> None:
    with moment(0):
        lead = bring_to(State.MQL, make_lead(), world)
    with moment(30):
        workflow.accept(lead.pk, by=world.ada)
    with moment(40):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached", at=at(10))

    assert clock("time_to_touch").state == ClockState.RUNNING
    assert clock("speed_to_lead").stopped_at == at(10)
    assert_consistent()


@pytest.mark.parametrize(
    ("verb", "facts"),
    [
        ("answer", {"kind": "acknowledge"}),
        ("dispute", {"argument": "It fits."}),
        ("resubmit", {"fixed": "The number."}),
        ("recycle", {"reenter_on": "2031-01-01"}),
    ],
)
def test_marketing_owes_an_answer_to_a_rejection_by_sales(world: World, verb: str, facts: dict) -> None:
    with moment(0):
        lead = bring_to(State.REJECTED, make_lead(), world)
        assert clock("time_to_answer").state == ClockState.RUNNING
    with moment(10):
        workflow.perform(verb, lead.pk, by=world.mia, door=Door(), facts=facts)

    assert clock("time_to_answer").stopped_at == at(10)


def test_marketing_owes_itself_no_answer(world: World) -> None:
    workflow.reject(make_lead().pk, by=world.mia, reason="spam_or_test")

    assert not Clock.objects.exists()


def test_a_second_cycle_has_clocks_of_its_own(world: World) -> None:
    lead = bring_to(State.REJECTED, make_lead(), world)
    workflow.resubmit(lead.pk, by=world.mia, fixed="The number.")

    assert list(Clock.objects.filter(metric="time_to_accept").order_by("cycle").values_list("cycle", "state")) == [
        (1, "met"),
        (2, "running"),
    ]


def test_an_owner_who_comes_back_in_the_same_cycle_gets_a_second_round(world: World) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    workflow.assign(lead.pk, by=world.max)
    workflow.assign(lead.pk, by=world.max, owner=world.ben)

    rounds = Clock.objects.filter(metric="time_to_accept").order_by("round").values_list("round", "state")
    assert list(rounds) == [(1, "cancelled"), (2, "running")]
    assert_consistent()


def test_the_first_policy_whose_segment_fits_is_the_judge(world: World) -> None:
    hot = make_policy(
        "time_to_accept", 600, position=1, conditions=[{"field": "score", "op": "at_least", "value": 80}], key="hot"
    )
    bring_to(State.MQL, make_lead(score=90), world)
    bring_to(State.MQL, make_lead("Cold Fish", score=10), world)

    judges = dict(Clock.objects.filter(metric="time_to_accept").values_list("lead__name", "policy__key"))
    assert judges["Dana Fox"] == hot.key
    assert judges["Cold Fish"] != hot.key


def test_without_a_policy_no_clock_runs(world: World) -> None:
    Policy.objects.update(retired_at=timezone.now())

    bring_to(State.MQL, make_lead(), world)

    assert not Clock.objects.exists()


def test_a_calendar_that_cannot_be_computed_sets_its_clock_aside_and_nothing_else(world: World) -> None:
    broken = make_calendar("broken", {"mon": [["nonsense", "17:00"]]})
    Policy.objects.filter(metric="time_to_accept").update(calendar=broken)

    lead = bring_to(State.MQL, make_lead(), world)

    assert clock("time_to_accept").due_at is None
    assert "nonsense" in clock("time_to_accept").error
    assert clock("speed_to_lead").due_at is not None
    workflow.accept(lead.pk, by=world.ada)
    assert clock("time_to_accept").state == ClockState.CANCELLED


def test_fault_1_a_lead_of_the_weekend_is_due_within_hours_of_monday(world: World) -> None:
    office = make_calendar("office", {d: [["10:00", "18:00"]] for d in OFFICE}, "Europe/Berlin")
    Policy.objects.filter(metric="time_to_accept").update(calendar=office)
    with time_machine.travel(datetime(2026, 2, 28, 14, 0, tzinfo=UTC), tick=False):  # Saturday 15:00 in Berlin
        bring_to(State.MQL, make_lead(), world)

    assert clock("time_to_accept").due_at == datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # Monday 11:00 in Berlin


def test_a_historical_act_starts_no_clock_and_ends_those_that_run(world: World) -> None:
    past = Door(via=Via.IMPORT, historical=True)
    with moment(0):
        lead = make_lead(created_at=at(-100))
        workflow.promote(lead.pk, by=None, door=past, owner=world.ada)
        assert not Clock.objects.exists()
        live = bring_to(State.MQL, make_lead("Live One"), world)
    with moment(5):
        workflow.accept(live.pk, by=None, door=past)

    assert set(Clock.objects.values_list("metric", "state")) == {
        ("time_to_accept", "met"),
        ("speed_to_lead", "running"),
    }
    assert_consistent()


def test_a_warning_and_a_breach_fire_once_each_and_are_dated_when_due(world: World) -> None:
    with moment(0):
        bring_to(State.MQL, make_lead(), world)
    Policy.objects.filter(metric="speed_to_lead").update(retired_at=None)

    assert [sweep(at(44)), sweep(at(46)), sweep(at(47)), sweep(at(60)), sweep(at(61))] == [0, 2, 0, 2, 0]
    fired = Alarm.objects.filter(clock__metric="time_to_accept").values_list("due_at", "fired_at", "superseded")
    assert list(fired) == [(at(45), at(46), False), (at(60), at(60), False)]


def test_a_sweep_that_comes_late_supersedes_the_warning_and_dates_the_breach_right(world: World) -> None:
    with moment(0):
        bring_to(State.MQL, make_lead(), world)

    sweep(at(180))

    fired = Alarm.objects.filter(clock__metric="time_to_accept").values_list("due_at", "fired_at", "superseded")
    assert list(fired) == [(at(45), at(180), True), (at(60), at(180), False)]
    assert_consistent()


def test_a_touch_told_late_unmakes_the_breach_but_not_the_alarm(world: World) -> None:
    with moment(0):
        lead = bring_to(State.SAL, make_lead(), world)
    sweep(at(61))
    with moment(70):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached", at=at(50))

    assert clock("time_to_touch").state == ClockState.MET
    assert Alarm.objects.filter(clock__metric="time_to_touch").count() == 2
    assert_consistent()


def test_the_database_refuses_a_second_running_clock_and_a_false_outcome(world: World) -> None:
    with moment(0):
        bring_to(State.MQL, make_lead(), world)
    running = clock("time_to_accept")

    for wrong in ({"state": ClockState.MET}, {"state": ClockState.MET, "stopped_at": at(61)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Clock.objects.filter(pk=running.pk).update(**wrong)
    running.pk, running.round = None, 2
    with pytest.raises(IntegrityError), transaction.atomic():
        running.save(force_insert=True)


def test_fault_11_a_policy_or_calendar_that_judged_cannot_be_deleted(world: World) -> None:
    bring_to(State.MQL, make_lead(), world)

    for row in (Policy.objects.get(metric="time_to_accept"), Calendar.objects.get()):
        with pytest.raises(IntegrityError):
            row.delete()


@pytest.mark.parametrize("change", ["UPDATE leads_transition SET note = ''", "DELETE FROM leads_transition"])
def test_the_database_refuses_to_rewrite_history(world: World, change: str) -> None:
    bring_to(State.MQL, make_lead(), world)

    with pytest.raises((IntegrityError, ProgrammingError), match="append-only"), connection.cursor() as cursor:
        cursor.execute(change.replace("note", "verb"))


def test_a_touch_told_late_leaves_the_clock_with_the_owner_of_then(world: World) -> None:
    with moment(0):
        lead = bring_to(State.MQL, make_lead(), world)
    with moment(20):
        workflow.assign(lead.pk, by=world.max, owner=world.ben)
    with moment(30):
        workflow.touch(lead.pk, by=world.ben, channel="call", outcome="reached", at=at(10))

    assert (clock("speed_to_lead").stopped_at, clock("speed_to_lead").owner) == (at(10), world.ada)
    assert_consistent()


def test_a_rejection_told_late_ends_what_ran_when_it_happened(world: World) -> None:
    door = Door(via=Via.IMPORT)
    with moment(0):
        lead = bring_to(State.MQL, make_lead(), world)
    with moment(20):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")
        workflow.comment(lead.pk, by=world.ada, text="They hung up.")
    with moment(30):
        workflow.reject(lead.pk, by=None, door=door, at=at(10), reason="wrong_territory")

    assert clock("speed_to_lead").stopped_at == clock("time_to_accept").stopped_at == at(10)
    assert_consistent()


def test_nothing_but_a_touch_or_a_comment_is_dated_before_the_last_act(world: World) -> None:
    with moment(0):
        lead = make_lead()
        workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    with moment(20):
        workflow.assign(lead.pk, by=world.max, owner=world.ada)
    with moment(30), pytest.raises(FactsRefused, match="The lead was changed after that time"):
        workflow.reject(lead.pk, by=None, door=Door(via=Via.IMPORT), at=at(10), reason="wrong_territory")

    assert_consistent()
