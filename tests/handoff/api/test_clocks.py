"""Clocks are held, answered for and excused through the API, by the numbers that it shows."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from handoff.ladder.sweep import sweep
from leads.models import Lead
from sla.models import Clock
from tests.world import World, bring_to, make_lead, make_policy

HOUR = timedelta(hours=1)


@pytest.fixture
def lead(world: World) -> Lead:
    """Ada's, with an acceptance that was due an hour ago, and a touch that is due in ten."""
    with time_machine.travel(timezone.now() - 2 * HOUR):
        make_policy("time_to_accept")
        make_policy("speed_to_lead", 12 * 3600)
        lead = bring_to("mql", make_lead(), world)
    sweep()
    return lead


def test_a_pause_shows_on_the_lead_and_on_its_clocks(world: World, client_of, lead: Lead) -> None:
    url, client = f"/api/v1/leads/{lead.pk}/", client_of(world.ada)
    until = (timezone.now() + HOUR).isoformat()

    done = client.post(f"{url}transitions/", {"verb": "pause", "cause": "buyer_away", "until": until}).json()
    assert (done["lead"]["paused"], done["lead"]["paused_until"] is not None) == (True, True)

    done = client.post(f"{url}transitions/", {"verb": "pause", "cause": "buyer_asked"}).json()
    assert (done["lead"]["paused"], done["lead"]["paused_until"]) == (True, None)
    clocks = {clock["metric"]: clock for clock in done["lead"]["clocks"]}
    assert [clocks[metric]["paused"] for metric in ("time_to_accept", "speed_to_lead")] == [False, True]
    assert (clocks["speed_to_lead"]["due_at"], clocks["speed_to_lead"]["remaining_seconds"]) == (None, None)
    assert "resume" in done["lead"]["can"]

    assert client.post(f"{url}transitions/", {"verb": "resume"}).json()["lead"]["paused"] is False
    again = client.post(f"{url}transitions/", {"verb": "resume"})
    assert (again.status_code, again.json()["detail"]) == (409, "Cannot resume Dana Fox: its clocks are not paused.")
    client.post(f"{url}transitions/", {"verb": "accept"})
    accept = next(clock for clock in client.get(url).json()["clocks"] if clock["metric"] == "time_to_accept")
    assert accept["elapsed_seconds"] >= 7200


def test_an_alarm_is_acknowledged_by_its_number(world: World, client_of, lead: Lead) -> None:
    url, client = f"/api/v1/leads/{lead.pk}/", client_of(world.ada)
    breach, warning = client.get(f"{url}alarms/").json()["results"]
    assert (breach["kind"], breach["metric"], breach["acknowledged_by"]) == ("breach", "time_to_accept", None)
    assert (warning["kind"], warning["superseded"]) == ("warning", True)

    done = client.post(f"{url}transitions/", {"verb": "acknowledge", "alarm": breach["id"]})

    assert done.status_code == 201
    assert client.get(f"{url}alarms/").json()["results"][0]["acknowledged_by"] == "ada"
    assert client_of(world.zoe).get(f"{url}alarms/").status_code == 404


def test_a_breach_is_excused_by_the_number_of_its_clock(world: World, client_of, lead: Lead) -> None:
    url, client = f"/api/v1/leads/{lead.pk}/", client_of(world.olga)
    clock = next(clock for clock in client.get(url).json()["clocks"] if clock["state"] == "overdue")
    excuse = {"verb": "excuse", "clock": clock["id"], "reason": "The mail was down"}

    assert client_of(world.ada).post(f"{url}transitions/", excuse).status_code == 403
    done = client.post(f"{url}transitions/", excuse).json()

    assert {one["metric"] for one in done["lead"]["clocks"] if one["excused"]} == {"time_to_accept"}
    assert Clock.objects.get(pk=clock["id"]).excused_by_id == done["transition"]["id"]
