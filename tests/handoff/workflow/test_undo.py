"""After an act was taken back all is as if neither had happened; the history shows both."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff import workflow
from handoff.alerts import audience
from handoff.amending.rebuilding import rebuild
from handoff.ladder.sweep import sweep
from handoff.models import Delivery, DeliveryState, Destination, Dispute, Handoff, Rejection, Subscription
from handoff.refusals import FactsRefused, Refused, WrongState
from handoff.reports import rollup
from handoff.workflow import CARDS, rights
from handoff.workflow.undo import hindrance, in_words
from leads.models import Lead, Opportunity, State, TakenBack, Touch, Transition, User, Verb, Via
from sla.metrics import Metric
from sla.models import Alarm, Clock, PendingAlarm
from tests.world import (
    CONVERSION,
    FACTS,
    MONDAY,
    World,
    assert_consistent,
    bring_to,
    last,
    make_lead,
    make_policy,
)

pytestmark = pytest.mark.django_db
CALL: dict[str, Any] = {"channel": "call", "outcome": "reached"}
SALES_VERBS = {Verb.ACCEPT, Verb.REJECT, Verb.TOUCH, Verb.QUALIFY, Verb.CONVERT, Verb.UPDATE_DEAL, Verb.SNOOZE}


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


@contextmanager
def moment(minutes: float) -> Iterator[None]:
    with time_machine.travel(at(minutes), tick=False):
        yield


def take_back(act: Transition, by: User | None = None) -> Transition:
    return workflow.undo(act.lead_id, by=by or act.by, transition=act)


# What there is, without the numbers that the database gives its rows: two worlds can be compared by it.

HIDDEN = {"id", "lead_id", "updated_at", "key", "created_at", "next_attempt_at", "sent_at", "before"}


def _rows(model: Any, **named: Callable[[Any], Any]) -> list[dict[str, Any]]:
    names = [each.attname for each in model._meta.concrete_fields if each.attname not in HIDDEN | set(named)]
    return [
        {name: getattr(row, name) for name in names} | {name: name_of(row) for name, name_of in named.items()}
        for row in model.objects.order_by("pk")
    ]


def _places() -> dict[int | None, str]:
    """The acts that count, by their places in the history of their lead."""
    acts = Transition.objects.order_by("lead", "pk")
    return {None: "-"} | {act.pk: f"{number} {act.verb} at {act.at}" for number, act in enumerate(acts)}


def _key(clock: Clock) -> tuple[Any, ...]:
    return clock.metric, clock.cycle, clock.round


def _sorted(rows: list[Any]) -> list[str]:
    return sorted(map(repr, rows))


def _figures() -> dict[str, list[Any]]:
    kept = {"handoff_funnel": "month, campaign_id, source, currency, leads, mql, sal, sql, opportunity, won, amount"}
    kept["handoff_attainment"] = "metric, campaign_id, figure, bucket, n"
    rollup.fold()
    figures = {}
    with connection.cursor() as cursor:
        for table, columns in kept.items():
            is_zero = (
                "n <> 0"
                if "n" in columns.split(", ")
                else "(leads, mql, sal, sql, opportunity, won) <> (0, 0, 0, 0, 0, 0)"
            )
            cursor.execute(f"SELECT {columns} FROM {table}count WHERE {is_zero} ORDER BY 1, 2, 3, 4")  # noqa: S608
            figures[table] = cursor.fetchall()
    return figures


def _cause(message: Delivery, places: dict[int | None, str]) -> Any:
    return (*_key(message.alarm.clock), message.alarm.step_id) if message.alarm else places.get(message.transition_id)


def everything() -> dict[str, Any]:
    places = _places()
    act = {
        "started_by_id": lambda row: places.get(row.started_by_id),
        "stopped_by_id": lambda row: places.get(row.stopped_by_id),
    }
    act["excused_by_id"] = lambda row: places.get(row.excused_by_id)
    by_act = {"transition_id": lambda row: places.get(row.transition_id)}
    messages = Delivery.objects.exclude(state=DeliveryState.WITHDRAWN).select_related("alarm__clock")
    return {
        "lead": _rows(Lead),
        "clocks": _sorted(_rows(Clock, **act)),
        "waiting": _sorted([(*_key(row.clock), row.step_id, row.due_at) for row in PendingAlarm.objects.all()]),
        "alarms": _sorted([(*_key(row.clock), row.step_id, row.due_at, row.superseded) for row in Alarm.objects.all()]),
        "touches": _rows(Touch),
        "deals": _rows(Opportunity),
        "rejections": _rows(Rejection, **by_act),
        "disputes": _rows(Dispute, rejection_id=lambda row: places.get(row.rejection.transition_id)),
        "handoffs": _rows(Handoff, **by_act),
        "messages": _sorted([(each.medium, each.address, each.state, _cause(each, places)) for each in messages]),
        "figures": _figures(),
    }


@pytest.fixture
def agreed(world: World) -> World:
    """A policy of each metric, and somebody who is notified of every act."""
    owner = Destination.objects.create(name="Owner", audience="owner", medium="email")
    for metric in Metric:
        make_policy(metric, tells=[owner])
    verbs = [verb for verb in Verb if verb != Verb.UNDO]
    Subscription.objects.bulk_create([Subscription(verb=verb, destination=owner) for verb in verbs])
    return world


def who_does(verb: str, world: World, lead: Lead) -> User:
    if verb in SALES_VERBS and not (verb == Verb.REJECT and lead.state == State.RAW):
        return world.max if lead.state == State.RAW else world.ada
    if verb in (Verb.PAUSE, Verb.RESUME, Verb.OVERTURN, Verb.UPHOLD, Verb.EXCUSE, Verb.ACKNOWLEDGE, Verb.REEVALUATE):
        return world.olga
    return world.max if verb in (Verb.ASSIGN, Verb.COMMENT) else world.mia


def undoable_in(state: State) -> list[Verb]:
    return [
        verb
        for verb in Verb
        if callable(CARDS[verb].undo)
        and not CARDS[verb].is_about_clock
        and (state in CARDS[verb].states or not CARDS[verb].states)
    ]


def facts_of(verb: str) -> dict[str, Any]:
    return {"owner": "ben"} if verb in (Verb.ASSIGN, Verb.PROMOTE) else FACTS.get(verb, {})


def prepare(verb: str, lead: Lead, world: World) -> None:
    """What the verb demands besides the state."""
    if verb in (Verb.OVERTURN, Verb.UPHOLD) and lead.state == State.REJECTED:
        workflow.dispute(lead.pk, by=world.mia, argument="It fits.")
    if verb == Verb.RESUME and lead.state in rights.CLOCKED:
        workflow.pause(lead.pk, by=world.olga, cause="buyer_away")


@pytest.mark.parametrize("state", State)
def test_every_verb_that_can_be_taken_back_leaves_no_trace_but_in_the_history(agreed: World, state: State) -> None:
    """All verbs of a state in one world, as the lead is long in the making; each is rolled back."""
    lead = make_lead(team=agreed.berlin)
    with moment(0):
        bring_to(state, lead, agreed)
        if state == State.SAL:
            workflow.touch(lead.pk, by=agreed.ada, **CALL)
    assert undoable_in(state)
    for verb in undoable_in(state):
        with transaction.atomic():
            with moment(0):
                prepare(verb, lead, agreed)
            assert_no_trace(verb, Lead.objects.get(pk=lead.pk), agreed)
            transaction.set_rollback(True)


def assert_no_trace(verb: Verb, lead: Lead, world: World) -> None:
    by = who_does(verb, world, lead)
    with moment(10):
        before = everything()
        try:
            act = workflow.perform(verb, lead.pk, by=by, door=workflow.Door(), facts=facts_of(verb))
        except WrongState:
            assert lead.state not in CARDS[verb].states, verb
            return
        if act.recorded_at < at(10):
            return  # a conversion that was made already
    with moment(10.2):
        assert everything() != before or verb == Verb.COMMENT, verb
        undone = take_back(act)
        assert everything() == before, verb
        assert_consistent()
        assert (undone.verb, undone.from_state, undone.to_state) == (Verb.UNDO, act.to_state, act.from_state), verb
        assert set(TakenBack.objects.values_list("act", "undo")) == {(act.pk, undone.pk), (undone.pk, undone.pk)}, verb
        assert [row.pk for row in Transition.written.filter(lead=lead).order_by("pk")][-2:] == [act.pk, undone.pk], verb
        assert not lead.transitions.filter(pk__in=[act.pk, undone.pk]).exists(), verb


def test_an_answer_that_came_after_an_acknowledgement_gives_that_back(agreed: World) -> None:
    for verb, facts in (
        (Verb.RECYCLE, FACTS["recycle"]),
        (Verb.RESUBMIT, FACTS["resubmit"]),
        (Verb.DISPUTE, FACTS["dispute"]),
    ):
        lead = make_lead(f"Buyer {verb}", team=agreed.berlin)
        with moment(0):
            bring_to(State.REJECTED, lead, agreed)
            workflow.answer(lead.pk, by=agreed.nora, kind="acknowledge", note="Noted.")
        with moment(5):
            before = everything()
            act = workflow.perform(verb, lead.pk, by=agreed.mia, door=workflow.Door(), facts=facts)
            take_back(act)
            assert everything() == before
            assert lead.rejections.get().answer_note == "Noted."


def test_a_breach_that_was_excused_and_an_alarm_that_was_acknowledged(agreed: World) -> None:
    lead = make_lead(team=agreed.berlin)
    with moment(0):
        workflow.promote(lead.pk, by=agreed.mia, owner=agreed.ada)
    sweep(at(50))
    with moment(51):
        before = everything()
        alarm = Alarm.objects.order_by("pk")[0]
        act = workflow.acknowledge(lead.pk, by=agreed.ada, alarm=alarm)
        assert everything() != before
        take_back(act)
        assert everything() == before
    sweep(at(61))
    with moment(62):
        before = everything()
        assert Delivery.objects.filter(alarm__step__percent=100, state=DeliveryState.PENDING).count() == 2
        clock = Clock.objects.get(metric=Metric.TIME_TO_ACCEPT)
        act = workflow.excuse(lead.pk, by=agreed.olga, clock=clock, reason="An outage.")
        assert Delivery.objects.filter(state=DeliveryState.WITHDRAWN).exists()
        take_back(act)
        assert everything() == before  # what the excuse had withdrawn is sent after all
        assert_consistent()


def test_a_second_deal_and_a_change_of_one(agreed: World) -> None:
    lead = make_lead(team=agreed.berlin)
    with moment(0):
        bring_to(State.OPPORTUNITY, lead, agreed)
        deal = lead.deals.get()
    with moment(1):
        before = everything()
        won = workflow.update_deal(lead.pk, by=agreed.ada, deal=deal, state="won", amount="9.50")
        assert everything()["figures"] != before["figures"]
        take_back(won)
        assert everything() == before
        again = workflow.update_deal(lead.pk, by=agreed.ada, deal=deal, state="lost", lost_reason="Price.")
        assert again.facts["amount"] == "1200.00"
        assert_consistent()


def test_a_conversion_that_was_taken_back_can_be_made_again(agreed: World) -> None:
    lead = make_lead(team=agreed.berlin)
    with moment(0):
        bring_to(State.SQL, lead, agreed)
        first = workflow.convert(lead.pk, by=agreed.ada, **CONVERSION)
        take_back(first)
        second = workflow.convert(lead.pk, by=agreed.ada, **CONVERSION)
        assert second.pk != first.pk
        assert workflow.convert(lead.pk, by=agreed.ada, **CONVERSION).pk == second.pk
        assert_consistent()


def test_a_stage_that_is_reached_again_counts_once(agreed: World) -> None:
    lead = make_lead(team=agreed.berlin)
    with moment(0):
        bring_to(State.MQL, lead, agreed)
        for _ in range(3):
            take_back(workflow.accept(lead.pk, by=agreed.ada))
        workflow.accept(lead.pk, by=agreed.ada)
        (row,) = _figures()["handoff_funnel"]
        assert row[4:9] == (1, 1, 1, 0, 0)
        assert_consistent()


def test_one_act_after_the_other_can_be_taken_back(agreed: World) -> None:
    lead = make_lead(team=agreed.berlin)
    with moment(0):
        bring_to(State.MQL, lead, agreed)
        before = everything()
        accepted = workflow.accept(lead.pk, by=agreed.ada)
        touched = workflow.touch(lead.pk, by=agreed.ada, **CALL)
        with pytest.raises(WrongState, match="Ada logged a touch with it since"):
            take_back(accepted)
        take_back(touched)
        take_back(accepted)
        assert everything() == before


def test_due_times_and_waiting_alarms_are_those_of_before_and_fire_when_they_were_due(agreed: World) -> None:
    lead = make_lead(team=agreed.berlin)
    with moment(0):
        bring_to(State.MQL, lead, agreed)
        waiting = set(PendingAlarm.objects.values_list("clock", "step", "due_at"))
    with moment(44.9):
        act = workflow.accept(lead.pk, by=agreed.ada)
    with moment(45.2):  # the warning of the clock that was stopped has fallen due meanwhile
        take_back(act)
        assert set(PendingAlarm.objects.values_list("clock", "step", "due_at")) == waiting
        assert sweep(at(45.2)) == 2
        assert {alarm.due_at for alarm in Alarm.objects.all()} == {at(45)}
        assert list(rebuild(dry_run=True)) == []
        assert_consistent()


def test_an_alarm_that_fired_stays_fired_and_its_clock_counts_as_cancelled(world: World) -> None:
    owner = Destination.objects.create(name="Owner", audience="owner", medium="email")
    make_policy(Metric.TIME_TO_QUALIFY, 20, steps=[(50, 0), (100, 0)], tells=[owner])
    lead = make_lead(team=world.berlin)
    with moment(0):
        bring_to(State.MQL, lead, world)
        act = workflow.accept(lead.pk, by=world.ada)
    sweep(at(0.5))
    with moment(0.6):
        fired = set(Alarm.objects.values_list("pk", flat=True))
        assert len(fired) == 2
        undone = take_back(act)
        clock = Clock.objects.get()
        assert (clock.state, clock.stopped_by_id, clock.pending.count()) == ("cancelled", undone.pk, 0)
        assert set(Alarm.objects.values_list("pk", flat=True)) == fired
        assert set(Delivery.objects.filter(alarm__isnull=False).values_list("state", flat=True)) == {"withdrawn"}
        assert_consistent()
        assert list(rebuild(dry_run=True)) == []
        workflow.accept(lead.pk, by=world.ada)
        assert_consistent()


# What is refused, and in which words.


@pytest.fixture
def accepted(agreed: World) -> Transition:
    lead = make_lead(team=agreed.berlin)
    with moment(0):
        bring_to(State.MQL, lead, agreed)
        return workflow.accept(lead.pk, by=agreed.ada)


def refusal(act: Transition, by: User) -> str:
    before = everything()
    with pytest.raises(Refused) as caught, transaction.atomic():
        take_back(act, by)
    assert everything() == before
    return caught.value.message


def test_it_is_done_within_a_minute(agreed: World, accepted: Transition) -> None:
    with moment(1.02):
        assert refusal(accepted, agreed.ada).startswith("This cannot be taken back: it was more than a minute ago.")
    with moment(0.99):
        take_back(accepted)


def test_whoever_did_it_may_and_revops(agreed: World, accepted: Transition) -> None:
    with moment(0.1):
        for other in (agreed.ben, agreed.max, agreed.mia):
            assert refusal(accepted, other) == "You may not take this back: Ada, who did it, may, and RevOps."
        assert hindrance(accepted, agreed.ada, at(0.1)) == hindrance(accepted, agreed.olga, at(0.1)) == ""
        assert hindrance(accepted, None, at(0.1)) == "Ada, who did it, may, and RevOps."
        take_back(accepted, agreed.olga)


def test_twice_is_refused_and_so_is_taking_back_the_undo(agreed: World, accepted: Transition) -> None:
    with moment(0.1):
        undone = take_back(accepted)
        assert refusal(accepted, agreed.ada) == "This cannot be taken back: it was taken back already."
        assert refusal(undone, agreed.ada) == "This cannot be taken back: do it again instead."


def test_whatever_came_since_is_named(agreed: World, accepted: Transition) -> None:
    with moment(0.1):
        workflow.comment(accepted.lead_id, by=agreed.ben, text="Fine.")
        assert hindrance(accepted, agreed.ada, at(0.1)) == "Ben commented on it since."
        assert refusal(accepted, agreed.ada).endswith("Ben commented on it since.")


def test_a_merge_since_is_named(agreed: World, accepted: Transition) -> None:
    with moment(0.1):
        twin = make_lead("Dana Twin")
        workflow.merge(twin.pk, by=agreed.mia, into=accepted.lead_id)
        assert refusal(accepted, agreed.ada).endswith("was merged into it since.")


def test_what_a_merge_brought_along_is_not_taken_back_without_the_merge(agreed: World) -> None:
    gone, stays = (bring_to(State.SAL, make_lead(name), agreed) for name in ("Twin Gone", "Twin Stays"))
    workflow.touch(gone.pk, by=agreed.ada, **CALL)
    workflow.merge(gone.pk, by=agreed.olga, into=stays.pk)
    along = stays.transitions.get(verb=Verb.TOUCH)
    assert along.by == agreed.ada
    assert "it is part of another act" in refusal(along, agreed.ada)


def test_what_an_import_or_the_system_did_is_not_taken_back(agreed: World) -> None:
    lead = make_lead(team=agreed.berlin)
    with moment(0):
        by_system = workflow.promote(lead.pk, by=None, owner=agreed.ada)
        assert refusal(by_system, agreed.olga) == "This cannot be taken back: Handoff did it by itself."
        imported = workflow.touch(lead.pk, by=agreed.ada, door=workflow.Door(via=Via.IMPORT), **CALL)
        assert "an import, which is undone as a whole" in refusal(imported, agreed.ada)


def test_an_act_of_an_earlier_version_is_not_taken_back(agreed: World, accepted: Transition) -> None:
    with moment(0.1), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE leads_transition DISABLE TRIGGER leads_transition_append_only")
        cursor.execute("UPDATE leads_transition SET before = NULL")
        cursor.execute("ALTER TABLE leads_transition ENABLE TRIGGER leads_transition_append_only")
        assert "an earlier version" in refusal(accepted, agreed.ada)


def test_an_act_of_another_lead_is_none_of_this_one(agreed: World, accepted: Transition) -> None:
    with moment(0.1):
        other = make_lead("Other", team=agreed.berlin, owner=agreed.ada)
        with pytest.raises(FactsRefused, match=f"This lead has no act {accepted.pk}"):
            workflow.undo(other.pk, by=agreed.ada, transition=accepted)


def test_each_verb_says_how_it_is_taken_back_or_why_it_is_not() -> None:
    not_undone = {verb for verb, card in CARDS.items() if isinstance(card.undo, str)}
    assert not_undone == {Verb.MERGE, Verb.UNMERGE, Verb.REEVALUATE, Verb.UNDO}


def test_the_database_lets_nobody_take_back_in_silence(agreed: World, accepted: Transition) -> None:
    with moment(0.1):
        undone = take_back(accepted)
    for statement in ("DELETE FROM leads_takenback", "UPDATE leads_takenback SET undo_id = act_id"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    again = {
        each.attname: getattr(undone, each.attname) for each in Transition._meta.concrete_fields if not each.primary_key
    }
    with pytest.raises(DatabaseError), transaction.atomic():
        Transition(**again).save(force_insert=True)


# Messages.


def test_what_waits_is_withheld_and_the_answer_says_what_was_sent(agreed: World) -> None:
    lead = make_lead(team=agreed.berlin)
    with moment(0):
        act = workflow.promote(lead.pk, by=agreed.mia, owner=agreed.ada)
        (message,) = Delivery.objects.filter(transition=act)
        undone = take_back(act)
        message.refresh_from_db()
        assert message.state == DeliveryState.WITHDRAWN
        assert in_words(undone) == "1 message was withheld."
        act = workflow.promote(lead.pk, by=agreed.mia, owner=agreed.ada)
        Delivery.objects.filter(transition=act).update(state="sent", sent_at=at(0), attempts=1)
        undone = take_back(act)
        assert in_words(undone) == "1 message had been sent already."
        assert undone.facts == {"transition": act.pk, "act": "promote", "sent": 1}


def test_whoever_subscribed_to_it_is_notified_of_the_undo(agreed: World, accepted: Transition) -> None:
    Subscription.objects.create(verb=Verb.UNDO, destination=Destination.objects.get())
    with moment(0.1):
        undone = take_back(accepted)
    assert Delivery.objects.filter(transition=undone, recipient=agreed.ada).exists()
    assert audience  # the rule of recipients is that of every act


# At once, and killed.


def at_once(*things: Callable[[], Any]) -> list[Any]:
    outcomes: list[Any] = [None] * len(things)
    barrier = threading.Barrier(len(things))

    def run(number: int) -> None:
        try:
            barrier.wait(10)
            outcomes[number] = things[number]()
        except Refused as refused:
            outcomes[number] = refused
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(things))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_back_at_once_one_does(agreed: World) -> None:
    lead = bring_to(State.MQL, make_lead(team=agreed.berlin), agreed)
    act = workflow.accept(lead.pk, by=agreed.ada)
    outcomes = at_once(*(partial(take_back, act, by) for by in (agreed.ada, agreed.olga, agreed.ada)))
    done = [each for each in outcomes if isinstance(each, Transition)]
    refused = [each for each in outcomes if isinstance(each, WrongState)]
    assert (len(done), len(refused)) == (1, 2)
    assert all("taken back already" in each.message for each in refused)
    assert_consistent()


@pytest.mark.django_db(transaction=True)
def test_of_an_undo_and_another_verb_at_once_either_is_first(agreed: World) -> None:
    lead = bring_to(State.MQL, make_lead(team=agreed.berlin), agreed)
    for _ in range(4):
        act = workflow.accept(lead.pk, by=agreed.ada)
        undone, touched = at_once(partial(take_back, act), lambda: workflow.touch(lead.pk, by=agreed.ada, **CALL))
        if isinstance(undone, Refused):
            assert "logged a touch with it since" in undone.message
            take_back(touched)
            take_back(act)
        else:
            assert isinstance(touched, Transition)
            assert touched.from_state == State.MQL
        assert_consistent()


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_it_has_done_nothing(agreed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = bring_to(State.MQL, make_lead(team=agreed.berlin), agreed)
    act = workflow.accept(lead.pk, by=agreed.ada)
    before = everything()

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("handoff.alerts.send_after_all", die)
        with pytest.raises(KeyboardInterrupt):
            take_back(act)
    assert everything() == before
    assert not TakenBack.objects.exists()
    take_back(act)
    assert_consistent()


# Two worlds: the same life, in one of them with acts that were taken back.

VERBS = [verb for verb in Verb if callable(CARDS[verb].undo)]
steps = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 50), st.booleans(), st.one_of(st.none(), st.integers(0, 200))),
    max_size=14,
)


def about_a_clock(verb: str, lead: Lead, draw: int) -> dict[str, Any]:
    if verb == Verb.EXCUSE and (clocks := list(lead.clocks.order_by("metric", "cycle", "round"))):
        return {"clock": clocks[draw % len(clocks)], "reason": "An outage."}
    if verb == Verb.ACKNOWLEDGE:
        alarms = Alarm.objects.filter(clock__lead=lead).order_by("due_at", "clock__metric", "clock__round", "step")
        return {"alarm": alarms[draw % len(alarms)]} if alarms else {}
    if verb == Verb.TOUCH:
        return {"at": at(-(draw % 7)), "automatic": draw % 5 == 0}
    return {"until": at(100_000)} if verb == Verb.PAUSE and draw % 2 else {}


def do(lead: Lead, world: World, draw: int) -> Transition | None:
    lead.refresh_from_db()
    applying = [verb for verb in VERBS if rights.applies(verb, lead, datetime.now(MONDAY.tzinfo))]
    verb = applying[draw % len(applying)]
    facts = facts_of(verb) | about_a_clock(verb, lead, draw)
    by = who_does(verb, world, lead) if verb not in SALES_VERBS or lead.state == State.RAW else world.max
    with suppress(Refused), transaction.atomic():
        return workflow.perform(verb, lead.pk, by=by, door=workflow.Door(), facts=facts)
    return None


def live(world: World, life: list[Any], *, with_undos: bool) -> dict[str, Any]:
    """Live, and say what there is in the end. The life is undone afterwards."""
    with transaction.atomic():
        lead = make_lead(team=world.berlin, created_at=at(-60), entered_at=at(-60))
        minute = 0
        for draw, minutes, sweeps, slip in life:
            minute += minutes
            with moment(minute):
                if sweeps:
                    sweep(at(minute))
                if with_undos and slip is not None and (slipped := do(lead, world, slip)):
                    take_back(slipped)
                do(lead, world, draw)
        with moment(minute + 500):
            assert_consistent()
            sweep(at(minute + 500))
            assert_consistent()
            assert list(rebuild(dry_run=True)) == []
            end = everything()
        transaction.set_rollback(True)
    return end


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=steps)
def test_a_life_with_slips_that_were_taken_back_ends_as_the_life_without(agreed: World, life: Any) -> None:
    assert live(agreed, life, with_undos=True) == live(agreed, life, with_undos=False)


@pytest.mark.parametrize("seed", range(6))
def test_the_same_for_some_lives(agreed: World, seed: int) -> None:
    rng = random.Random(seed)
    life = [
        (rng.randint(0, 200), rng.randint(1, 50), rng.random() < 0.5, rng.choice([None, rng.randint(0, 200)]))
        for _ in range(rng.randint(4, 14))
    ]
    assert live(agreed, life, with_undos=True) == live(agreed, life, with_undos=False)


def test_the_history_keeps_both(agreed: World, accepted: Transition) -> None:
    with moment(0.1):
        take_back(accepted)
    written = Transition.written.filter(lead=accepted.lead_id).order_by("pk")
    assert [act.verb for act in written] == ["promote", "accept", "undo"]
    assert last(accepted.lead).verb == Verb.PROMOTE


def test_a_detail_that_was_corrected_with_the_act_is_as_it_was(world: World) -> None:
    lead = make_lead(phone="+493012345678")
    with moment(0):
        bring_to(State.MQL, lead, world)
        workflow.reject(lead.pk, by=world.ada, reason="bad_contact_data", wrong_field="phone")
        lead.refresh_from_db()
        provenance = lead.provenance
        act = workflow.resubmit(lead.pk, by=world.mia, fixed="Asked the buyer.", corrected="+493087654321")
        take_back(act)
    lead.refresh_from_db()
    assert (lead.state, lead.phone, lead.provenance) == (State.REJECTED, "+493012345678", provenance)
    assert_consistent()
