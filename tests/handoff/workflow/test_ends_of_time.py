"""A moment that a time zone cannot show or the database cannot hold is refused when it is given, through every door."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock
from rest_framework.test import APIClient

from handoff import workflow
from handoff.refusals import FactsRefused
from handoff.workflow import Door
from leads.models import Lead, State, Verb
from tests.world import CONVERSION, FACTS, World, bring_to, last, make_lead

OUT_OF_RANGE = "out of range: use one from 1970 to 2199."
LATE = ["9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59", "2200-01-01T00:00:00+14:00"]
EARLY = ["0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "0099-06-16T05:15:00.72828-22:55", "1969-12-31T23:59Z"]


@pytest.fixture
def lead(world: World) -> Lead:
    return bring_to(State.MQL, make_lead(team=world.berlin), world)


@pytest.mark.parametrize("until", LATE)
def test_no_pause_for_ever_through_the_api(world: World, lead: Lead, until: str) -> None:
    body = {"verb": "pause", "cause": "outage", "until": until}

    client = APIClient()
    client.force_authenticate(world.max)
    answer = client.post(f"/api/v1/leads/{lead.pk}/transitions/", body, format="json")

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["field"], error["detail"]) == ("until", f"This time is {OUT_OF_RANGE}")
    assert last(lead).verb == Verb.PROMOTE


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati", "UTC"])
def test_no_pause_for_ever_through_the_console(world: World, client: Client, lead: Lead, zone: str) -> None:
    world.max.time_zone = zone
    world.max.save()
    client.force_login(world.max)

    for until in LATE:
        page = client.post(reverse("admin:act", args=["pause", lead.pk]), {"cause": "outage", "until": until})
        assert page.status_code == 200
        assert OUT_OF_RANGE in page.content.decode() or "be interpreted in time zone" in page.content.decode()
    assert last(lead).verb == Verb.PROMOTE


@pytest.mark.parametrize(
    "verb", [Verb.ACCEPT, Verb.REJECT, Verb.ASSIGN, Verb.TOUCH, Verb.COMMENT, Verb.PAUSE, Verb.RESUME]
)
def test_no_verb_is_dated_out_of_range_from_the_shell(world: World, lead: Lead, verb: Verb) -> None:
    workflow.pause(lead.pk, by=world.max, cause="outage")

    for moment in map(datetime.fromisoformat, [*LATE, *EARLY]):
        at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        with pytest.raises(FactsRefused, match="out of range"):
            workflow.perform(verb, lead.pk, by=world.max, door=Door(), facts=FACTS.get(verb, {}), at=at)


def test_a_moment_without_a_zone_is_refused_from_the_shell(world: World, lead: Lead) -> None:
    with pytest.raises(FactsRefused, match="Give the time with its time zone"):
        workflow.accept(lead.pk, by=world.ada, at=datetime(2026, 1, 1))  # noqa: DTZ001 the point of the test


@pytest.mark.parametrize("hours", [-22.9, -16, 16, 23.9])
def test_an_odd_offset_in_range_is_kept_in_utc(world: World, lead: Lead, hours: float) -> None:
    at = clock.now().replace(microsecond=0).astimezone(timezone(timedelta(hours=hours)))

    workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached", at=at)

    assert last(lead).at == at


@pytest.mark.parametrize(
    ("state", "verb", "field", "facts"),
    [
        (State.SQL, Verb.CONVERT, "expected_close", CONVERSION),
        (State.REJECTED, Verb.RECYCLE, "reenter_on", {}),
        (State.MQL, Verb.REJECT, "retry_on", {"reason": "not_now"}),
    ],
)
def test_no_day_out_of_range(world: World, state: str, verb: Verb, field: str, facts: dict[str, Any]) -> None:
    lead = bring_to(state, make_lead(team=world.berlin), world)
    by = world.mia if verb == Verb.RECYCLE else world.ada

    for day in ("9999-12-31", "0001-01-01", "2200-01-01", "1969-12-31"):
        with pytest.raises(FactsRefused, match="out of range") as refusal:
            workflow.perform(verb, lead.pk, by=by, door=Door(), facts=facts | {field: day})
        assert list(refusal.value.fields) == [field]
