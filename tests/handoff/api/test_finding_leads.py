"""GET /leads/: who sees which, by what they are found, in what order and in which pages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from rest_framework.test import APIClient

from handoff import workflow
from handoff.api.filters import LeadFilter
from handoff.ladder.sweep import sweep
from leads.models import Campaign, ExternalId, Lead
from sla.models import Clock
from tests.handoff.api.conftest import AsPerson
from tests.world import MONDAY, World, bring_to, make_lead, make_policy

LEADS = "/api/v1/leads/"
TEXT = st.text(max_size=20) | st.text(alphabet="0123456789-+:.TZeEn\0\u200b٣²:=", max_size=30)


def found(client: APIClient, **query: Any) -> list[str]:
    answer = client.get(LEADS, query)
    assert answer.status_code == 200, answer.json()
    return [lead["name"] for lead in answer.json()["results"]]


@pytest.fixture
def mia(world: World, client_of: AsPerson) -> APIClient:
    return client_of(world.mia)


def test_sales_see_the_leads_of_their_team_and_their_own(world: World, client_of: AsPerson):
    make_lead("Raw")
    make_lead("Berlin", team=world.berlin)
    make_lead("New York", team=world.new_york)
    make_lead("Zoe's", owner=world.zoe)
    seen = {
        person: set(found(client_of(getattr(world, person)))) for person in ("ada", "max", "zoe", "mia", "olga", "eve")
    }
    everything = {"Raw", "Berlin", "New York", "Zoe's"}
    assert seen == {
        "ada": {"Berlin"},
        "max": {"Berlin"},
        "zoe": {"New York", "Zoe's"},
        "mia": everything,
        "olga": everything,
        "eve": set(),
    }


def test_leads_are_found_by_what_they_are(world: World, mia: APIClient):
    spring = Campaign.objects.create(name="Spring")
    make_lead("Dana Fox", company="Acme", source="google", campaign=spring, team=world.berlin)
    make_lead("Emil Gray", owner=world.ben, team=world.new_york)
    bring_to("sal", make_lead("Finn Hill"), world)
    assert found(mia, state="raw", ordering="created_at") == ["Dana Fox", "Emil Gray"]
    assert found(mia, state=["sal", "mql"]) == ["Finn Hill"]
    assert found(mia, owner="ben") == ["Emil Gray"]
    assert found(mia, unowned="true") == ["Dana Fox"]
    assert found(mia, source="Google") == ["Dana Fox"]
    assert found(mia, campaign="Spring") == found(mia, campaign=spring.pk) == ["Dana Fox"]
    assert found(mia, team="New York") == found(mia, team=world.new_york.pk) == ["Emil Gray"]
    assert found(mia, state="raw", team="Berlin", source="bing") == []


def test_search_looks_at_name_company_email_and_external_ids(world: World, mia: APIClient):
    lead = make_lead("Dana Fox", company="Acme", email="d@fox.example")
    ExternalId.objects.create(lead=lead, system="hubspot", value="HS-77")
    ExternalId.objects.create(lead=lead, system="salesforce", value="HS-778")
    make_lead("Emil Gray")
    for term in ("dana", "ACME", "fox.example", "hs-77", "dana acme"):
        assert found(mia, search=term) == ["Dana Fox"]


def test_leads_are_found_by_when_they_were_captured(world: World, mia: APIClient):
    for day in (1, 2, 3):
        make_lead(f"Day {day}", created_at=datetime(2026, 3, day, tzinfo=UTC))
    between = {"created_after": "2026-03-02T00:00:00Z", "created_before": "2026-03-03T00:00:00Z"}
    assert found(mia, **between) == ["Day 2"]


def test_leads_are_found_by_how_their_clocks_stand(world: World, mia: APIClient):
    """Without any sweep: how a clock stands is a fact of its times."""
    make_policy("time_to_accept", 3600)
    make_policy("time_to_touch", 600)
    with time_machine.travel(MONDAY, tick=False) as at:
        make_lead("No clock")
        bring_to("mql", make_lead("Late"), world)
        at.shift(timedelta(minutes=50))
        bring_to("sal", make_lead("Met"), world)
        bring_to("mql", make_lead("Fresh"), world)
        at.shift(timedelta(minutes=5))
        accept = {"metric": "time_to_accept"}
        assert found(mia, clock="at_risk") == ["Late"]
        assert set(found(mia, clock="running")) == {"Late", "Fresh", "Met"}
        at.shift(timedelta(minutes=5, seconds=1))
        assert found(mia, clock="at_risk", **accept) == []
        assert found(mia, clock="overdue", **accept) == ["Late"]
        assert found(mia, clock="breached", **accept) == ["Late"]
        assert set(found(mia, clock="overdue")) == {"Late", "Met"}
        assert found(mia, clock="met") == found(mia, clock="met", **accept) == ["Met"]
        assert set(found(mia, clock="running", **accept)) == {"Late", "Fresh"}
        assert found(mia, metric="time_to_touch") == ["Met"]
        workflow.accept(Lead.objects.get(name="Late").pk, by=world.ada)
        assert found(mia, clock="overdue", **accept) == []
        assert found(mia, clock="breached", **accept) == ["Late"]


def test_a_fired_warning_is_still_at_risk(world: World, mia: APIClient):
    make_policy("time_to_accept", 3600)
    with time_machine.travel(MONDAY, tick=False) as at:
        bring_to("mql", make_lead("Late"), world)
        at.shift(timedelta(minutes=50))
        sweep()
        assert found(mia, clock="at_risk") == ["Late"]


def test_leads_are_ordered_with_those_that_have_no_value_last_by_urgency(world: World, mia: APIClient):
    make_policy("time_to_accept", 3600)
    with time_machine.travel(MONDAY, tick=False) as at:
        for name, score in (("Low", 10), ("High", 90), ("None", None)):
            at.shift(timedelta(minutes=1))
            bring_to("mql" if name != "None" else "raw", make_lead(name, score=score), world)
    assert found(mia, ordering="-score") == ["High", "Low", "None"]
    assert found(mia, ordering="created_at") == ["Low", "High", "None"]
    assert found(mia, ordering="-entered_at") == ["None", "High", "Low"]
    assert found(mia, ordering="due") == ["Low", "High", "None"]


@pytest.mark.parametrize("ordering", ["-created_at", "score", "-score", "due", "updated_at"])
def test_pages_cover_everything_once_in_both_directions(world: World, mia: APIClient, ordering: str):
    for number in range(7):
        make_lead(f"Lead {number}", score=number % 2 or None)
    whole = found(mia, ordering=ordering)
    page = mia.get(f"{LEADS}?ordering={ordering}&page_size=3").json()
    assert page["previous"] is None
    names = [lead["name"] for lead in page["results"]]
    while page["next"]:
        page = mia.get(page["next"]).json()
        names += [lead["name"] for lead in page["results"]]
    assert names == whole
    back = [lead["name"] for lead in page["results"]]
    while page["previous"]:
        page = mia.get(page["previous"]).json()
        back = [lead["name"] for lead in page["results"]] + back
    assert back == whole


def test_a_page_does_not_shift_when_leads_come_in(world: World, mia: APIClient):
    for number in range(4):
        make_lead(f"Lead {number}")
    page = mia.get(LEADS, {"page_size": 2}).json()
    make_lead("New")
    following = mia.get(page["next"]).json()["results"]
    assert [lead["name"] for lead in following] == ["Lead 1", "Lead 0"]


def test_a_page_has_a_maximum(world: World, mia: APIClient):
    Lead.objects.bulk_create(Lead(name=str(number)) for number in range(201))
    assert len(found(mia)) == 50
    assert len(found(mia, page_size=1000)) == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("state", "lost"),
        ("clock", "tired"),
        ("metric", "mood"),
        ("created_after", "yesterday"),
        ("created_before", "9999-99-99"),
        ("ordering", "shoe_size"),
        ("ordering", "--score"),
        ("page_size", "0"),
        ("page_size", "-1"),
        ("page_size", "many"),
        ("page_size", "9" * 5000),
        ("cursor", "junk"),
        ("owner", "a\0b"),
        ("source", "a\0b"),
        ("team", "a\0b"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(mia: APIClient, field: str, value: str):
    answer = mia.get(LEADS, {field: value})
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("query", [{"campaign": "9" * 40}, {"team": "٣"}, {"search": "%_\\"}, {"owner": "nobody"}])
def test_what_nobody_has_finds_nothing(mia: APIClient, query: dict[str, str]):
    make_lead()
    assert found(mia, **query) == []


def test_a_cursor_belongs_to_its_ordering(world: World, mia: APIClient):
    make_lead("One"), make_lead("Two")
    page = mia.get(LEADS, {"page_size": 1}).json()
    assert mia.get(page["next"] + "&ordering=score").status_code == 400


@pytest.mark.parametrize("person", ["ada", "max", "mia"])
def test_a_list_takes_as_many_queries_for_many_leads_as_for_one(
    world: World, client_of: AsPerson, django_assert_num_queries: Any, person: str
):
    for metric in ("time_to_accept", "speed_to_lead", "time_to_touch"):
        make_policy(metric)
    client = client_of(getattr(world, person))
    bring_to("mql", make_lead("First"), world)
    expected = 5  # the token with the rights, the leads, their clocks, external ids and deals
    with django_assert_num_queries(expected):
        assert len(found(client)) == 1
    for number in range(5):
        lead = bring_to(["sal", "rejected", "sql", "mql", "opportunity"][number], make_lead(f"Lead {number}"), world)
        ExternalId.objects.create(lead=lead, system="hubspot", value=str(number))
    with django_assert_num_queries(expected + 1):  # whether there are few such clocks
        assert found(client, clock="running", state=["sal", "mql"])
    with django_assert_num_queries(expected + 2):  # what is due, and the others: each in the order of an index
        assert len(found(client, ordering="due")) == 6
    with django_assert_num_queries(expected + 3):  # by external id, how old the newest are, and these
        assert len(found(client, search="lead")) == 5


def test_a_lead_shows_its_clocks_as_they_stand_and_what_can_be_done(world: World, client_of: AsPerson):
    make_policy("time_to_accept", 3600, name="Fast lane", key="fast", version=2)
    lead = make_lead(team=world.berlin)
    with time_machine.travel(MONDAY, tick=False) as at:
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
        at.shift(timedelta(minutes=50))
        shown = client_of(world.ada).get(f"{LEADS}{lead.pk}/").json()
        at.shift(timedelta(minutes=20))
        later = client_of(world.ben).get(f"{LEADS}{lead.pk}/").json()
    [clock] = shown["clocks"]
    assert clock == {
        "id": Clock.objects.get().pk,
        "metric": "time_to_accept",
        "state": "at_risk",
        "paused": False,
        "excused": False,
        "cycle": 1,
        "round": 1,
        "owner": "ada",
        "policy": {"key": "fast", "name": "Fast lane", "version": 2},
        "target_seconds": 3600,
        "started_at": "2026-03-02T09:00:00Z",
        "due_at": "2026-03-02T10:00:00Z",
        "stopped_at": None,
        "elapsed_seconds": None,
        "remaining_seconds": 600,
        "overdue_seconds": 0,
    }
    assert shown["can"] == ["accept", "reject", "touch", "pause", "comment", "snooze"]
    assert (later["clocks"][0]["state"], later["clocks"][0]["overdue_seconds"]) == ("overdue", 600)
    assert later["can"] == ["comment"]


def test_a_lead_that_one_may_not_see_is_not_there(world: World, client_of: AsPerson):
    lead = make_lead(team=world.new_york)
    for path in ("", "transitions/", "touches/", "touchpoints/"):
        answer = client_of(world.ada).get(f"{LEADS}{lead.pk}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("number", ["0", "9" * 30, "9" * 5000, "abc", "-1"])
def test_a_number_that_no_lead_has_is_not_found(mia: APIClient, number: str):
    answer = mia.get(f"{LEADS}{number}/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_touches_and_touchpoints_of_a_lead_are_read_below_it(world: World, client_of: AsPerson):
    lead = bring_to("sql", make_lead(), world)
    lead.touchpoints.create(kind="webinar", at=timezone.now(), detail="Asked for a price")
    ada = client_of(world.ada)
    [touch] = ada.get(f"{LEADS}{lead.pk}/touches/").json()["results"]
    [touchpoint] = ada.get(f"{LEADS}{lead.pk}/touchpoints/").json()["results"]
    assert (touch["by"], touch["channel"], touch["outcome"]) == ("ada", "call", "reached")
    assert (touchpoint["kind"], touchpoint["detail"]) == ("webinar", "Asked for a price")


@pytest.mark.parametrize("name", ["created_after", "created_before"])
@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("0001-01-01T00:00:00+23:59", 400),
        ("9999-12-31T23:59:59-23:59", 400),
        ("0099-06-16T05:15:00.72828-22:55", 400),
        ("9999-12-31T23:59:59Z", 400),
        ("2026-03-02T00:00:00+23:59", 200),
        ("2026-03-02T00:00:00-23:59", 200),
        ("2026-03-02", 200),
        ("soon", 400),
        ("99999999999999999999-01-01T00:00:00Z", 400),
    ],
)
def test_moments_with_any_offset_are_asked_for_or_refused(mia: APIClient, name: str, moment: str, status: int):
    answer = mia.get(LEADS, {name: moment})
    assert answer.status_code == status
    assert status == 200 or [error["field"] for error in answer.json()["errors"]] == [name]


def test_an_offset_counts_whatever_its_size(mia: APIClient):
    """2026-03-02T00:01 in UTC."""
    make_lead("Before", created_at=datetime(2026, 3, 2, 0, 0, tzinfo=UTC))
    make_lead("After", created_at=datetime(2026, 3, 2, 0, 2, tzinfo=UTC))
    assert found(mia, created_after="2026-03-03T00:00:00+23:59") == ["After"]


@given(
    query=st.dictionaries(
        st.sampled_from([*LeadFilter.base_filters, "search", "ordering", "cursor", "page_size"]), TEXT
    )
)
@bounded(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_filter_answers_500(mia: APIClient, query: dict[str, str]):
    assert mia.get(LEADS, query).status_code in (200, 400)


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 19, "9" * 400, "²", "٣", "-1", "%00", "1e9"])
@pytest.mark.parametrize("below", ["", "transitions/", "alarms/", "touches/", "touchpoints/"])
def test_a_number_of_no_lead_is_not_found(mia: APIClient, number: str, below: str):
    assert mia.get(f"{LEADS}{number}/{below}").status_code == 404
