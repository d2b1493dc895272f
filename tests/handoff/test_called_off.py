"""Called off is called off: nothing more of a ladder is sent or done."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from handoff import workflow
from handoff.alerts import resend
from handoff.amending import stopping
from handoff.amending.applying import apply_to_running
from handoff.amending.integrity import disagreements
from handoff.ladder import actions
from handoff.ladder.sweep import fire, sweep
from handoff.models import Delivery, DeliveryState, Destination
from handoff.refusals import NotAllowed, WrongState
from leads.models import Lead
from sla.models import Alarm, Clock, PendingAlarm, Policy
from sla.versions import publish_policy, revise_policy
from tests.world import MONDAY, World, assert_consistent, make_lead, make_policy

pytestmark = pytest.mark.django_db


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def moment(minutes: float) -> time_machine.travel:
    return time_machine.travel(at(minutes), tick=False)


@pytest.fixture
def policy(world: World) -> Policy:
    """An hour to accept; the owner is told at 75 per cent, at the breach, and 10 and 20 minutes after it."""
    owner = Destination.objects.create(name="Owner", audience="owner", medium="email")
    steps = [(75, 0), (100, 0), (100, 600), (100, 1200)]
    return make_policy("time_to_accept", 3600, steps=steps, tells=[owner], key="accept")


def offered(world: World, minutes: float = 0, name: str = "Dana Fox") -> Lead:
    with moment(minutes):
        lead = make_lead(name)
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    return lead


def excuse(world: World, lead: Lead, minutes: float) -> None:
    with moment(minutes):
        workflow.excuse(lead.pk, by=world.olga, clock=Clock.objects.get(lead=lead), reason="The telephone was down.")


def sweep_at(minutes: float) -> None:
    with moment(minutes):
        sweep()


def fire_at(minutes: float) -> None:
    """As a worker that is killed before it does what the steps do."""
    with moment(minutes):
        fire()


def sent_later(lead: Lead) -> list[str]:
    """What of the lead's alarms has not left yet, by its state."""
    return list(Delivery.objects.filter(alarm__clock__lead=lead).order_by("pk").values_list("state", flat=True))


def test_after_an_excuse_no_later_step_fires(world: World, policy: Policy) -> None:
    lead = offered(world)
    sweep_at(61)
    excuse(world, lead, 65)
    sweep_at(200)

    assert list(Alarm.objects.values_list("due_at", flat=True)) == [at(45), at(60)]
    assert not PendingAlarm.objects.exists()
    assert_consistent()


def test_an_excuse_withdraws_what_has_not_left_yet(world: World, policy: Policy) -> None:
    lead, other = offered(world), offered(world, name="Other")
    sweep_at(61)
    waits = Delivery.objects.filter(alarm__clock__lead=lead).order_by("pk")
    waits.update(next_attempt_at=at(600), attempts=2, digest=True)
    excuse(world, lead, 65)

    assert set(sent_later(lead)) == {DeliveryState.WITHDRAWN}
    assert set(sent_later(other)) == {DeliveryState.PENDING}
    assert_consistent()


def test_a_breach_that_is_excused_before_a_late_sweep_is_not_sent(world: World, policy: Policy) -> None:
    lead = offered(world)
    excuse(world, lead, 65)
    sweep_at(66)

    assert not Alarm.objects.exists()
    assert_consistent()


def test_what_has_left_stays_sent_when_its_breach_is_excused(world: World, policy: Policy) -> None:
    lead = offered(world)
    sweep_at(61)
    Delivery.objects.update(state=DeliveryState.SENT, sent_at=at(61), attempts=1)
    excuse(world, lead, 65)

    assert set(sent_later(lead)) == {DeliveryState.SENT}


def test_what_a_step_does_is_not_done_once_its_breach_is_excused(world: World, policy: Policy) -> None:
    policy.steps.filter(percent=100, after_seconds=0).update(does="reassign")
    lead = offered(world)
    fire_at(61)
    excuse(world, lead, 62)
    with moment(63):
        actions.run_actions()

    lead.refresh_from_db()
    assert lead.owner == world.ada
    assert Alarm.objects.get(step__does="reassign").note == "The breach was excused before it could be done."


@pytest.mark.parametrize("call_off", ["merge", "queue", "restart"])
def test_a_clock_that_is_cancelled_withdraws_its_warnings(world: World, policy: Policy, call_off: str) -> None:
    Policy.objects.update(on_reassign="restart")
    other, lead = offered(world, 0, "Other"), offered(world, 1)
    sweep_at(46.5)
    with moment(50):
        match call_off:
            case "merge":
                workflow.merge(lead.pk, by=world.olga, into=other)
            case "queue":
                workflow.assign(lead.pk, by=world.max, team=world.berlin)
            case "restart":
                workflow.assign(lead.pk, by=world.max, owner=world.ben)

    assert Clock.objects.filter(lead=lead, state="cancelled").exists()
    assert set(sent_later(lead)) == {DeliveryState.WITHDRAWN}
    assert set(sent_later(other)) == {DeliveryState.PENDING}
    assert_consistent()


def test_the_warning_whose_own_step_takes_the_lead_away_is_still_sent(world: World, policy: Policy) -> None:
    policy.steps.filter(percent=75).update(does="queue")
    lead = offered(world)
    sweep_at(46)

    assert Clock.objects.get().state == "cancelled"
    assert sent_later(lead) == [DeliveryState.PENDING]
    assert_consistent()


def test_a_breach_is_still_sent_though_its_lead_is_merged_afterwards(world: World, policy: Policy) -> None:
    lead, other = offered(world), offered(world, 1, "Other")
    sweep_at(60)
    with moment(60.5):
        workflow.merge(lead.pk, by=world.olga, into=other)

    assert Clock.objects.get(lead=lead).state == "breached"
    assert DeliveryState.PENDING in sent_later(lead)


def test_after_an_acknowledgement_the_breach_is_still_sent(world: World, policy: Policy) -> None:
    lead = offered(world)
    sweep_at(46)
    with moment(50):
        workflow.acknowledge(lead.pk, by=world.ada, alarm=Alarm.objects.get())
    sweep_at(200)

    assert sent_later(lead) == [DeliveryState.PENDING, DeliveryState.PENDING]
    assert list(Alarm.objects.values_list("due_at", flat=True)) == [at(45), at(60)]
    assert_consistent()


def test_a_message_that_was_withdrawn_is_not_sent_again_by_hand(world: World, policy: Policy) -> None:
    lead = offered(world)
    sweep_at(61)
    excuse(world, lead, 65)

    with pytest.raises(WrongState, match="was withdrawn"):
        resend(Delivery.objects.filter(state=DeliveryState.WITHDRAWN)[0].pk, by=world.olga)


def test_a_message_that_waits_though_its_clock_was_called_off_is_a_disagreement(world: World, policy: Policy) -> None:
    lead = offered(world)
    sweep_at(61)
    excuse(world, lead, 65)
    Delivery.objects.update(state=DeliveryState.PENDING)

    assert any("called off" in line for line in disagreements())


def test_a_mistake_sends_nothing_from_the_moment_it_is_declared(world: World, policy: Policy) -> None:
    """Before its waiting alarms are cleared away: they are recorded, and nobody is told."""
    lead = offered(world)
    sweep_at(46)
    with moment(50):
        stopping.declare(policy, by=world.olga, reason="Wrong calendar.")
    sweep_at(200)

    assert Delivery.objects.filter(alarm__clock__lead=lead).count() == 1
    assert set(Alarm.objects.filter(due_at__gte=at(60)).values_list("superseded", flat=True)) == {True}


def test_all_alarms_of_a_mistake_are_stopped_chunk_by_chunk(world: World, policy: Policy, monkeypatch: Any) -> None:
    monkeypatch.setattr(stopping, "CHUNK", 2)
    policy.steps.filter(percent=100, after_seconds=0).update(does="reassign")
    spared = make_policy("speed_to_lead", 36000)
    leads = [offered(world, name=f"Lead {number}") for number in range(5)]
    fire_at(61)
    with moment(62):
        declared = stopping.declare(policy, by=world.olga, reason="Wrong calendar.")
        seen = list(stopping.stop(declared))

    assert [(progress.leads, progress.of) for progress in seen] == [(2, 5), (4, 5), (5, 5)]
    assert stopping.leads_left(policy) == []
    assert list(stopping.stop(declared)) == []
    assert {state for lead in leads for state in sent_later(lead)} == {DeliveryState.WITHDRAWN}
    assert PendingAlarm.objects.count() == PendingAlarm.objects.filter(step__policy=spared).count() == 10
    sweep_at(200)
    assert set(Lead.objects.values_list("owner__username", flat=True)) == {"ada"}
    assert_consistent()


def test_whoever_is_killed_in_the_middle_is_followed_by_the_next(
    world: World, policy: Policy, monkeypatch: Any
) -> None:
    monkeypatch.setattr(stopping, "CHUNK", 2)
    for number in range(5):
        offered(world, name=f"Lead {number}")
    with moment(10):
        declared = stopping.declare(policy, by=world.olga, reason="Wrong calendar.")
        next(stopping.stop(declared))
        assert len(stopping.leads_left(policy)) == 3
        stopping.stop_all()

    assert stopping.leads_left(policy) == []
    assert_consistent()


def test_no_new_clock_starts_by_a_mistake_and_the_next_policy_judges(world: World, policy: Policy) -> None:
    following = make_policy("time_to_accept", 7200, position=200, key="following")
    with moment(0):
        stopping.declare(policy, by=world.olga, reason="Wrong calendar.")
    offered(world, 1)

    assert Clock.objects.get().policy == following


def test_a_clock_that_runs_by_a_mistake_goes_on_in_silence_and_what_happened_stays(
    world: World, policy: Policy
) -> None:
    early, late = offered(world), offered(world, 59, "Late")
    sweep_at(61)
    with moment(62):
        list(stopping.stop(stopping.declare(policy, by=world.olga, reason="Wrong calendar.")))
    with moment(70):
        workflow.pause(late.pk, by=world.ada, cause="buyer_away", until=at(80))  # its course is laid out again
    with moment(75):
        workflow.accept(early.pk, by=world.ada)
    sweep_at(500)

    assert Clock.objects.get(lead=early).state == "breached"
    assert not Alarm.objects.filter(clock__lead=late).exists()
    assert_consistent()


def test_another_version_can_be_applied_to_what_runs_by_a_mistake_and_rings_again(world: World, policy: Policy) -> None:
    lead = offered(world)
    with moment(5):
        revised = revise_policy(policy, {"target_seconds": 7200})
        list(stopping.stop(stopping.declare(policy, by=world.olga, reason="An hour is too short.")))
        assert apply_to_running(revised, by=world.olga, reason="Two hours.").applied == 1
    sweep_at(121)

    assert Clock.objects.get(lead=lead).due_at == at(120)
    assert Delivery.objects.filter(alarm__step__policy=revised).exists()
    assert_consistent()


def test_a_mistake_is_declared_once_and_by_revops_alone(world: World, policy: Policy) -> None:
    with pytest.raises(NotAllowed):
        stopping.declare(policy, by=world.max, reason="I do not like it.")
    stopping.declare(policy, by=world.olga, reason="Wrong calendar.")
    again = stopping.declare(policy, by=world.olga, reason="Another reason.")

    assert again.mistake_reason == "Wrong calendar."


def test_the_next_version_of_another_policy_is_no_mistake(world: World, policy: Policy) -> None:
    publish_policy(Policy(key="b", name="B", metric="time_to_accept", target_seconds=60, calendar=policy.calendar), [])
    stopping.declare(policy, by=world.olga, reason="Wrong calendar.")

    assert Policy.objects.get(key="b").mistake_at is None


def test_the_command_declares_and_stops_with_progress(world: World, policy: Policy) -> None:
    offered(world)
    out = StringIO()
    with moment(5):
        call_command("stop_policy", "accept", "1", "--reason", "Wrong calendar.", "--by", "olga", stdout=out)

    assert out.getvalue().splitlines() == [
        "1 of 1 leads",
        f"Stopped {policy}: 4 alarms cancelled, 0 messages withdrawn.",
    ]


@pytest.mark.parametrize(
    ("key", "version", "options", "words"),
    [
        ("accept", "2", [], "There is no version 2 of a policy “accept”."),
        ("accept", "1", ["--by", "ada"], "RevOps may."),
        ("accept", "1", ["--by", "nemo"], "“nemo” is not the username of an active person: name one with --by."),
    ],
)
def test_the_command_refuses_what_makes_no_sense(
    world: World, policy: Policy, key: str, version: str, options: list[str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("stop_policy", key, version, "--reason", "Wrong.", *options)
    policy.refresh_from_db()
    assert policy.mistake_at is None
