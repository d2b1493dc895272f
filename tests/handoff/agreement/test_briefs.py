"""The brief of a campaign: acknowledged by sales before its leads come, and beside what came of it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from handoff import workflow
from handoff.agreement.briefs import acknowledge
from handoff.models import Handoff
from handoff.refusals import FactsRefused, NotAllowed
from leads.models import Campaign
from tests.world import World, make_lead

BRIEF: dict[str, Any] = {"target_audience": "Planners", "offer": "A trial", "talk_track": "Ask for the fleet."}


def make_campaign(**fields: Any) -> Campaign:
    return Campaign.objects.create(**{"name": "Trial", **BRIEF, "brief_rule": "refuse", **fields})


def test_its_leads_come_once_sales_has_acknowledged_it(world: World) -> None:
    campaign = make_campaign()
    lead = make_lead(campaign=campaign)
    with pytest.raises(FactsRefused, match="Sales has not acknowledged the brief of “Trial”"):
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    assert not Handoff.objects.exists()
    acknowledge(campaign.pk, by=world.max, seen=campaign.brief_digest)
    workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    packet = Handoff.objects.get(lead=lead).packet
    assert (packet["brief"], packet["brief_acknowledged"]) == (BRIEF, True)


def test_where_it_only_warns_the_packet_says_so(world: World, client: Client) -> None:
    lead = make_lead(campaign=make_campaign(brief_rule="warn"))
    url = reverse("admin:leads_lead_change", args=[lead.pk])
    client.force_login(world.mia)
    assert "Sales has not acknowledged the brief" in client.get(url).content.decode()
    workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    client.force_login(world.ada)
    text = client.get(url).content.decode()
    assert "Handed over before sales had acknowledged the brief" in text
    assert "Ask for the fleet." in text


def test_a_campaign_without_the_rule_asks_for_nothing(world: World) -> None:
    for campaign in (None, make_campaign(brief_rule="", target_audience="", offer="", talk_track="")):
        lead = make_lead(f"Buyer of {campaign}", campaign=campaign)
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
        assert "brief" not in Handoff.objects.get(lead=lead).packet


def test_an_edit_asks_for_it_again_and_a_late_answer_covers_nothing(world: World) -> None:
    campaign = make_campaign()
    seen = campaign.brief_digest
    acknowledge(campaign.pk, by=world.max, seen=seen)
    Campaign.objects.filter(pk=campaign.pk).update(offer="Another trial")
    campaign.refresh_from_db()
    assert campaign.waits_for_acknowledgement
    with pytest.raises(FactsRefused, match="read it again"):
        acknowledge(campaign.pk, by=world.max, seen=seen)


def test_only_a_sales_manager_acknowledges_it(world: World, client: Client) -> None:
    campaign = make_campaign()
    url = reverse("admin:leads_campaign_acknowledge", args=[campaign.pk])
    for person in (world.ada, world.mia, world.nora, world.olga):
        with pytest.raises(NotAllowed):
            acknowledge(campaign.pk, by=person, seen=campaign.brief_digest)
        client.force_login(person)
        assert client.post(url, {"seen": campaign.brief_digest}).status_code == 403
    client.force_login(world.max)
    page = reverse("admin:leads_campaign_change", args=[campaign.pk])
    assert url in client.get(page).content.decode()
    assert "Ask for the fleet." in client.get(url).content.decode()
    client.post(url, {"seen": campaign.brief_digest})
    assert "Max acknowledged the brief on" in client.get(page).content.decode()


def test_an_edit_of_something_else_keeps_it(world: World, client: Client) -> None:
    campaign = make_campaign()
    acknowledge(campaign.pk, by=world.max, seen=campaign.brief_digest)
    client.force_login(world.mia)
    form = {**BRIEF, "name": "Trial", "cost": "5", "currency": "EUR", "brief_rule": "refuse"}
    assert client.post(reverse("admin:leads_campaign_change", args=[campaign.pk]), form).status_code == 302
    campaign.refresh_from_db()
    assert campaign.is_acknowledged
    assert campaign.cost == 5
    assert campaign.acknowledged_by_id == world.max.pk


def test_what_was_expected_stands_beside_what_came(world: World, client: Client) -> None:
    campaign = make_campaign(brief_rule="", expected_leads=1200, expected_acceptance=75)
    for name in ("Ann", "Bob"):
        workflow.promote(make_lead(name, campaign=campaign).pk, by=world.mia, owner=world.ada)
    workflow.accept(make_lead_of(campaign).pk, by=world.ada)
    client.force_login(world.ada)
    context = client.get(reverse("admin:leads_campaign_change", args=[campaign.pk])).context
    assert (context["handed_over"], context["accepted"], context["acceptance"]) == (2, 1, 50)


def make_lead_of(campaign: Campaign) -> Any:
    return campaign.leads.order_by("pk").first()
