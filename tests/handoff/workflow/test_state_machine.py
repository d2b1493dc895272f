"""Whatever is done to a lead, in whatever order: after each step the stored clocks equal those of the history."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from handoff import workflow
from handoff.amending.applying import apply_to_running
from handoff.amending.integrity import disagreements
from handoff.amending.rebuilding import rebuild
from handoff.ladder.sweep import sweep
from handoff.refusals import Refused
from handoff.workflow import rights
from leads.models import Lead, User, Verb
from sla.metrics import Metric
from sla.models import Alarm, Calendar, Clock, OwnerHours, Policy
from sla.versions import revise_calendar, revise_policy
from tests.world import ALWAYS, FACTS, MONDAY, OFFICE, World, make_calendar, make_lead, make_policy

PLAIN = (Verb.ACCEPT, Verb.QUALIFY, Verb.CONVERT, Verb.REJECT, Verb.COMMENT)
OF_MARKETING = (Verb.RECYCLE, Verb.RESUBMIT, Verb.ANSWER, Verb.DISPUTE)
OF_THE_ARBITER = (Verb.OVERTURN, Verb.UPHOLD)
minutes = st.integers(1, 400)


@pytest.fixture
def agreed(world: World) -> World:
    """A policy of each metric, with all that can change a clock while it runs."""
    office = make_calendar("office", OFFICE, zone="Europe/Berlin")
    OwnerHours.objects.create(user=world.ben, calendar_key="office")
    reassigned: list[dict[str, Any]] = [{}, {"on_reassign": "restart"}, {"on_reassign": "floor", "floor_seconds": 1200}]
    for number, metric in enumerate(Metric.values):
        terms = {} if metric == Metric.SPEED_TO_LEAD else reassigned[number % 3]
        hours = "owner" if number % 2 else "policy"
        make_policy(metric, 5400, pause_budget_seconds=[None, 900, 0][number % 3], whose_hours=hours, **terms)
        hot = [{"field": "score", "op": "at_least", "value": 80}]
        make_policy(metric, 2700, position=1, conditions=hot, calendar=office, **terms)
    return world


class LifeOfALead(RuleBasedStateMachine):
    """Each life in a transaction of its own, which is undone."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.now = MONDAY
        self.lead = make_lead(team=self.world.berlin, created_at=MONDAY, entered_at=MONDAY)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    def at(self, earlier: int = 0) -> datetime:
        return self.now - timedelta(minutes=earlier)

    def do(self, verb: str, by: User, **facts: Any) -> None:
        with time_machine.travel(self.now, tick=False):
            try:
                workflow.perform(verb, self.lead.pk, by=by, door=workflow.Door(), facts=FACTS.get(verb, {}) | facts)
            except Refused:
                return

    def applies(self, verb: str) -> bool:
        with time_machine.travel(self.now, tick=False):
            return rights.applies(verb, Lead.objects.get(pk=self.lead.pk), self.now)

    @initialize(owner=st.sampled_from(["ada", "ben", ""]))
    def promote(self, owner: str) -> None:
        self.do(Verb.PROMOTE, self.world.mia, owner=owner, team="Berlin")

    @rule(by=minutes)
    def time_goes_by(self, by: int) -> None:
        self.now += timedelta(minutes=by, seconds=7)

    @rule(verb=st.sampled_from([*PLAIN, *OF_MARKETING, *OF_THE_ARBITER]))
    def move(self, verb: Verb) -> None:
        if self.applies(verb):
            who = (
                self.world.mia
                if verb in OF_MARKETING
                else self.world.olga
                if verb in OF_THE_ARBITER
                else self.world.max
            )
            self.do(verb, who)

    @rule(owner=st.sampled_from(["ada", "ben", ""]))
    def assign(self, owner: str) -> None:
        self.do(Verb.ASSIGN, self.world.max, owner=owner, team="Berlin")

    @rule(earlier=st.integers(0, 200), automatic=st.booleans())
    def touch(self, earlier: int, automatic: bool) -> None:
        self.do(Verb.TOUCH, self.world.max, at=self.at(earlier), automatic=automatic)

    @rule(earlier=st.sampled_from([0, 3]), lasts=st.sampled_from([0, 30, 500]))
    def pause(self, earlier: int, lasts: int) -> None:
        until = self.at(-lasts) if lasts else None
        self.do(Verb.PAUSE, self.world.olga, at=self.at(earlier), until=until)

    @precondition(lambda self: self.applies(Verb.RESUME))
    @rule()
    def resume(self) -> None:
        self.do(Verb.RESUME, self.world.olga)

    @rule(score=st.sampled_from([10, 90]))
    def correct(self, score: int) -> None:
        with time_machine.travel(self.now, tick=False):
            workflow.correct(self.lead.pk, {"score": score})

    @rule(seconds=st.sampled_from([600, 5400, 20_000]), which=st.integers(0, 99), applied=st.booleans())
    def edit_a_policy(self, seconds: int, which: int, applied: bool) -> None:
        with time_machine.travel(self.now, tick=False):
            in_force = Policy.objects.filter(retired_at=None).order_by("metric", "position")
            revised = revise_policy(in_force[which % len(in_force)], {"target_seconds": seconds})
            if applied:
                apply_to_running(revised, by=self.world.olga, reason="As agreed.")

    @rule(weekly=st.sampled_from([ALWAYS, OFFICE]))
    def edit_a_calendar(self, weekly: Any) -> None:
        with time_machine.travel(self.now, tick=False):
            revise_calendar(Calendar.objects.get(key="office", retired_at=None), {"weekly": weekly})

    @rule()
    def sweep(self) -> None:
        with time_machine.travel(self.now, tick=False):
            sweep()

    @rule(which=st.integers(0, 99))
    def acknowledge(self, which: int) -> None:
        if alarms := list(Alarm.objects.filter(clock__stopped_at=None).order_by("pk")):
            self.do(Verb.ACKNOWLEDGE, self.world.olga, alarm=alarms[which % len(alarms)].pk)

    @rule(which=st.integers(0, 99))
    def excuse(self, which: int) -> None:
        if clocks := list(Clock.objects.order_by("pk")):
            self.do(Verb.EXCUSE, self.world.olga, clock=clocks[which % len(clocks)].pk, reason="An outage.")

    @rule()
    def take_the_last_act_back(self) -> None:
        act = self.lead.transitions.order_by("-pk").first()
        if act is not None and act.by is not None:
            self.do(Verb.UNDO, act.by, transition=act.pk)

    @rule(span=st.sampled_from(["", "30 min", "2 days"]))
    def snooze(self, span: str) -> None:
        if self.applies(Verb.SNOOZE):
            self.do(Verb.SNOOZE, self.world.max, until=span)

    @invariant()
    def stored_clocks_follow_from_the_history(self) -> None:
        with time_machine.travel(self.now, tick=False):
            assert list(rebuild(dry_run=True)) == []
            assert list(disagreements()) == []


@pytest.mark.slow
def test_whatever_is_done_the_stored_clocks_equal_the_rebuilt_ones(agreed: World) -> None:
    run_state_machine_as_test(
        type("LifeInThisWorld", (LifeOfALead,), {"world": agreed}),
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
