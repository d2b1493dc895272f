"""By whichever door: the explanation of a clock, for whoever may see its lead."""

import json
import re
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import reverse

from handoff import workflow
from handoff.ladder.sweep import sweep
from handoff.models import Audience, Destination
from leads.models import Lead
from sla.metrics import Metric
from sla.models import Clock
from tests.handoff.api.conftest import AsPerson, client_of
from tests.handoff.console.conftest import Login, as_
from tests.world import MONDAY, OFFICE, World, bring_to, make_calendar, make_lead, make_policy

__all__ = ["as_", "client_of"]
pytestmark = pytest.mark.django_db


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


@pytest.fixture
def clock(world: World) -> Clock:
    """Paused, warned, acknowledged, breached, excused and handed over."""
    owner = Destination.objects.create(name="Owner", audience=Audience.OWNER, medium="email")
    make_policy(
        Metric.TIME_TO_QUALIFY, 10 * 3600, calendar=make_calendar("office", OFFICE), tells=[owner], name="Promise"
    )
    lead = make_lead(created_at=at(-9), entered_at=at(-9))
    with time_machine.travel(at(0.5), tick=False):
        bring_to("sal", lead, world)
    with time_machine.travel(at(60), tick=False):
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away", until=at(90), note="Until half past ten")
    with time_machine.travel(at(100), tick=False):
        workflow.assign(lead.pk, by=world.max, owner="ben")
    sweep(at(26 * 60))
    with time_machine.travel(at(26 * 60), tick=False):
        clock = lead.clocks.get()
        workflow.acknowledge(lead.pk, by=world.ben, alarm=clock.alarms.get())
    sweep(at(30 * 60))
    with time_machine.travel(at(30 * 60), tick=False):
        workflow.excuse(lead.pk, by=world.olga, clock=clock, reason="The line was down")
        workflow.reject(lead.pk, by=world.ben, reason="wrong_territory")
    return lead.clocks.get(metric=Metric.TIME_TO_QUALIFY)


def told(clock: Clock) -> Any:
    out = StringIO()
    call_command("explain_clock", str(clock.pk), "--json", stdout=out)
    return json.loads(out.getvalue())


def printed(clock: Clock) -> str:
    out = StringIO()
    call_command("explain_clock", str(clock.pk), stdout=out)
    return out.getvalue()


def test_the_command_and_the_api_tell_the_same_and_it_adds_up(clock: Clock, world: World, client_of: AsPerson) -> None:
    by_command = told(clock)
    by_api = client_of(world.ada).get(f"/api/v1/clocks/{clock.pk}/explanation/").json()

    assert by_api | {"as_of": ""} == by_command | {"as_of": ""}
    until_due = [one for leg in by_api["legs"] for one in leg["stretches"] if one["part"] != "late"]
    seen = [one for leg in by_api["legs"] for one in leg["stretches"] if one["part"] != "ahead"]
    assert sum(seconds_of(one) for one in until_due) == by_api["target_seconds"] == 10 * 3600
    assert timedelta(seconds=sum(seconds_of(one) for one in seen)) == clock.elapsed
    assert timedelta(seconds=by_api["elapsed_seconds"]) == clock.elapsed
    assert (by_api["due_at"], by_api["state"]) == ("2026-03-03T11:30:30Z", "breached")


def seconds_of(stretch: dict) -> float:
    return (datetime.fromisoformat(stretch["end"]) - datetime.fromisoformat(stretch["start"])).total_seconds()


def test_it_tells_who_did_what_and_who_was_told(clock: Clock) -> None:
    shown = told(clock)

    assert [(leg["why"], leg["calendar"]["key"]) for leg in shown["legs"]] == [("Started: accept by Ada.", "office")]
    assert [(one["cause"], one["by"], one["note"]) for one in shown["pauses"]] == [
        ("buyer_away", "ada", "Until half past ten")
    ]
    assert [(one["step"], one["late_seconds"], one["notified"][0]["to"]) for one in shown["alarms"]] == [
        ("Warning at 75 %", 26 * 3600 - (24 * 3600 + 30), "ben"),
        ("Breach at 100 %", 30 * 3600 - (26 * 3600 + 1830), "ben"),
    ]
    assert shown["alarms"][0]["acknowledged_by"]["by"] == "ben"
    assert (shown["excused_by"]["by"], shown["excused_by"]["reason"]) == ("olga", "The line was down")
    assert (shown["stopped_by"]["verb"], shown["tz_version"]) == ("reject", clock.tz_version)


def test_the_table_adds_up_by_hand(clock: Clock) -> None:
    lines = printed(clock).splitlines()

    assert "  Target     10 h" in lines
    assert "  Excused    excuse by Olga: The line was down" in lines
    stretches = [re.split(r"  +", line.strip()) for line in lines if line.startswith(("    Mon ", "    Tue "))]
    assert [row[3:] for row in stretches] == [
        ["59 min 30 s", "59 min 30 s"],
        ["6 h 30 min", "7 h 29 min 30 s"],
        ["2 h 30 min 30 s", "10 h"],
        ["3 h 29 min 30 s", "13 h 29 min 30 s", "late"],
    ]
    assert any("The buyer is away, pause by Ada: Until half past ten" in line for line in lines)


def test_there_is_no_such_clock() -> None:
    with pytest.raises(CommandError, match="There is no clock 77"):
        call_command("explain_clock", "77")


def test_the_page_shows_it_and_the_lead_leads_there(clock: Clock, world: World, as_: Login) -> None:
    client = as_(world.ben)
    address = reverse("admin:explanation", args=[clock.pk])

    assert address in client.get(reverse("admin:leads_lead_change", args=[clock.lead_id])).content.decode()
    page = client.get(address).content.decode()

    said = ("The buyer is away", "The line was down", "Started: accept by Ada.", "Acknowledged by Ben.", "Late", "10 h")
    for text in said:
        assert text in page


def test_whoever_does_not_see_the_lead_finds_no_clock(
    clock: Clock, world: World, as_: Login, client_of: AsPerson
) -> None:
    for stranger in (world.zoe, world.eve):
        assert as_(stranger).get(reverse("admin:explanation", args=[clock.pk])).status_code == 404
        answer = client_of(stranger).get(f"/api/v1/clocks/{clock.pk}/explanation/")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_its_queries_do_not_grow(world: World, as_: Login, django_assert_max_num_queries) -> None:
    make_policy(Metric.TIME_TO_QUALIFY, 9 * 3600)
    few, many = (bring_to("sal", make_lead(name), world) for name in ("Few Acts", "Many Acts"))
    for number in range(12):
        workflow.pause(many.pk, by=world.olga, cause="outage")
        workflow.resume(many.pk, by=world.olga)
        workflow.assign(many.pk, by=world.max, owner=("ada", "ben")[number % 2])
    client = as_(world.olga)

    def look(lead: Lead) -> int:
        with django_assert_max_num_queries(22) as queries:
            assert client.get(reverse("admin:explanation", args=[lead.clocks.get().pk])).status_code == 200
        return len(queries)

    look(few)  # what is known once for a process
    assert look(many) == look(few)
