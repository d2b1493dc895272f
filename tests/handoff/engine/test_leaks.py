"""Leads that slip through are found, each under one reason, and RevOps is told of each reason once a day."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from handoff import workflow
from handoff.engine import leaks
from handoff.engine.leaks import Leak, leaking
from handoff.models import Delivery, Notice
from leads.models import Lead, State
from sla.metrics import Metric
from sla.models import Clock
from tests.world import MONDAY, World, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db


def kinds_of(lead: Lead, now: datetime | None = None) -> list[Leak]:
    return [kind for kind in Leak if leaking(kind, now).filter(pk=lead.pk).exists()]


def test_a_lead_with_an_owner_who_can_be_told_is_none(world: World) -> None:
    assert kinds_of(bring_to(State.SAL, make_lead(), world)) == []


def test_nobody_owns_it_and_no_clock_runs(world: World) -> None:
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    assert kinds_of(lead) == [Leak.UNOWNED]


def test_one_that_waits_in_the_queue_is_none_until_its_clock_is_due(world: World) -> None:
    make_policy(Metric.TIME_TO_ASSIGN, 600)
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    assert kinds_of(lead) == []
    assert kinds_of(lead, timezone.now() + timedelta(seconds=601)) == [Leak.UNOWNED]


def test_one_whose_clock_could_not_be_computed_is_one(world: World) -> None:
    make_policy(Metric.TIME_TO_ASSIGN, 600)
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    Clock.objects.filter(lead=lead).update(due_at=None, error="It never opens.")
    assert kinds_of(lead) == [Leak.UNOWNED]


@pytest.mark.parametrize("left", ["inactive", "other role"])
def test_its_owner_left(left: str, world: World) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    if left == "inactive":
        world.ada.is_active = False
        world.ada.save()
    else:
        world.ada.groups.clear()
    assert kinds_of(lead) == [Leak.OWNER_LEFT]


def test_its_owner_has_no_address(world: World, settings) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    world.ada.email = ""
    world.ada.save()
    assert kinds_of(lead) == [Leak.OWNER_UNREACHABLE]  # her Slack is of no use while Slack is not set up
    settings.SLACK_BOT_TOKEN = "xoxb-test"
    assert kinds_of(lead) == []


@pytest.mark.parametrize("state", [State.RAW, State.OPPORTUNITY, State.REJECTED])
def test_what_is_not_with_sales_is_none(state: State, world: World) -> None:
    lead = bring_to(state, make_lead(), world)
    world.ada.is_active = False
    world.ada.save()
    assert kinds_of(lead) == []


def test_revops_is_told_once_a_day_of_each_kind(world: World) -> None:
    for name in ("Dana Fox", "Erin Gale"):
        workflow.promote(make_lead(name).pk, by=world.mia, team=world.berlin)
    for hour in (0, 3, 6):
        leaks.tell(MONDAY + timedelta(hours=hour))
    assert [notice.subject for notice in Notice.objects.all()] == ["Handoff: leads that slip through: 2"]
    assert list(Delivery.objects.values_list("recipient__username", "address")) == [("olga", "olga@handoff.example")]

    bring_to(State.SAL, make_lead("Finn Hale"), world)
    world.ada.is_active = False
    world.ada.save()
    leaks.tell(MONDAY + timedelta(days=1))
    assert sorted(Notice.objects.values_list("key", flat=True)) == [
        "owner_left on 2026-03-03",
        "unowned on 2026-03-02",
        "unowned on 2026-03-03",
    ]


def test_nothing_slips_through_and_nobody_is_told(world: World, django_assert_num_queries) -> None:
    with django_assert_num_queries(len(Leak)):
        leaks.tell()
    assert not Notice.objects.exists()
