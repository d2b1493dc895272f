"""POST …/touchpoints/ records what a buyer did, once, and says whether it is new intent; GET lists what they did."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from rest_framework.test import APIClient

from handoff import workflow
from handoff.models import Delivery
from leads.models import Lead, Touchpoint
from tests.handoff.api.conftest import AsPerson
from tests.world import MONDAY, World, make_lead

POINTS = "/api/v1/touchpoints/"
FORM = {"kind": "form", "at": "2026-03-05T09:00:00Z", "campaign": "Spring", "detail": "Pricing form"}


@pytest.fixture
def mia(world: World, client_of: AsPerson) -> APIClient:
    return client_of(world.mia)


@pytest.fixture
def dana(world: World) -> Lead:
    return make_lead(created_at=MONDAY, owner=world.ada, team=world.berlin)


def of_lead(lead: Lead) -> str:
    return f"/api/v1/leads/{lead.pk}/touchpoints/"


def notified() -> list[str]:
    return sorted(Delivery.objects.values_list("recipient__username", flat=True))


def test_a_form_of_a_known_buyer_is_new_intent_and_marketing_hears_of_it(mia: APIClient, dana: Lead) -> None:
    answer = mia.post(of_lead(dana), FORM)
    shown = answer.json()
    assert (answer.status_code, shown["outcome"], shown["new_intent"], shown["new_lead"]) == (
        201,
        "created",
        True,
        False,
    )
    assert (shown["lead"], shown["kind"], shown["campaign"], shown["system"]) == (dana.pk, "form", "Spring", "api")
    assert notified() == ["nora"]


def test_the_same_again_is_said_to_be_known_and_notifies_no_one(mia: APIClient, dana: Lead) -> None:
    first, again = (mia.post(of_lead(dana), FORM) for _ in range(2))
    assert (again.status_code, again.json()["outcome"], again.json()["new_intent"]) == (200, "unchanged", False)
    assert again.json()["id"] == first.json()["id"]
    assert len(notified()) == 1


@pytest.mark.parametrize(
    "other",
    [{"at": "2026-03-06T09:00:00Z"}, {"kind": "reply"}, {"campaign": "Fair"}, {"detail": "Other form"}],
    ids=lambda other: next(iter(other)),
)
def test_what_says_anything_else_is_another_one(mia: APIClient, dana: Lead, other: dict[str, str]) -> None:
    mia.post(of_lead(dana), FORM)
    assert mia.post(of_lead(dana), FORM | other).status_code == 201
    assert dana.touchpoints.count() == 2


def test_without_a_moment_the_same_is_kept_once(mia: APIClient, dana: Lead) -> None:
    undated = {"kind": "form", "detail": "Pricing form"}
    assert [mia.post(of_lead(dana), undated).status_code for _ in range(2)] == [201, 200]


def test_by_its_id_it_is_the_same_whatever_else_it_says(mia: APIClient, dana: Lead) -> None:
    sent = FORM | {"system": "HubSpot", "external_id": "e1"}
    mia.post(of_lead(dana), sent)
    changed = mia.post(of_lead(dana), sent | {"detail": "Pricing form, corrected"})
    assert (changed.status_code, changed.json()["outcome"]) == (200, "updated")
    older = mia.post(of_lead(dana), sent | {"at": "2026-03-01T09:00:00Z", "detail": "Old"})
    assert (older.json()["outcome"], older.json()["detail"]) == ("unchanged", "Pricing form, corrected")
    assert dana.touchpoints.count() == 1


TOLD = {
    "newest": {"at": "2026-03-05T09:00:00Z", "kind": "meeting", "detail": "Demo"},
    "older": {"at": "2026-03-04T09:00:00Z", "kind": "form", "detail": "Pricing", "source": "google", "campaign": "A"},
    "same moment": {"at": "2026-03-05T09:00:00Z", "kind": "meeting", "campaign": "Spring", "detail": "Demo"},
    "undated": {"kind": "page_visit", "detail": "/pricing", "source": "bing"},
}


@pytest.mark.parametrize("order", list(permutations(TOLD)), ids=" ".join)
def test_by_its_id_the_newest_says_all_in_any_order(mia: APIClient, dana: Lead, order: tuple[str, ...]) -> None:
    for name in order:
        assert mia.post(of_lead(dana), TOLD[name] | {"system": "crm", "external_id": "e1"}).status_code in (200, 201)
    [kept] = Touchpoint.objects.all()
    assert kept.at.isoformat() == "2026-03-05T09:00:00+00:00"
    assert (kept.kind, kept.detail, kept.source, str(kept.campaign)) == ("meeting", "Demo", "", "Spring")


def test_without_moments_the_last_one_counts(mia: APIClient, dana: Lead) -> None:
    for detail in ("Zero", "Alpha"):
        mia.post(of_lead(dana), {"kind": "form", "detail": detail, "system": "crm", "external_id": "e1"})
    assert Touchpoint.objects.get().detail == "Alpha"


def test_an_enquiry_without_an_id_is_a_capture(mia: APIClient, dana: Lead) -> None:
    answer = mia.post(of_lead(dana), {"kind": "enquiry", "detail": "Call me"})
    assert answer.status_code == 400
    assert "send the lead again with what the buyer wrote in its message" in answer.json()["detail"]
    assert not dana.touchpoints.exists()


def test_an_id_of_another_lead_is_refused(mia: APIClient, dana: Lead) -> None:
    sent = FORM | {"system": "hubspot", "external_id": "e1"}
    mia.post(of_lead(dana), sent)
    answer = mia.post(of_lead(make_lead("Eric")), sent)
    assert answer.status_code == 400
    assert f"belongs to lead {dana.pk}" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("kind", "is_intent"),
    [
        ("form", True),
        ("Meeting", True),
        ("reply", True),
        ("enquiry", True),
        ("page visit", False),
        ("campaign_membership", False),
        ("email_open", False),
    ],
)
def test_which_kinds_are_intent(mia: APIClient, dana: Lead, kind: str, is_intent: bool) -> None:
    sent = {"kind": kind, "system": "crm", "external_id": "7"}
    assert mia.post(of_lead(dana), sent).json()["new_intent"] is is_intent
    assert bool(notified()) is is_intent


def test_revops_decides_which_kinds_are_intent(mia: APIClient, dana: Lead, settings: Any) -> None:
    settings.INTENT_KINDS = ["webinar"]
    answers = [mia.post(of_lead(dana), {"kind": kind}).json()["new_intent"] for kind in ("webinar", "form")]
    assert answers == [True, False]


def test_a_form_from_before_the_first_capture_is_no_new_intent(mia: APIClient, dana: Lead) -> None:
    before = {"kind": "form", "at": (MONDAY - timedelta(days=1)).isoformat()}
    assert mia.post(of_lead(dana), before).json()["new_intent"] is False


def test_who_sales_owes_is_notified(mia: APIClient, dana: Lead, world: World) -> None:
    workflow.promote(dana.pk, by=world.mia, owner=world.ada)
    Delivery.objects.all().delete()
    mia.post(of_lead(dana), FORM)
    assert notified() == ["ada"]


@pytest.mark.parametrize(
    "who",
    [
        {"email": "DANA.FOX@buyer.example"},
        {"external_ids": [{"system": "hubspot", "value": "1"}]},
        {"phone": "0301234567", "country": "Germany"},
    ],
    ids=["email", "external id", "phone"],
)
def test_a_buyer_is_identified_as_by_every_door(mia: APIClient, dana: Lead, who: dict[str, Any]) -> None:
    dana.external_ids.create(system="hubspot", value="1")
    dana.external_ids.create(system="phone", value="+49301234567")
    answer = mia.post(POINTS, FORM | who)
    assert (answer.status_code, answer.json()["lead"]) == (201, dana.pk)


def test_a_buyer_who_is_not_known_is_not_found_unless_a_lead_is_asked_for(mia: APIClient, dana: Lead) -> None:
    eric = FORM | {"email": "eric@buyer.example", "name": "Eric"}
    refused = mia.post(POINTS, eric)
    assert refused.status_code == 404
    assert "There is no lead “eric@buyer.example”: create it first" in refused.json()["detail"]
    assert "create_lead" in refused.json()["detail"]
    made = mia.post(POINTS, eric | {"create_lead": True})
    assert (made.status_code, made.json()["new_lead"], made.json()["new_intent"]) == (201, True, False)
    lead = Lead.objects.get(email="eric@buyer.example")
    assert (lead.name, str(lead.campaign), lead.created_at.isoformat()) == (
        "Eric",
        "Spring",
        "2026-03-05T09:00:00+00:00",
    )
    again = mia.post(POINTS, eric | {"create_lead": True})
    assert (again.status_code, again.json()["outcome"], again.json()["new_lead"]) == (200, "unchanged", False)
    assert notified() == []


def test_a_new_lead_without_a_moment_does_not_ask_again(mia: APIClient, world: World) -> None:
    made = mia.post(POINTS, {"kind": "form", "email": "eric@buyer.example", "create_lead": True}).json()
    assert (made["new_lead"], made["new_intent"]) == (True, False)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "a" * 41}, "kind"),
        ({"kind": 7}, "kind"),
        ({"kind": "form", "at": "soon"}, "at"),
        ({"kind": "form", "at": "2999-01-01"}, "at"),
        ({"kind": "form", "external_id": "1"}, "system"),
        ({"kind": "form", "campaign": "x" * 201}, "campaign"),
        ({"kind": "form", "system": "x" * 41}, "system"),
        ({"kind": "form", "external_id": "3.97792E+10", "system": "crm"}, "external_id"),
        ({"kind": "form", "nmae": "x"}, "nmae"),
        ({"kind": "form", "detail": ["x"]}, "detail"),
    ],
)
def test_what_does_not_fit_is_refused_by_field(mia: APIClient, dana: Lead, body: dict[str, Any], field: str) -> None:
    answer = mia.post(of_lead(dana), body)
    assert answer.status_code == 400
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert not Touchpoint.objects.exists()


def test_sales_reads_what_its_buyers_did_and_records_nothing(world: World, client_of: AsPerson, dana: Lead) -> None:
    other = make_lead("Other", team=world.new_york)
    Touchpoint.objects.bulk_create(Touchpoint(lead=lead, kind="form", at=MONDAY) for lead in (dana, other))
    ada = client_of(world.ada)
    assert [point["lead"] for point in ada.get(POINTS).json()["results"]] == [dana.pk]
    assert ada.get(of_lead(other)).status_code == 404
    assert ada.post(of_lead(dana), FORM).status_code == 403
    assert ada.post(POINTS, FORM | {"email": dana.email}).status_code == 403
    assert client_of(world.eve).get(POINTS).json()["results"] == []


def test_they_are_filtered_and_come_in_pages(mia: APIClient, dana: Lead) -> None:
    for day, kind in enumerate(("form", "page_visit", "form")):
        at = MONDAY + timedelta(days=day)
        mia.post(of_lead(dana), {"kind": kind, "at": at.isoformat(), "campaign": f"C{day}", "source": "Google"})
    listed = lambda **asked: [point["campaign"] for point in mia.get(POINTS, asked).json()["results"]]  # noqa: E731
    assert listed() == ["C2", "C1", "C0"]
    assert listed(kind="Page visit") == ["C1"]
    assert listed(campaign="C2") == ["C2"]
    assert listed(source="google", after=(MONDAY + timedelta(days=1)).isoformat()) == ["C2", "C1"]
    assert listed(before=(MONDAY + timedelta(days=1)).isoformat(), system="API") == ["C0"]
    first = mia.get(of_lead(dana), {"page_size": 2}).json()
    assert [point["campaign"] for point in mia.get(first["next"]).json()["results"]] == ["C0"]


def test_listing_costs_the_same_however_many_they_are(
    mia: APIClient, dana: Lead, django_assert_max_num_queries: Any
) -> None:
    Touchpoint.objects.bulk_create(
        Touchpoint(lead=dana, kind="form", at=MONDAY + timedelta(hours=hour)) for hour in range(40)
    )
    with django_assert_max_num_queries(5):
        assert len(mia.get(POINTS).json()["results"]) == 40


def test_the_detail_of_a_lead_says_whose_its_facts_are(mia: APIClient, world: World, client_of: AsPerson) -> None:
    body = {"email": "dana@buyer.example", "title": "CTO", "system": "HubSpot", "updated_at": "2026-03-02T09:00:00Z"}
    lead = mia.post("/api/v1/leads/", body).json()
    detail = mia.get(f"/api/v1/leads/{lead['id']}/").json()
    origin = {"system": "hubspot", "at": "2026-03-02T09:00:00+00:00", "by": "mia"}
    assert detail["provenance"]["title"] == origin
    corrected = client_of(world.nora).patch(f"/api/v1/leads/{lead['id']}/", {"title": "CEO"}).json()
    assert (corrected["provenance"]["title"]["system"], corrected["provenance"]["title"]["by"]) == ("person", "nora")
    answer = mia.post("/api/v1/leads/", body).json()
    [kept] = answer["kept"]
    assert (answer["outcome"], answer["title"], kept["fact"], kept["because"]["by"]) == (
        "unchanged",
        "CEO",
        "title",
        "nora",
    )
    assert kept["detail"].startswith("title: kept “CEO”, not “CTO”, because Nora corrected it on ")
    assert "provenance" not in mia.get("/api/v1/leads/").json()["results"][0]


def test_null_erases_through_the_api(mia: APIClient, world: World) -> None:
    body = {"email": "dana@buyer.example", "title": "CTO", "phone": "+49 30 1", "score": 7}
    mia.post("/api/v1/leads/", body)
    answer = mia.post("/api/v1/leads/", {"email": body["email"], "title": None, "phone": "", "score": None}).json()
    assert (answer["outcome"], answer["title"], answer["phone"], answer["score"]) == ("updated", "", "+49 30 1", None)
