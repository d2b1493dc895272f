"""What a person does to the clocks of a lead on its page: pause, resume, acknowledge, excuse."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.console.leads.timeline import timeline
from handoff.ladder.sweep import sweep
from leads.models import Lead, State, Verb
from sla.metrics import Metric
from sla.models import Alarm, Clock
from tests.world import World, bring_to, last, make_lead, make_policy

HOUR = timedelta(hours=1)


def page_of(client: Client, lead: Lead) -> str:
    return client.get(reverse("admin:leads_lead_change", args=[lead.pk])).content.decode()


def url(verb: str, lead: Lead, **given: int) -> str:
    query = "&".join(f"{name}={value}" for name, value in given.items())
    return reverse("admin:act", args=[verb, lead.pk]) + (f"?{query}" if query else "")


@pytest.fixture
def lead(world: World) -> Lead:
    """Ada's, with an acceptance that was due an hour ago."""
    with time_machine.travel(timezone.now() - 2 * HOUR):
        make_policy(Metric.TIME_TO_ACCEPT, steps=((50, 0), (100, 0), (100, 36000)))
        lead = bring_to(State.MQL, make_lead(), world)
    sweep()
    return lead


def test_a_pause_until_a_moment_is_read_in_the_zone_of_who_types_it(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    lead, client = bring_to(State.MQL, make_lead(), world), as_(world.ada)

    asked = client.get(url(Verb.PAUSE, lead)).content.decode()
    assert asked.count('type="datetime-local"') == 2
    assert "The buyer is away" in asked
    client.post(url(Verb.PAUSE, lead), {"cause": "buyer_away", "until": "2031-03-09T10:42", "note": "Skiing"})

    lead.refresh_from_db()
    assert lead.paused_until == datetime(2031, 3, 9, 9, 42, tzinfo=UTC)
    page = page_of(client, lead)
    assert "Paused until 9 Mar 2031, 10:42" in page
    why = next(why for event in timeline(lead) if "Cause" in (why := dict(event.why)))
    assert (why["Cause"], why["Note"]) == ("The buyer is away", "Skiing")
    assert "9 Mar 2031, 09:42" in why["Until"]


def test_a_pause_without_an_end_shows_everywhere_and_ends_by_a_button(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    make_policy(Metric.SPEED_TO_LEAD)
    lead, client = bring_to(State.MQL, make_lead(), world), as_(world.ada)
    assert url(Verb.RESUME, lead) not in page_of(client, lead)

    client.post(url(Verb.PAUSE, lead), {"cause": "buyer_asked"})

    assert "Paused</span>" in page_of(client, lead)
    assert "left</span>" not in page_of(client, lead)
    for viewer, name in ((world.ada, "my_leads"), (world.olga, "leads_lead_changelist")):
        for due, is_there in (("paused", True), ("running", False), ("overdue", False), ("none", False)):
            page = as_(viewer).get(reverse(f"admin:{name}"), {"due": due}).content.decode()
            assert ("Dana Fox</" in page or "Dana Fox<small" in page) == is_there, due
    assert "Paused</span>" in as_(world.olga).get(reverse("admin:sla_clock_changelist")).content.decode()

    client.post(url(Verb.RESUME, lead))
    assert "Paused</span>" not in page_of(client, lead)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "Give the cause of the pause."),
        ({"cause": "other"}, "Say in a note what the pause is for."),
        ({"cause": "outage", "until": "2020-01-01T10:00"}, "The pause must end after it begins."),
    ],
)
def test_a_wrong_pause_is_asked_again_in_words(world: World, as_, facts, words: str) -> None:
    lead = bring_to(State.MQL, make_lead(), world)

    assert words in as_(world.ada).post(url(Verb.PAUSE, lead), facts).content.decode()
    lead.refresh_from_db()
    assert lead.paused_at is None


def test_a_breach_is_excused_beside_its_clock_by_revops(world: World, as_, lead: Lead) -> None:
    clock, client = Clock.objects.get(), as_(world.olga)
    assert "/do/excuse/" not in page_of(as_(world.ada), lead)
    assert "/do/excuse/" in page_of(client, lead)

    asked = client.get(url(Verb.EXCUSE, lead, clock=clock.pk)).content.decode()
    assert f'<input type="hidden" name="clock" value="{clock.pk}"' in asked
    assert "data-evidence" not in asked
    client.post(url(Verb.EXCUSE, lead, clock=clock.pk), {"clock": clock.pk, "reason": "The <b>mail</b> was down"})

    page = page_of(client, lead)
    assert "/do/excuse/" not in page
    assert "Olga: The &lt;b&gt;mail&lt;/b&gt; was down" in page
    assert timeline(lead)[0].headline == "Excused a breach"
    assert timeline(lead)[0].why == (("Clock", "Time to accept"), ("Reason", "The <b>mail</b> was down"))


def test_a_refusal_about_a_clock_is_said_though_its_field_is_hidden(world: World, as_, lead: Lead) -> None:
    clock = Clock.objects.get()
    workflow.excuse(lead.pk, by=world.olga, clock=clock.pk, reason="Mail was down")

    said = as_(world.olga).post(url(Verb.EXCUSE, lead, clock=clock.pk), {"clock": clock.pk, "reason": "Again"})

    assert "This breach is already excused." in said.content.decode()


def test_an_alarm_is_acknowledged_beside_its_clock(world: World, as_, lead: Lead) -> None:
    alarm, client = Alarm.objects.get(step__percent=100), as_(world.ada)
    assert f"alarm={alarm.pk}" in page_of(client, lead)
    assert "/do/acknowledge/" not in page_of(as_(world.mia), lead)

    client.post(url(Verb.ACKNOWLEDGE, lead, alarm=alarm.pk), {"alarm": alarm.pk, "note": "On it"})

    assert last(lead).verb == Verb.ACKNOWLEDGE
    page = page_of(client, lead)
    assert "/do/acknowledge/" not in page
    assert "Acknowledged by:</span> Ada" in page


def test_clocks_judged_anew_name_their_policy(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT, name="Slow")
    lead = bring_to(State.MQL, make_lead(), world)
    make_policy(Metric.TIME_TO_ACCEPT, 60, name="Fast", position=1)

    workflow.reevaluate(lead.pk, by=world.olga, reason="It is urgent")

    event = timeline(lead)[0]
    assert event.headline == "Re-evaluated the policies"
    assert event.why == (("Reason", "It is urgent"), ("Re-evaluated", "Time to accept, by Fast (version 1)"))
