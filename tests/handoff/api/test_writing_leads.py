"""POST /leads/ creates a lead or brings it up to date; PATCH corrects its plain facts."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from leads.models import Campaign, ExternalId, Lead
from tests.handoff.api.conftest import AsPerson
from tests.world import World, bring_to, make_lead

LEADS = "/api/v1/leads/"
DANA = {
    "email": "Dana@Buyer.Example",
    "name": "Dana Fox",
    "company": "Acme",
    "country": "Germany",
    "source": "Google",
    "campaign": "Spring",
    "score": 70,
    "created_at": "2026-03-02T09:00:00Z",
    "external_ids": [{"system": "HubSpot", "value": "77"}],
}


@pytest.fixture
def mia(world: World, client_of: AsPerson) -> APIClient:
    return client_of(world.mia)


def stored() -> list[Any]:
    return [*Lead.objects.order_by("pk").values(), *ExternalId.objects.order_by("pk").values()]


def test_a_new_lead_is_created_and_says_where_it_is(world: World, mia: APIClient):
    answer = mia.post(LEADS, DANA)
    lead = Lead.objects.get()
    assert (answer.status_code, answer["Location"]) == (201, f"http://testserver{LEADS}{lead.pk}/")
    shown = answer.json()
    assert (shown.pop("outcome"), shown.pop("kept")) == ("created", [])
    assert shown == mia.get(answer["Location"]).json()
    assert (shown["state"], shown["owner"], shown["cycle"], shown["clocks"]) == ("raw", None, 0, [])
    assert shown["can"] == ["promote", "reject", "assign", "comment", "merge"]
    assert (shown["email"], shown["country"], shown["source"]) == ("dana@buyer.example", "DE", "google")
    assert (shown["campaign"], shown["created_at"]) == ("Spring", "2026-03-02T09:00:00Z")
    assert shown["external_ids"] == [{"system": "hubspot", "value": "77"}]


def test_the_same_again_changes_nothing(world: World, mia: APIClient):
    first = mia.post(LEADS, DANA)
    before = stored()
    again = mia.post(LEADS, DANA)
    assert (again.status_code, again.json()) == (200, first.json() | {"outcome": "unchanged"})
    assert "Location" not in again
    assert stored() == before


@pytest.mark.parametrize(
    "known_by", [{"email": " DANA@buyer.example "}, {"external_ids": [{"system": "hubspot", "value": "77"}]}]
)
def test_a_known_lead_is_brought_up_to_date(world: World, mia: APIClient, known_by: dict[str, Any]):
    mia.post(LEADS, DANA)
    answer = mia.post(LEADS, {**known_by, "company": "Acme Ltd", "name": ""})
    assert (answer.status_code, answer.json()["company"], answer.json()["name"]) == (200, "Acme Ltd", "Dana Fox")
    assert Lead.objects.count() == 1


def test_what_identifies_two_leads_is_a_conflict_that_names_them(world: World, mia: APIClient):
    mia.post(LEADS, DANA)
    other = make_lead("Emil Gray", email="emil@buyer.example")
    before = stored()
    answer = mia.post(LEADS, {"email": other.email, "external_ids": DANA["external_ids"], "company": "Both"})
    assert (answer.status_code, answer.json()["code"]) == (409, "identity_conflict")
    assert "Emil Gray" in answer.json()["detail"]
    assert "Dana Fox" in answer.json()["detail"]
    assert stored() == before


@pytest.mark.parametrize("person", ["ada", "max", "eve"])
def test_only_marketing_and_revops_bring_leads_in(world: World, client_of: AsPerson, person: str):
    answer = client_of(getattr(world, person)).post(LEADS, DANA)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert stored() == []


WRONG = [
    ("email", "nobody"),
    ("email", 5),
    ("email", ["dana@buyer.example"]),
    ("email", "a" * 300 + "@buyer.example"),
    ("name", "x" * 201),
    ("name", "a\0b"),
    ("name", {"first": "Dana"}),
    ("phone", "1" * 41),
    ("country", "Atlantis"),
    ("score", "high"),
    ("score", 2**31),
    ("score", 10**400),
    ("score", 1e300),
    ("score", True),
    ("score", 1.5),
    ("score", [1]),
    ("created_at", "0001-01-01T00:00:00+14:00"),
    ("created_at", "9999-12-31T23:59:59Z"),
    ("created_at", "2026-02-30"),
    ("created_at", 5),
    ("campaign", {"id": 1}),
    ("campaign", "x" * 201),
    ("external_ids", "77"),
    ("external_ids", {"system": "hubspot"}),
    ("external_ids.0.value", [{"system": "hubspot"}]),
    ("external_ids.0.value", [{"system": "hubspot", "value": 77}]),
    ("external_ids.0.value", [{"system": "hubspot", "value": "7" * 201}]),
    ("external_ids.0.system", [{"system": "x" * 41, "value": "77"}]),
    ("external_ids", [{"system": "hubspot", "value": "7\0"}]),
    ("state", "sal"),
    ("owner", "ada"),
    ("team", "Berlin"),
    ("id", 5),
    ("shoe_size", 44),
]


@pytest.mark.parametrize(("field", "value"), WRONG, ids=[f"{field} {str(value)[:20]!a}" for field, value in WRONG])
def test_a_wrong_field_is_refused_by_name(world: World, mia: APIClient, field: str, value: Any):
    answer = mia.post(LEADS, DANA | {field.partition(".")[0]: value})
    assert answer.status_code == 400, answer.content
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert stored() == []


def test_a_lead_must_be_known_by_something(world: World, mia: APIClient):
    answer = mia.post(LEADS, {"name": "Dana Fox"})
    assert answer.status_code == 400
    assert "Give an email or an external id" in answer.json()["detail"]
    assert stored() == []


def test_a_phone_is_enough_where_nothing_else_is_known(world: World, mia: APIClient):
    body = {"name": "Ann", "phone": "+94 77 123 4567"}
    assert [mia.post(LEADS, body).status_code for _ in range(2)] == [201, 200]
    assert Lead.objects.get().phone == "+94 77 123 4567"
    answer = mia.post(LEADS, {"name": "Ben", "phone": "077 123 4567"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "phone")


def test_the_two_forms_of_a_salesforce_id_are_one(world: World, mia: APIClient):
    forms = ["00Q5e000001AbCd", "00Q5e000001AbCdEAK", "00q5e000001abcdeak"]
    bodies = [{"name": "Sia", "external_ids": [{"system": "Salesforce", "value": form}]} for form in forms]
    answers = [mia.post(LEADS, body) for body in bodies]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert answers[0].json()["external_ids"] == [{"system": "salesforce", "value": forms[1]}]
    assert [len(mia.get(LEADS, {"search": form}).json()["results"]) for form in forms] == [1, 1, 1]


def test_a_rounded_id_is_refused(world: World, mia: APIClient):
    answer = mia.post(LEADS, {"name": "Ann", "external_ids": [{"system": "hubspot", "value": "3.97792E+10"}]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "external_ids")
    assert stored() == []


def test_plain_facts_are_corrected_and_a_blank_erases(world: World, client_of: AsPerson):
    lead = bring_to("sal", make_lead(phone="1", score=5), world)
    spring = Campaign.objects.create(name="Spring")
    body = {"phone": "", "score": None, "company": " Acme  Ltd ", "country": "germany", "campaign": "Spring"}
    answer = client_of(world.mia).patch(f"{LEADS}{lead.pk}/", body)
    assert answer.status_code == 200
    wanted = {"phone": "", "score": None, "company": "Acme Ltd", "country": "DE", "campaign": "Spring", "state": "sal"}
    assert {name: answer.json()[name] for name in wanted} == wanted
    lead.refresh_from_db()
    assert (lead.campaign, lead.owner, lead.phone) == (spring, world.ada, "")


def test_who_works_a_lead_corrects_how_the_buyer_is_reached_and_nothing_else(world: World, client_of: AsPerson):
    lead = bring_to("sal", make_lead(score=5), world)
    ada = client_of(world.ada)
    assert ada.patch(f"{LEADS}{lead.pk}/", {"phone": "+49 30 1"}).status_code == 200
    assert ada.patch(f"{LEADS}{lead.pk}/", {"phone": "+49 30 2", "score": 99}).status_code == 403
    lead.refresh_from_db()
    assert (lead.phone, lead.score) == ("+49 30 1", 5)


def test_correcting_to_what_it_is_changes_nothing(world: World, mia: APIClient):
    lead = make_lead(company="Acme")
    before = stored()
    assert mia.patch(f"{LEADS}{lead.pk}/", {"company": "Acme"}).status_code == 200
    assert mia.patch(f"{LEADS}{lead.pk}/", {}).status_code == 200
    assert stored() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("state", "sal"),
        ("owner", "ada"),
        ("team", "Berlin"),
        ("entered_at", "2026-03-02T09:00:00Z"),
        ("created_at", "2026-03-02T09:00:00Z"),
        ("external_ids", []),
        ("email", ""),
        ("email", "nobody"),
        ("name", "x" * 201),
        ("score", "high"),
        ("campaign", "Unheard of"),
    ],
)
def test_a_wrong_correction_is_refused_by_name(world: World, mia: APIClient, field: str, value: Any):
    lead = make_lead()
    before = stored()
    answer = mia.patch(f"{LEADS}{lead.pk}/", {"company": "Acme", field: value})
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert stored() == before
    assert not Campaign.objects.exists()


def test_the_email_of_another_lead_cannot_be_taken(world: World, mia: APIClient):
    make_lead("Dana Fox", email="dana@buyer.example")
    lead = make_lead("Emil Gray")
    before = stored()
    answer = mia.patch(f"{LEADS}{lead.pk}/", {"email": "DANA@buyer.example", "company": "Acme"})
    assert (answer.status_code, answer.json()["code"]) == (409, "identity_conflict")
    assert stored() == before


def test_a_team_mate_who_does_not_work_the_lead_cannot_correct_it(world: World, client_of: AsPerson):
    lead = bring_to("sal", make_lead(team=world.berlin), world)
    before = stored()
    assert client_of(world.ben).patch(f"{LEADS}{lead.pk}/", {"name": "Ben's"}).status_code == 403
    assert client_of(world.zoe).patch(f"{LEADS}{lead.pk}/", {"name": "Zoe's"}).status_code == 404
    assert stored() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("score", "1e999999999"),
        ("score", 10**300),
        ("score", 1e300),
        ("score", "9" * 4000),
        ("score", [1]),
        ("score", True),
        ("name", ["Dana"]),
        ("name", "x" * 100_000),
        ("email", "x" * 100_000),
        ("created_at", "0001-01-01T00:00:00+23:59"),
        ("created_at", "9999-12-31T23:59:59-23:59"),
        ("created_at", "2026-01-01T00:00:00+99:99"),
        ("created_at", 5),
    ],
)
def test_no_value_answers_500(mia: APIClient, field: str, value: Any):
    answer = mia.post(LEADS, {"email": "a@buyer.example"} | {field: value})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert len(answer.json()["detail"]) < 400


def test_a_moment_of_capture_with_a_wide_offset_is_kept_in_utc(mia: APIClient):
    answer = mia.post(LEADS, {"email": "a@buyer.example", "created_at": "2026-01-02T00:00:00+23:59"})
    assert (answer.status_code, answer.json()["created_at"]) == (201, "2026-01-01T00:01:00Z")
