"""A lead's way from raw to opportunity, and what each verb leaves behind."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from handoff import workflow
from handoff.models import Handoff, Rejection
from handoff.refusals import FactsRefused, NotAllowed, WrongState
from handoff.workflow import Door
from leads.models import Opportunity, Reason, State, Touch, Verb, Via
from sla.metrics import Metric
from tests.world import CONVERSION, World, bring_to, last, make_lead, make_policy

DOOR = Door(via=Via.API, request_id="req-1")


def test_a_lead_goes_all_the_way(world: World) -> None:
    lead = bring_to(State.OPPORTUNITY, make_lead(), world)

    assert lead.state == State.OPPORTUNITY
    assert [act.verb for act in lead.transitions.all()] == ["promote", "accept", "touch", "qualify", "convert"]
    assert lead.opportunity.name == "Fox deal"


def test_the_history_tells_who_when_why_and_through_which_door(world: World) -> None:
    lead = bring_to(State.MQL, make_lead(), world)

    workflow.reject(lead.pk, by=world.ada, door=DOOR, reason="other", note="They moved to the Moon.")

    act = last(lead)
    assert (act.verb, act.from_state, act.to_state) == ("reject", "mql", "rejected")
    assert (act.by, act.via, act.request_id) == (world.ada, "api", "req-1")
    assert act.facts == {"reason": "other", "note": "They moved to the Moon."}
    assert timezone.now() - act.at < timedelta(seconds=5)


def test_the_packet_is_a_snapshot(world: World) -> None:
    lead = bring_to(State.MQL, make_lead(company="Fox Ltd"), world)
    lead.company = "Renamed Ltd"
    lead.save(update_fields=["company"])

    assert Handoff.objects.get(lead=lead).packet["company"] == "Fox Ltd"


def test_a_resubmitted_lead_starts_a_new_cycle_with_its_owner(world: World) -> None:
    lead = bring_to(State.REJECTED, make_lead(), world)

    workflow.resubmit(lead.pk, by=world.mia, fixed="Found the right phone number.")

    lead.refresh_from_db()
    assert (lead.state, lead.cycle, lead.owner, lead.reason) == (State.MQL, 2, world.ada, None)
    assert Rejection.objects.get(lead=lead).answer == "fix"


def test_a_recycled_lead_waits_for_its_date(world: World) -> None:
    lead = bring_to(State.REJECTED, make_lead(), world)
    tomorrow = timezone.now().date() + timedelta(days=1)

    workflow.recycle(lead.pk, by=world.mia, reenter_on=tomorrow)

    with pytest.raises(FactsRefused, match=f"recycled until {tomorrow}"):
        workflow.promote(lead.pk, by=world.mia)


def test_a_lead_is_recycled_three_times_at_most(world: World) -> None:
    lead = make_lead()
    for _ in range(3):
        bring_to(State.REJECTED, lead, world)
        workflow.recycle(lead.pk, by=world.mia, reenter_on=timezone.now().date() + timedelta(days=1))
        type(lead).objects.filter(pk=lead.pk).update(reenter_on=None)
    bring_to(State.REJECTED, lead, world)

    with pytest.raises(FactsRefused, match="recycled 3 times, which is the limit"):
        workflow.recycle(lead.pk, by=world.mia, reenter_on=date(2031, 1, 1))


def test_the_arbiter_overturns_a_disputed_rejection_and_the_clock_of_acceptance_runs_again(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    lead = bring_to(State.REJECTED, make_lead(), world)
    with pytest.raises(FactsRefused, match="marketing must dispute it first"):
        workflow.overturn(lead.pk, by=world.olga, decision="It is a fit.")
    workflow.dispute(lead.pk, by=world.mia, argument="It is in the territory.")

    workflow.overturn(lead.pk, by=world.olga, decision="The map says so.")

    lead.refresh_from_db()
    assert (lead.state, lead.cycle) == (State.MQL, 2)
    assert lead.rejections.get().dispute.decision == "overturned"
    clocks = lead.clocks.filter(metric=Metric.TIME_TO_ACCEPT).order_by("pk")
    assert [(clock.cycle, clock.stopped_at is None) for clock in clocks] == [(1, False), (2, True)]


def test_a_rejection_is_answered_once(world: World) -> None:
    lead = bring_to(State.REJECTED, make_lead(), world)
    workflow.answer(lead.pk, by=world.mia, kind="acknowledge", note="We will look at the form.")

    with pytest.raises(FactsRefused, match="Mia has already answered"):
        workflow.answer(lead.pk, by=world.nora, kind="retire")


def test_converting_again_with_the_same_facts_changes_nothing(world: World) -> None:
    lead = bring_to(State.OPPORTUNITY, make_lead(), world)
    acts = lead.transitions.count()

    assert workflow.convert(lead.pk, by=world.ada, **CONVERSION) == last(lead, Verb.CONVERT)

    with pytest.raises(WrongState):
        workflow.convert(lead.pk, by=world.ada, **CONVERSION | {"amount": "1.00"})
    assert (lead.transitions.count(), Opportunity.objects.count()) == (acts, 1)


def test_a_lead_without_a_touch_is_not_qualified(world: World) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    with pytest.raises(FactsRefused, match="log a touch first"):
        workflow.qualify(lead.pk, by=world.ada)

    workflow.touch(lead.pk, by=world.ada, channel="email", outcome="sent", automatic=True)
    with pytest.raises(FactsRefused, match="log a touch first"):
        workflow.qualify(lead.pk, by=world.ada)

    assert Touch.objects.get().automatic


def test_a_merged_lead_gives_what_it_has_to_the_one_that_stays(world: World) -> None:
    lead, survivor = make_lead(), make_lead("Dana Foxx")
    lead.touchpoints.create(kind="form", at=timezone.now())
    lead.external_ids.create(system="crm", value="1")

    workflow.merge(lead.pk, by=world.mia, into=survivor)

    assert (survivor.touchpoints.count(), survivor.external_ids.count()) == (1, 1)
    with pytest.raises(WrongState, match=f"merged into lead {survivor.pk}"):
        workflow.promote(lead.pk, by=world.mia)


@pytest.mark.parametrize(
    ("facts", "field", "words"),
    [
        ({}, "reason", "Give a reason"),
        ({"reason": "nonsense"}, "reason", "not a reason of the list"),
        ({"reason": "old"}, "reason", "is retired"),
        ({"reason": "other"}, "note", "at least 15 characters"),
        ({"reason": "other", "note": " too short     "}, "note", "at least 15 characters"),
        ({"reason": "duplicate"}, "duplicate_of", "needs the other lead"),
        ({"reason": "duplicate", "duplicate_of": 0}, "duplicate_of", "There is no lead 0"),
        ({"reason": "not_now"}, "retry_on", "needs the date"),
        ({"reason": "not_now", "retry_on": "2001-01-01"}, "retry_on", "in the future"),
        ({"reason": "bad_contact_data"}, "wrong_field", "needs the detail"),
        ({"reason": "unresponsive"}, "reason", "needs 3 logged touches; there are 0"),
        ({"reason": "wrong_territory", "mood": "bad"}, "mood", "“mood” is not a field of “reject”"),
    ],
)
def test_a_rejection_needs_its_reason_and_the_evidence(world: World, facts: dict, field: str, words: str) -> None:
    Reason.objects.create(code="old", label="Old", route="retire", counts_against="nobody", retired_at=timezone.now())
    lead = bring_to(State.MQL, make_lead(), world)

    with pytest.raises(FactsRefused) as refusal:
        workflow.reject(lead.pk, by=world.ada, **facts)

    assert words in " ".join(refusal.value.fields[field])
    lead.refresh_from_db()
    assert (lead.state, lead.transitions.count(), Rejection.objects.count()) == (State.MQL, 1, 0)


def test_the_loser_of_a_race_hears_who_was_faster(world: World) -> None:
    lead = bring_to(State.SAL, make_lead(), world)

    with pytest.raises(WrongState, match=r"Cannot accept Dana Fox: already accepted by Ada, just now"):
        workflow.accept(lead.pk, by=world.max)


def test_a_rep_takes_from_the_queue_but_gives_nothing_away(world: World) -> None:
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)

    with pytest.raises(NotAllowed):
        workflow.assign(lead.pk, by=world.ada, owner=world.ben)
    workflow.assign(lead.pk, by=world.ada, owner=world.ada)

    lead.refresh_from_db()
    assert lead.owner == world.ada


def test_a_rep_takes_no_lead_into_another_team(world: World) -> None:
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)

    with pytest.raises(NotAllowed, match="no other team"):
        workflow.assign(lead.pk, by=world.ada, owner=world.ada, team=world.new_york)


def test_a_lead_that_one_may_not_see_is_none_to_name(world: World) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    foreign = make_lead("Zoes Lead", owner=world.zoe, team=world.new_york)

    with pytest.raises(FactsRefused, match=f"There is no lead {foreign.pk}"):
        workflow.reject(lead.pk, by=world.ada, reason="duplicate", duplicate_of=foreign.pk)


def test_the_day_is_that_of_the_person_who_acts(world: World) -> None:
    with time_machine.travel(datetime(2026, 3, 2, 10, 0, tzinfo=UTC), tick=False):
        lead = make_lead()
        workflow.promote(lead.pk, by=world.mia, owner=world.zoe)
    with time_machine.travel(datetime(2026, 3, 3, 2, 0, tzinfo=UTC), tick=False):  # still the 2nd in New York
        workflow.reject(lead.pk, by=world.zoe, reason="not_now", retry_on=date(2026, 3, 3))

    lead.refresh_from_db()
    assert lead.state == State.REJECTED


def test_attempts_of_an_earlier_cycle_do_not_make_a_lead_unresponsive(world: World) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    for _ in range(3):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="no_answer")
    workflow.reject(lead.pk, by=world.ada, reason="unresponsive")
    workflow.resubmit(lead.pk, by=world.mia, fixed="The number.")

    with pytest.raises(FactsRefused, match="needs 3 logged touches; there are 0"):
        workflow.reject(lead.pk, by=world.ada, reason="unresponsive")
