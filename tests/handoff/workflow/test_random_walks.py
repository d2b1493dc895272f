"""Random lives, with touches and rejections told late, pauses and policies that change: what is stored follows from
the history after every one."""

import contextlib
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from handoff import workflow
from handoff.ladder.sweep import sweep
from handoff.refusals import Refused
from handoff.workflow import Door, rights
from leads.correct import correct
from leads.models import Lead, User, Verb, Via
from sla.metrics import Metric
from sla.models import Alarm, Calendar, OwnerHours, Policy
from sla.versions import revise_calendar, revise_policy
from tests.world import (
    ALWAYS,
    FACTS,
    MONDAY,
    OFFICE,
    World,
    assert_consistent,
    make_calendar,
    make_lead,
    make_policy,
)

ALL = [verb for verb in workflow.VERBS if verb != Verb.MERGE]
ARBITRATING = (Verb.OVERTURN, Verb.UPHOLD, Verb.EXCUSE, Verb.REEVALUATE, Verb.PAUSE, Verb.RESUME, Verb.ACKNOWLEDGE)
MARKETING = (Verb.PROMOTE, Verb.RECYCLE, Verb.RESUBMIT, Verb.ANSWER, Verb.DISPUTE)


def at(minutes: int) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def facts_of(verb: str, lead: Lead, minute: int, rng: random.Random) -> dict[str, Any]:
    facts = dict(FACTS.get(verb, {}))
    if verb in (Verb.ASSIGN, Verb.PROMOTE):
        facts |= {"owner": rng.choice(["ada", "ben", ""]), "team": "Berlin"}
    if verb == Verb.TOUCH:
        facts["automatic"] = rng.random() < 0.2
        if rng.random() < 0.6:
            facts["at"] = at(rng.randint(-10, minute))
    if verb == Verb.PAUSE:
        facts["until"] = rng.choice([None, at(minute + 30), at(minute + 500)])
        facts["at"] = rng.choice([None, at(minute - 3)])
    return facts | about_a_clock(verb, lead, rng)


def about_a_clock(verb: str, lead: Lead, rng: random.Random) -> dict[str, Any]:
    clocks, alarms = list(lead.clocks.all()), list(Alarm.objects.filter(clock__lead=lead))
    if verb == Verb.EXCUSE and clocks:
        return {"clock": rng.choice(clocks), "reason": "An outage."}
    if verb == Verb.ACKNOWLEDGE and alarms:
        return {"alarm": rng.choice(alarms)}
    if verb == Verb.REEVALUATE:
        revised = Policy.objects.filter(retired_at=None, version__gt=1)
        return {"policy": rng.choice([None, *revised]), "reason": "The agreement changed."}
    return {}


def edit_the_agreement(rng: random.Random) -> None:
    """Write the next version of a policy, or of a calendar and of all that count by it."""
    if rng.random() < 0.2:
        revise_calendar(rng.choice(Calendar.objects.filter(retired_at=None)), {"weekly": rng.choice([ALWAYS, OFFICE])})
        return
    policy = rng.choice(Policy.objects.filter(retired_at=None))
    revise_policy(policy, {"target_seconds": rng.choice([600, 3600, 9000])})


def who_does(verb: str, world: World) -> User:
    if verb in MARKETING:
        return world.mia
    return world.olga if verb in ARBITRATING else world.max


def what_applies(lead: Lead) -> list[str]:
    stands = Lead.objects.get(pk=lead.pk)
    return [verb for verb in ALL if rights.applies(verb, stands, timezone.now())]


def live(lead: Lead, world: World, rng: random.Random) -> None:
    minute = 0
    for _ in range(20):
        minute += rng.choice([0, 5, 20, 90, 2000])
        verb = rng.choice(what_applies(lead) if rng.random() < 0.9 else ALL)
        facts = facts_of(verb, lead, minute, rng)
        told_late = verb == Verb.REJECT and rng.random() < 0.4
        with time_machine.travel(at(minute), tick=False), contextlib.suppress(Refused):
            if told_late:
                when, door = at(rng.randint(0, minute)), Door(via=Via.IMPORT)
                workflow.reject(lead.pk, by=None, door=door, at=when, **facts)
            else:
                workflow.perform(verb, lead.pk, by=who_does(verb, world), door=Door(), facts=facts)
            if rng.random() < 0.2:
                edit_the_agreement(rng)
            if rng.random() < 0.2:
                correct(lead.pk, {"score": rng.choice([10, 90])})
                workflow.reevaluate_policies(lead.pk, because="Its score changed.")
        if rng.random() < 0.3:
            sweep(at(minute))


def terms(metric: str, rng: random.Random) -> dict[str, Any]:
    chosen = {"pause_budget_seconds": rng.choice([None, 0, 900]), "whose_hours": rng.choice(["policy", "owner"])}
    if metric == Metric.SPEED_TO_LEAD:
        return chosen
    return chosen | rng.choice([{}, {"on_reassign": "restart"}, {"on_reassign": "floor", "floor_seconds": 1200}])


@pytest.mark.parametrize("seed", range(24))
def test_after_a_random_life_what_is_stored_follows_from_the_history(world: World, seed: int) -> None:
    rng = random.Random(seed)
    office = make_calendar("office", OFFICE)
    OwnerHours.objects.create(user=world.ben, calendar_key="office")
    for metric in Metric.values:
        make_policy(metric, 3600, **terms(metric, rng))
        hot = [{"field": "score", "op": "at_least", "value": 80}]
        make_policy(metric, 1800, position=1, conditions=hot, calendar=rng.choice([None, office]), **terms(metric, rng))
    captured = at(-1440)

    live(make_lead(created_at=captured, entered_at=captured), world, rng)

    assert_consistent()
    sweep(at(100_000))
    assert_consistent()
