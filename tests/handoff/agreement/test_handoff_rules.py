"""The numbers by which leads go to and fro are signed by both sides, and a handoff keeps its version of them."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from handoff import workflow
from handoff.agreement import definitions
from handoff.agreement.handoff_rules import draft, edit, sign
from handoff.models import Handoff
from handoff.refusals import FactsRefused
from handoff.workflow import promotion
from handoff.workflow.rotation import next_owner
from leads.models import HandoffRules, Lead, Reason, State
from tests.world import World, bring_to, make_lead

pytestmark = pytest.mark.django_db


def in_force(world: World, **terms: Any) -> HandoffRules:
    written = draft(terms)
    sign(written.pk, by=world.nora, seen=written.digest)
    return sign(written.pk, by=world.max, seen=written.digest)


def recycled(world: World, **facts: Any) -> Lead:
    """A lead of ada's that she rejected yesterday, and that may come back by its own date."""
    lead = make_lead(**facts)
    with time_machine.travel(timezone.now() - timedelta(days=1), tick=False):
        bring_to(State.REJECTED, lead, world)
        workflow.recycle(lead.pk, by=world.mia, reenter_on=timezone.localdate() + timedelta(days=1))
    lead.refresh_from_db()
    return lead


def test_the_first_version_is_in_force_with_what_were_constants(world: World) -> None:
    first = HandoffRules.active()
    assert (first.version, first.recycle_limit, first.touches_to_qualify) == (1, 3, 1)
    assert (first.cool_off_days, first.needs_evidence, first.needs_other_rep, first.dispute_days) == (
        0,
        False,
        False,
        0,
    )


def test_numbers_are_in_force_once_both_sides_have_signed_these_very_ones(world: World) -> None:
    written = draft({"recycle_limit": 1})
    seen = written.digest
    sign(written.pk, by=world.nora, seen=seen)
    assert edit(written.pk, {"recycle_limit": 2}, seen=seen)[1], "the signature is void"

    with pytest.raises(FactsRefused, match="was changed after you opened it"):
        sign(written.pk, by=world.max, seen=seen)
    assert HandoffRules.active().version == 1

    written.refresh_from_db()
    sign(written.pk, by=world.nora, seen=written.digest)
    sign(written.pk, by=world.max, seen=written.digest)
    assert HandoffRules.active().recycle_limit == 2


def test_a_handoff_keeps_the_rules_that_it_was_made_under(world: World) -> None:
    earlier, later = make_lead("Early"), make_lead("Late")
    bring_to(State.SAL, earlier, world)
    rules = in_force(world, touches_to_qualify=2)
    bring_to(State.SAL, later, world)
    assert list(Handoff.objects.order_by("pk").values_list("rules__version", flat=True)) == [1, rules.version]

    for lead in (earlier, later):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")
    workflow.qualify(earlier.pk, by=world.ada)
    with pytest.raises(FactsRefused, match="ask for 2 touches since the handoff before Late is qualified; there are 1"):
        workflow.qualify(later.pk, by=world.ada)


def test_a_handoff_from_before_goes_by_the_first_version(world: World) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    Handoff.objects.update(rules=None)
    in_force(world, touches_to_qualify=5)
    workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")
    assert workflow.qualify(lead.pk, by=world.ada).to_state == State.SQL


def test_the_rounds_and_the_touches_before_giving_up_and_the_days_to_dispute_are_those_signed(world: World) -> None:
    Reason.objects.filter(code="unresponsive").update(min_touches=1)
    in_force(world, recycle_limit=0, touches_to_give_up=2, dispute_days=5)
    lead = bring_to(State.SAL, make_lead(), world)
    workflow.touch(lead.pk, by=world.ada, channel="call", outcome="no_answer")
    with pytest.raises(FactsRefused, match="needs 2 logged touches; there are 1"):
        workflow.reject(lead.pk, by=world.ada, reason="unresponsive")

    workflow.reject(lead.pk, by=world.ada, reason="wrong_territory")
    with pytest.raises(FactsRefused, match="recycled 0 times, which is the limit of the handoff rules, version 2"):
        workflow.recycle(lead.pk, by=world.mia, reenter_on="2031-01-01")
    with (
        time_machine.travel(timezone.now() + timedelta(days=7), tick=False),
        pytest.raises(FactsRefused, match="within 5 days, which ended on"),
    ):
        workflow.dispute(lead.pk, by=world.mia, argument="It fits.")


def visit(lead: Lead) -> None:
    lead.touchpoints.create(kind="demo_request", at=timezone.now())


def correct(lead: Lead) -> None:
    workflow.correct(lead.pk, {"title": "Head of Logistics"})


def score(lead: Lead) -> None:
    workflow.upsert({"email": lead.email, "score": 62})


@pytest.mark.parametrize("new", [visit, correct, score], ids=lambda new: new.__name__)
def test_a_recycled_lead_comes_back_with_something_new(world: World, new: Any) -> None:
    in_force(world, needs_evidence=True, score_rise=10)
    lead = recycled(world, title="Clerk", score=50)
    with pytest.raises(FactsRefused, match="Nothing is new about Dana Fox since it was rejected on"):
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)

    new(lead)

    assert workflow.promote(lead.pk, by=world.mia, owner=world.ada).to_state == State.MQL


def test_what_only_says_the_same_again_is_nothing_new(world: World) -> None:
    in_force(world, needs_evidence=True, score_rise=10)
    lead = recycled(world, title="Clerk", score=50)
    workflow.upsert({"email": lead.email, "title": "Clerk", "score": 55})
    with pytest.raises(FactsRefused, match="wait for its score to rise by 10 points"):
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)


def test_it_cools_off_first(world: World) -> None:
    in_force(world, cool_off_days=30)
    lead = recycled(world)
    with pytest.raises(FactsRefused, match="ask for 30 days of cool-off: promote it from"):
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        assert workflow.promote(lead.pk, by=world.mia, owner=world.ada).to_state == State.MQL


def test_it_goes_to_another_rep_unless_the_former_one_owns_the_account(world: World) -> None:
    in_force(world, needs_other_rep=True)
    lead = recycled(world, company="Fox Ltd")
    with pytest.raises(FactsRefused, match="Ada had Dana Fox when it was rejected and does not own the account"):
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    with pytest.raises(FactsRefused, match="choose somebody else, or leave it in the queue"):
        workflow.assign(lead.pk, by=world.ada, owner=world.ada)

    make_lead("Rob Fox", company="FOX LTD", owner=world.ada)
    assert workflow.assign(lead.pk, by=world.ada, owner=world.ada).owner == world.ada


def test_the_rotation_passes_over_the_former_rep(world: World) -> None:
    assert next_owner(world.berlin, timezone.now(), instead_of={world.ada.pk}) == world.ben


def test_a_lead_that_was_fixed_goes_back_to_the_rep_who_had_it(world: World) -> None:
    in_force(world, needs_other_rep=True, needs_evidence=True, cool_off_days=9)
    lead = bring_to(State.REJECTED, make_lead(), world)
    assert workflow.resubmit(lead.pk, by=world.mia, fixed="The number.").owner == world.ada


def test_promotion_by_itself_obeys_the_same_rules(world: World) -> None:
    in_force(world, cool_off_days=30, needs_other_rep=True)
    lead = recycled(world)
    terms = {"promotes": True, "receiver": "rotation", "team": world.berlin}
    written = definitions.draft("mql", "Any.", [], **terms)
    definitions.sign(written.pk, by=world.nora, seen=written.digest)
    definitions.sign(written.pk, by=world.max, seen=written.digest)

    visit(lead)
    promotion.run()
    assert Lead.objects.get(pk=lead.pk).state == State.RAW
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        promotion.run()
    lead.refresh_from_db()
    assert (lead.state, lead.owner) == (State.MQL, world.ben)
