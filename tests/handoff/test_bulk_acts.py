"""Acts on many clocks at once: bounded in a request, resumed after a kill, stopped, and never done twice."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from handoff import workflow
from handoff.amending import applying, bulk, excusing
from handoff.doors import SHELL
from handoff.models import BulkAct, Lease, WorkState
from handoff.refusals import NotAllowed
from leads.models import Lead, Transition, User, Verb
from sla.models import Clock, Policy
from sla.versions import revise_policy
from tests.programs import in_threads, wait_for
from tests.world import MONDAY, World, assert_consistent, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
REASON = "The mail was down."


class Killed(BaseException):
    """As if the process had been killed: nothing catches it."""


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def offered(world: World, number: int) -> list[Lead]:
    """Offered on Monday at nine, and due an hour later: in the tests all of them are breached, but in `running`."""
    with time_machine.travel(MONDAY, tick=False):
        return [bring_to("mql", make_lead(f"Fox {lead}"), world) for lead in range(number)]


@pytest.fixture
def policy(world: World) -> Policy:
    return make_policy("time_to_accept", 3600, name="Accept")


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a handful of leads pass."""
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(bulk, "CHUNK", 2)


def ask(by: User, reason: str = REASON, **narrowed: Any) -> BulkAct:
    return bulk.ask_to_excuse(at(0), at(120), by=by, reason=reason, door=SHELL, **narrowed)


@pytest.fixture
def asked(world: World, policy: Policy, small_bounds: None) -> BulkAct:
    """Five breaches, to be excused by olga, whom no request has begun to excuse."""
    offered(world, 5)
    return ask(world.olga)


def numbers(act: BulkAct) -> tuple[str, int, int, int]:
    act.refresh_from_db()
    return str(act.state), act.done, act.refused, act.total


def excuses_of_leads() -> list[int]:
    """How often each lead was excused."""
    excuses = Transition.objects.filter(verb=Verb.EXCUSE).order_by()
    return sorted(excuses.values("lead").annotate(number=Count("pk")).values_list("number", flat=True))


def after(calls: int, do: Callable[[], Any]) -> Callable[[], bool]:
    """Go on, and do something before the clock of a number."""
    counted = count()

    def go_on() -> bool:
        if next(counted) == calls:
            do()
        return True

    return go_on


def test_the_breaches_of_one_team_or_owner_alone_are_excused(world: World, policy: Policy) -> None:
    """Each narrowing is an act of its own; the same one twice is one act."""
    offered(world, 2)
    theirs, nobodys = ask(world.olga, team=world.new_york), ask(world.olga, owner=world.ben)
    assert theirs != nobodys
    assert ask(world.olga, team=world.new_york) == theirs
    assert ask(world.olga) == ask(world.olga)
    adas = ask(world.olga, owner=world.ada, team=world.berlin)
    for act in (theirs, nobodys, adas):
        bulk.run_at_once(act)
    assert [numbers(act) for act in (theirs, nobodys, adas)] == [("done", 0, 0, 0)] * 2 + [("done", 2, 0, 2)]


def test_up_to_the_bound_it_is_done_at_once(world: World, policy: Policy, small_bounds: None) -> None:
    offered(world, 2)
    act = ask(world.olga)
    bulk.run_at_once(act)

    assert numbers(act) == (WorkState.DONE, 2, 0, 2)
    assert act.finished_at is not None
    assert_consistent()


def test_beyond_the_bound_nothing_is_done_at_once_and_a_worker_does_it_all(asked: BulkAct) -> None:
    bulk.run_at_once(asked)
    assert numbers(asked) == (WorkState.WAITING, 0, 0, 5)
    assert excuses_of_leads() == []

    bulk.run_in_turn()
    assert numbers(asked) == (WorkState.DONE, 5, 0, 5)
    assert excuses_of_leads() == [1, 1, 1, 1, 1]
    assert {act.request_id for act in Transition.objects.filter(verb=Verb.EXCUSE)} == {asked.request_id}
    assert not Lease.objects.exists()
    assert_consistent()


def test_a_request_that_runs_out_of_time_leaves_the_rest_to_a_worker(
    asked: BulkAct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 200)
    monkeypatch.setattr(bulk, "REQUEST_SECONDS", 0)
    bulk.run_at_once(asked)
    assert asked.is_unfinished

    bulk.run_in_turn()
    assert numbers(asked) == (WorkState.DONE, 5, 0, 5)


@pytest.mark.parametrize("killed_at", [1, 2, 3, 5])
def test_killed_anywhere_it_is_resumed_and_counts_each_clock_once(
    killed_at: int, asked: BulkAct, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed after a clock was excused, and before its progress was written."""
    advance, calls = bulk._advance, iter(range(1, 100))

    def killed(*args: Any) -> None:
        if next(calls) == killed_at:
            raise Killed
        advance(*args)

    monkeypatch.setattr(bulk, "_advance", killed)
    with pytest.raises(Killed):
        bulk.run_in_turn()
    assert numbers(asked) == (WorkState.RUNNING, killed_at - 1, 0, 5)
    assert len(excuses_of_leads()) == killed_at - 1

    bulk.run_in_turn()
    assert numbers(asked) == (WorkState.DONE, 5, 0, 5)
    assert excuses_of_leads() == [1, 1, 1, 1, 1]


def test_stopped_it_does_not_do_the_next_clock_and_keeps_what_is_done(asked: BulkAct, world: World) -> None:
    # Asked before each of two chunks, and before each clock: the sixth time is before the fourth clock.
    bulk._run(asked, after(5, lambda: bulk.stop(asked, by=world.olga)))
    bulk.run_in_turn()

    assert numbers(asked) == (WorkState.STOPPED, 3, 0, 5)
    assert asked.note == "Olga stopped it."
    assert excuses_of_leads() == [1, 1, 1]
    assert not bulk.stop(asked, by=world.olga)


def test_whoever_lost_the_right_has_it_stopped(asked: BulkAct, world: World) -> None:
    bulk._run(asked, after(4, world.olga.groups.clear))

    assert numbers(asked) == (WorkState.STOPPED, 4, 0, 5)  # the rights are looked at before each chunk
    assert asked.note == "Olga may no longer do this: RevOps may."


def test_whoever_has_left_has_it_stopped_before_it_begins(asked: BulkAct, world: World) -> None:
    User.objects.filter(pk=world.olga.pk).update(is_active=False)
    bulk.run_in_turn()

    assert numbers(asked) == (WorkState.STOPPED, 0, 0, 5)
    assert excuses_of_leads() == []


def test_only_revops_asks_and_stops(asked: BulkAct, world: World) -> None:
    for user in (world.ada, world.max, world.mia, world.nora, world.eve):
        with pytest.raises(NotAllowed):
            ask(user)
        with pytest.raises(NotAllowed):
            bulk.stop(asked, by=user)
    assert BulkAct.objects.get().state == WorkState.WAITING


def test_a_beat_costs_one_statement_while_there_is_nothing_to_do(
    asked: BulkAct, django_assert_num_queries: Any
) -> None:
    bulk.run_in_turn()
    with django_assert_num_queries(1):
        bulk.run_in_turn()


def test_asked_for_twice_it_is_one_act_until_it_is_finished(asked: BulkAct, world: World) -> None:
    assert ask(world.olga, "A second click.") == asked
    bulk.run_in_turn()
    assert ask(world.olga) != asked


def test_what_was_excused_in_the_meantime_is_passed_by(asked: BulkAct, world: World) -> None:
    clock = Clock.objects.order_by("pk")[0]
    workflow.excuse(clock.lead_id, by=world.olga, clock=clock, reason="Known.")
    bulk.run_in_turn()

    assert numbers(asked) == (WorkState.DONE, 4, 0, 5)
    assert (asked.passed_by, asked.counted) == (1, 5)
    assert excuses_of_leads() == [1, 1, 1, 1, 1]


def test_what_is_breached_after_it_was_asked_for_is_not_excused(world: World, policy: Policy) -> None:
    (early,) = offered(world, 1)
    with time_machine.travel(at(30), tick=False):
        bring_to("mql", make_lead("Late Fox"), world)
    with time_machine.travel(at(70), tick=False):
        ask(world.olga)
    bulk.run_in_turn()  # much later

    assert [clock.lead for clock in Clock.objects.exclude(excused_by=None)] == [early]


def test_one_that_fails_is_set_aside_with_its_error(asked: BulkAct, monkeypatch: pytest.MonkeyPatch) -> None:
    excuse, broken = excusing.excuse_clock, Clock.objects.order_by("pk")[1]

    def fail(clock: Clock, **given: Any) -> None:
        if clock == broken:
            raise ValueError("A fault of ours.")
        excuse(clock, **given)

    monkeypatch.setattr(excusing, "excuse_clock", fail)
    monkeypatch.setattr(bulk, "MOST_REFUSALS", 1)
    bulk.run_in_turn()

    assert numbers(asked) == (WorkState.DONE, 4, 1, 5)
    assert asked.refusals == [[broken.lead_id, "It failed: ValueError: A fault of ours."]]


@contextmanager
def running(world: World, policy: Policy, number: int) -> Iterator[Policy]:
    """A new version, in the first minute of clocks that run by the one before."""
    offered(world, number)
    with time_machine.travel(at(1), tick=False):
        yield revise_policy(policy, {"target_seconds": 7200})


def test_a_policy_is_applied_in_the_background(world: World, policy: Policy, small_bounds: None) -> None:
    with running(world, policy, 5) as revised:
        act = bulk.ask_to_apply(revised, by=world.olga, reason=REASON, door=SHELL)
        bulk.run_at_once(act)
        assert not Clock.objects.filter(policy=revised).exists()
        bulk.run_in_turn()

        assert numbers(act) == (WorkState.DONE, 5, 0, 5)
        assert Clock.objects.filter(policy=revised, due_at=at(120)).count() == 5
        assert_consistent()


def test_a_version_that_another_replaces_is_applied_no_further(
    world: World, policy: Policy, small_bounds: None
) -> None:
    with running(world, policy, 5) as revised:
        act = bulk.ask_to_apply(revised, by=world.olga, reason=REASON, door=SHELL)
        bulk._run(act, after(3, lambda: revise_policy(revised, {"target_seconds": 60})))

        assert numbers(act) == (WorkState.STOPPED, 2, 0, 5)
        assert act.note == "Accept (version 2) is no longer in force: apply the newest version."


def test_a_preview_looks_at_the_first_clocks_alone_and_reads_their_histories_together(
    world: World, policy: Policy
) -> None:
    def look_at(most: int) -> tuple[int, int, int]:
        with CaptureQueriesContext(connection) as captured:
            seen = applying.preview(revised, most=most)
        return len(captured), len(seen.effects), seen.total

    with running(world, policy, 9) as revised:
        applying.preview(revised)  # the policies in force are kept in memory from here on
        few, many = look_at(3), look_at(9)

    assert (few[1:], many[1:]) == ((3, 9), (9, 9))
    assert many[0] - few[0] == 6  # each clock asks whether the policies in memory are those in force, and nothing else


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_it_once(asked: BulkAct) -> None:
    in_threads(4, bulk.run_in_turn)
    bulk.run_in_turn()  # those who found the lease taken left it to its holder

    assert numbers(asked) == (WorkState.DONE, 5, 0, 5)
    assert excuses_of_leads() == [1, 1, 1, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_without_their_lease_they_do_it_once_too(asked: BulkAct, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a worker that was frozen for longer than its lease, and goes on beside the next one."""

    @contextmanager
    def everybody(_name: str, _seconds: int) -> Iterator[Callable[[], bool]]:
        yield lambda: True

    monkeypatch.setattr(bulk, "leased", everybody)
    in_threads(4, bulk.run_in_turn)

    assert numbers(asked) == (WorkState.DONE, 5, 0, 5)
    assert excuses_of_leads() == [1, 1, 1, 1, 1]
    assert_consistent()


_WORK = """
import sys, time, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from handoff.amending import bulk
bulk.CHUNK, bulk.LEASE_SECONDS = 2, 1
advance = bulk._advance
def slowly(*args):
    advance(*args)
    time.sleep(0.3)  # before the commit: it is killed with a clock half done
bulk._advance = slowly
bulk.run_in_turn()
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_process_that_is_killed_in_the_middle_loses_nothing(asked: BulkAct) -> None:
    arguments = [sys.executable, "-c", _WORK, str(connection.settings_dict["NAME"])]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    with subprocess.Popen(arguments, env=environment) as process:
        wait_for(lambda: numbers(asked)[1] >= 2)
        process.kill()
    assert asked.is_unfinished
    wait_for(lambda: numbers(asked)[1] == len(excuses_of_leads()))  # PostgreSQL has noticed

    def resumed() -> bool:
        bulk.run_in_turn()  # once the lease of the killed one has ended
        return numbers(asked)[0] == WorkState.DONE

    wait_for(resumed)
    assert numbers(asked) == (WorkState.DONE, 5, 0, 5)
    assert excuses_of_leads() == [1, 1, 1, 1, 1]
    assert_consistent()
