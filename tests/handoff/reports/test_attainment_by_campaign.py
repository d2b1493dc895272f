"""The attainment of all campaigns comes from figures that are kept ready, and is that of the clocks at every moment."""

import random
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection

from handoff import workflow
from handoff.models import AttainmentCount, AttainmentDelta, CountedClock
from handoff.reports import rollup
from handoff.reports.attainment import By, attainment, from_the_clocks
from leads.correct import correct
from leads.models import Campaign, Lead, State, Verb
from sla.metrics import Metric
from sla.models import Clock, ClockState, Policy
from tests.handoff.reports.clocks import HOUR, NOON, act_on, make_clock, stopped
from tests.world import World, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
METRIC = Metric.TIME_TO_ACCEPT
LATER = NOON + timedelta(days=30)


def assert_exact(metric: Metric = METRIC) -> None:
    assert list(rollup.disagreements()) == []
    assert attainment(metric, By.CAMPAIGN, now=LATER) == from_the_clocks(metric, By.CAMPAIGN, now=LATER)


@pytest.fixture
def policy(db: None) -> Policy:
    return make_policy(METRIC, key="accept")


@pytest.fixture
def ended(policy: Policy) -> Clock:
    """Breached, after two hours, for a lead of the spring campaign."""
    spring = Campaign.objects.create(name="Spring")
    return stopped(make_lead(campaign=spring), policy, 2 * HOUR)


class TestExact:
    def test_after_every_kind_of_act(self, world: World) -> None:
        for metric in Metric:
            make_policy(metric)
        spring, autumn = (Campaign.objects.create(name=name) for name in ("Spring", "Autumn"))
        with time_machine.travel(NOON, tick=False) as clock:
            leads = [bring_to(state, make_lead(f"Lead {state}", campaign=spring), world) for state in State.values]
            waiting = [bring_to(State.MQL, make_lead(f"Late {n}", campaign=spring), world) for n in range(3)]
            clock.shift(timedelta(days=2))
            for n, lead in enumerate(waiting):
                workflow.accept(lead.pk, by=world.ada, at=NOON + (n + 2) * HOUR)
                workflow.excuse(lead.pk, by=world.olga, clock=lead.clocks.get(metric=METRIC), reason="An outage.")
                correct(lead.pk, {"campaign": [autumn, None, spring][n]})
            workflow.accept(leads[State.values.index(State.MQL)].pk, by=world.ada)
            twin = bring_to(State.MQL, make_lead("Twin", campaign=spring), world)
            kept = bring_to(State.MQL, make_lead("Kept", campaign=spring), world)
            workflow.merge(twin.pk, by=world.mia, into=kept)
        seen = set(CountedClock.objects.values_list("outcome", flat=True))
        assert seen == {"running", "met", "breached", "excused", "cancelled"}
        for metric in Metric:
            assert_exact(metric)

    @pytest.mark.parametrize(
        "change",
        [
            {"elapsed": None},
            {"elapsed": timedelta(0)},
            {"state": ClockState.CANCELLED},
            {"state": ClockState.MET, "due_at": NOON + 3 * HOUR},
            {"stopped_at": NOON + 90 * HOUR},
            {"started_at": NOON - HOUR},
            {"state": ClockState.RUNNING, "stopped_at": None, "stopped_by": None, "elapsed": None},
            {"metric": Metric.TIME_TO_TOUCH},
        ],
    )
    def test_after_every_change_of_what_ended(self, ended: Clock, change: dict[str, object]) -> None:
        for _ in range(2):
            Clock.objects.filter(pk=ended.pk).update(**change)
            assert_exact()
        rollup.fold()
        Clock.objects.filter(pk=ended.pk).update(**{name: getattr(ended, name) for name in change})
        assert_exact()
        assert [row.breached for row in attainment(METRIC, By.CAMPAIGN)] == [1]

    def test_a_clock_that_is_excused_or_gone(self, ended: Clock) -> None:
        Clock.objects.filter(pk=ended.pk).update(excused_by=act_on(ended.lead, Verb.EXCUSE, NOON))
        assert [(row.breached, row.excused) for row in attainment(METRIC, By.CAMPAIGN)] == [(0, 1)]
        assert_exact()
        ended.delete()
        assert_exact()
        assert attainment(METRIC, By.CAMPAIGN) == []

    def test_a_clock_that_runs_and_is_overdue_excused_and_stopped(self, policy: Policy) -> None:
        clock = make_clock(make_lead(), policy)
        assert [row.running for row in attainment(METRIC, By.CAMPAIGN, now=NOON)] == [1]
        assert_exact()
        Clock.objects.update(excused_by=act_on(clock.lead, Verb.EXCUSE, NOON))
        assert_exact()
        assert [(row.running, row.excused, row.overdue) for row in attainment(METRIC, By.CAMPAIGN)] == [(0, 1, 1)]
        Clock.objects.update(due_at=None, paused=True)
        assert_exact()

    @pytest.mark.usefixtures("ended")
    def test_adding_up_changes_no_number_and_leaves_no_delta(self) -> None:
        before = attainment(METRIC, By.CAMPAIGN, now=LATER)
        for _ in range(2):
            rollup.fold()
            assert attainment(METRIC, By.CAMPAIGN, now=LATER) == before
            assert not AttainmentDelta.objects.exists()
            assert_exact()

    @pytest.mark.parametrize("seed", range(6))
    def test_percentiles_of_any_times_are_those_of_percentile_cont(self, policy: Policy, seed: int) -> None:
        """To the last bit: times that are equal, next to each other, nothing or years; campaigns of one name."""
        rng = random.Random(seed)
        campaigns = [*(Campaign.objects.create(name=name) for name in ("Spring", "Spring", "Autumn", "")), None]
        times: list[Callable[[], timedelta]] = [
            lambda: timedelta(0),
            lambda: timedelta(seconds=rng.choice([60, 3600])),
            lambda: timedelta(microseconds=rng.randrange(3)),
            lambda: timedelta(minutes=30, microseconds=rng.randrange(5)),
            lambda: timedelta(seconds=rng.expovariate(1 / 2000)),
            lambda: timedelta(days=rng.uniform(0, 2000)),
        ]
        kinds = rng.sample(times, rng.randint(1, len(times)))
        leads = [make_lead(f"Lead {n}", campaign=campaign) for n, campaign in enumerate(campaigns)]
        for n in range(rng.choice([5, 10, 60])):
            clock = stopped(rng.choice(leads), policy, rng.choice(kinds)(), business=rng.choice(kinds)())
            if rng.random() < 0.1:
                Clock.objects.filter(pk=clock.pk).update(elapsed=None)
            if n % 20 == 0:
                rollup.fold()
        for lead in leads[::2]:
            make_clock(lead, policy, due=rng.choice([HOUR, timedelta(days=90)]))
        assert_exact()
        assert attainment(METRIC, By.CAMPAIGN, now=LATER)


class TestRepair:
    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (
                lambda: AttainmentCount.objects.filter(figure="breached").update(n=7),
                ["The attainment of time_to_accept, campaign {campaign}, breached is kept wrongly: n +6."],
            ),
            (
                lambda: CountedClock.objects.update(outcome="met"),
                ["Clock {clock} is kept wrongly in the attainment of its campaign."],
            ),
            (
                lambda: CountedClock.objects.all().delete(),
                ["Clock {clock} is lacking in the attainment of its campaign."],
            ),
            (
                lambda: CountedClock.objects.create(clock_id=0, metric=METRIC, campaign_id=0, outcome="met"),
                ["Clock 0 is kept wrongly in the attainment of its campaign."],
            ),
        ],
    )
    def test_what_is_wrong_is_found_and_mended(
        self, ended: Clock, spoil: Callable[[], object], words: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = attainment(METRIC, By.CAMPAIGN, now=LATER)
        rollup.fold()
        spoil()
        words = [line.format(clock=ended.pk, campaign=ended.lead.campaign_id) for line in words]
        assert list(rollup.disagreements()) == words
        call_command("rebuild_reports")
        assert capsys.readouterr().out == "Corrected 1 figure of the reports.\n"
        assert_exact()
        assert attainment(METRIC, By.CAMPAIGN, now=LATER) == before
        assert rollup.repair() == 0


def test_a_lead_that_changes_its_campaign_takes_its_clocks_along(ended: Clock) -> None:
    autumn = Campaign.objects.create(name="Autumn")
    Lead.objects.update(campaign=autumn)
    assert [(row.key, row.breached) for row in attainment(METRIC, By.CAMPAIGN)] == [("Autumn", 1)]
    assert_exact()


@pytest.mark.usefixtures("ended")
def test_the_migration_counts_what_was_there_before(policy: Policy) -> None:
    make_clock(make_lead("Other"), policy)
    before = attainment(METRIC, By.CAMPAIGN, now=LATER)
    for model in (CountedClock, AttainmentCount, AttainmentDelta):
        model._default_manager.all().delete()
    assert attainment(METRIC, By.CAMPAIGN, now=LATER) == []
    with connection.cursor() as cursor:
        cursor.execute(import_module("handoff.migrations.0007_attainment_rollup").FILL)
    assert_exact()
    assert attainment(METRIC, By.CAMPAIGN, now=LATER) == before
