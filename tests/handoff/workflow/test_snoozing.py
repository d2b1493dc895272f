"""A rep snoozes a lead: no clock waits, they are reminded, and it ends when the lead leaves their hands."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from handoff import workflow
from handoff.engine import promises
from handoff.models import Delivery, Notice, StandardKind, StandardMessage
from handoff.refusals import FactsRefused, NotAllowed, WrongState
from leads.models import Lead, State, Verb
from sla.metrics import Metric
from sla.models import Clock, PendingAlarm
from tests.world import MONDAY, World, assert_consistent, bring_to, last, make_lead, make_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(world: World) -> Any:
    """ada's SAL, on a Monday at 09:00, with its clocks."""
    for metric in Metric:
        make_policy(metric)
    with time_machine.travel(MONDAY, tick=False):
        yield bring_to(State.SAL, make_lead(team=world.berlin), world)


def until(lead: Lead) -> datetime | None:
    return Lead.objects.values_list("snoozed_until", flat=True).get(pk=lead.pk)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2 hours", MONDAY + timedelta(hours=2)),
        ("90", MONDAY + timedelta(minutes=90)),
        ("1d", MONDAY + timedelta(days=1)),
        ("2026-03-03T10:00:00Z", MONDAY + timedelta(days=1, hours=1)),
        ("2026-03-03T10:00:00+01:00", MONDAY + timedelta(days=1)),
        (MONDAY + timedelta(minutes=5), MONDAY + timedelta(minutes=5)),
    ],
)
def test_it_is_put_off_to_a_time_or_for_a_span(world: World, lead: Lead, given: Any, expected: datetime) -> None:
    workflow.snooze(lead.pk, by=world.ada, until=given, note="She is in a meeting.")
    assert until(lead) == expected
    lead.refresh_from_db()
    assert lead.is_snoozed(MONDAY)
    assert not lead.is_snoozed(expected)
    assert_consistent()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("", "Say until when"),
        ("soon", "“soon” is not a valid time: write a time like"),
        ("2026-03-02T08:59:00Z", "Choose a time in the future."),
        ("0 min", "Choose a time in the future."),
        ("2300-01-01T08:59:00Z", "2199"),
        ("x" * 100, "at most 80 characters"),
    ],
)
def test_what_is_no_time_is_refused(world: World, lead: Lead, given: Any, complaint: str) -> None:
    with pytest.raises(FactsRefused, match=complaint):
        workflow.snooze(lead.pk, by=world.ada, until=given)
    assert until(lead) is None


def test_its_clocks_go_on_and_the_answer_says_so(world: World, lead: Lead) -> None:
    before = [list(model.objects.order_by("pk").values()) for model in (Clock, PendingAlarm)]
    act = workflow.snooze(lead.pk, by=world.ada, until="3 days")
    assert [list(model.objects.order_by("pk").values()) for model in (Clock, PendingAlarm)] == before
    assert act.facts["clocks"] == "Its clocks go on: a snooze holds none."


def test_without_a_time_it_is_back_at_once(world: World, lead: Lead) -> None:
    workflow.snooze(lead.pk, by=world.ada, until="3 days")
    workflow.snooze(lead.pk, by=world.max)
    assert until(lead) is None
    assert "until" not in last(lead, Verb.SNOOZE).facts


def test_it_is_for_whoever_works_the_lead_while_sales_has_it(world: World, lead: Lead) -> None:
    with pytest.raises(NotAllowed):
        workflow.snooze(lead.pk, by=world.ben, until="1 h")
    workflow.reject(lead.pk, by=world.ada, reason="wrong_territory")
    with pytest.raises(WrongState):
        workflow.snooze(lead.pk, by=world.ada, until="1 h")


@pytest.mark.parametrize(
    ("verb", "facts", "stays"),
    [
        (Verb.ASSIGN, {"owner": "ben"}, False),
        (Verb.ASSIGN, {"team": "Berlin"}, False),
        (Verb.ASSIGN, {"owner": "ada"}, True),
        (Verb.REJECT, {"reason": "wrong_territory"}, False),
        (Verb.TOUCH, {"channel": "call", "outcome": "reached"}, True),
        (Verb.COMMENT, {"text": "Hello"}, True),
    ],
)
def test_it_ends_when_the_lead_changes_hands(
    world: World, lead: Lead, verb: Verb, facts: dict[str, Any], stays: bool
) -> None:
    workflow.snooze(lead.pk, by=world.ada, until="3 days")
    act = workflow.perform(verb, lead.pk, by=world.max, door=workflow.Door(), facts=facts)
    assert (until(lead) is not None) is stays
    workflow.undo(lead.pk, by=world.max, transition=act)
    assert until(lead) == MONDAY + timedelta(days=3)


def remind(minutes: int) -> list[str]:
    promises.remind_of_snoozes(MONDAY + timedelta(minutes=minutes))
    reached = Delivery.objects.filter(notice__subject__startswith="Back from snooze")
    return sorted(reached.values_list("recipient__username", flat=True))


def test_its_owner_is_reminded_once_when_the_time_comes(world: World, lead: Lead) -> None:
    workflow.snooze(lead.pk, by=world.ada, until="1 h")
    assert remind(59) == []
    assert remind(60) == ["ada"]
    assert remind(61) == ["ada"]
    notice = Notice.objects.get()
    assert notice.text.splitlines()[0] == "It was snoozed until Mon 2 Mar 2026, 11:00 CET."
    workflow.snooze(lead.pk, by=world.ada, until="2 h")
    assert remind(120) == ["ada", "ada"]


def test_nobody_is_reminded_of_what_was_ended_or_switched_off(world: World, lead: Lead) -> None:
    workflow.snooze(lead.pk, by=world.ada, until="1 h")
    StandardMessage.objects.filter(kind=StandardKind.SNOOZE_OVER).update(active=False)
    assert remind(60) == []
    StandardMessage.objects.update(active=True)
    workflow.assign(lead.pk, by=world.max, owner=world.ben)
    assert remind(60) == []
