"""What RevOps sees of acts on many clocks: they are answered at once, followed on a page, stopped, and listed."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from handoff.amending import applying, bulk
from handoff.models import BulkAct
from leads.models import Verb
from sla.models import Clock, Policy
from sla.versions import revise_policy
from tests.world import MONDAY, World, bring_to, make_lead, make_policy

PERIOD = reverse("admin:excuse") + "?start=2026-03-02T09:30&end=2026-03-02T10:30&metric=time_to_accept"
REASON = {"reason": "The mail was down"}


@pytest.fixture
def policy(world: World) -> Policy:
    """Three clocks run from Monday at nine for an hour."""
    policy = make_policy("time_to_accept", 3600, name="Accept")
    with time_machine.travel(MONDAY, tick=False):
        for number in range(3):
            bring_to("mql", make_lead(f"Fox {number}"), world)
    return policy


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)


def page_of(act: BulkAct) -> str:
    return reverse("admin:handoff_bulkact_change", args=[act.pk])


def test_a_small_act_is_done_at_once_and_listed(world: World, policy: Policy, as_) -> None:
    client = as_(world.olga)
    assert "Excused 3 breaches." in client.post(PERIOD, REASON, follow=True).content.decode()

    listed = client.get(reverse("admin:handoff_bulkact_changelist")).content.decode()
    for words in ("Excuse breaches of time to accept", "Olga", "Done", "3 of 3"):
        assert words in listed
    page = client.get(page_of(BulkAct.objects.get())).content.decode()
    assert "The mail was down" in page
    assert "data-follow" not in page
    assert ">Stop<" not in page


def test_a_large_act_is_answered_at_once_and_followed_on_its_page(
    world: World, policy: Policy, as_, small_bounds: None
) -> None:
    client = as_(world.olga)
    response = client.post(PERIOD, REASON)
    act = BulkAct.objects.get()

    assert response.headers["Location"] == page_of(act)
    assert not Clock.objects.exclude(excused_by=None).exists()
    page = client.get(page_of(act)).content.decode()
    for words in ("0 of 3 clocks", "data-follow", "It goes on in the background", ">Stop<", "Olga"):
        assert words in page

    bulk.run_in_turn()
    page = client.get(page_of(act)).content.decode()
    assert "3 of 3 clocks" in page
    assert "data-follow" not in page
    acts = [act for clock in Clock.objects.all() for act in clock.lead.transitions.filter(verb=Verb.EXCUSE)]
    assert {(act.by, act.via, act.facts["reason"]) for act in acts} == {(world.olga, "console", "The mail was down")}


def test_the_page_says_who_was_refused_and_why(world: World, policy: Policy, as_) -> None:
    clock = Clock.objects.order_by("pk")[0]
    as_(world.olga).post(PERIOD, REASON)
    BulkAct.objects.update(refused=7, done=2, refusals=[[clock.lead_id, "This clock is not breached."], [0, "Gone."]])
    page = as_(world.olga).get(page_of(BulkAct.objects.get())).content.decode()

    for words in ("<b>7</b> refused", "Fox 0", "This clock is not breached.", "the first 1 shown"):
        assert words in page


def test_it_is_stopped_after_a_question(world: World, policy: Policy, as_, small_bounds: None) -> None:
    client = as_(world.olga)
    client.post(PERIOD, REASON)
    stop = reverse("admin:handoff_bulkact_stop", args=[BulkAct.objects.get().pk])
    assert "What is done stays." in client.get(stop).content.decode()
    assert BulkAct.objects.get().is_unfinished

    assert "Olga stopped it." in client.post(stop, follow=True).content.decode()
    assert "It had finished already" in client.post(stop, follow=True).content.decode()
    bulk.run_in_turn()
    assert not Clock.objects.exclude(excused_by=None).exists()


def test_nobody_but_revops_follows_or_stops_it(world: World, policy: Policy, as_, small_bounds: None) -> None:
    as_(world.olga).post(PERIOD, REASON)
    act = BulkAct.objects.get()
    stop = reverse("admin:handoff_bulkact_stop", args=[act.pk])
    for user in (world.ada, world.max, world.mia, world.nora, world.eve):
        assert [as_(user).get(url).status_code for url in (page_of(act), stop)] == [403, 403]
        assert as_(user).post(stop).status_code == 403
        assert "Bulk acts" not in as_(user).get(reverse("admin:leads_lead_changelist")).content.decode()
    assert BulkAct.objects.get().is_unfinished


def test_a_preview_says_how_many_clocks_it_has_looked_at(
    world: World, policy: Policy, as_, small_bounds: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying.preview, "__defaults__", (None, 2))
    client = as_(world.olga)
    with time_machine.travel(MONDAY + timedelta(minutes=1), tick=False):
        revised = revise_policy(policy, {"target_seconds": 7200})
        url = reverse("admin:sla_policy_apply", args=[revised.pk])
        page = client.get(url).content.decode()
        assert "3 clocks run by an earlier version." in page
        assert "The first 2 of 3 clocks were looked at" in page
        assert "<b>2</b></a> would be due at another time" in page

        response = client.post(url, REASON)
        assert response.headers["Location"] == page_of(BulkAct.objects.get())
        assert not Clock.objects.filter(policy=revised).exists()
        bulk.run_in_turn()
    assert Clock.objects.filter(policy=revised).count() == 3
