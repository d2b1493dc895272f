"""Every operation runs concurrently with itself, in real processes, and may be killed in the middle."""

import contextlib
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from handoff import workflow
from handoff.ladder.sweep import sweep
from handoff.models import Delivery, Destination, Handoff
from handoff.refusals import Refused, WrongState
from handoff.workflow import CARDS, Door
from leads.models import Lead, Transition, User, Verb, Via
from sla.metrics import Metric
from sla.models import Alarm, PendingAlarm
from tests.world import FACTS, World, assert_consistent, bring_to, make_lead, make_policy

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

processes = multiprocessing.get_context("fork")
ROUNDS, VERBS_IN_ALL = 200, 500
KILLS_AT_LEAST = 8


@contextlib.contextmanager
def process(target: Callable[..., None], *args: Any) -> Iterator[multiprocessing.process.BaseProcess]:
    """A real process with connections of its own."""
    connections.close_all()
    child = processes.Process(target=target, args=args, daemon=True)
    child.start()
    try:
        yield child
    finally:
        child.kill()
        child.join()


def accept_each(leads: list[int], username: str, together: Any, results: Any) -> None:
    by = User.objects.get(username=username)
    for lead in leads:
        together.wait(30)
        try:
            workflow.accept(lead, by=by)
            results.put((lead, username, "won"))
        except WrongState as refusal:
            results.put((lead, username, refusal.message))


def test_two_processes_accept_the_same_lead_200_times_and_one_wins_each_time(world: World) -> None:
    make_policy("time_to_accept")
    make_policy("time_to_touch")
    leads = [bring_to("mql", make_lead(f"Lead {n}"), world).pk for n in range(ROUNDS)]
    together, results = processes.Barrier(2), processes.Queue()

    with process(accept_each, leads, "ada", together, results), process(accept_each, leads, "max", together, results):
        told = [results.get(timeout=60) for _ in range(2 * ROUNDS)]

    for lead in leads:
        (winner,) = [who for which, who, what in told if which == lead and what == "won"]
        (heard,) = [what for which, who, what in told if which == lead and what != "won"]
        assert f"already accepted by {winner.title()}, just now" in heard
        assert Transition.objects.get(lead=lead, verb=Verb.ACCEPT).by == User.objects.get(username=winner)
    assert_consistent()


def sweep_for_ever(go: Any) -> None:
    go.wait(30)
    while True:
        sweep(batch=7)
        time.sleep(0.005)


def test_many_sweeps_at_once_fire_every_alarm_once(world: World) -> None:
    owner = Destination.objects.create(name="Owner", audience="owner", medium="email")
    make_policy("time_to_accept", 1, steps=[(50, 0), (100, 0), (100, 1)], tells=[owner])
    for n in range(60):
        bring_to("mql", make_lead(f"Lead {n}"), world)
    go = processes.Event()

    with process(sweep_for_ever, go), process(sweep_for_ever, go), process(sweep_for_ever, go):
        go.set()
        deadline = time.monotonic() + 30
        while PendingAlarm.objects.exists() and time.monotonic() < deadline:
            time.sleep(0.1)

    assert Alarm.objects.count() == 180
    assert Delivery.objects.count() == Alarm.objects.filter(superseded=False).count()
    assert_consistent()


def act_at_random(seed: int, done: Any) -> None:
    """Do random verbs and sweeps until killed; whatever is refused is as good as done."""
    rng = random.Random(seed)
    people = [*User.objects.exclude(username="eve"), None]
    leads = list(Lead.objects.values_list("pk", flat=True))
    door = Door(via=Via.SYSTEM)
    while True:
        lead = Lead.objects.get(pk=rng.choice(leads))
        # Those that apply, and some that do not; a merge would use the leads up.
        applying = [verb for verb, card in CARDS.items() if rng.random() < 0.1 or card.applies(lead, timezone.now())]
        verb = rng.choice([verb for verb in applying if verb != Verb.MERGE])
        facts = dict(FACTS.get(verb, {}))
        if verb in (Verb.ASSIGN, Verb.PROMOTE):
            facts["owner"] = rng.choice(["ada", "ben", ""])
        if verb == Verb.TOUCH and rng.random() < 0.3:
            facts["at"] = timezone.now() - timedelta(seconds=rng.random() * 3)
        with contextlib.suppress(Refused):
            workflow.perform(verb, lead.pk, by=rng.choice(people), door=door, facts=facts)
        if rng.random() < 0.2:
            sweep(batch=5)
        done.value += 1


def test_killed_at_random_points_of_500_verbs_and_sweeps_everything_agrees(world: World) -> None:
    owner = Destination.objects.create(name="Owner", audience="owner", medium="email")
    for metric in Metric.values:
        make_policy(metric, 1, steps=[(50, 0), (100, 0), (100, 2)], tells=[owner])
    for n in range(12):
        make_lead(f"Lead {n}")
    rng, done, kills = random.Random(20260302), processes.Value("i", 0, lock=False), 0

    while done.value < VERBS_IN_ALL or kills < KILLS_AT_LEAST:
        with process(act_at_random, kills, done) as one, process(act_at_random, 1000 + kills, done) as two:
            time.sleep(0.2 + rng.random() * 0.5)
            for child in (one, two):
                os.kill(child.pid or 0, signal.SIGKILL)
        kills += 1

    assert Transition.objects.count() > 50
    assert Handoff.objects.exists()
    sweep(timezone.now() + timedelta(minutes=1))
    assert_consistent()
