"""Attainment: every clock is counted once, for what became of it."""

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from handoff import workflow
from handoff.reports.attainment import AttainmentRow, By, attainment
from leads.models import Campaign, State, Verb
from sla.metrics import Metric
from sla.models import Clock, ClockState, Policy
from tests.handoff.reports.clocks import HOUR, NOON, act_on, make_clock, stopped
from tests.world import OFFICE, World, bring_to, make_calendar, make_lead, make_policy

pytestmark = pytest.mark.django_db
METRIC = Metric.TIME_TO_ACCEPT
LATER = NOON + timedelta(days=30)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def policy(db: None) -> Policy:
    return make_policy(METRIC, key="accept", name="Accept within an hour")


def counts(row: AttainmentRow) -> Sequence[int]:
    """Met, breached, excused, cancelled, running, overdue."""
    return (row.met, row.breached, row.excused, row.cancelled, row.running, row.overdue)


def shares(row: AttainmentRow) -> Sequence[float | None]:
    return (row.attainment, row.attainment_incl_excused)


class TestCounting:
    def test_every_clock_is_in_one_place(self, policy: Policy) -> None:
        lead = make_lead()
        for minutes in (10, 60, 90):
            stopped(lead, policy, minutes * MINUTE)
        stopped(lead, policy, 90 * MINUTE, excused_by=act_on(lead, Verb.EXCUSE, NOON))
        stopped(lead, policy, 30 * MINUTE, state=ClockState.CANCELLED)
        make_clock(make_lead("In time"), policy, due=90 * timedelta(days=1))
        make_clock(make_lead("Overdue"), policy)
        make_clock(make_lead("Both"), policy, excused_by=act_on(lead, Verb.EXCUSE, NOON))

        [row] = attainment(METRIC, By.CAMPAIGN, now=LATER)

        assert counts(row) == (2, 2, 2, 1, 1, 2)
        assert shares(row) == (2 / 4, 2 / 6)

    def test_running_and_overdue_counts_as_breached_before_anybody_has_noticed(self, policy: Policy) -> None:
        make_clock(make_lead(), policy)
        due_at = NOON + HOUR
        [before], [after] = (attainment(METRIC, By.TEAM, now=at) for at in (due_at, due_at + timedelta(microseconds=1)))
        assert counts(before) == (0, 0, 0, 0, 1, 0)
        assert counts(after) == (0, 1, 0, 0, 0, 1)

    def test_division_by_nothing_is_nothing(self, policy: Policy) -> None:
        stopped(make_lead(), policy, HOUR, state=ClockState.CANCELLED)
        make_clock(make_lead("Dan"), policy)
        [row] = attainment(METRIC, By.TEAM, now=NOON)
        assert shares(row) == (None, None)
        assert (row.median_business, row.p90_business, row.median_wall, row.p90_wall) == (None,) * 4

    def test_all_excused_leaves_nothing_to_divide_but_is_0_before_excuses(self, policy: Policy) -> None:
        lead = make_lead()
        stopped(lead, policy, 2 * HOUR, excused_by=act_on(lead, Verb.EXCUSE, NOON))
        [row] = attainment(METRIC, By.TEAM, now=LATER)
        assert shares(row) == (None, 0)

    def test_other_metrics_are_left_out(self, policy: Policy) -> None:
        stopped(make_lead(), policy, HOUR)
        assert attainment(Metric.TIME_TO_TOUCH, By.TEAM) == []


class TestTimes:
    def test_median_and_p90_lie_between_the_two_values_next_to_them(self, policy: Policy) -> None:
        lead = make_lead()
        for minutes in (10, 20, 30, 120):
            stopped(lead, policy, minutes * MINUTE, business=minutes * MINUTE / 2)
        [row] = attainment(METRIC, By.TEAM, now=LATER)
        assert (row.median_wall, row.median_business) == (25 * 60, 25 * 30)
        assert row.p90_wall == pytest.approx(93 * 60)
        assert row.p90_business == pytest.approx(93 * 30)

    def test_cancelled_clocks_took_no_time_and_excused_ones_did(self, policy: Policy) -> None:
        lead = make_lead()
        stopped(lead, policy, 50 * HOUR, state=ClockState.CANCELLED)
        stopped(lead, policy, 2 * HOUR, excused_by=act_on(lead, Verb.EXCUSE, NOON))
        [row] = attainment(METRIC, By.TEAM, now=LATER)
        assert (row.median_wall, row.median_business) == (7200, 7200)

    def test_what_was_never_timed_is_left_out_and_told(self, policy: Policy) -> None:
        lead = make_lead()
        stopped(lead, policy, 10 * MINUTE)
        Clock.objects.filter(pk=stopped(lead, policy, 30 * MINUTE).pk).update(elapsed=None)
        [row] = attainment(METRIC, By.TEAM, now=LATER)
        assert (row.untimed, row.median_business, row.median_wall) == (1, 600, 1200)

    def test_fault_9_reports_count_in_the_same_business_hours_as_deadlines(self, world: World) -> None:
        """Over a weekend a lead was kept waiting for 64 hours, and for one of office time: the target was met."""
        friday = datetime(2026, 3, 6, 16, 30, tzinfo=UTC)
        policy = make_policy(METRIC, 3600, calendar=make_calendar("office", OFFICE))
        lead = bring_to(State.RAW, make_lead(), world)
        lead.owner = world.ada
        monday = friday + timedelta(days=2, hours=17)
        business = timedelta(seconds=policy.calendar.hours.between(friday, monday))
        due_at = policy.calendar.hours.add(friday, policy.target_seconds)
        stopped(
            lead,
            policy,
            monday - friday,
            started_at=friday,
            due_at=due_at,
            business=business,
            state=ClockState.MET,
        )
        [row] = attainment(METRIC, By.TEAM, now=LATER)
        assert (row.met, row.breached, row.attainment) == (1, 0, 1)
        assert (row.median_business, row.median_wall) == (3600, 65 * 3600)


class TestRows:
    @pytest.mark.parametrize("by", By)
    def test_each_grouping_has_its_rows_the_fullest_first(self, by: By, world: World, policy: Policy) -> None:
        spring = Campaign.objects.create(name="Spring")
        fox = make_lead("Fox", source="google", campaign=spring, owner=world.ada, team=world.new_york)
        owl = make_lead("Owl", team=world.new_york)
        for lead, minutes in ((fox, 10), (fox, 90), (owl, 20)):
            stopped(lead, policy, minutes * MINUTE)

        shown = [(row.key, row.label, row.met, row.breached) for row in attainment(METRIC, by, now=LATER)]

        assert (
            shown
            == {
                # Ada is of Berlin, wherever her lead is now; what nobody owns waits in the queue of New York.
                By.TEAM: [("Berlin", "Berlin", 1, 1), ("New York", "New York", 1, 0)],
                By.OWNER: [("ada", "Ada", 1, 1), ("", "(no owner)", 1, 0)],
                By.SOURCE: [("google", "google", 1, 1), ("", "(no source)", 1, 0)],
                By.CAMPAIGN: [("Spring", "Spring", 1, 1), ("", "(no campaign)", 1, 0)],
                By.POLICY: [("accept/1", "Accept within an hour (version 1)", 2, 1)],
                By.WEEK: [("2026-W10", "2026-W10", 2, 1)],
            }[by]
        )

    def test_a_clock_without_an_owner_and_a_team_says_so(self, policy: Policy) -> None:
        stopped(make_lead(), policy, HOUR)
        assert [(row.key, row.label) for row in attainment(METRIC, By.TEAM)] == [("", "(no team)")]

    def test_a_week_is_that_of_the_end_or_of_the_due_time_in_utc(self, policy: Policy) -> None:
        sunday = datetime(2026, 12, 27, 23, 30, tzinfo=UTC)
        stopped(make_lead("Before"), policy, 29 * MINUTE, started_at=sunday)
        stopped(make_lead("After"), policy, 31 * MINUTE, started_at=sunday)
        make_clock(make_lead("Overdue"), policy, sunday)
        make_clock(make_lead("To come"), policy, sunday, due=timedelta(days=8))
        make_clock(make_lead("Paused"), policy, sunday, due_at=None, paused=True)
        rows = attainment(METRIC, By.WEEK, now=sunday + timedelta(days=1))
        assert [(row.key, row.label, counts(row)) for row in rows] == [
            ("", "(no due time)", (0, 0, 0, 0, 1, 0)),
            ("2026-W52", "2026-W52", (1, 0, 0, 0, 0, 0)),
            ("2026-W53", "2026-W53", (1, 1, 0, 0, 0, 1)),
            ("2027-W01", "2027-W01", (0, 0, 0, 0, 1, 0)),
        ]

    def test_a_period_takes_its_first_moment_in_and_leaves_its_last_one_out(self, policy: Policy) -> None:
        for name, took in (("Early", HOUR - MINUTE), ("First", HOUR), ("Last", 2 * HOUR - MINUTE), ("Late", 2 * HOUR)):
            stopped(make_lead(name), policy, took)
        make_clock(make_lead("Due at its start"), policy)
        make_clock(make_lead("Due at its end"), policy, due=2 * HOUR)
        make_clock(make_lead("Paused"), policy, due_at=None, paused=True)
        start, end = NOON + HOUR, NOON + 2 * HOUR
        [both], [since], [until] = (
            attainment(METRIC, By.TEAM, since, until, LATER)
            for since, until in ((start, end), (start, None), (None, start))
        )
        assert counts(both) == (1, 2, 0, 0, 0, 1)
        assert counts(since) == (1, 4, 0, 0, 0, 2)
        assert counts(until) == (1, 0, 0, 0, 0, 0)

    @pytest.mark.parametrize("by", By)
    def test_it_asks_as_often_for_many_clocks(self, by: By, policy: Policy, django_assert_max_num_queries: Any) -> None:
        """The firm, the question, the clocks, and that it was asked."""
        for n in range(3):
            stopped(make_lead(f"Lead {n}", campaign=Campaign.objects.create(name=f"{n}")), policy, HOUR)
        with django_assert_max_num_queries(4):
            attainment(METRIC, by)


def test_it_counts_what_the_verbs_have_written(world: World) -> None:
    make_policy(METRIC)
    offered, *_ = (
        bring_to(state, make_lead(f"Lead {state}"), world) for state in (State.MQL, State.SAL, State.REJECTED)
    )
    merged = bring_to(State.MQL, make_lead("Twin"), world)
    workflow.merge(merged.pk, by=world.mia, into=offered)
    [row] = attainment(METRIC, By.OWNER)
    assert (row.label, *counts(row)) == ("Ada", 2, 0, 0, 1, 1, 0)


class TestCommand:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ([], "arguments are required: --metric"),
            (["--metric", "time_to_dance"], "invalid choice: 'time_to_dance'"),
            (["--metric", METRIC, "--by", "weather"], "invalid choice: 'weather'"),
            (["--metric", METRIC, "--from", "2026-04-01", "--to", "2026-03-01"], "The period ends before it starts"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, options: list[str], words: str) -> None:
        with pytest.raises(CommandError, match=words):
            call_command("report", "attainment", *options)

    def test_the_period_is_taken_from_the_options(self, policy: Policy) -> None:
        stopped(make_lead(), policy, HOUR)
        out = io.StringIO()
        call_command("report", "attainment", "--metric", METRIC, "--from", "2026-03-05", "--json", stdout=out)
        assert json.loads(out.getvalue()) == []
