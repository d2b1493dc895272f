"""Disputes that wait: the arbiters are notified when one is opened, and once when it is overdue."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from handoff import workflow
from handoff.alerts.about_act import about_act
from handoff.engine import disputes
from handoff.ladder.sweep import sweep
from handoff.models import Delivery, Destination, Notice, StandardKind, StandardMessage, Subscription
from leads.models import Lead, State, Via
from tests.world import MONDAY, World, bring_to, last, make_lead, make_policy

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def disputed(world: World) -> Lead:
    lead = bring_to(State.REJECTED, make_lead(), world)
    workflow.dispute(lead.pk, by=world.mia, argument="It is our territory.")
    return lead


def notified_of_act() -> list[str]:
    return list(Delivery.objects.filter(transition__verb="dispute").values_list("recipient__username", flat=True))


def test_the_arbiters_are_notified_when_a_dispute_is_opened(world: World) -> None:
    lead = disputed(world)
    assert notified_of_act() == ["olga"]
    said = about_act(Delivery.objects.get(transition=last(lead)))
    assert said.links[0][0] == "Open the disputes"
    assert "Argument: It is our territory." in said.lines


def test_whoever_subscribes_is_notified_once(world: World) -> None:
    destination = Destination.objects.create(name="RevOps", audience="revops", medium="email")
    Subscription.objects.create(verb="dispute", destination=destination)
    disputed(world)
    assert notified_of_act() == ["olga"]


def test_revops_switches_it_off(world: World) -> None:
    StandardMessage.objects.filter(kind=StandardKind.DISPUTED).update(active=False)
    disputed(world)
    assert notified_of_act() == []


def test_a_dispute_of_the_past_notifies_nobody(world: World) -> None:
    lead = bring_to(State.REJECTED, make_lead(), world)
    door = workflow.Door(via=Via.IMPORT, historical=True)
    workflow.dispute(lead.pk, by=world.mia, door=door, argument="It was ours.")
    assert notified_of_act() == []


def test_an_overdue_dispute_is_told_once(world: World) -> None:
    make_policy("time_to_decide", 3600, steps=())
    disputed(world)
    disputes.tell(timezone.now())
    assert not Notice.objects.exists()
    for _time in range(2):
        disputes.tell(timezone.now() + 2 * HOUR)
    notice = Notice.objects.get()
    assert notice.subject == "Dispute overdue: Dana Fox"
    assert "It is our territory." in notice.text
    assert list(notice.deliveries.values_list("recipient__username", flat=True)) == ["olga"]


def overdue(world: World, *tells: Destination) -> None:
    """A dispute of Monday morning, of which the breach has fired."""
    make_policy("time_to_decide", 3600, tells=tells)
    with time_machine.travel(MONDAY, tick=False):
        disputed(world)
    with time_machine.travel(MONDAY + 2 * HOUR, tick=False):
        sweep()
        disputes.tell()


def test_whom_the_alarm_has_reached_is_not_told_again(world: World) -> None:
    overdue(world, Destination.objects.create(name="RevOps", audience="revops", medium="email"))
    assert Delivery.objects.filter(alarm__isnull=False, recipient=world.olga).exists()
    assert not Notice.objects.exists()


def test_an_alarm_that_only_the_manager_has_heard_is_told_to_the_arbiters(world: World) -> None:
    overdue(world)
    assert list(Delivery.objects.filter(alarm__isnull=False).values_list("recipient", flat=True)) == [world.max.pk]
    assert Delivery.objects.filter(notice__isnull=False, recipient=world.olga).exists()


def test_a_decided_dispute_is_not_overdue(world: World) -> None:
    make_policy("time_to_decide", 3600, steps=())
    lead = disputed(world)
    workflow.uphold(lead.pk, by=world.olga, decision="It is so.")
    disputes.tell(timezone.now() + 2 * HOUR)
    assert not Notice.objects.exists()


def test_revops_switches_off_that_it_is_overdue(world: World) -> None:
    StandardMessage.objects.filter(kind=StandardKind.DISPUTE_OVERDUE).update(active=False)
    make_policy("time_to_decide", 3600, steps=())
    disputed(world)
    disputes.tell(timezone.now() + 2 * HOUR)
    assert not Notice.objects.exists()
