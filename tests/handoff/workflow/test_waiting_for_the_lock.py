"""A verb that had to wait for another sees the lead as the other left it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from handoff import workflow
from handoff.alerts import resend
from handoff.alerts.settle import settle
from handoff.models import Delivery, Handoff
from handoff.refusals import FactsRefused, WrongState
from handoff.workflow import Door
from handoff.workflow.backfill import PastAct, lock_many, record
from leads.identity import upsert
from leads.models import Campaign, Lead, Touchpoint, Verb, Via
from tests.handoff.alerts.conftest import claim
from tests.waiting import Waiting
from tests.world import World, make_lead

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_promotion_keeps_the_owner_who_was_assigned_meanwhile(world: World) -> None:
    lead = make_lead()
    workflow.assign(lead.pk, by=world.mia, owner=world.ada)
    with transaction.atomic():
        workflow.assign(lead.pk, by=world.mia, owner=world.ben)
        waiting = Waiting(lambda: workflow.promote(lead.pk, by=world.mia))

    assert waiting.end() is None
    lead.refresh_from_db()
    assert lead.owner == world.ben


def test_a_manager_may_accept_what_was_reassigned_meanwhile(world: World) -> None:
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, owner=world.ada, team=world.new_york)
    with transaction.atomic():
        workflow.assign(lead.pk, by=world.olga, owner=world.ben, team=world.new_york)
        waiting = Waiting(lambda: workflow.accept(lead.pk, by=world.max))

    assert waiting.end() is None


@transaction.atomic
def backfill(lead: Lead, door: Door) -> None:
    promotion = PastAct(verb=Verb.PROMOTE, at=timezone.now())
    record([(locked, [promotion]) for locked in lock_many([lead.pk]).values()], door=door)


@pytest.mark.parametrize("way", ["promote", "backfill"])
def test_the_packet_has_the_campaign_that_was_set_meanwhile(world: World, way: str) -> None:
    campaign = Campaign.objects.create(name="Spring")
    lead = make_lead()
    past = Door(via=Via.IMPORT, historical=True)
    ways: dict[str, Callable[[], Any]] = {
        "promote": lambda: workflow.promote(lead.pk, by=world.mia),
        "backfill": lambda: backfill(lead, past),
    }
    with transaction.atomic():
        upsert({"email": lead.email, "campaign": campaign})
        waiting = Waiting(ways[way])

    assert waiting.end() is None
    assert Handoff.objects.get().packet["campaign"] == "Spring"


def test_of_two_merges_into_each_other_one_is_refused(world: World) -> None:
    one, other = make_lead("Ann One"), make_lead("Bob Other")
    with transaction.atomic():
        workflow.merge(one.pk, by=world.mia, into=other.pk)
        waiting = Waiting(lambda: workflow.merge(other.pk, by=world.mia, into=one.pk))

    assert isinstance(waiting.end(), FactsRefused)
    other.refresh_from_db()
    assert other.merged_into is None


def test_nothing_is_merged_into_a_lead_that_is_merged_away_meanwhile(world: World) -> None:
    one, other, survivor = make_lead("Ann One"), make_lead("Bob Other"), make_lead("Cy Survivor")
    Touchpoint.objects.create(lead=one, kind="form", at=timezone.now())
    with transaction.atomic():
        workflow.merge(other.pk, by=world.mia, into=survivor.pk)
        waiting = Waiting(lambda: workflow.merge(one.pk, by=world.mia, into=other.pk))

    assert isinstance(waiting.end(), FactsRefused | WrongState)
    assert Touchpoint.objects.get().lead == one


def test_a_worker_that_overran_its_lease_says_nothing_about_the_resend(world: World) -> None:
    lead = make_lead(owner=world.ada)
    act = workflow.comment(lead.pk, by=world.ada, text="Hello.")
    delivery = Delivery.objects.create(
        medium="email", address="ada@handoff.example", transition=act, recipient=world.ada
    )
    [slow] = claim()
    Delivery.objects.update(next_attempt_at=timezone.now())
    [second] = claim()
    settle([(second, None)])
    resend(delivery.pk, world.olga)
    assert claim()

    settle([(slow, None)])

    delivery.refresh_from_db()
    assert delivery.state == "pending"
