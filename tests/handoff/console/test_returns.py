"""A promised date that has come is offered with what to do, and the page of a lead says what it needs to come back."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.agreement.handoff_rules import draft, sign
from leads.models import HandoffRules, Lead, State
from tests.world import World, bring_to, make_lead

pytestmark = pytest.mark.django_db


def put_off(world: World, name: str, days: int, *, recycled: bool = True) -> Lead:
    """A lead whose promised date is some days from now, rejected a month ago."""
    lead = make_lead(name)
    on = timezone.localdate() + timedelta(days=days)
    with time_machine.travel(timezone.now() - timedelta(days=30), tick=False):
        bring_to(State.MQL, lead, world)
        workflow.reject(lead.pk, by=world.ada, reason="not_now", retry_on=on)
        if recycled:
            workflow.recycle(lead.pk, by=world.mia, reenter_on=on)
    return lead


def test_what_is_due_stands_before_what_is_due_soon_with_the_verb(world: World, as_: Any) -> None:
    due, later = put_off(world, "Due Now", 0), put_off(world, "Due Soon", 9)
    rejected = put_off(world, "Try Again", -1, recycled=False)
    put_off(world, "Far Off", 200)

    page = as_(world.mia).get(reverse("admin:returns")).content.decode()

    names = [name for name in ("Try Again", "Due Now", "Due Soon") if name in page]
    assert sorted(names, key=page.index) == ["Try Again", "Due Now", "Due Soon"]
    assert "Far Off" not in page
    for verb, lead in (("promote", due), ("promote", later), ("recycle", rejected), ("resubmit", rejected)):
        assert reverse("admin:act", args=[verb, lead.pk]) in page


def test_a_rep_sees_theirs_alone_and_nothing_to_click(world: World, as_: Any) -> None:
    lead = put_off(world, "Try Again", 0, recycled=False)
    page = as_(world.ada).get(reverse("admin:returns")).content.decode()
    assert "Try Again" in page
    assert reverse("admin:act", args=["recycle", lead.pk]) not in page
    assert "Try Again" not in as_(world.zoe).get(reverse("admin:returns")).content.decode()


def test_more_rows_cost_no_more_queries(world: World, as_: Any, django_assert_max_num_queries: Any) -> None:
    client, url = as_(world.mia), reverse("admin:returns")
    for number in range(2):
        put_off(world, f"Lead {number}", 0, recycled=number % 2 == 0)
    client.get(url)
    with django_assert_max_num_queries(60) as counted:
        client.get(url)
    for number in range(2, 6):
        put_off(world, f"Lead {number}", 0, recycled=number % 2 == 0)
    with django_assert_max_num_queries(len(counted)):
        client.get(url)


def test_the_page_of_a_lead_says_what_is_missing_and_what_is_new(world: World, as_: Any) -> None:
    written = draft({"needs_evidence": True, "needs_other_rep": True, "recycle_limit": 2, "cool_off_days": 60})
    sign(written.pk, by=world.nora, seen=written.digest)
    sign(written.pk, by=world.max, seen=written.digest)
    lead = put_off(world, "Dana Fox", 0)
    url = reverse("admin:leads_lead_change", args=[lead.pk])

    page = as_(world.mia).get(url).content.decode()
    for words in ("Back from sales", "1 of 2", "ask for 60 days of cool-off", "Nothing is new about Dana Fox", "Ada"):
        assert words in page

    lead.touchpoints.create(kind="demo_request", at=timezone.now())
    page = as_(world.mia).get(url).content.decode()
    assert "Demo request" in page
    assert "Nothing is new" not in page


def test_the_rules_are_drafted_compared_and_signed_in_the_browser(world: World, as_: Any) -> None:
    add = reverse("admin:leads_handoffrules_add")
    numbers: dict[str, Any] = {"recycle_limit": 2, "cool_off_days": 30, "score_rise": 5, "touches_to_qualify": 1}
    numbers |= {"touches_to_give_up": 3, "dispute_days": 10, "needs_evidence": "on"}
    assert as_(world.olga).post(add, numbers).status_code == 302

    asked = as_(world.max).get(reverse("admin:signatures")).content.decode()
    assert "<del>A lead is recycled 3 times at most</del>" in asked
    assert "<ins>A lead is recycled 2 times at most</ins>" in asked
    for who in (world.nora, world.max):
        written = HandoffRules.objects.get(version=2)
        as_(who).post(reverse("admin:leads_handoffrules_sign", args=[written.pk]), {"seen": written.digest})

    page = as_(world.ada).get(reverse("admin:agreement")).content.decode()
    assert "How leads go to and fro <small>version 2, in force since" in page
    assert "Within 10 days of the rejection" in page
