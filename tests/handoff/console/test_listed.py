"""Before many clocks are touched at once, RevOps sees which leads they are of."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from handoff.ladder.sweep import sweep
from leads.models import Lead, Verb
from sla.models import Clock, Policy
from sla.versions import revise_policy
from tests.world import MONDAY, World, bring_to, make_lead, make_policy

AGAIN = "Applied at the quarter's end"


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def offered(world: World, minute: float, name: str) -> Lead:
    with time_machine.travel(at(minute), tick=False):
        return bring_to("mql", make_lead(name), world)


@pytest.fixture
def policy(world: World) -> Policy:
    return make_policy("time_to_accept", 3600, name="Accept")


def apply_url(policy: Policy) -> str:
    return reverse("admin:sla_policy_apply", args=[policy.pk])


def test_applying_shows_the_leads_behind_each_number_and_then_does_it(world: World, policy: Policy, as_) -> None:
    offered(world, -70, "Late Fox"), offered(world, -40, "Old Fox"), offered(world, -10, "Young Fox")
    with time_machine.travel(at(0), tick=False):
        sweep(at(0))
        revised, client = revise_policy(policy, {"target_seconds": 1800}), as_(world.olga)
        assert apply_url(revised) in client.get(reverse("admin:sla_policy_change", args=[revised.pk])).content.decode()

        page = client.get(apply_url(revised)).content.decode()
        assert "3 clocks run by an earlier version." in page
        for words in ("<b>1</b></a> would be due at another time", "<b>1</b></a> would be due at once"):
            assert words in page
        assert "overdue already: the version that judged them stays" in page
        assert all(name in page for name in ("Late Fox", "Old Fox", "Young Fox"))
        assert "would be due when they were" not in page

        refused = client.post(apply_url(revised), {"reason": " "}).content.decode()
        assert "Give the reason: it is recorded in the history of every lead." in refused
        assert not Clock.objects.filter(policy=revised).exists()

        done = client.post(apply_url(revised), {"reason": AGAIN}, follow=True).content.decode()

    assert "Applied Accept (version 2) to 2 clocks." in done
    assert Clock.objects.filter(policy=revised).count() == 2
    acts = [act for lead in Lead.objects.all() for act in lead.transitions.filter(verb=Verb.REEVALUATE)]
    assert {(act.by, act.via, act.facts["reason"]) for act in acts} == {(world.olga, "console", AGAIN)}


def test_there_is_nothing_to_apply_to_what_is_retired_or_runs_already(world: World, policy: Policy, as_) -> None:
    lead_of = offered(world, 0, "Dana Fox")
    client = as_(world.olga)
    said = client.get(apply_url(policy), follow=True).content.decode()
    assert "No clock runs by an earlier version of Accept (version 1)." in said
    revise_policy(policy, {"target_seconds": 60})
    said = client.get(apply_url(policy), follow=True).content.decode()
    assert "Accept (version 1) is not in force: open the newest version and apply that." in said
    assert lead_of.transitions.filter(verb=Verb.REEVALUATE).count() == 0


def test_only_revops_applies_and_excuses(world: World, policy: Policy, as_) -> None:
    for user in (world.ada, world.max, world.mia, world.nora, world.eve):
        for url in (apply_url(policy), reverse("admin:excuse")):
            assert as_(user).get(url).status_code == 403
            assert as_(user).post(url, {"reason": AGAIN}).status_code == 403


def period(start: str, end: str, metric: str = "") -> str:
    return reverse("admin:excuse") + f"?start=2026-03-02T{start}&end=2026-03-02T{end}&metric={metric}"


def test_the_breaches_of_an_outage_are_excused_after_a_look(
    world: World, policy: Policy, as_, django_assert_max_num_queries
) -> None:
    offered(world, 0, "Early Fox")
    for number in range(12):
        offered(world, 60, f"Fox {number}")
    client = as_(world.olga)  # in UTC, as MONDAY 09:00 is
    asked = client.get(reverse("admin:excuse")).content.decode()
    assert "Excused breaches stay in the record" in asked

    with django_assert_max_num_queries(16):
        page = client.get(period("10:30", "11:30", "time_to_accept")).content.decode()
    assert "<b>12</b></a> not excused so far" in page
    assert "Fox 11" in page
    assert "Early Fox" not in page
    assert Clock.objects.filter(excused_by=None).count() == 13

    url = period("10:30", "11:30", "time_to_accept")
    assert "Give the reason" in client.post(url, {"reason": ""}).content.decode()
    done = client.post(url, {"reason": "The mail was down"}, follow=True).content.decode()

    assert "Excused 12 breaches." in done
    assert "No breach of this period is open to be excused." in done
    assert Clock.objects.get(excused_by=None).lead.name == "Early Fox"
    assert Clock.objects.filter(excused_by__facts__reason="The mail was down").count() == 12


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (period("11:30", "10:30"), "The period ends before it starts."),
        (period("soon", "10:30"), "Enter a valid date/time."),
        (period("10:00", ""), "Enter a valid date/time."),
    ],
)
def test_a_wrong_period_is_said_at_its_field(world: World, as_, url: str, words: str) -> None:
    assert words in as_(world.olga).get(url).content.decode()


def test_a_policy_says_whose_hours_and_what_pauses_may_take(world: World, policy: Policy, as_) -> None:
    page = as_(world.ada).get(reverse("admin:sla_policy_change", args=[policy.pk])).content.decode()
    for words in ("Hours, reassignment and pauses", "The policy&#x27;s calendar", "Carry on with what is left", "Any"):
        assert words in page
