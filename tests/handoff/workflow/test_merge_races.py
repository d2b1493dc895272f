"""Merges and their undoing beside each other, beside captures and beside acts: in real threads."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.models import Q

from handoff import workflow
from handoff.amending import duplicates
from handoff.refusals import Refused
from handoff.workflow.duplicates import not_the_same
from leads.identity import upsert
from leads.models import Lead, PairState, PossibleDuplicate, Touchpoint, Verb
from sla.metrics import Metric
from tests.waiting import Waiting
from tests.world import World, assert_consistent, make_lead, make_policy

pytestmark = pytest.mark.django_db(transaction=True)
CALL: dict[str, Any] = {"channel": "call", "outcome": "reached"}
ROUNDS = 6


def at_once(*acts: Callable[[], Any]) -> list[Exception]:
    """Do them in threads that begin together; return what was refused."""
    together = threading.Barrier(len(acts))
    refused: list[Exception] = []
    failed: list[BaseException] = []

    def run(act: Callable[[], Any]) -> None:
        try:
            together.wait(10)
            act()
        except Refused as refusal:
            refused.append(refusal)
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    return refused


def clocked(name: str, world: World) -> Lead:
    lead = make_lead(name)
    workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    return lead


def test_of_two_who_merge_the_same_pair_one_wins(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    for number in range(ROUNDS):
        one, other = clocked(f"One {number}", world), clocked(f"Other {number}", world)
        refused = at_once(
            partial(workflow.merge, one.pk, by=world.mia, into=other.pk),
            partial(workflow.merge, one.pk, by=world.olga, into=other.pk),
        )
        assert len(refused) == 1
        assert Lead.objects.get(pk=one.pk).transitions.filter(verb=Verb.MERGE).count() == 1
    assert_consistent()


def test_a_ring_is_not_closed(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    for number in range(ROUNDS):
        one, two, three = (clocked(f"Ring {number} {name}", world) for name in ("One", "Two", "Three"))
        refused = at_once(
            partial(workflow.merge, one.pk, by=world.mia, into=two.pk),
            partial(workflow.merge, two.pk, by=world.olga, into=three.pk),
            partial(workflow.merge, three.pk, by=world.nora, into=one.pk),
        )
        assert refused
        assert Lead.objects.filter(pk__in=(one.pk, two.pk, three.pk), merged_into=None).count() == 1
    assert_consistent()


def test_a_capture_beside_a_merge_is_kept_on_the_lead_that_stays(world: World) -> None:
    for number in range(ROUNDS):
        gone, stays = make_lead(f"Gone {number}", source="google"), make_lead(f"Stays {number}", source="google")
        refused = at_once(
            partial(workflow.merge, gone.pk, by=world.mia, into=stays.pk),
            partial(upsert, {"email": gone.email, "source": "webinar", "message": "Call me"}),
            partial(upsert, {"email": stays.email, "phone": "+49 30 1234567"}),
        )
        assert refused == []
        assert Touchpoint.objects.filter(lead=stays, detail="Call me").count() == 1
        assert Lead.objects.get(pk=stays.pk).phone == "+49 30 1234567"


def test_of_two_who_undo_a_merge_one_wins(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    for number in range(ROUNDS):
        gone, stays = clocked(f"Gone {number}", world), clocked(f"Stays {number}", world)
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
        refused = at_once(
            partial(workflow.unmerge, gone.pk, by=world.mia, reason="Two people."),
            partial(workflow.unmerge, gone.pk, by=world.olga, reason="Two people."),
        )
        assert len(refused) == 1
    assert_consistent()


def test_an_undoing_beside_acts_on_the_lead_that_stayed(world: World) -> None:
    for metric in (Metric.TIME_TO_ACCEPT, Metric.SPEED_TO_LEAD, Metric.TIME_TO_QUALIFY):
        make_policy(metric)
    for number in range(ROUNDS):
        gone, stays = clocked(f"Gone {number}", world), clocked(f"Stays {number}", world)
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
        refused = at_once(
            partial(workflow.unmerge, gone.pk, by=world.mia, reason="Two people."),
            partial(workflow.touch, stays.pk, by=world.ada, **CALL),
            partial(workflow.accept, stays.pk, by=world.ada),
        )
        assert refused == []
    assert_consistent()


def test_an_undoing_waits_for_a_merge_of_the_lead_that_stayed(world: World) -> None:
    gone, stays, third = make_lead("Gone"), make_lead("Stays"), make_lead("Third")
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    with transaction.atomic():
        workflow.merge(stays.pk, by=world.mia, into=third.pk)
        waiting = Waiting(lambda: workflow.unmerge(gone.pk, by=world.mia, reason="Two people."))
    assert "undo that merge first" in str(waiting.end())


def test_the_worker_beside_merges_and_decisions(world: World) -> None:
    for number in range(ROUNDS):
        one = make_lead("Jon Smith", email=f"jon{number}@firm{number}.example.com", company=f"Firm {number}")
        other = make_lead("John Smith", email=f"john{number}@firm{number}.example.com", company=f"Firm {number}")
        assert duplicates.find_marked()
        pair = PossibleDuplicate.objects.get(first=one, second=other)
        Lead.objects.filter(pk=one.pk).update(title="Buyer")  # so that the worker looks at the pair again
        is_merged = number % 2 == 1
        merging = [partial(workflow.merge, one.pk, by=world.olga, into=other.pk)] if is_merged else []
        refused = at_once(
            duplicates.find_marked,
            partial(not_the_same, pair.pk, by=world.mia),
            partial(workflow.correct, other.pk, {"company": f"The Firm {number}"}),
            *merging,
        )
        pair.refresh_from_db()
        is_decided = pair.state == PairState.NOT_THE_SAME
        assert is_decided or is_merged
        assert len(refused) == (0 if is_decided else 1)  # whoever decided was told that it is not open any more
        assert (pair.decided_by == world.mia) is is_decided
    assert duplicates.find_marked()
    merged = Q(first__merged_into__isnull=False) | Q(second__merged_into__isnull=False)
    assert not PossibleDuplicate.objects.filter(merged, state=PairState.OPEN).exists()
    assert_consistent()
