"""The figures that are kept ready are those of the leads, whoever writes, and at every moment."""

import contextlib
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from benchmarks.plain_reports import plain_funnel
from handoff import workflow
from handoff.models import FunnelCount, FunnelDelta
from handoff.reports import attainment, rollup
from handoff.reports.funnel import By, FunnelRow, funnel
from leads.correct import correct
from leads.models import Campaign, DealState, Lead, Opportunity, State, Transition, Verb, Via
from sla.metrics import Metric
from sla.models import Clock, ClockState
from tests.handoff.reports.clocks import HOUR, NOON, make_clock
from tests.world import World, bring_to, make_lead, make_policy

MARCH, APRIL, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5))
processes = multiprocessing.get_context("fork")


def assert_exact() -> None:
    assert list(rollup.disagreements()) == []


@pytest.mark.django_db
class TestExact:
    def test_after_every_kind_of_act(self, world: World) -> None:
        spring, autumn = (Campaign.objects.create(name=name) for name in ("Spring", "Autumn"))
        leads = [
            bring_to(state, make_lead(f"Lead {state}", campaign=spring, source="google"), world)
            for state in State.values
        ]
        assert_exact()
        won = leads[State.values.index(State.OPPORTUNITY)]
        for fields in (
            {"state": DealState.WON, "amount": "12.50", "currency": "EUR"},
            {"amount": "13.50"},
            {"currency": "USD"},
            {"amount": None},
            {"amount": "1"},
        ):
            Opportunity.objects.filter(lead=won).update(closed_at=MARCH, **fields)
            assert_exact()
        for lead in leads:
            correct(lead.pk, {"campaign": autumn, "source": "friend"})
        Lead.objects.filter(pk=won.pk).update(created_at=MARCH)
        assert_exact()
        assert [(row.key, row.leads, row.won_amount) for row in funnel(By.CAMPAIGN)] == [("Autumn", 6, {"USD": "1.00"})]
        furthest = next(lead for lead in leads if lead.state == State.SQL)
        for lead in leads:
            if lead.state == State.REJECTED:
                workflow.answer(lead.pk, by=world.mia, kind="acknowledge")
            if lead.state not in (State.SQL, State.OPPORTUNITY):
                workflow.merge(lead.pk, by=world.mia, into=furthest)
                assert_exact()
        Opportunity.objects.filter(lead=won).update(state=DealState.LOST)
        make_lead("Short-lived", source="google").delete()
        assert_exact()
        assert [(row.key, row.leads, row.mql) for row in funnel(By.SOURCE)] == [("friend", 2, 2)]

    def test_a_deal_that_is_lost_after_all_or_removed(self, world: World) -> None:
        lead = bring_to(State.OPPORTUNITY, make_lead(), world)
        deals = Opportunity.objects.filter(lead=lead)
        deals.update(state=DealState.WON, closed_at=MARCH)
        deals.update(state=DealState.LOST)
        assert_exact()
        deals.update(state=DealState.WON)
        deals.delete()
        assert_exact()
        assert [(row.opportunity, row.won, row.won_amount) for row in funnel(By.SOURCE)] == [(1, 0, {})]

    def test_several_deals_of_a_lead_make_it_won_once_and_their_amounts_add_up(self, world: World) -> None:
        lead = bring_to(State.OPPORTUNITY, make_lead(), world)
        won = {"state": DealState.WON, "amount": 10, "currency": "EUR"}
        deals = [Opportunity(lead=lead, name=f"Deal {n}", **won) for n in range(3)]
        Opportunity.objects.bulk_create(deals)  # in one statement, none of which is the first one yet
        assert_exact()
        assert [(row.opportunity, row.won, row.won_amount) for row in funnel(By.SOURCE)] == [(1, 1, {"EUR": "30.00"})]
        changes: list[dict[str, Any]] = [{"currency": "USD"}, {"amount": None}, {"state": DealState.LOST}]
        for deal, change in zip(deals, changes, strict=True):
            Opportunity.objects.filter(pk=deal.pk).update(**change)
            assert_exact()
        assert [(row.won, row.won_amount) for row in funnel(By.SOURCE)] == [(1, {"USD": "10.00"})]
        Opportunity.objects.filter(lead=lead).update(state=DealState.LOST)
        assert [(row.won, row.won_amount) for row in funnel(By.SOURCE)] == [(0, {})]
        Opportunity.objects.filter(lead=lead).update(state=DealState.WON)
        Opportunity.objects.filter(lead=lead).delete()
        assert_exact()
        assert [row.won for row in funnel(By.SOURCE)] == [0]

    def test_a_deal_that_goes_to_another_lead_takes_its_amount_along(self) -> None:
        google, friend = make_lead("A", source="google"), make_lead("B", source="friend")
        won = {"state": DealState.WON, "amount": 10, "currency": "EUR"}
        moved, _ = (Opportunity.objects.create(lead=google, name=name, **won) for name in ("Moved", "Stays"))
        for lead in (friend, google):
            Opportunity.objects.filter(pk=moved.pk).update(lead=lead)
            assert_exact()
        Opportunity.objects.all().update(lead=friend)
        assert_exact()
        assert {row.key: (row.won, row.won_amount) for row in funnel(By.SOURCE)} == {
            "google": (0, {}),
            "friend": (1, {"EUR": "20.00"}),
        }

    @pytest.mark.parametrize("seed", range(6))
    def test_after_random_changes_of_deals(self, seed: int) -> None:
        rng = random.Random(seed)
        leads = [make_lead(f"Lead {n}", source=rng.choice(["google", ""])) for n in range(3)]
        for _ in range(60):
            change_a_deal(rng, [lead.pk for lead in leads])
            if rng.random() < 0.1:
                rollup.fold()
        assert_exact()
        assert funnel(By.SOURCE) == plain_funnel(By.SOURCE)

    def test_many_moves_of_one_lead_in_one_statement_count_once(self) -> None:
        lead = make_lead()
        Transition.objects.bulk_create(
            Transition(lead=lead, verb=verb, from_state=was, to_state=then, cycle=1, at=MARCH, via=Via.SYSTEM)
            for verb, was, then in (
                (Verb.PROMOTE, "raw", "mql"),
                (Verb.REJECT, "mql", "rejected"),
                (Verb.RESUBMIT, "rejected", "mql"),
            )
        )
        assert [row.mql for row in funnel(By.SOURCE)] == [1]
        assert_exact()

    def test_adding_up_changes_no_number_and_leaves_no_delta(self, world: World) -> None:
        lead = bring_to(State.OPPORTUNITY, make_lead(source="google"), world)
        Opportunity.objects.update(state=DealState.WON, closed_at=MARCH)
        for _ in range(2):
            before = funnel(By.SOURCE)
            rollup.fold()
            assert funnel(By.SOURCE) == before
            assert not FunnelDelta.objects.exists()
            assert_exact()
            correct(lead.pk, {"source": "friend"})

    def test_an_act_that_is_rolled_back_leaves_nothing(self) -> None:
        with contextlib.suppress(ZeroDivisionError), transaction.atomic():
            make_lead()
            raise ZeroDivisionError
        assert funnel(By.SOURCE) == []
        assert_exact()


@pytest.mark.django_db
class TestPeriods:
    @pytest.mark.parametrize("by", By)
    def test_any_period_equals_the_count_from_the_tables(self, by: By, world: World) -> None:
        rng = random.Random(20260301)
        campaigns = [Campaign.objects.create(name=name) for name in ("Spring", "Autumn")]
        for n in range(40):
            at = MARCH + timedelta(days=rng.randrange(-40, 80), hours=rng.randrange(24))
            lead = make_lead(f"Lead {n}", source=rng.choice(["a", ""]), campaign=rng.choice([*campaigns, None]))
            Lead.objects.filter(pk=lead.pk).update(created_at=at)
            if n % 4 == 0:
                bring_to(rng.choice(State.values), lead, world)
        Opportunity.objects.update(state=DealState.WON, closed_at=MARCH)
        rollup.fold()
        bounds = [
            None,
            MARCH,
            APRIL,
            MAY,
            MARCH - timedelta(days=3),
            MARCH + timedelta(days=9),
            APRIL + timedelta(hours=1),
        ]
        compared = 0
        for start in bounds:
            for end in bounds:
                if start is None or end is None or start < end:
                    expected = plain_funnel(by, start, end)
                    assert funnel(by, start, end) == expected
                    compared += bool(expected)
        assert compared > 20


@pytest.mark.django_db
class TestRepair:
    def spoil(self) -> list[FunnelRow]:
        make_lead(source="google", created_at=MARCH)
        expected = funnel(By.SOURCE)
        rollup.fold()
        FunnelCount.objects.update(leads=7, mql=1)
        return expected

    def test_what_is_wrong_is_found_and_mended(self) -> None:
        expected = self.spoil()
        assert list(rollup.disagreements()) == [
            "The funnel of 2026-03, campaign 0, source “google” is kept wrongly: leads +6, mql +1."
        ]
        assert rollup.repair() == 1
        assert_exact()
        assert funnel(By.SOURCE) == expected
        assert rollup.repair() == 0

    def test_by_the_commands(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.spoil()
        with pytest.raises(CommandError, match="1 disagreement"):
            call_command("rebuild_reports", "--dry-run")
        call_command("rebuild_reports")
        call_command("rebuild_reports", "--dry-run")
        assert capsys.readouterr().out.splitlines() == [
            "Corrected 1 figure of the reports.",
            "The figures of the reports are those of the leads.",
        ]


def change_a_deal(rng: random.Random, leads: list[int]) -> None:
    """Make, change, move or delete one deal, or some at once."""
    facts = {
        "state": rng.choice(DealState.values),
        "amount": rng.choice([None, 0, rng.randrange(10_000)]),
        "currency": rng.choice(["EUR", "USD", ""]),
    }
    some = Opportunity.objects.filter(pk__in=rng.sample(ids, min(2, len(ids))) if (ids := deal_ids()) else [])
    match rng.randrange(6):
        case 0 | 1:
            Opportunity.objects.create(lead_id=rng.choice(leads), name="Deal", **facts)
        case 2:
            Opportunity.objects.bulk_create(
                Opportunity(lead_id=rng.choice(leads), name="Deal", **facts) for _ in range(3)
            )
        case 3:
            some.update(**facts)
        case 4:
            some.update(lead=rng.choice(leads))
        case 5:
            some.delete()


def deal_ids() -> list[int]:
    return list(Opportunity.objects.order_by("pk").values_list("pk", flat=True))


def write_at_random(seed: int, done: Any) -> None:
    """Move leads, campaigns and clocks, also without the lead's lock, until killed."""
    rng = random.Random(seed)
    leads, campaigns = list(Lead.objects.values_list("pk", flat=True)), [*Campaign.objects.all(), None]

    def move() -> None:
        state = rng.choice([State.MQL, State.SAL, State.SQL])
        act = {"verb": Verb.PROMOTE, "from_state": State.RAW, "to_state": state, "cycle": 1, "via": Via.SYSTEM}
        Transition.objects.create(lead_id=rng.choice(leads), at=MARCH, **act)

    def correct_campaign() -> None:
        Lead.objects.filter(pk=rng.choice(leads)).update(campaign=rng.choice(campaigns))

    def capture() -> None:
        make_lead(f"New {rng.random()}", campaign=rng.choice(campaigns))

    def end_a_clock() -> None:
        took = rng.choice([timedelta(0), HOUR, rng.random() * timedelta(days=9)])
        state = ClockState.MET if took <= HOUR else ClockState.BREACHED
        ended: dict[str, Any] = {"state": state, "stopped_at": NOON + took, "elapsed": took}
        runs: dict[str, Any] = {"state": ClockState.RUNNING, "stopped_at": None, "elapsed": None}
        Clock.objects.filter(lead=rng.choice(leads)).update(**rng.choice([ended, ended, runs]))

    def change_deal() -> None:
        with transaction.atomic():  # as every door does: first the lock of the lead
            lead = Lead.objects.select_for_update(no_key=True).get(pk=rng.choice(leads[:5]))
            own = Opportunity.objects.filter(lead=lead)
            facts = {"state": rng.choice(DealState.values), "amount": rng.randrange(99), "currency": "EUR"}
            if own.count() < 3:
                Opportunity.objects.create(lead=lead, name="Deal", **facts)
            else:
                own.filter(pk__in=own.values("pk")[: rng.randrange(1, 4)]).update(**facts)

    while True:
        rng.choice([move, correct_campaign, capture, end_a_clock, change_deal])()
        done.value += 1


def fold_for_ever() -> None:
    while True:
        rollup.fold()
        time.sleep(0.005)


@contextlib.contextmanager
def process(target: Callable[..., None], *args: Any) -> Iterator[Any]:
    connections.close_all()
    child = processes.Process(target=target, args=args, daemon=True)
    child.start()
    try:
        yield child
    finally:
        child.kill()
        child.join()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_exact_while_processes_write_fold_and_are_killed(world: World) -> None:
    for name in ("Spring", "Autumn"):
        Campaign.objects.create(name=name)
    policy = make_policy(Metric.TIME_TO_ACCEPT)
    for n in range(5):
        make_clock(make_lead(f"Lead {n}"), policy)
    done, checked = processes.Value("i", 0, lock=False), 0
    for round_ in range(4):
        with (
            process(write_at_random, round_, done) as first,
            process(write_at_random, 100 + round_, done) as second,
            process(fold_for_ever) as third,
        ):
            before, deadline = done.value, time.monotonic() + 30
            while done.value < before + 30 and time.monotonic() < deadline:
                assert_exact()
                checked += 1
            for child in (first, second, third):
                os.kill(child.pid or 0, signal.SIGKILL)
        connection.close()
        assert_exact()
    assert done.value >= 120
    assert checked >= 4
    assert funnel(By.CAMPAIGN) == plain_funnel(By.CAMPAIGN)
    by, now = attainment.By.CAMPAIGN, timezone.now()
    kept, counted = (
        report(Metric.TIME_TO_ACCEPT, by, now=now) for report in (attainment.attainment, attainment.from_the_clocks)
    )
    assert kept == counted
