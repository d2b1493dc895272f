"""Promotion by itself: a raw lead that comes to meet the definition in force is handed over once, whoever is killed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone

from handoff import workflow
from handoff.agreement.definitions import draft, edit, sign
from handoff.ladder import promoter
from handoff.ladder.listening import listen
from handoff.models import Handoff
from handoff.refusals import FactsRefused
from handoff.workflow import promotion
from leads.identity import Incoming
from leads.models import Attribute, Candidate, ConsentStatement, Definition, Lead, State, Touchpoint, Verb
from leads.touchpoints import Stated
from tests.programs import in_threads
from tests.world import World, last, make_lead

pytestmark = pytest.mark.django_db
THREE_IN_30_DAYS = [{"field": "touchpoints", "op": "at_least", "value": 3, "within_days": 30}]


def in_force(world: World, criteria: Any, **terms: Any) -> Definition:
    """A definition that promotes, signed by both sides."""
    terms = {"promotes": True, "receiver": "queue", "team": world.berlin} | terms
    written = draft("mql", "Worth a call.", criteria, **terms)
    sign(written.pk, by=world.nora, seen=written.digest)
    return sign(written.pk, by=world.max, seen=written.digest)


def visit(lead: Lead, number: int, kind: str = "page_visit", days_ago: float = 0) -> None:
    """What a webhook sends when the buyer does something."""
    at = timezone.now() - timedelta(days=days_ago)
    who = Incoming({}, at=at, system="site")
    workflow.record_touchpoint(Stated(who, kind, external_id=f"{lead.pk}-{number}", lead_id=lead.pk))


def state_of(lead: Lead) -> str:
    return Lead.objects.values_list("state", flat=True).get(pk=lead.pk)


def times_promoted(lead: Lead) -> int:
    return lead.transitions.filter(verb=Verb.PROMOTE).count()


def test_the_third_touchpoint_promotes_and_the_first_two_are_refused_with_actual_and_required(world: World) -> None:
    definition = in_force(world, THREE_IN_30_DAYS)
    lead = make_lead()
    visit(lead, 0, days_ago=31)
    visit(lead, 1)
    visit(lead, 2)
    with pytest.raises(FactsRefused, match=r"touchpoints within 30 days: 2, must be at least 3") as refused:
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    assert refused.value.fields == {"criteria": ["touchpoints within 30 days: 2, must be at least 3"]}
    assert state_of(lead) == State.RAW

    visit(lead, 3)

    act = last(lead, Verb.PROMOTE)
    assert state_of(lead) == State.MQL
    assert (act.by_id, act.team_id) == (None, world.berlin.pk)
    assert act.facts["note"] == f"By itself: it meets the {definition}."
    handoff = Handoff.objects.get(lead=lead)
    assert (handoff.definition, len(handoff.packet["touchpoints"])) == (definition, 4)


def correct(lead: Lead) -> None:
    workflow.correct(lead.pk, {"title": "CEO"})


def agree(lead: Lead) -> None:
    workflow.record_consent(lead.pk, ConsentStatement("email", granted=True))


def score(lead: Lead) -> None:
    workflow.upsert({"email": lead.email, "score": 80})


def ask_for_demo(lead: Lead) -> None:
    visit(lead, 1, "demo_request")


@pytest.mark.parametrize(
    ("criterion", "change"),
    [
        ({"field": "title", "op": "is", "value": "CEO"}, correct),
        ({"field": "consent.email", "op": "is", "value": "granted"}, agree),
        ({"field": "score", "op": "at_least", "value": 80}, score),
        (
            {"field": "event", "op": "is", "value": "demo_request", "within_days": 7},
            lambda lead: visit(lead, 1, "demo_request"),
        ),
    ],
    ids=["a fact", "a consent", "a score", "an event"],
)
def test_whatever_makes_it_true_promotes_in_the_same_transaction(
    world: World, criterion: dict[str, Any], change: Callable[[Lead], None]
) -> None:
    in_force(world, [criterion])
    lead = make_lead()

    change(lead)

    assert state_of(lead) == State.MQL


def test_what_is_written_past_the_doors_is_promoted_by_the_worker(world: World) -> None:
    in_force(world, [{"field": "score", "op": "at_least", "value": 80}])
    lead, cold = make_lead(), make_lead("Cold Fox", score=10)
    Lead.objects.filter(pk=lead.pk).update(score=90)

    promotion.run_in_turn()

    assert (state_of(lead), state_of(cold), Candidate.objects.count()) == (State.MQL, State.RAW, 0)


def test_it_goes_to_the_owner_of_the_account_else_to_the_next_in_rotation(world: World) -> None:
    in_force(world, [], receiver="account")
    make_lead("Old Fox", company="ACME", owner=world.zoe, team=world.new_york)
    known, other = make_lead("Known Fox", company="Acme"), make_lead("Other Fox", company="Elsewhere")

    promotion.run()

    assert [last(lead).owner for lead in (known, other)] == [world.zoe, world.ada]
    assert last(known).team == world.new_york


def test_a_definition_that_is_signed_later_promotes_those_who_meet_it_and_is_resumed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = [make_lead(f"Lead {number}", score=80) for number in range(5)]
    monkeypatch.setattr(promotion, "LOOKED_AT", 2)
    monkeypatch.setattr(promotion, "CHUNK", 2)
    definition = in_force(world, [{"field": "score", "op": "at_least", "value": 80}])
    turns = iter([True, True, True])
    promotion.run(lambda: next(turns, False))
    assert 0 < sum(state_of(lead) == State.MQL for lead in leads) < len(leads)

    promotion.run_in_turn()

    assert [times_promoted(lead) for lead in leads] == [1] * len(leads)
    definition.refresh_from_db()
    assert (definition.looked_to, Candidate.objects.count()) == (None, 0)


def test_who_is_killed_after_a_promotion_does_not_promote_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    in_force(world, [])
    lead = make_lead()

    class Killed(BaseException):
        pass

    def kill(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(promotion, "_later", kill)
        with pytest.raises(Killed):
            promotion.run()
    assert Candidate.objects.filter(lead=lead).exists()

    promotion.run()

    assert (times_promoted(lead), Candidate.objects.count()) == (1, 0)


def test_one_that_fails_and_one_that_is_refused_hold_up_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    leads = {name: make_lead(name) for name in ("First", "Faulty", "Refused", "Last")}
    in_force(world, [])
    promote = workflow.promote

    def promote_some(lead_id: int, **given: Any) -> Any:
        if lead_id == leads["Faulty"].pk:
            raise ValueError("It is broken.")
        if lead_id == leads["Refused"].pk:
            raise FactsRefused("Not this one.")
        return promote(lead_id, **given)

    monkeypatch.setattr(promotion, "promote", promote_some)
    promotion.run()

    assert [times_promoted(lead) for lead in leads.values()] == [1, 0, 0, 1]
    waiting = Candidate.objects.filter(due_at__gt=timezone.now() + timedelta(minutes=59)).order_by("lead_id")
    assert [mark.lead for mark in waiting] == [leads["Faulty"], leads["Refused"]]


def test_a_version_that_is_signed_meanwhile_takes_nobody_along(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = make_lead()
    in_force(world, [])
    hand_over = promotion._hand_over

    def hand_over_and_sign(*given: Any) -> str:
        words = hand_over(*given)
        in_force(world, [{"field": "score", "op": "at_least", "value": 999}])
        return words

    with monkeypatch.context() as patched:
        patched.setattr(promotion, "_hand_over", hand_over_and_sign)
        promotion.run()

    assert (state_of(lead), times_promoted(lead)) == (State.RAW, 0)


def test_a_date_that_comes_promotes_at_midnight(world: World) -> None:
    Attribute.objects.create(key="renewal", label="Renewal", type="date")
    in_force(world, [{"field": "attributes.renewal", "op": "within_next", "value": 30}])
    lead = make_lead(attributes={"renewal": (timezone.now().date() + timedelta(31)).isoformat()})
    promotion.run()
    assert state_of(lead) == State.RAW
    tomorrow = datetime.combine(timezone.now().date() + timedelta(1), datetime.min.time(), UTC)
    assert [mark.due_at for mark in Candidate.objects.all()] == [tomorrow]

    with time_machine.travel(tomorrow):
        promotion.run_in_turn()

    assert state_of(lead) == State.MQL


def test_a_lead_that_comes_back_needs_new_evidence(world: World) -> None:
    in_force(world, [])
    lead = make_lead(owner=world.ada, team=world.berlin)
    promotion.run()
    workflow.reject(lead.pk, by=world.max, reason="wrong_territory")
    workflow.recycle(lead.pk, by=world.mia, reenter_on=timezone.now().date() + timedelta(1))
    with time_machine.travel(timezone.now() + timedelta(1)):
        promotion.run()
        assert state_of(lead) == State.RAW

        visit(lead, 1)

    assert (state_of(lead), times_promoted(lead)) == (State.MQL, 2)


def test_a_buyer_who_is_not_to_be_contacted_is_not_handed_over(world: World) -> None:
    in_force(world, [])
    lead = make_lead(do_not_contact=True)

    promotion.run()

    assert state_of(lead) == State.RAW


def test_without_a_definition_that_promotes_nothing_is_marked(world: World) -> None:
    in_force(world, [], promotes=False)
    make_lead(score=80)

    promotion.run_in_turn()

    assert Candidate.objects.count() == 0


@pytest.mark.parametrize("terms", [{"promotes": False}, {"receiver": "rotation"}, {"team": "new_york"}], ids=str)
def test_an_edit_of_the_terms_voids_the_signatures(world: World, terms: dict[str, Any]) -> None:
    written = draft("mql", "Worth a call.", [], promotes=True, receiver="queue", team=world.berlin)
    sign(written.pk, by=world.nora, seen=written.digest)
    terms = {name: getattr(world, str(value), value) for name, value in terms.items()}

    edited, voided = edit(written.pk, seen="", text=written.text, criteria=[], **terms)

    assert voided
    assert edited.digest != written.digest
    with pytest.raises(FactsRefused, match="was changed after you opened it"):
        sign(written.pk, by=world.nora, seen=written.digest)


@pytest.mark.django_db(transaction=True)
def test_fifty_touchpoints_in_parallel_promote_once(world: World) -> None:
    in_force(world, THREE_IN_30_DAYS)
    lead, barrier = make_lead(), Barrier(10)

    def touch(number: int) -> None:
        try:
            if number < 10:
                barrier.wait()
            visit(lead, number)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(touch, range(50)))
    promotion.run()

    assert (Touchpoint.objects.count(), state_of(lead), times_promoted(lead)) == (50, State.MQL, 1)
    assert Handoff.objects.filter(lead=lead).count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_marked_wakes_the_promoter_whatever_went_wrong_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead, stopping = make_lead(score=10), Event()
    in_force(world, [{"field": "score", "op": "at_least", "value": 80}])
    promotion.run()
    listen(promoter.CHANNEL)
    in_threads(1, lambda: Lead.objects.filter(pk=lead.pk).update(score=90))
    assert [each.channel for each in connection.connection.notifies(timeout=20, stop_after=1)] == [promoter.CHANNEL]

    turns = iter([OperationalError("away"), ValueError("a mistake"), None])
    run_in_turn = promotion.run_in_turn

    def fail_or_run(*given: Any) -> None:
        if failure := next(turns):
            raise failure
        run_in_turn(*given)

    monkeypatch.setattr(promotion, "run_in_turn", fail_or_run)
    monkeypatch.setattr(promoter, "LONGEST", 0.0)
    monkeypatch.setattr(promoter, "sleep", lambda _: stopping.set())
    promoter.run(stopping)

    assert state_of(lead) == State.MQL
