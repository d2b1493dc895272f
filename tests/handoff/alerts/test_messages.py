"""What people read: which lead, what is due or was missed, by how much, and what is so by now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from handoff.alerts.channels.slack.blocks import message_of
from handoff.alerts.moments import time_of_day
from handoff.models import Delivery, Rejection
from leads.models import Campaign, Lead, Reason, User
from sla.models import Alarm, Clock, ClockState
from tests.handoff.alerts.conftest import Rendered, make_act, make_alarm, make_clock, make_step, render
from tests.world import OFFICE, World, make_calendar, make_lead

DUE = datetime(2026, 3, 9, 9, 42, tzinfo=UTC)  # a Monday, 10:42 in Berlin


def grace(world: World, **fields: Any) -> Lead:
    fields = {"company": "Navy", "source": "webinar", "score": 87, "owner": world.ada, "team": world.berlin} | fields
    return make_lead("Grace Hopper", **fields)


def message(recipient: User | None, **cause: Any) -> Rendered:
    address = recipient.email if recipient else "sales@handoff.example"
    return render(Delivery.objects.create(medium="email", address=address, recipient=recipient, **cause))


def read_at(late: timedelta, recipient: User | None, alarm: Alarm) -> Rendered:
    """The message as it is when it is sent so long after the clock was due."""
    with time_machine.travel(DUE + late, tick=False):
        return message(recipient, alarm=alarm)


def test_a_warning_says_what_is_due_and_in_how_long(world: World) -> None:
    alarm = make_alarm(grace(world), make_step(percent=75), DUE)
    read = read_at(timedelta(minutes=-15), world.ada, alarm)
    assert read.subject == "Due in 15 min: acceptance – Grace Hopper (Navy)"
    assert "Acceptance is due on Mon 9 Mar 2026, 10:42 CET: 15 min of business time left." in read.text
    assert "It is still open." in read.text


def test_an_alarm_says_how_to_reach_the_buyer(world: World) -> None:
    lead = grace(world, phone="+493012345678", mobile_phone="+4915112345678")
    read = read_at(timedelta(minutes=-15), world.ada, make_alarm(lead, make_step(percent=75), DUE))
    slack = str(message_of(read.content))
    for text in (read.text, slack):
        for address in ("+493012345678", "+4915112345678", "grace.hopper@buyer.example"):
            assert address in text
    assert "*Due*" in slack


@pytest.mark.parametrize(
    ("fields", "hidden", "shown"),
    [
        ({"do_not_contact": True}, ["+493012345678", "grace.hopper@"], []),
        ({"consent": {"email": {"at": "2026-01-01", "granted": False}}}, ["grace.hopper@"], ["+493012345678"]),
        ({"consent": {"phone": {"at": "2026-01-01", "granted": False}}}, ["+493012345678"], ["grace.hopper@"]),
    ],
)
def test_no_alarm_offers_a_way_that_the_buyer_does_not_want(fields, hidden, shown, world: World) -> None:
    lead = grace(world, phone="+493012345678")
    Lead.objects.filter(pk=lead.pk).update(**fields)
    text = read_at(timedelta(minutes=-15), world.ada, make_alarm(lead, make_step(percent=75), DUE)).text
    assert not [address for address in hidden if address in text]
    assert all(address in text for address in shown)


def test_a_breach_says_when_it_was_due_and_how_long_ago(world: World) -> None:
    alarm = make_alarm(grace(world), make_step(), DUE)
    read = read_at(timedelta(minutes=3), world.ada, alarm)
    assert read.subject == "Breach: acceptance was due 10:42 CET – Grace Hopper (Navy)"
    assert "Acceptance was due on Mon 9 Mar 2026, 10:42 CET: 3 min of business time ago." in read.text


def test_a_warning_of_a_clock_that_is_held_by_now_names_no_due_time(world: World) -> None:
    alarm = make_alarm(grace(world), make_step(percent=75), DUE)
    Clock.objects.update(paused=True, due_at=None)
    read = read_at(timedelta(minutes=-15), world.ada, alarm)
    assert read.subject == "Warning: acceptance (paused) – Grace Hopper (Navy)"
    assert "it has no due time while the lead is paused" in read.text
    assert "Its clocks are paused until" in read.text
    assert "10:42" not in read.text


def test_an_escalation_says_how_long_it_stayed_open(world: World) -> None:
    alarm = make_alarm(grace(world), make_step(after=7200), DUE)
    read = read_at(timedelta(hours=2), world.max, alarm)
    assert read.subject == "Escalation: acceptance 2 h past due – Grace Hopper (Navy)"
    assert "was due on Mon 9 Mar 2026, 10:42 CET, and still open 2 h of business time later." in read.text


def test_it_says_which_lead_and_who_owns_it(world: World, settings: Any) -> None:
    settings.BASE_URL = "https://handoff.example"
    lead = grace(world, campaign=Campaign.objects.create(name="Spring"))
    text = message(world.ada, alarm=make_alarm(lead, make_step(), DUE)).text
    for line in (
        "Lead: Grace Hopper",
        "Company: Navy",
        "State now: Raw",
        "Owner now: Ada",
        "Source: Webinar",
        "Campaign: Spring",
        "Score: 87",
        "Owed by: Ada",
        f"Open the lead: https://handoff.example/console/leads/lead/{lead.pk}/change/",
    ):
        assert line in text.splitlines()


def test_closed_hours_do_not_count(world: World) -> None:
    step = make_step()
    step.policy.calendar = make_calendar("office", OFFICE)
    step.policy.save()
    alarm = make_alarm(grace(world), step, datetime(2026, 3, 6, 17, 0, tzinfo=UTC))  # Friday at closing
    read = read_at(timedelta(0), world.ada, alarm)  # Monday 09:42
    assert "Acceptance was due on Fri 6 Mar 2026, 18:00 CET: 42 min of business time ago." in read.text


@pytest.mark.parametrize(
    ("case", "stopped", "state", "words"),
    [
        (
            "in time",
            timedelta(minutes=-1),
            ClockState.MET,
            "on Mon 9 Mar 2026, 10:41 CET; the clock was met.",
        ),
        ("late", timedelta(minutes=12), ClockState.BREACHED, "the clock was breached by 12 min of business time."),
        ("pointless", timedelta(minutes=-1), ClockState.CANCELLED, "the clock was cancelled."),
    ],
)
def test_what_has_happened_since_is_added(world: World, case: str, stopped: timedelta, state: str, words: str) -> None:
    lead, step = grace(world), make_step(percent=75)
    clock = make_clock(lead, step, DUE)
    clock.stopped_at, clock.state, clock.stopped_by = DUE + stopped, state, make_act(lead, "accept", world.ada)
    clock.save()
    read = read_at(timedelta(minutes=13), world.ada, make_alarm(lead, step, clock=clock))
    assert read.subject == "Warning: acceptance was due 10:42 CET – Grace Hopper (Navy)", case
    assert "Since then: Ada accepted the lead" in read.text
    assert words in read.text


def test_a_late_engine_says_so(world: World) -> None:
    alarm = make_alarm(grace(world), make_step(), DUE, fired_at=DUE + timedelta(hours=2))
    assert "Handoff noticed this 2 h late." in message(world.ada, alarm=alarm).text


def test_a_lead_without_an_owner_asks_for_one(world: World) -> None:
    text = message(world.max, alarm=make_alarm(grace(world, owner=None), make_step(), DUE)).text
    assert "This lead has no owner. Assign it to someone available." in text
    assert "Owner now: nobody" in text


@pytest.mark.parametrize(
    ("who", "team", "time", "zone"),
    [
        ("ada", "berlin", "10:42 CET", "Europe/Berlin"),
        ("zoe", "berlin", "05:42 EDT", "America/New_York"),
        ("nobody", "new_york", "05:42 EDT", "America/New_York"),
        ("nobody", "none", "09:42 UTC", "UTC"),
    ],
)
def test_times_are_the_recipients_else_the_teams(world: World, who: str, team: str, time: str, zone: str) -> None:
    lead = grace(world, owner=None, team=getattr(world, team, None))
    read = message(getattr(world, who, None), alarm=make_alarm(lead, make_step(), DUE))
    assert time in read.subject
    assert f"Times are in {zone}." in read.text


def test_a_new_owner_reads_that_the_lead_is_his_and_what_is_due(world: World) -> None:
    lead = grace(world)
    make_clock(lead, make_step(), DUE)
    read = message(world.ada, transition=make_act(lead, "assign", world.max, at=DUE - timedelta(hours=1)))
    assert read.subject == "New lead for you: Grace Hopper (Navy)"
    assert "Max assigned Grace Hopper (Navy) to Ada on Mon 9 Mar 2026, 09:42 CET." in read.text
    assert "Time to accept: due on Mon 9 Mar 2026, 10:42 CET." in read.text


def test_others_read_whose_it_is(world: World) -> None:
    read = message(world.max, transition=make_act(grace(world), "promote", None))
    assert read.subject == "Handoff promoted Grace Hopper (Navy)"


def test_a_rejection_says_why_and_leads_to_the_rejections(world: World, settings: Any) -> None:
    settings.BASE_URL = "https://handoff.example"
    facts = {"reason": "bad_contact", "note": "The number is a fax.", "wrong_field": "phone"}
    act, _ = _rejection(world, facts)
    read = message(world.mia, transition=act)
    assert read.subject == "Ada rejected Grace Hopper (Navy)"
    for words in ("Reason: Bad number.", "Note: The number is a fax.", "Wrong detail: Phone"):
        assert words in read.text.splitlines()
    assert "Open the rejections: https://handoff.example/console/handoff/rejection/" in read.text
    assert "Open the lead: https://handoff.example/console/leads/lead/" in read.text


@pytest.mark.parametrize(
    ("verb", "facts", "subject", "line"),
    [
        ("answer", {"kind": "acknowledge"}, "Mia answered the rejection of Grace Hopper", "Answer: Acknowledge"),
        ("resubmit", {"fixed": "The number."}, "Mia resubmitted Grace Hopper", "Fixed: The number."),
        (
            "dispute",
            {"argument": "No fax."},
            "Mia disputed the rejection of Grace Hopper",
            "Argument: No fax.",
        ),
        (
            "recycle",
            {"reenter_on": "2026-05-01"},
            "Mia recycled Grace Hopper",
            "May be promoted again from: 2026-05-01",
        ),
    ],
)
def test_a_reply_says_what_it_replies_to(world: World, verb: str, facts: Any, subject: str, line: str) -> None:
    _, lead = _rejection(world, {})
    read = message(world.max, transition=make_act(lead, verb, world.mia, facts=facts))
    assert read.subject == f"{subject} (Navy)"
    assert line in read.text.splitlines()
    assert "Ada had rejected it: Bad number." in read.text


def _rejection(world: World, facts: Any) -> Any:
    lead = grace(world)
    reason, _ = Reason.objects.get_or_create(code="fax", label="Bad number", route="fix", counts_against="marketing")
    act = make_act(lead, "reject", world.ada, facts=facts)
    said = {"reason": reason, "by": world.ada, "at": act.at}
    Rejection.objects.create(lead=lead, transition=act, cycle=1, from_state="mql", **said)
    return act, lead


def test_a_lead_cannot_write_html_or_forge_a_line(world: World) -> None:
    lead = grace(world, company='</td><img src=x onerror="alert(1)">')
    Lead.objects.update(name="Eve\nOpen the lead: https://evil.example\u202e")
    lead.refresh_from_db()
    read = message(world.ada, alarm=make_alarm(lead, make_step(), DUE))
    assert "<img" not in read.html
    assert "&lt;img src=x" in read.html
    assert "Lead: Eve Open the lead: https://evil.example" in read.text.splitlines()
    assert "<img src=x" in read.text  # which is text
    assert "\n" not in read.subject


def test_a_long_note_is_cut(world: World) -> None:
    act = make_act(grace(world), "comment", world.mia, facts={"text": "<" * 10_000})
    read = message(world.ada, transition=act)
    assert "…" in read.text
    assert len(read.blocks[0]["text"]["text"]) <= 3000


def test_a_zone_without_letters_is_named_by_its_offset(world: World) -> None:
    world.ada.time_zone = "America/Sao_Paulo"
    assert time_of_day(DUE, world.ada.zone) == "06:42 UTC-03"
