"""The past in bulk is what the verbs write one by one: the same history, records, clocks and figures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from django.db import connection, transaction
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff import workflow
from handoff.agreement.packet import snapshot, snapshots
from handoff.doors import Door
from handoff.models import Delivery, Handoff, Rejection
from handoff.reports.attainment import By, attainment
from handoff.workflow.backfill import Clocks, PastAct, lock_many, record
from leads.models import (
    Channel,
    Lead,
    Opportunity,
    Outcome,
    Reason,
    State,
    Touch,
    Touchpoint,
    Transition,
    User,
    Verb,
    Via,
)
from sla.metrics import Metric
from sla.models import Alarm, Clock, ClockState, PendingAlarm
from tests.world import OFFICE, World, assert_consistent, make_calendar, make_lead, make_policy

pytestmark = pytest.mark.django_db
START = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)  # a Monday
PAST = Door(via=Via.IMPORT, historical=True)
LIVE = Door(via=Via.IMPORT)


class Step(NamedTuple):
    """Something that is done some hours after what was done before."""

    verb: Verb
    hours: int
    automatic: bool = False
    inbound: bool = False


NEXT: Mapping[str, Sequence[Verb]] = {
    State.RAW: (Verb.PROMOTE, Verb.ASSIGN, Verb.REJECT, Verb.TOUCH),
    State.MQL: (Verb.ACCEPT, Verb.ACCEPT, Verb.REJECT, Verb.TOUCH),
    State.SAL: (Verb.QUALIFY, Verb.QUALIFY, Verb.REJECT, Verb.TOUCH),
    State.SQL: (Verb.CONVERT, Verb.CONVERT, Verb.REJECT, Verb.TOUCH),
    State.OPPORTUNITY: (Verb.TOUCH,),
    State.REJECTED: (Verb.RECYCLE, Verb.TOUCH),
}
LEADS_TO = {
    Verb.PROMOTE: State.MQL,
    Verb.ACCEPT: State.SAL,
    Verb.QUALIFY: State.SQL,
    Verb.CONVERT: State.OPPORTUNITY,
    Verb.REJECT: State.REJECTED,
    Verb.RECYCLE: State.RAW,
}


@st.composite
def lives(draw: Any) -> list[Step]:
    """Acts that can follow on each other."""
    state, life = str(State.RAW), []
    for _ in range(draw(st.integers(1, 9))):
        verb = draw(st.sampled_from(NEXT[state]))
        is_automatic, is_inbound = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
        is_touch = verb == Verb.TOUCH
        life.append(Step(verb, draw(st.integers(0, 60)), is_touch and is_automatic, is_touch and is_inbound))
        state = LEADS_TO.get(verb, state)
    return life


def facts_of(step: Step, owner: User, at: datetime) -> dict[str, Any]:
    match step.verb:
        case Verb.PROMOTE | Verb.ASSIGN:
            return {"owner": owner, "team": None}
        case Verb.REJECT:
            return {"reason": Reason.objects.get(code="unresponsive"), "note": "", "retry_on": None, "wrong_field": ""}
        case Verb.RECYCLE:
            return {"reenter_on": at.date(), "note": ""}
        case Verb.TOUCH:
            kind = {"channel": Channel.CALL.value, "outcome": Outcome.REACHED.value}
            return {**kind, "note": "Hi", "automatic": step.automatic, "inbound": step.inbound}
    return {}


def moments(life: Sequence[Step]) -> list[datetime]:
    at, all_of_them = START, []
    for step in life:
        at += timedelta(hours=step.hours)
        all_of_them.append(at)
    return all_of_them


DEAL = {"name": "Deal", "amount": None, "currency": "", "expected_close": None}


def by_verbs(lead: Lead, life: Sequence[Step], owner: User, door: Door) -> None:
    for step, at in zip(life, moments(life), strict=True):
        facts = DEAL if step.verb == Verb.CONVERT else facts_of(step, owner, at)
        workflow.VERBS[step.verb](lead.pk, by=None, door=door, at=at, **facts)


@transaction.atomic
def in_bulk(lead: Lead, life: Sequence[Step], owner: User, clocks: Clocks = Clocks.NONE) -> None:
    [locked] = lock_many([lead.pk]).values()
    acts = []
    for step, at in zip(life, moments(life), strict=True):
        facts = facts_of(step, owner, at)
        deal = Opportunity(lead=locked, **DEAL) if step.verb == Verb.CONVERT else None
        given_at = {"at": at} if step.verb == Verb.TOUCH else {}
        acts.append(PastAct(verb=step.verb, at=at, facts=facts | given_at, deal=deal))
    record([(locked, acts)], door=PAST, clocks=clocks)


def new_lead(name: str) -> Lead:
    return make_lead(name, created_at=START, entered_at=START)


OWN = ("id", "lead", "name", "email", "transition", "packet", "historical")


def kept(lead: Lead) -> list[list[dict[str, Any]]]:
    """All that is stored of a lead's life, without what is its own anyhow."""
    lead = Lead.objects.get(pk=lead.pk)
    acts = list(lead.transitions.order_by("id"))
    for act in acts:
        act.facts.pop("deal", None)
    of_lead: list[Iterable[Any]] = [
        [lead],
        acts,
        Handoff.objects.filter(lead=lead).order_by("cycle"),
        Rejection.objects.filter(lead=lead).order_by("id"),
        Touch.objects.filter(lead=lead).order_by("id"),
        Opportunity.objects.filter(lead=lead),
    ]
    return [[_plain(row) for row in rows] for rows in of_lead]


def _plain(row: Any) -> dict[str, Any]:
    return {name: value for name, value in model_to_dict(row).items() if name not in (*OWN, "recorded_at")}


def clocks_of(lead: Lead) -> list[tuple[Any, ...]]:
    names = ("metric", "cycle", "round", "policy", "calendar", "owner", "team", "started_at", "due_at", "stopped_at")
    rows = Clock.objects.filter(lead=lead).order_by("metric", "started_at", "round")
    return list(rows.values_list(*names, "state", "elapsed", "target_seconds", "error"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=lives())
def test_in_bulk_it_is_what_the_verbs_write(life: Sequence[Step], world: World) -> None:
    with undone():
        verbs, bulk = new_lead("By Verbs"), new_lead("In Bulk")
        by_verbs(verbs, life, world.ada, PAST)
        in_bulk(bulk, life, world.ada)
        assert kept(bulk) == kept(verbs)
        assert not Clock.objects.exists()
        assert_consistent()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=lives())
def test_clocks_that_run_are_ended_as_the_verbs_end_them(life: Sequence[Step], world: World) -> None:
    with undone():
        for metric in Metric.values:
            make_policy(metric, calendar=make_calendar("office", OFFICE))
        way = [Step(Verb.PROMOTE, 0), *(step for step in life if step.verb not in (Verb.PROMOTE, Verb.ASSIGN))]
        way = way[: next((n for n, step in enumerate(way) if step.verb == Verb.RECYCLE), len(way))]
        if not can_follow(way):
            return
        leads = new_lead("By Verbs"), new_lead("In Bulk")
        for lead in leads:
            by_verbs(lead, way[:1], world.ada, LIVE)
        rest = [way[1]._replace(hours=way[0].hours + way[1].hours), *way[2:]] if way[1:] else []
        by_verbs(leads[0], rest, world.ada, PAST)
        in_bulk(leads[1], rest, world.ada)
        assert clocks_of(leads[1]) == clocks_of(leads[0])
        assert_consistent()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=lives())
def test_measured_at_its_true_moments_the_past_has_the_clocks_of_the_present(
    life: Sequence[Step], world: World
) -> None:
    """By the verbs at the same moments, one after the other, as if all of it had been done here."""
    if not is_measurable(life):
        return
    with undone():
        for metric in Metric.values:
            make_policy(metric, 5 * 3600, calendar=make_calendar("office", OFFICE))
        verbs, bulk = new_lead("By Verbs"), new_lead("In Bulk")
        by_verbs(verbs, life, world.ada, LIVE)
        in_bulk(bulk, life, world.ada, Clocks.TRUE)
        not_kept = ("time_to_answer", "time_to_decide")
        expected = [clock for clock in clocks_of(verbs) if clock[0] not in not_kept]
        assert clocks_of(bulk) == expected
        Delivery.objects.all().delete()
        assert_consistent()


def can_follow(way: Sequence[Step]) -> bool:
    state = str(State.RAW)
    for step in way:
        if step.verb not in NEXT[state]:
            return False
        state = LEADS_TO.get(step.verb, state)
    return True


def is_measurable(life: Sequence[Step]) -> bool:
    """The verbs of today ask for evidence, which a life of the past need not have; and it ends with sales."""
    state, touched = str(State.RAW), False
    for step in life:
        touched = (touched and step.verb != Verb.PROMOTE) or (step.verb == Verb.TOUCH and not step.automatic)
        if step.verb in (Verb.REJECT, Verb.RECYCLE) or (step.verb == Verb.QUALIFY and not touched):
            return False
        state = LEADS_TO.get(step.verb, state)
    return state != State.OPPORTUNITY and Verb.CONVERT not in {step.verb for step in life}


class undone:  # noqa: N801 - reads like a keyword
    """Take all back at the end: each example begins with the same world."""

    def __enter__(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def __exit__(self, *error: Any) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)


class TestClocks:
    WAY = (Step(Verb.PROMOTE, 0), Step(Verb.ACCEPT, 30), Step(Verb.TOUCH, 1), Step(Verb.QUALIFY, 1))

    @pytest.fixture
    def lead(self, world: World) -> Lead:  # noqa: ARG002
        for metric in Metric.values:
            make_policy(metric, 8 * 3600)
        return new_lead("Dana Fox")

    def test_without_a_word_none_runs(self, lead: Lead, world: World) -> None:
        in_bulk(lead, self.WAY, world.ada)
        assert not Clock.objects.exists()

    def test_at_true_moments_what_was_late_is_a_breach_and_nobody_is_notified(self, lead: Lead, world: World) -> None:
        in_bulk(lead, self.WAY, world.ada, Clocks.TRUE)
        accept = Clock.objects.get(metric=Metric.TIME_TO_ACCEPT)
        assert (accept.state, accept.elapsed, accept.owner) == (ClockState.BREACHED, timedelta(hours=30), world.ada)
        running = Clock.objects.get(metric=Metric.TIME_TO_CONVERT)
        assert (running.stopped_at, running.breached_at()) == (None, START + timedelta(hours=40))
        assert {alarm.superseded for alarm in Alarm.objects.all()} == {True}
        assert not PendingAlarm.objects.exists()
        assert not Delivery.objects.exists()
        [row] = attainment(Metric.TIME_TO_ACCEPT, By.OWNER)
        assert (row.key, row.met, row.breached) == ("ada", 0, 1)
        assert_consistent()

    def test_from_the_import_only_the_present_stage_is_on_the_clock(self, lead: Lead, world: World) -> None:
        in_bulk(lead, self.WAY, world.ada, Clocks.IMPORT)
        now = Transition.objects.get(verb=Verb.REEVALUATE).at
        running = {clock.metric: clock.started_at for clock in Clock.objects.all()}
        assert running == dict.fromkeys((Metric.TIME_TO_CONVERT, Metric.TIME_TO_NEXT_TOUCH), now)
        assert PendingAlarm.objects.count() == 4
        assert not Alarm.objects.exists()
        assert_consistent()

    def test_what_nobody_dated_is_not_measured(self, lead: Lead) -> None:
        [locked] = lock_many([lead.pk]).values()
        acts = [
            PastAct(verb=Verb.PROMOTE, at=START),
            PastAct(verb=Verb.ACCEPT, at=START + timedelta(hours=9), is_guessed=True),
            PastAct(verb=Verb.QUALIFY, at=START + timedelta(hours=9)),
        ]
        record([(locked, acts)], door=PAST, clocks=Clocks.TRUE)
        assert set(Clock.objects.values_list("metric", flat=True)) == {
            Metric.SPEED_TO_LEAD,
            Metric.TIME_TO_CONVERT,
        }
        assert_consistent()

    def test_a_touch_that_comes_later_stops_what_waits_for_it(self, lead: Lead, world: World) -> None:
        in_bulk(lead, self.WAY[:2], world.ada, Clocks.TRUE)
        in_bulk(lead, [Step(Verb.TOUCH, 31)], world.ada, Clocks.TRUE)
        touch = Clock.objects.get(metric=Metric.TIME_TO_TOUCH)
        assert (touch.state, touch.elapsed) == (ClockState.MET, timedelta(hours=1))
        speed = Clock.objects.get(metric=Metric.SPEED_TO_LEAD)
        assert (speed.state, speed.elapsed) == (ClockState.BREACHED, timedelta(hours=31))
        assert Clock.objects.filter(metric=Metric.TIME_TO_NEXT_TOUCH, stopped_at=None).exists()
        assert_consistent()


def test_the_statements_do_not_grow_with_the_leads(
    world: World, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    leads = [new_lead(f"Lead {n}") for n in range(20)]
    with transaction.atomic():
        locked = lock_many([lead.pk for lead in leads])
        promoted = [(lead, [PastAct(verb=Verb.PROMOTE, at=START)]) for lead in locked.values()]
        with django_assert_max_num_queries(12):
            record(promoted, door=PAST)


def test_the_packets_of_many_hold_what_that_of_one_does(world: World) -> None:
    leads = [make_lead(f"Buyer {number}") for number in range(3)]
    for lead in leads[:2]:
        Touchpoint.objects.bulk_create(
            Touchpoint(lead=lead, kind="page_visit", at=START + timedelta(hours=n % 40), detail=str(n))
            for n in range(60)
        )
    with CaptureQueriesContext(connection) as queries:
        packets = snapshots(leads)
    assert packets == {lead.pk: snapshot(lead) for lead in leads}
    assert "ROW_NUMBER" in queries[0]["sql"]
