"""What is told in an installation where nobody has made a subscription."""

from datetime import timedelta

import pytest
import time_machine

from handoff import workflow
from handoff.ladder.sweep import sweep
from handoff.models import Delivery, Destination, StandardKind, StandardMessage, Subscription
from handoff.workflow import Door
from leads.models import State, Via
from tests.world import MONDAY, World, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db


def addresses() -> list[str]:
    return sorted(Delivery.objects.filter(transition__isnull=False).values_list("recipient__username", flat=True))


def lapse(world: World) -> None:
    """ada lets a lead lapse, and the ladder gives it to ben."""
    make_policy("time_to_accept", 3600).steps.filter(percent=100).update(does="reassign")
    with time_machine.travel(MONDAY, tick=False):
        bring_to(State.MQL, make_lead(), world)
    with time_machine.travel(MONDAY + timedelta(minutes=61), tick=False):
        sweep()


def test_the_new_owner_is_notified_of_a_lead_that_the_ladder_gave_them(world: World) -> None:
    lapse(world)
    assert addresses() == ["ben"]


def test_with_a_subscription_they_are_notified_once(world: World) -> None:
    by_email = Destination.objects.create(name="The owner", audience="owner", medium="email")
    Subscription.objects.create(verb="assign", destination=by_email)
    lapse(world)
    assert addresses() == ["ben"]


def test_revops_switches_it_off(world: World) -> None:
    StandardMessage.objects.filter(kind=StandardKind.GIVEN_BY_SYSTEM).update(active=False)
    lapse(world)
    assert addresses() == []


def test_a_kind_without_a_switch_is_on(world: World) -> None:
    StandardMessage.objects.all().delete()
    lapse(world)
    assert addresses() == ["ben"]


def test_a_lead_that_the_system_promoted_is_told_to_its_owner(world: World) -> None:
    workflow.promote(make_lead().pk, by=None, door=Door(via=Via.API), owner=world.ada)
    assert addresses() == ["ada"]


def test_what_a_person_gives_is_told_to_those_who_subscribed(world: World) -> None:
    workflow.promote(make_lead().pk, by=world.mia, owner=world.ada)
    assert addresses() == []


def test_a_backfill_tells_nobody(world: World) -> None:
    door = Door(via=Via.IMPORT, historical=True)
    workflow.promote(make_lead().pk, by=None, door=door, owner=world.ada)
    assert addresses() == []


def test_every_kind_has_its_switch_in_a_new_installation(world: World) -> None:
    assert set(StandardMessage.objects.values_list("kind", "active")) == {(kind, True) for kind in StandardKind}
