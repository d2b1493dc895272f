"""Attributes, consent and do-not-contact in the API: nested, checked, found, and under the rights of whoever asks."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from handoff import workflow
from leads.models import Attribute, AttributeType, Consent, Definition, Lead, Role, State
from sla.metrics import Metric
from tests.handoff.api.conftest import AsPerson
from tests.world import World, bring_to, make_lead, make_policy

LEADS = "/api/v1/leads/"
GOLD = [{"key": "gold", "label": "Gold"}, {"key": "silver", "label": "Silver"}]


@pytest.fixture
def mia(world: World, client_of: AsPerson) -> APIClient:
    return client_of(world.mia)


@pytest.fixture
def _catalogue(db: None) -> None:
    Attribute.objects.create(key="tier", label="Tier", type=AttributeType.CHOICE, choices=GOLD)
    Attribute.objects.create(key="size", label="Size", type=AttributeType.NUMBER)
    Attribute.objects.create(
        key="margin", label="Margin", type=AttributeType.NUMBER, seen_by=[Role.REVOPS], edited_by=[Role.REVOPS]
    )
    Attribute.objects.create(
        key="mood", label="Mood", type=AttributeType.TEXT, edited_by=[Role.SALES_REP, Role.SALES_MANAGER]
    )


pytestmark = pytest.mark.usefixtures("_catalogue")


def one(lead: Lead) -> str:
    return f"{LEADS}{lead.pk}/"


def test_attributes_go_in_and_come_out_nested(mia: APIClient) -> None:
    answer = mia.post(LEADS, {"email": "dana@buyer.example", "attributes": {"tier": "Gold", "size": "12.50"}})
    assert answer.status_code == 201
    assert answer.json()["attributes"] == {"tier": "gold", "size": 12.5}
    corrected = mia.patch(answer["Location"], {"attributes": {"tier": None, "size": 7}})
    assert corrected.json()["attributes"] == {"size": 7}


@pytest.mark.parametrize(
    ("attributes", "field", "words"),
    [
        ({"tier": "bronze"}, "attributes.tier", "Tier: “bronze” is not a valid choice: use Gold, Silver."),
        ({"size": "many"}, "attributes.size", "Size: “many” is not a valid number"),
        (
            {"weight": 5},
            "attributes.weight",
            "“weight” is not a valid attribute: use one that /api/v1/attributes/ lists.",
        ),
        ({"margin": 5}, "attributes.margin", "“margin” is not a valid attribute"),
        ([], "attributes", "This must be an object of values by the keys of attributes."),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(mia: APIClient, attributes: Any, field: str, words: str) -> None:
    answer = mia.post(LEADS, {"email": "dana@buyer.example", "attributes": attributes})
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert words in error["detail"]
    assert not Lead.objects.exists()


def test_a_flat_name_is_not_a_field(mia: APIClient) -> None:
    answer = mia.post(LEADS, {"email": "dana@buyer.example", "tier": "gold"})
    assert "“tier” is not a field of a lead" in answer.json()["detail"] + str(answer.json()["errors"])


def test_who_may_not_see_an_attribute_sees_it_nowhere(world: World, client_of: AsPerson, mia: APIClient) -> None:
    lead = make_lead(attributes={"margin": 5, "size": 7})
    assert mia.get(one(lead)).json()["attributes"] == {"size": 7}
    assert client_of(world.olga).get(one(lead)).json()["attributes"] == {"margin": 5, "size": 7}
    listed = [each["key"] for each in mia.get("/api/v1/attributes/").json()]
    assert listed == ["tier", "size", "mood"]
    assert mia.get(f"{LEADS}?attributes.margin=5").status_code == 400
    assert len(client_of(world.olga).get(f"{LEADS}?attributes.margin=5").json()["results"]) == 1


def test_who_may_not_edit_an_attribute_is_refused_clearly(world: World, client_of: AsPerson, mia: APIClient) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    refused = mia.patch(one(lead), {"attributes": {"mood": "glad"}})
    assert refused.status_code == 403
    assert "Mood is edited by RevOps, Sales manager, Sales rep" in refused.json()["detail"]
    created = mia.post(LEADS, {"email": "ben@buyer.example", "attributes": {"mood": "glad"}})
    assert created.status_code == 403
    assert not Lead.objects.filter(email="ben@buyer.example").exists()
    ada = client_of(world.ada)
    assert ada.patch(one(lead), {"attributes": {"mood": "glad"}}).json()["attributes"] == {"mood": "glad"}
    assert ada.patch(one(lead), {"attributes": {"size": 5}}).status_code == 403


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("attributes.tier=gold", {"a", "b"}),
        ("attributes.tier=Gold&attributes.size=10.0", {"a"}),
        ("attributes.tier=gold&attributes.tier=silver", {"a", "b", "c"}),
        ("attributes.tier=", {"d"}),
        ("do_not_contact=true", {"d"}),
    ],
)
def test_leads_are_found_by_attributes(mia: APIClient, asked: str, names: set[str]) -> None:
    for name, values in (
        ("a", {"tier": "gold", "size": 10}),
        ("b", {"tier": "gold", "size": 1}),
        ("c", {"tier": "silver"}),
    ):
        make_lead(name, attributes=values)
    make_lead("d", do_not_contact=True)
    assert {each["name"] for each in mia.get(f"{LEADS}?{asked}").json()["results"]} == names


def test_a_filter_that_no_value_can_meet_is_refused(mia: APIClient) -> None:
    answer = mia.get(f"{LEADS}?attributes.size=many")
    assert answer.status_code == 400
    assert "Size: “many” is not a valid number" in answer.json()["errors"][0]["detail"]


def test_the_list_costs_no_more_queries_with_attributes(mia: APIClient, django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        make_lead(f"Lead {number}", attributes={"size": number}, do_not_contact=bool(number % 2))
    with django_assert_max_num_queries(9):
        assert len(mia.get(LEADS).json()["results"]) == 20


def test_the_catalogue_is_listed(world: World, client_of: AsPerson) -> None:
    tier, *_ = client_of(world.ada).get("/api/v1/attributes/").json()
    assert tier == {
        "key": "tier",
        "field": "attributes.tier",
        "label": "Tier",
        "type": "choice",
        "choices": [{**each, "archived": False} for each in GOLD],
        "help": "",
        "editable": False,
    }
    assert client_of(world.eve).get("/api/v1/attributes/").json() == []


def test_a_definition_says_what_is_missing_only_to_who_may_see_it(
    world: World, client_of: AsPerson, mia: APIClient
) -> None:
    Definition.objects.create(
        stage="mql",
        version=9,
        text="",
        active_from=timezone.now(),
        criteria=[{"field": "attributes.margin", "op": "at_least", "value": 10}],
    )
    lead = make_lead(attributes={"margin": 5})
    refused = mia.post(f"{one(lead)}transitions/", {"verb": "promote"}).json()["detail"]
    assert "a condition on a fact that you may not see" in refused
    assert "5" not in refused.replace(str(lead.pk), "")


CONSENT = {"purpose": "email", "granted": True, "at": "2026-03-01T09:00:00Z", "wording": "Yes.", "source": "Form"}


def test_a_capture_brings_consents_and_shows_the_newest(mia: APIClient) -> None:
    body = {"email": "dana@buyer.example", "consents": [CONSENT]}
    answer = mia.post(LEADS, body).json()
    assert answer["consent"]["email"]["granted"] is True
    assert mia.post(LEADS, body).status_code == 200
    assert Consent.objects.count() == 1
    kept = Consent.objects.get()
    assert (str(kept.by), kept.via, kept.wording, kept.source) == ("Mia", "api", "Yes.", "Form")


def test_a_consent_is_recorded_and_listed(world: World, client_of: AsPerson, mia: APIClient) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    url = f"{one(lead)}consents/"
    assert mia.post(url, CONSENT).status_code == 201
    assert mia.post(url, CONSENT).status_code == 200
    withdrawn = client_of(world.ada).post(url, {"purpose": "email", "granted": False})
    assert withdrawn.status_code == 201
    assert client_of(world.ben).post(url, CONSENT).status_code == 403
    assert client_of(world.zoe).post(url, CONSENT).status_code == 404
    assert [each["granted"] for each in mia.get(url).json()["results"]] == [False, True]
    assert mia.get(one(lead)).json()["contact_warnings"] == ["No email: consent was withdrawn."]


@pytest.mark.parametrize(
    "body",
    [{}, {"purpose": "fax", "granted": True}, {**CONSENT, "at": "2999-01-01T00:00:00Z"}, {**CONSENT, "source": 5}],
)
def test_a_wrong_consent_is_refused(mia: APIClient, body: dict[str, Any]) -> None:
    lead = make_lead()
    assert mia.post(f"{one(lead)}consents/", body).status_code == 400
    assert mia.post(LEADS, {"email": "x@buyer.example", "consents": [body]}).status_code == 400
    assert not Consent.objects.exists()


def test_do_not_contact_is_shown_and_a_touch_is_refused(world: World, client_of: AsPerson) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    ada = client_of(world.ada)
    shown = ada.patch(one(lead), {"do_not_contact": True, "do_not_contact_reason": "Asked us."}).json()
    assert shown["do_not_contact"] is True
    assert shown["do_not_contact_since"]
    assert "Asked us." in shown["contact_warnings"][0]
    touch = {"verb": "touch", "channel": "call", "outcome": "reached"}
    refused = ada.post(f"{one(lead)}transitions/", touch)
    assert refused.status_code == 400
    assert "Do not contact" in refused.json()["detail"]
    assert ada.post(f"{one(lead)}transitions/", touch | {"inbound": True}).status_code == 201


def test_the_history_names_no_restricted_attribute(world: World, client_of: AsPerson) -> None:
    asks = [{"field": "attributes.margin", "op": "at_least", "value": 10}]
    make_policy(Metric.TIME_TO_ACCEPT, 60, key="rich", conditions=asks, position=1)
    make_policy(Metric.TIME_TO_ACCEPT, 7200, key="plain")
    lead = bring_to(State.MQL, make_lead(), world)
    workflow.correct(lead.pk, {"attributes.margin": 20})
    history = client_of(world.ada).get(f"{one(lead)}transitions/").json()["results"]
    [reevaluated] = [each for each in history if each["verb"] == "reevaluate"]
    assert reevaluated["facts"]["reason"] == "Corrected: a restricted attribute."


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"purpose": "fax"}, "purpose"),
        ({"at": "soon"}, "at"),
        ({"at": "2999-01-01T00:00:00Z"}, "at"),
        ({"granted": None}, "granted"),
        ({"wording": "x" * 10_001}, "wording"),
    ],
)
def test_a_refused_consent_names_the_field(mia: APIClient, wrong: dict[str, Any], field: str) -> None:
    answer = mia.post(f"{one(make_lead())}consents/", {"purpose": "email", "granted": True, **wrong})
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (400, [field])


def test_the_answer_is_the_consent_that_is_on_record(mia: APIClient) -> None:
    url = f"{one(make_lead())}consents/"
    march, april = ({"purpose": "email", "at": f"2026-0{month}-01T00:00:00Z"} for month in (3, 4))
    withdrawn = mia.post(url, {**april, "granted": False})
    older = mia.post(url, {**march, "granted": True, "wording": "Yes, please."})
    assert (older.status_code, older.json()["at"], older.json()["wording"]) == (201, march["at"], "Yes, please.")
    again = mia.post(url, {**march, "granted": True})
    assert (again.status_code, again.json()) == (200, older.json())
    undated = mia.post(url, {"purpose": "email", "granted": True})
    assert (undated.status_code, undated.json()) == (200, withdrawn.json())


def test_what_is_said_of_a_merged_lead_reaches_the_one_that_stays(world: World, mia: APIClient) -> None:
    gone, between, stays = make_lead("Dana Gone"), make_lead("Dana Between"), make_lead("Dana Stays")
    workflow.merge(gone.pk, by=world.mia, into=between.pk)
    workflow.merge(between.pk, by=world.mia, into=stays.pk)
    assert mia.post(f"{one(gone)}consents/", {"purpose": "email", "granted": False}).status_code == 201
    answer = mia.patch(one(gone), {"do_not_contact": True, "title": "CEO"})
    assert (answer.status_code, answer.json()["id"]) == (200, stays.pk)
    stays.refresh_from_db()
    assert (stays.do_not_contact, stays.title) == (True, "CEO")
    assert stays.consent["email"]["granted"] is False
    for lead in (gone, between):
        lead.refresh_from_db()
        assert (lead.do_not_contact, lead.title, lead.consent) == (False, "", {})


def test_whoever_works_the_merged_lead_alone_may_not_correct_the_other(world: World, client_of: AsPerson) -> None:
    gone, stays = make_lead("Dana Gone"), bring_to(State.SAL, make_lead("Dana Stays"), world)
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    Lead.objects.filter(pk=gone.pk).update(owner=world.ben)
    for answer in (
        client_of(world.ben).patch(one(gone), {"phone": "+49 30 1234567"}),
        client_of(world.ben).post(f"{one(gone)}consents/", {"purpose": "email", "granted": True}),
    ):
        assert answer.status_code == 403
