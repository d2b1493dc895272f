"""Disputes: whom they wait for, both arguments, and two decisions of which neither is the loud one."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.models import Dispute
from leads.models import Lead, State
from sla.models import Clock
from tests.world import World, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
LIST = "admin:handoff_dispute_changelist"
IN_DIALOG = {"X-Handoff-Dialog": "1"}


def disputed(world: World, name: str = "Dana Fox") -> Lead:
    lead = bring_to(State.MQL, make_lead(name, company="Fox Ltd"), world)
    workflow.reject(lead.pk, by=world.ada, reason="packet_insufficient", note="No phone, no need.")
    workflow.dispute(lead.pk, by=world.mia, argument="The need stands in the message.")
    return lead


def decide_url(lead: Lead) -> str:
    return reverse("admin:decide", args=[Dispute.objects.get(rejection__lead=lead).pk])


def text(response: Any) -> str:
    return str(response.content.decode())


def badge(client: Any, title: str) -> Any:
    items = client.get(reverse(LIST)).context["sidebar_navigation"]
    return next(item["badge"] for group in items for item in group["items"] if item["title"] == title)


def rows(client: Any, **query: str) -> list[str]:
    return [str(row.rejection.lead) for row in client.get(reverse(LIST), query).context["cl"].result_list]


def test_the_arbiter_sees_how_many_wait(world: World, as_) -> None:
    disputed(world)
    assert badge(as_(world.olga), "Disputes") == "1"
    assert badge(as_(world.mia), "Disputes") == 0


def test_the_row_has_both_arguments_and_the_clock(world: World, as_) -> None:
    make_policy("time_to_decide", 3600)
    disputed(world)
    page = text(as_(world.olga).get(reverse(LIST)))
    for words in ("Not enough information", "No phone, no need.", "The need stands in the message.", "min left"):
        assert words in page, words


def test_what_is_due_first_is_first_and_the_decided_are_apart(world: World, as_) -> None:
    make_policy("time_to_decide", 3600)
    early, _late, done = (disputed(world, name) for name in ("Early", "Late", "Done"))
    Clock.objects.filter(lead=early, stopped_at=None).update(due_at=timezone.now() + timedelta(minutes=5))
    workflow.uphold(done.pk, by=world.olga, decision="It is so.")
    client = as_(world.olga)
    assert rows(client) == ["Early", "Late"]
    assert rows(client, decided="upheld") == ["Done"]
    assert rows(client, decided="overturned") == []
    assert sorted(rows(client, decided="all")) == ["Done", "Early", "Late"]


def test_the_two_decisions_are_alike_and_both_arguments_are_beside_them(world: World, as_) -> None:
    lead = disputed(world)
    page = text(as_(world.olga).get(decide_url(lead), headers=IN_DIALOG))
    assert page.count('class="act act-plain" aria-describedby="decision-') == 2
    assert "act-primary" not in page
    assert "act-danger" not in page
    for words in ("No phone, no need.", "The need stands in the message.", "Ada rejected it.", "Mia disputes it."):
        assert words in page


@pytest.mark.parametrize(
    ("verb", "decision", "state"), [("uphold", "upheld", State.REJECTED), ("overturn", "overturned", State.MQL)]
)
def test_an_arbiter_decides_with_grounds(verb: str, decision: str, state: str, world: World, as_) -> None:
    lead = disputed(world)
    client = as_(world.olga)
    refused = text(client.post(decide_url(lead), {"verb": verb, "decision": ""}, headers=IN_DIALOG))
    assert "Give the grounds of the decision." in refused
    client.post(decide_url(lead), {"verb": verb, "decision": "I read both."})
    lead.refresh_from_db()
    dispute = Dispute.objects.get()
    assert (dispute.decision, dispute.decision_note, dispute.decided_by) == (decision, "I read both.", world.olga)
    assert lead.state == state


def test_who_was_slower_reads_who_has_decided_and_keeps_their_words(world: World, as_) -> None:
    lead = disputed(world)
    url = decide_url(lead)
    workflow.uphold(lead.pk, by=world.olga, decision="It is so.")
    page = text(as_(world.olga).post(url, {"verb": "overturn", "decision": "My long words"}, headers=IN_DIALOG))
    assert "This dispute is decided: upheld by Olga" in page
    assert "My long words" in page
    assert Dispute.objects.get().decision == "upheld"


@pytest.mark.parametrize("who", ["mia", "ada", "max"])
def test_nobody_decides_for_their_own_side(who: str, world: World, as_) -> None:
    lead = disputed(world)
    as_(getattr(world, who)).post(decide_url(lead), {"verb": "overturn", "decision": "Mine."})
    assert Dispute.objects.get().decision == ""


def test_a_dispute_about_a_lead_that_went_on_waits_for_nobody(world: World, as_) -> None:
    lead = disputed(world)
    workflow.resubmit(lead.pk, by=world.mia, fixed="Added the need.")
    client = as_(world.olga)
    assert (badge(client, "Disputes"), rows(client)) == (0, [])
    assert rows(client, decided="all") == ["Dana Fox"]


def test_a_lead_that_one_may_not_see_has_no_dialog(world: World, as_) -> None:
    lead = disputed(world)
    assert as_(world.zoe).get(decide_url(lead)).status_code in (302, 404)


def test_the_rejections_lead_an_arbiter_to_both_decisions_at_once(world: World, as_) -> None:
    lead = disputed(world)
    row = as_(world.olga).get(reverse("admin:handoff_rejection_changelist"), {"answer_state": "all"})
    shown = row.context["cl"].result_list[0]
    assert decide_url(lead) in shown.primary
    assert not any("overturn" in choice.url or "uphold" in choice.url for choice in shown.menu)


def test_the_list_takes_as_many_queries_for_few_as_for_many(world: World, as_, django_assert_max_num_queries) -> None:
    make_policy("time_to_decide", 3600)
    client = as_(world.olga)

    def queries() -> int:
        with django_assert_max_num_queries(20) as captured:
            client.get(reverse(LIST))
        return len(captured)

    for number in range(2):
        disputed(world, f"Few {number}")
    few = queries()
    for number in range(10):
        disputed(world, f"More {number}")
    assert queries() == few
