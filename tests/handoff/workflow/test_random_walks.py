"""Random lives, with touches and rejections told late: what is stored follows from the history after every one."""

import contextlib
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from handoff import workflow
from handoff.refusals import Refused
from handoff.sweep import sweep
from handoff.workflow import Door
from leads.models import Lead, User, Verb, Via
from sla.metrics import Metric
from tests.world import FACTS, MONDAY, World, assert_consistent, make_lead, make_policy

MARKETING = (Verb.PROMOTE, Verb.RECYCLE, Verb.RESUBMIT, Verb.ANSWER, Verb.DISPUTE)


def at(minutes: int) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def facts_of(verb: str, minute: int, rng: random.Random) -> dict[str, Any]:
    facts = dict(FACTS.get(verb, {}))
    if verb in (Verb.ASSIGN, Verb.PROMOTE):
        facts |= {"owner": rng.choice(["ada", "ben", ""]), "team": "Berlin"}
    if verb == Verb.TOUCH:
        facts["automatic"] = rng.random() < 0.2
        if rng.random() < 0.6:
            facts["at"] = at(rng.randint(-10, minute))
    return facts


def who_does(verb: str, world: World) -> User:
    if verb in MARKETING:
        return world.mia
    return world.olga if verb == Verb.OVERTURN else world.max


def live(lead: Lead, world: World, rng: random.Random) -> None:
    minute = 0
    for _ in range(14):
        minute += rng.choice([0, 5, 20, 90, 2000])
        verb = rng.choice([verb for verb in workflow.VERBS if verb != Verb.MERGE])
        facts = facts_of(verb, minute, rng)
        told_late = verb == Verb.REJECT and rng.random() < 0.4
        with time_machine.travel(at(minute), tick=False), contextlib.suppress(Refused):
            if told_late:
                when, door = at(rng.randint(0, minute)), Door(via=Via.IMPORT)
                workflow.reject(lead.pk, by=None, door=door, at=when, **facts)
            else:
                workflow.perform(verb, lead.pk, by=who_does(verb, world), door=Door(), facts=facts)
        if rng.random() < 0.3:
            sweep(at(minute))


@pytest.mark.parametrize("seed", range(40))
def test_after_a_random_life_what_is_stored_follows_from_the_history(world: World, seed: int) -> None:
    for metric in Metric.values:
        make_policy(metric, 3600)
    captured = at(-1440)

    live(make_lead(created_at=captured, entered_at=captured), world, random.Random(seed))

    assert_consistent()
    sweep(at(100_000))
    assert_consistent()
