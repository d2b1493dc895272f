"""Pause, resume, acknowledge, excuse, reevaluate: what they do to the clocks of a lead."""

from datetime import datetime, timedelta

import pytest
import time_machine

from handoff import workflow
from handoff.ladder.sweep import sweep
from handoff.refusals import FactsRefused, WrongState
from leads.models import Lead, Verb
from sla.models import Alarm, Clock, OwnerHours, PendingAlarm
from tests.world import (
    ALWAYS,
    MONDAY,
    OFFICE,
    World,
    assert_consistent,
    bring_to,
    last,
    make_calendar,
    make_lead,
    make_policy,
)

pytestmark = pytest.mark.django_db


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def moment(minutes: float) -> time_machine.travel:
    return time_machine.travel(at(minutes), tick=False)


def offered(world: World) -> Lead:
    with moment(0):
        return bring_to("mql", make_lead(team=world.berlin), world)


def clock(lead: Lead, metric: str = "time_to_accept") -> Clock:
    return Clock.objects.filter(lead=lead, metric=metric).latest("pk")


def waiting(lead: Lead) -> list[datetime]:
    return list(PendingAlarm.objects.filter(clock__lead=lead).order_by("due_at").values_list("due_at", flat=True))


def test_a_pause_holds_the_clocks_until_it_is_resumed(world: World) -> None:
    make_policy("time_to_accept")
    lead = offered(world)
    with moment(10):
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away")
    assert (clock(lead).paused, clock(lead).due_at, waiting(lead)) == (True, None, [])
    with moment(400):
        sweep(at(400))
        workflow.resume(lead.pk, by=world.ada)

    assert clock(lead).due_at == at(450)
    assert waiting(lead) == [at(435), at(450)]
    assert_consistent()


def test_pauses_in_the_same_minute_are_merged(world: World) -> None:
    make_policy("time_to_accept")
    lead = offered(world)
    with moment(10):
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away", until=at(20))
        workflow.pause(lead.pk, by=world.max, cause="outage", until=at(15))

    assert clock(lead).due_at == at(70)
    lead.refresh_from_db()
    assert lead.paused_until == at(20)
    assert_consistent()


def test_a_pause_may_be_told_late_but_not_before_the_last_act(world: World) -> None:
    make_policy("time_to_accept")
    lead = offered(world)
    with moment(30):
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away", at=at(5), until=at(25))
        with pytest.raises(FactsRefused, match="The lead was changed after that time"):
            workflow.pause(lead.pk, by=world.ada, cause="buyer_away", at=at(4), until=at(8))

    assert clock(lead).due_at == at(80)
    assert_consistent()


def test_a_pause_does_not_move_a_breach_that_happened(world: World) -> None:
    make_policy("time_to_accept")
    lead = offered(world)
    with moment(61):
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away", at=at(30))

    assert clock(lead).due_at == at(60)
    sweep(at(61))
    assert Alarm.objects.filter(step__percent=100, due_at=at(60)).count() == 1
    assert_consistent()


def test_a_lead_that_moves_on_waits_no_longer(world: World) -> None:
    make_policy("time_to_accept")
    make_policy("time_to_qualify")
    lead = offered(world)
    with moment(10):
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away")
    with moment(100):
        workflow.accept(lead.pk, by=world.ada)

    lead.refresh_from_db()
    assert not lead.is_paused(at(100))
    assert (clock(lead).state, clock(lead).elapsed) == ("met", timedelta(minutes=10))
    assert clock(lead, "time_to_qualify").due_at == at(160)
    assert_consistent()


def test_a_clock_that_starts_in_a_pause_starts_paused(world: World) -> None:
    make_policy("time_to_next_touch")
    with moment(0):
        lead = bring_to("sal", make_lead(), world)
    with moment(10):
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away", until=at(40))
    with moment(20):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")

    assert clock(lead, "time_to_next_touch").due_at == at(100)
    assert_consistent()


def test_a_pause_from_before_a_clock_that_is_told_afterwards_moves_nothing_that_happened(world: World) -> None:
    policy = make_policy("time_to_next_touch")
    policy.steps.create(percent=50)
    with moment(0):
        lead = bring_to("sal", make_lead(), world)
    with moment(10):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")
    sweep(at(45))
    with moment(45):  # after the warning
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away", at=at(5), until=at(30))
    assert clock(lead, "time_to_next_touch").due_at == at(90)
    assert_consistent()

    sweep(at(91))
    with moment(91):  # after the breach
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away", at=at(6), until=at(100))

    assert clock(lead, "time_to_next_touch").due_at == at(90)
    fired = Alarm.objects.filter(clock=clock(lead, "time_to_next_touch"))
    assert [(alarm.step.percent, alarm.due_at) for alarm in fired] == [(50, at(40)), (75, at(75)), (100, at(90))]
    assert_consistent()


def test_only_a_paused_lead_is_resumed(world: World) -> None:
    lead = offered(world)

    with pytest.raises(WrongState, match="not paused"):
        workflow.resume(lead.pk, by=world.ada)
    with pytest.raises(FactsRefused, match="must end after it begins"), moment(10):
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away", until=at(9))
    with pytest.raises(FactsRefused, match="in a note"):
        workflow.pause(lead.pk, by=world.ada, cause="other")


def test_an_acknowledged_alarm_stops_the_ladder_above_but_not_the_breach(world: World) -> None:
    make_policy("time_to_accept", steps=[(50, 0), (75, 0), (100, 0), (100, 600)])
    lead = offered(world)
    sweep(at(31))
    alarm = Alarm.objects.get()
    with moment(32):
        act = workflow.acknowledge(lead.pk, by=world.ada, alarm=alarm)
        with pytest.raises(FactsRefused, match="Ada has already acknowledged this alarm"):
            workflow.acknowledge(lead.pk, by=world.max, alarm=alarm)

    alarm.refresh_from_db()
    assert alarm.acknowledged_by == act
    assert waiting(lead) == [at(60)]
    assert_consistent()


def test_an_excuse_is_kept_beside_the_breach(world: World) -> None:
    make_policy("time_to_accept")
    lead = offered(world)
    with moment(30), pytest.raises(FactsRefused, match="not breached"):
        workflow.excuse(lead.pk, by=world.olga, clock=clock(lead), reason="An outage.")
    with moment(70):
        workflow.excuse(lead.pk, by=world.olga, clock=clock(lead), reason="An outage.")
        with pytest.raises(FactsRefused, match="already excused"):
            workflow.excuse(lead.pk, by=world.olga, clock=clock(lead), reason="Twice.")
        workflow.accept(lead.pk, by=world.ada)

    assert clock(lead).state == "breached"
    assert clock(lead).excused_by == last(lead, Verb.EXCUSE)
    assert_consistent()


def test_a_new_owner_has_at_least_the_floor(world: World) -> None:
    make_policy("time_to_accept", on_reassign="floor", floor_seconds=1800)
    lead = offered(world)
    with moment(50):
        workflow.assign(lead.pk, by=world.max, owner=world.ben)

    assert (clock(lead).due_at, clock(lead).owner) == (at(80), world.ben)
    assert_consistent()


def test_a_new_owner_may_start_again_and_the_promise_to_the_buyer_carries(world: World) -> None:
    make_policy("time_to_accept", on_reassign="restart")
    make_policy("speed_to_lead")
    lead = offered(world)
    with moment(50):
        workflow.assign(lead.pk, by=world.max, owner=world.ben)

    first, second = Clock.objects.filter(lead=lead, metric="time_to_accept").order_by("round")
    assert (first.state, second.due_at, second.round) == ("cancelled", at(110), 2)
    assert clock(lead, "speed_to_lead").due_at == at(60)
    assert_consistent()


def test_a_policy_may_count_in_the_hours_of_whoever_owns_the_lead(world: World) -> None:
    make_calendar("always", ALWAYS)
    berlin = make_calendar("berlin", OFFICE, zone="Europe/Berlin")
    evenings = make_calendar("evenings", {"mon": [["18:00", "22:00"]]})
    OwnerHours.objects.create(user=world.ada, calendar_key="berlin")
    OwnerHours.objects.create(user=world.ben, calendar_key="evenings")
    make_policy("time_to_accept", 9 * 3600, whose_hours="owner")
    lead = offered(world)  # Monday 10:00 in Berlin: seven hours are left of the day
    assert (clock(lead).calendar, clock(lead).due_at) == (berlin, at(25 * 60))
    with moment(6 * 60):
        workflow.assign(lead.pk, by=world.max, owner=world.ben)

    assert (clock(lead).calendar, clock(lead).due_at) == (evenings, at(12 * 60))
    with moment(10 * 60):  # an hour of the evening is over, and max has no hours of his own
        workflow.assign(lead.pk, by=world.max, owner=world.max)

    assert (clock(lead).calendar.key, clock(lead).due_at) == ("always", at(12 * 60))
    assert_consistent()


def test_a_pause_of_less_than_a_second_is_refused_with_words(world: World) -> None:
    lead = offered(world)
    with moment(10.006), pytest.raises(FactsRefused, match="must end after it begins"):
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away", until=at(10.01))


def test_a_score_that_changes_chooses_the_policy_again(world: World) -> None:
    make_policy("time_to_accept", 7200)
    hot = make_policy(
        "time_to_accept", 3600, position=1, conditions=[{"field": "score", "op": "at_least", "value": 80}]
    )
    lead = offered(world)
    with moment(10):
        workflow.correct(lead.pk, {"company": "Fox"})
        assert not lead.transitions.filter(verb=Verb.REEVALUATE).exists()
        workflow.correct(lead.pk, {"score": 90})

    assert (clock(lead).policy, clock(lead).due_at) == (hot, at(60))
    assert last(lead, Verb.REEVALUATE).facts["reason"] == "Corrected: score."
    assert_consistent()


def test_another_team_chooses_the_policy_again(world: World) -> None:
    make_policy("time_to_accept", 7200)
    there = make_policy(
        "time_to_accept", 3600, position=1, conditions=[{"field": "team", "op": "is", "value": "New York"}]
    )
    lead = offered(world)
    with moment(10):
        workflow.assign(lead.pk, by=world.olga, owner=world.zoe)

    assert (clock(lead).policy, clock(lead).due_at) == (there, at(60))
    assert_consistent()


def test_the_cadence_of_touches_starts_anew_with_each(world: World) -> None:
    make_policy("time_to_next_touch")
    with moment(0):
        lead = bring_to("sal", make_lead(), world)
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="no_answer")
    with moment(30):
        workflow.touch(lead.pk, by=world.ada, channel="email", outcome="sent", automatic=True)
    with moment(90):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached", at=at(50))
        workflow.reject(lead.pk, by=world.ada, reason="wrong_territory")

    told = Clock.objects.filter(metric="time_to_next_touch").order_by("started_at")
    assert [(c.started_at, c.stopped_at, c.state) for c in told] == [(at(0), at(50), "met"), (at(50), at(90), "met")]
    assert_consistent()


def test_a_touch_told_after_a_later_one_closes_the_gap_between(world: World) -> None:
    make_policy("time_to_next_touch")
    with moment(0):
        lead = bring_to("sal", make_lead(), world)
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="no_answer")
    with moment(100):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="no_answer", at=at(45))

    told = Clock.objects.filter(metric="time_to_next_touch").order_by("started_at")
    assert [(c.started_at, c.stopped_at) for c in told] == [(at(0), at(45)), (at(45), at(100)), (at(100), None)]
    assert [c.state for c in told] == ["met", "met", "running"]
    assert_consistent()


def test_an_unowned_lead_and_an_open_dispute_have_clocks_too(world: World) -> None:
    make_policy("time_to_assign")
    make_policy("time_to_decide")
    with moment(0):
        lead = make_lead(team=world.berlin)
        workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    with moment(20):
        workflow.assign(lead.pk, by=world.ben, owner=world.ben)
        workflow.reject(lead.pk, by=world.ben, reason="wrong_territory")
        workflow.dispute(lead.pk, by=world.mia, argument="It is ours.")
    with moment(90):
        workflow.uphold(lead.pk, by=world.olga, decision="It is not.")

    assert (clock(lead, "time_to_assign").state, clock(lead, "time_to_decide").state) == ("met", "breached")
    assert lead.rejections.get().dispute.decision == "upheld"
    assert_consistent()
