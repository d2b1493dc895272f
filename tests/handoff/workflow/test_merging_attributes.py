"""A merge carries attributes that few may see: whoever merges, or reads of it, learns no more of them than before."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from handoff import workflow
from handoff.console.leads.timeline import timeline
from handoff.refusals import FactsRefused
from handoff.workflow.merge_outlook import differing, undone
from leads.models import Attribute, AttributeType, Lead, Role, User, Verb
from tests.world import World, last, make_lead

pytestmark = pytest.mark.django_db
TIERS = [{"key": "gold", "label": "Gold"}, {"key": "silver", "label": "Silver"}]


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    def add(key: str, kind: str, **fields: Any) -> None:
        Attribute.objects.create(key=key, label=key.title(), type=kind, **fields)

    add("margin", AttributeType.NUMBER, seen_by=[Role.REVOPS], edited_by=[Role.REVOPS])
    add("tier", AttributeType.CHOICE, choices=TIERS)
    add("budget", AttributeType.MONEY)
    add("client", AttributeType.YES_NO)
    add("mood", AttributeType.TEXT, edited_by=[Role.SALES_REP])


@pytest.fixture
def two(world: World) -> tuple[Lead, Lead]:
    budget = {"amount": 1200, "currency": "EUR"}
    gone = {"margin": 41, "tier": "gold", "budget": budget, "client": False, "mood": "Cross"}
    stays = {"margin": 17, "tier": "silver", "client": True, "mood": "Glad"}
    return make_lead("Gone", attributes=gone, score=0), make_lead("Stays", attributes=stays)


def api(person: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


def test_the_history_tells_nobody_values_nor_names_that_they_do_not_see(two: tuple[Lead, Lead], world: World) -> None:
    gone, stays = two
    workflow.merge(gone.pk, by=world.olga, into=stays.pk, take=["attributes.margin", "attributes.tier"])
    url = f"/api/v1/leads/{gone.pk}/transitions/"
    [shown] = api(world.mia).get(url).json()["results"]
    assert shown["facts"] == {"into": stays.pk, "take": ["attributes.tier"]}
    one = api(world.mia).get(f"{url}{shown['id']}/").json()
    assert one["facts"] == shown["facts"]
    [of_olga] = api(world.olga).get(url).json()["results"]
    assert of_olga["facts"]["take"] == ["attributes.margin", "attributes.tier"]
    why = dict(timeline(gone, world.mia.roles)[0].why)
    assert why["Facts taken along"] == "Tier"
    assert dict(timeline(gone, world.olga.roles)[0].why)["Facts taken along"] == "Margin, Tier"


def test_the_answer_to_a_merge_holds_no_values(two: tuple[Lead, Lead], world: World) -> None:
    gone, stays = two
    url = f"/api/v1/leads/{gone.pk}/transitions/"
    done = api(world.mia).post(url, {"verb": "merge", "into": stays.pk}).json()
    assert done["transition"]["facts"] == {"into": stays.pk}
    assert "moved" in last(gone, Verb.MERGE).facts


@pytest.mark.parametrize("name", ["attributes.margin", "attributes.mood", "do_not_contact", "do_not_contact_reason"])
def test_only_what_one_may_edit_is_taken(two: tuple[Lead, Lead], world: World, name: str) -> None:
    gone, stays = two
    with pytest.raises(FactsRefused) as refusal:
        workflow.merge(gone.pk, by=world.mia, into=stays.pk, take=[name])
    assert f"“{name}” is not a fact that you may choose: use one of name, first_name" in refusal.value.message
    assert "attributes.margin" not in refusal.value.message.replace(f"“{name}”", "")


def test_whether_a_hidden_attribute_is_there_is_not_said(world: World) -> None:
    gone, stays = make_lead("Gone"), make_lead("Stays")
    with pytest.raises(FactsRefused, match="is not a fact that you may choose"):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk, take=["attributes.margin"])
    with pytest.raises(FactsRefused, match="has no margin to take"):
        workflow.merge(gone.pk, by=world.olga, into=stays.pk, take=["attributes.margin"])


def test_side_by_side_stand_values_as_people_read_them(two: tuple[Lead, Lead], world: World) -> None:
    gone, stays = two
    gone.do_not_contact, gone.do_not_contact_reason = True, "Asked us"
    rows = {each.name: row for each, *row in differing(gone, stays, {Role.MARKETER})}
    assert "attributes.margin" not in rows
    assert rows["attributes.tier"] == ["Gold", "Silver", False]
    assert rows["attributes.budget"] == ["1,200.00 EUR", "", True]
    assert rows["attributes.client"] == ["No", "Yes", False]
    assert rows["score"] == ["0", "", True]
    assert rows["do_not_contact"] == ["Yes", "", True]


def test_the_page_offers_only_what_one_may_choose(two: tuple[Lead, Lead], world: World) -> None:
    gone, stays = two
    client = Client()
    client.force_login(world.mia)
    page = client.get(reverse("admin:act", args=[Verb.MERGE, gone.pk]), {"into": stays.pk}).content.decode()
    assert "choice_attributes.tier" in page
    assert "Cross" in page
    assert "choice_attributes.mood" not in page
    assert "Margin" not in page


def test_undoing_names_only_corrections_that_one_sees(two: tuple[Lead, Lead], world: World) -> None:
    gone, stays = two
    workflow.merge(gone.pk, by=world.olga, into=stays.pk, take=["attributes.margin", "attributes.tier"])
    workflow.correct(stays.pk, {"attributes.margin": 5, "attributes.tier": None}, by=world.olga)
    gone.refresh_from_db()
    assert dict(undone(gone, world.mia.roles))[f"Stays with lead {stays.pk}"] == "Tier, corrected since"
    assert dict(undone(gone, world.olga.roles))[f"Stays with lead {stays.pk}"] == "Tier, Margin, corrected since"
