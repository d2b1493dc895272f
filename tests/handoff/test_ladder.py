"""Ladders that act: who gets a lead that somebody let lie, and when nothing is done."""

import os
import signal
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from handoff import tasks, workflow
from handoff.alerts.leases import leased
from handoff.ladder import actions
from handoff.ladder.sweep import sweep
from handoff.models import Delivery
from handoff.workflow.act import lock
from handoff.workflow.rotation import next_owner
from leads.models import Absence, Lead, Role, Transition, User, Verb, Via
from sla.metrics import Metric
from sla.models import Alarm, Clock, Policy, Step
from tests.handoff.workflow.test_races import process, processes
from tests.programs import in_threads
from tests.world import MONDAY, World, assert_consistent, bring_to, last, make_lead, make_policy, person

pytestmark = pytest.mark.django_db
HOUR = 3600


def moment(minutes: float) -> time_machine.travel:
    return time_machine.travel(MONDAY + timedelta(minutes=minutes), tick=False)


def sweep_at(minutes: float) -> None:
    with moment(minutes):
        sweep()


def policy_that(metric: str = Metric.TIME_TO_ACCEPT, percent: int = 100, **action: Any) -> Policy:
    """A policy of one hour, of which one step does something."""
    policy = make_policy(metric, HOUR, steps=[(75, 0), (100, 0)])
    Step.objects.filter(policy=policy, percent=percent).update(**action)
    return policy


def offered(world: World, name: str = "Dana Fox", **facts: Any) -> Lead:
    """A lead promoted on Monday at nine, to ada unless told otherwise."""
    lead = make_lead(name, entered_at=MONDAY - timedelta(days=1))
    with moment(0):
        workflow.promote(lead.pk, by=world.mia, **(facts or {"owner": world.ada}))
    lead.refresh_from_db()
    return lead


def away(*people: User) -> None:
    for user in people:
        Absence.objects.create(user=user, starts_at=MONDAY, ends_at=MONDAY + timedelta(days=1))


def decided() -> Alarm:
    alarm = Alarm.objects.get(step__percent=100)
    assert not alarm.to_do
    return alarm


def test_a_breach_gives_the_lead_to_the_next_in_rotation(world: World) -> None:
    policy = policy_that(does="reassign")
    lead = offered(world)

    sweep_at(60)

    lead.refresh_from_db()
    act = last(lead, Verb.ASSIGN)
    assert (lead.owner, act.by, act.via, act.owner) == (world.ben, None, Via.SWEEP, world.ben)
    assert act.facts["note"] == f"By the ladder of {policy}, at its target."
    assert (decided().done_by, decided().note) == (act, "")
    assert Clock.objects.get(stopped_at=None).owner == world.ada  # she owed it when it was due
    assert_consistent()


def test_it_is_done_once_however_often_one_sweeps(world: World) -> None:
    policy_that(does="reassign")
    lead = offered(world)

    for minutes in (60, 61, 62):
        sweep_at(minutes)

    assert lead.transitions.filter(verb=Verb.ASSIGN).count() == 1


def test_a_step_returns_the_lead_to_the_queue_of_its_team(world: World) -> None:
    policy_that(does="queue")
    make_policy(Metric.TIME_TO_ASSIGN)
    lead = offered(world)

    sweep_at(60)

    lead.refresh_from_db()
    assert (lead.owner, lead.team) == (None, world.berlin)
    assert Clock.objects.get(stopped_at=None).metric == Metric.TIME_TO_ASSIGN
    assert_consistent()


def test_the_late_owner_is_taken_out_of_rotation_for_a_while(world: World) -> None:
    policy_that(does="reassign", out_of_rotation_seconds=4 * HOUR)
    offered(world)

    sweep_at(60)

    absence = Absence.objects.get()
    assert (absence.user, absence.imposed) == (world.ada, True)
    assert (absence.starts_at, absence.ends_at) == (MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=5))
    assert decided().note == "Ada is out of rotation for 4 h."
    assert next_owner(world.berlin, MONDAY + timedelta(hours=4)) == world.ben
    assert next_owner(world.berlin, MONDAY + timedelta(hours=5)) == world.ada


def test_a_step_may_only_take_out_of_rotation(world: World) -> None:
    policy_that(out_of_rotation_seconds=HOUR)
    lead = offered(world)

    sweep_at(60)

    lead.refresh_from_db()
    assert (lead.owner, Absence.objects.get().user) == (world.ada, world.ada)
    assert (decided().done_by, decided().note) == (None, "Ada is out of rotation for 1 h.")


def test_fault_15_a_lead_that_nobody_can_take_waits_in_the_queue_and_manager_and_revops_are_told(world: World) -> None:
    policy_that(does="reassign")
    away(world.ben)
    lead = offered(world)

    sweep_at(60)

    lead.refresh_from_db()
    act = last(lead, Verb.ASSIGN)
    assert (lead.owner, lead.team) == (None, world.berlin)
    assert act.facts["note"].endswith("Nobody else of Berlin is in rotation.")
    assert set(Delivery.objects.filter(transition=act).values_list("recipient__username", flat=True)) == {"max", "olga"}


def test_fault_15_of_a_lead_that_waits_in_the_queue_already_they_are_told_by_its_alarm(world: World) -> None:
    policy_that(Metric.TIME_TO_ASSIGN, does="reassign")
    away(world.ada, world.ben)
    lead = offered(world, team=world.berlin)

    sweep_at(60)

    assert not lead.transitions.filter(verb=Verb.ASSIGN).exists()
    assert decided().note == "Nobody else of Berlin is in rotation."
    told = Delivery.objects.filter(alarm=decided()).values_list("recipient__username", flat=True)
    assert set(told) == {"max", "olga"}


def test_a_lead_that_waits_in_the_queue_is_routed_to_somebody_who_is_there(world: World) -> None:
    policy_that(Metric.TIME_TO_ASSIGN, percent=75, does="reassign")
    policy_that(Metric.TIME_TO_ACCEPT)
    away(world.ada)
    lead = offered(world, team=world.berlin)
    assert last(lead).owner is None

    sweep_at(45)

    lead.refresh_from_db()
    assert lead.owner == world.ben
    assert Clock.objects.get(metric=Metric.TIME_TO_ASSIGN).state == "met"
    assert Clock.objects.get(stopped_at=None).metric == Metric.TIME_TO_ACCEPT
    assert_consistent()


def test_the_buyers_clock_goes_on_while_its_owner_is_away(world: World) -> None:
    policy_that(Metric.SPEED_TO_LEAD, does="reassign")
    away(world.ada)
    lead = offered(world)

    sweep_at(60)

    lead.refresh_from_db()
    clock = Clock.objects.get()
    assert (lead.owner, clock.owner) == (world.ben, world.ada)
    assert (clock.started_at, clock.due_at) == (MONDAY, MONDAY + timedelta(hours=1))


def test_a_lead_without_a_team_is_left_to_revops(world: World) -> None:
    policy_that(Metric.TIME_TO_ASSIGN, does="reassign")
    offered(world, note="Whose is it?")

    sweep_at(60)

    assert decided().note == "It has no team, so nobody is in rotation for it."
    assert Delivery.objects.get().recipient == world.olga


def test_nothing_is_done_when_the_clock_stopped_before_it_could_be(world: World, monkeypatch: Any) -> None:
    policy_that(does="reassign", out_of_rotation_seconds=HOUR)
    lead = offered(world)
    with monkeypatch.context() as patched:
        patched.setattr(actions, "run_actions", lambda _: None)  # killed between firing and doing
        sweep_at(60)
    assert Alarm.objects.filter(to_do=True).count() == 1
    with moment(61):
        workflow.accept(lead.pk, by=world.ada)

    sweep_at(62)

    lead.refresh_from_db()
    assert (lead.owner, Absence.objects.count()) == (world.ada, 0)
    assert (decided().done_by, decided().note) == (None, "The clock had stopped before it could be done.")


def test_nothing_is_done_once_somebody_has_acknowledged_it(world: World, monkeypatch: Any) -> None:
    policy_that(does="reassign")
    lead = offered(world)
    with monkeypatch.context() as patched:
        patched.setattr(actions, "run_actions", lambda _: None)
        sweep_at(60)
    act = Transition.objects.create(
        lead=lead, verb=Verb.ACKNOWLEDGE, from_state="mql", to_state="mql", cycle=1, owner=world.ada, by=world.max,
        at=MONDAY + timedelta(minutes=61), via=Via.CONSOLE,
    )  # fmt: skip
    Alarm.objects.filter(to_do=True).update(acknowledged_by=act)

    sweep_at(62)

    lead.refresh_from_db()
    assert lead.owner == world.ada
    assert decided().note == "Max had acknowledged it before it could be done."


def test_who_was_given_the_lead_meanwhile_is_not_blamed(world: World) -> None:
    """A late sweep: max gave it to ben after the breach, and ben is neither late nor robbed of it."""
    policy_that(does="reassign", out_of_rotation_seconds=HOUR)
    lead = offered(world)
    with moment(90):
        workflow.assign(lead.pk, by=world.max, owner=world.ben)

    sweep_at(120)

    lead.refresh_from_db()
    assert (lead.owner, Absence.objects.get().user) == (world.ben, world.ada)
    assert decided().note == "Ada is out of rotation for 1 h. It was reassigned to Ben in the meantime."


def test_an_escalation_benches_who_was_late_and_not_who_came_to_the_rescue(world: World) -> None:
    policy_that().steps.create(after_seconds=HOUR, does="queue", out_of_rotation_seconds=HOUR)
    lead = offered(world)
    with moment(90):
        workflow.assign(lead.pk, by=world.max, owner=world.ben)

    sweep_at(120)

    lead.refresh_from_db()
    assert (lead.owner, Absence.objects.get().user) == (None, world.ada)


def test_two_clocks_that_are_due_together_move_the_lead_once(world: World) -> None:
    policy_that(Metric.TIME_TO_ACCEPT, does="reassign")
    policy_that(Metric.SPEED_TO_LEAD, does="reassign")
    lead = offered(world)

    sweep_at(60)

    lead.refresh_from_db()
    assert (lead.owner, lead.transitions.filter(verb=Verb.ASSIGN).count()) == (world.ben, 1)
    assert not Alarm.objects.filter(to_do=True).exists()
    assert set(Alarm.objects.filter(step__percent=100).values_list("note", flat=True)) == {
        "",
        "It was reassigned to Ben in the meantime.",
    }


def test_a_superseded_step_does_nothing(world: World) -> None:
    policy_that(percent=75, does="reassign")
    lead = offered(world)

    sweep_at(120)

    lead.refresh_from_db()
    assert lead.owner == world.ada
    assert not Alarm.objects.filter(to_do=True).exists()


def test_what_does_not_apply_is_said_and_not_tried_for_ever(world: World) -> None:
    policy_that(Metric.TIME_TO_ANSWER, does="queue")
    with moment(0):
        lead = make_lead(entered_at=MONDAY - timedelta(days=1))
        bring_to("rejected", lead, world)

    sweep_at(60)

    assert decided().note.startswith("Cannot assign Dana Fox: already rejected by Ada")


def test_one_that_fails_is_set_aside_and_does_not_hold_up_the_rest(world: World, monkeypatch: Any) -> None:
    policy_that(does="reassign")
    bad, good = offered(world, "Bad"), offered(world, "Good")

    def fail_for_one(lead_id: int, **facts: Any) -> Any:
        if lead_id == bad.pk:
            raise ZeroDivisionError("division by zero")
        return workflow.assign(lead_id, **facts)

    monkeypatch.setattr(actions, "assign", fail_for_one)
    sweep_at(60)

    good.refresh_from_db()
    assert good.owner == world.ben
    alarm = Alarm.objects.get(clock__lead=bad, step__percent=100)
    assert (alarm.to_do, alarm.done_by) == (False, None)
    assert alarm.note == "It failed: ZeroDivisionError: division by zero"


def test_a_sweep_with_nothing_to_do_costs_one_query_more(world: World, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):  # with the savepoint that stands for its transaction
        actions.run_actions()


@pytest.mark.django_db(transaction=True)
def test_a_lead_that_somebody_holds_is_passed_by(world: World) -> None:
    policy_that(does="reassign")
    held, free = offered(world, "Held"), offered(world, "Free")
    with transaction.atomic():
        lock(held.pk)
        in_threads(1, lambda: sweep_at(60))
        free.refresh_from_db()
        assert free.owner == world.ben

    sweep_at(61)

    held.refresh_from_db()
    assert held.owner == world.ben


@pytest.mark.django_db(transaction=True)
def test_alarms_do_not_wait_for_actions_which_one_worker_does_at_a_time(world: World) -> None:
    policy_that(does="reassign")
    lead = offered(world)
    tasks.sweep.apply()
    assert Alarm.objects.get(step__percent=100).to_do
    with leased(actions.LEASE, actions.LEASE_SECONDS):  # somebody is at it
        in_threads(1, tasks.run_actions.apply)
    assert Alarm.objects.get(step__percent=100).to_do

    tasks.run_actions.apply()

    lead.refresh_from_db()
    assert (lead.owner, decided().note) == (world.ben, "")


def do_for_ever(go: Any) -> None:
    go.wait(30)
    while True:
        sweep(batch=7)
        time.sleep(0.002)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_sweeps_killed_in_the_middle_do_each_action_once_and_spread_the_leads(world: World) -> None:
    for name in ("carl", "dora"):
        person(name, Role.SALES_REP, team=world.berlin)
    policy = make_policy(Metric.TIME_TO_ACCEPT, 1)
    policy.steps.filter(percent=100).update(does="reassign", out_of_rotation_seconds=1)
    others = {"ben", "carl", "dora"}
    leads = [bring_to("mql", make_lead(f"Lead {n}"), world).pk for n in range(30)]
    go, deadline, kills = processes.Event(), time.monotonic() + 60, 0
    go.set()
    time.sleep(1)

    while Alarm.objects.filter(step__percent=100, to_do=False).count() < len(leads):
        assert time.monotonic() < deadline
        with process(do_for_ever, go) as one, process(do_for_ever, go) as two, process(do_for_ever, go):
            time.sleep(0.12 + 0.02 * kills)
            for child in (one, two):
                os.kill(child.pid or 0, signal.SIGKILL)
        kills += 1

    given = Transition.objects.filter(verb=Verb.ASSIGN)
    counts = [given.filter(owner__username=name).count() for name in sorted(others)]
    assert kills >= 2
    assert given.count() == len(leads) == Alarm.objects.exclude(done_by=None).count()
    assert Absence.objects.count() == len(leads)
    assert set(given.values_list("lead", flat=True)) == set(leads)
    assert counts == [10, 10, 10]
    assert_consistent()
