"""What a rejection says, and how marketing's answer takes it up: a detail corrected, another owner, one act."""

import pytest

from handoff import workflow
from handoff.alerts.about_act import about_act
from handoff.models import Delivery, Destination, Rejection, Subscription
from handoff.refusals import FactsRefused
from leads.models import Lead, State, Verb
from sla.metrics import Metric
from sla.models import Clock
from tests.world import World, assert_consistent, bring_to, last, make_lead, make_policy

pytestmark = pytest.mark.django_db
DEAD, RIGHT = "+493012345678", "+493087654321"


def rejected(world: World, reason: str = "bad_contact_data", **facts: object) -> Lead:
    lead = bring_to(State.MQL, make_lead(phone=DEAD), world)
    facts = {"wrong_field": "phone"} | facts if reason == "bad_contact_data" else facts
    workflow.reject(lead.pk, by=world.ada, reason=reason, **facts)  # type: ignore[arg-type]
    return lead


def test_a_resubmission_corrects_the_detail_that_was_wrong_in_the_same_act(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    lead = rejected(world)
    workflow.resubmit(lead.pk, by=world.mia, fixed="Asked the buyer.", corrected=RIGHT)

    lead.refresh_from_db()
    assert (lead.state, lead.phone, lead.owner) == (State.MQL, RIGHT, world.ada)
    assert lead.provenance["phone"]["by"] == world.mia.pk
    act = last(lead)
    assert (act.verb, act.facts["corrects"], act.facts["was"], act.facts["corrected"]) == (
        Verb.RESUBMIT, "phone", DEAD, RIGHT,
    )  # fmt: skip
    assert RIGHT in str(lead.handoffs.get(cycle=2).packet)
    assert_consistent()


def test_a_correction_that_is_refused_resubmits_nothing(world: World) -> None:
    make_lead("Lena Kurz", email="lena@buyer.example")
    lead = rejected(world, wrong_field="email")
    with pytest.raises(FactsRefused) as refusal:
        workflow.resubmit(lead.pk, by=world.mia, fixed="Looked it up.", corrected="lena@buyer.example")

    assert "Another lead has the email" in refusal.value.fields["corrected"][0]
    lead.refresh_from_db()
    assert (lead.state, lead.email) == (State.REJECTED, "dana.fox@buyer.example")
    assert Rejection.objects.get().answer == ""


def test_a_value_that_is_not_valid_is_refused_at_its_field(world: World) -> None:
    lead = rejected(world, wrong_field="email")
    with pytest.raises(FactsRefused) as refusal:
        workflow.resubmit(lead.pk, by=world.mia, fixed="Looked it up.", corrected="not an email")
    assert list(refusal.value.fields) == ["corrected"]


def test_a_detail_that_stays_as_it_was_is_not_said_to_be_corrected(world: World) -> None:
    lead = rejected(world)
    workflow.resubmit(lead.pk, by=world.mia, fixed="The number works.", corrects="phone", corrected=DEAD)
    assert {"corrects", "was", "corrected"}.isdisjoint(last(lead).facts)


def test_a_wrong_value_can_be_taken_away(world: World) -> None:
    lead = rejected(world)
    workflow.resubmit(lead.pk, by=world.mia, fixed="Write to them.", corrects="phone", corrected="")
    lead.refresh_from_db()
    assert lead.phone == ""
    assert (last(lead).facts["corrects"], last(lead).facts["was"]) == ("phone", DEAD)


def test_without_a_wrong_detail_the_one_that_is_corrected_is_named(world: World) -> None:
    lead = rejected(world, "packet_insufficient", note="Whom shall I call?")
    with pytest.raises(FactsRefused, match="say which one this corrects"):
        workflow.resubmit(lead.pk, by=world.mia, fixed="Asked.", corrected=RIGHT)
    workflow.resubmit(lead.pk, by=world.mia, fixed="Asked.", corrects="phone", corrected=RIGHT)
    lead.refresh_from_db()
    assert lead.phone == RIGHT


def test_the_message_to_the_rep_says_what_was_corrected(world: World) -> None:
    by_email = Destination.objects.create(name="The owner", audience="owner", medium="email")
    Subscription.objects.create(verb="resubmit", destination=by_email)
    lead = rejected(world)
    workflow.resubmit(lead.pk, by=world.mia, fixed="Asked the buyer.", corrected=RIGHT)

    said = about_act(Delivery.objects.get(transition=last(lead)))
    assert {"Corrected: Phone", f"Before: {DEAD}", f"Now: {RIGHT}"} <= set(said.lines)


def test_no_message_says_how_to_reach_a_buyer_who_must_not_be_contacted(world: World) -> None:
    by_email = Destination.objects.create(name="The owner", audience="owner", medium="email")
    Subscription.objects.create(verb="resubmit", destination=by_email)
    lead = rejected(world)
    workflow.correct(lead.pk, {"do_not_contact": True, "do_not_contact_reason": "Asked us."})
    workflow.resubmit(lead.pk, by=world.mia, fixed="Asked the buyer.", corrected=RIGHT)
    said = about_act(Delivery.objects.get(transition=last(lead)))
    assert RIGHT not in str(said.lines)


def test_who_rejects_for_another_owner_says_whose_it_is(world: World) -> None:
    rejected(world, "already_owned", belongs_to=world.zoe, account="Fox Ltd")
    assert Rejection.objects.get().evidence == {"belongs_to": "zoe", "account": "Fox Ltd"}


def test_whoever_does_not_know_whose_it_is_can_reject_all_the_same(world: World) -> None:
    rejected(world, "wrong_territory")
    assert Rejection.objects.get().evidence == {}


def test_a_resubmission_sends_the_lead_to_another_owner_in_one_act(world: World) -> None:
    for metric in (Metric.TIME_TO_ACCEPT, Metric.TIME_TO_ANSWER):
        make_policy(metric)
    lead = rejected(world, "already_owned", belongs_to=world.zoe)
    workflow.resubmit(lead.pk, by=world.mia, fixed="It is Zoe's.", owner=world.zoe)

    lead.refresh_from_db()
    assert (lead.state, lead.owner, lead.team) == (State.MQL, world.zoe, world.new_york)
    assert lead.handoffs.get(cycle=2).offered_to == world.zoe
    running = Clock.objects.get(lead=lead, stopped_at=None)
    assert (running.metric, running.owner) == (Metric.TIME_TO_ACCEPT, world.zoe)
    assert_consistent()


def test_a_resubmission_to_a_team_waits_in_its_queue(world: World) -> None:
    make_policy(Metric.TIME_TO_ASSIGN)
    lead = rejected(world, "wrong_territory", belongs_to_team=world.new_york)
    workflow.resubmit(lead.pk, by=world.mia, fixed="It is in New York.", team=world.new_york)

    lead.refresh_from_db()
    assert (lead.owner, lead.team) == (None, world.new_york)
    assert Clock.objects.get(lead=lead, stopped_at=None).metric == Metric.TIME_TO_ASSIGN
    assert_consistent()


def test_the_other_lead_is_one_that_is_still_there(world: World) -> None:
    stays, gone = make_lead("Lena Kurz", team=world.berlin), make_lead("Lena Kurtz", team=world.berlin)
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    with pytest.raises(FactsRefused, match=f"Lead {gone.pk} was merged into lead {stays.pk}: name that one."):
        rejected(world, "duplicate", duplicate_of=gone)
