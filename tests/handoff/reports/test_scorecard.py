"""The scorecard of a month, computed by hand: what each side promised, and what came of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from handoff import workflow
from handoff.models import Firm, Goal, Handoff, RequiredActions
from handoff.reports.fiscal import period_at, period_of
from handoff.reports.registry import REPORTS
from handoff.reports.scorecard import ScorecardForm
from leads.models import Lead, Touch
from sla.metrics import Metric
from tests.handoff.reports.clocks import HOUR, NOON, make_clock, stopped
from tests.world import World, make_lead, make_policy

pytestmark = pytest.mark.django_db
APRIL_3 = datetime(2026, 4, 3, 9, tzinfo=UTC)
TERMS = {"A": 5, "B": 3, "C": 1}
TOUCHED = [("A", 5), ("A", 3), ("A", 0), ("A", 7), ("B", 3), ("B", 1), ("B", 2), ("C", 1), ("C", 0), ("D", 4)]


def handed_over(world: World, name: str, at: datetime = NOON, tier: str = "") -> Lead:
    lead = make_lead(name, created_at=at - HOUR, source="google")
    with time_machine.travel(at, tick=False):
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    Handoff.objects.filter(lead=lead).update(packet={"fit_grade": tier} if tier else {})
    return lead


def touch(lead: Lead, at: datetime, **fields: Any) -> Touch:
    return Touch.objects.create(lead=lead, channel="call", outcome="reached", at=at, **fields)


def accepted(world: World, name: str, tier: str, touches: int) -> Lead:
    lead = handed_over(world, name, tier=tier)
    with time_machine.travel(NOON + HOUR, tick=False):
        workflow.accept(lead.pk, by=world.ada)
    for n in range(touches):
        touch(lead, NOON + (n + 2) * HOUR)
    return lead


def sheet(now: datetime = APRIL_3, **asked: str) -> dict[str, Any]:
    form = ScorecardForm({"by": "all", "period": "2026-03", **asked})
    assert form.is_valid(), form.errors
    return {row.key: row for row in REPORTS["scorecard"].rows(form.cleaned_data, now)}


def numbers(row: Any, *names: str) -> list[int]:
    return [getattr(row, name) for name in names]


def owe(terms: dict[str, int] = TERMS, **fields: Any) -> None:
    for tier, actions in terms.items():
        RequiredActions.objects.create(tier=tier, actions=actions, starts_on=date(2026, 1, 1), **fields)


def test_required_actions_by_tier_against_those_done(world: World) -> None:
    """No action counts beyond those that are owed; a tier without terms owes nothing."""
    owe()
    for n, (tier, touches) in enumerate(TOUCHED):
        accepted(world, f"Buyer {n}", tier, touches)
    row = sheet()["all"]
    assert numbers(row, "actions_a", "actions_a_missed", "actions_b", "actions_b_missed") == [13, 7, 6, 3]
    assert numbers(row, "actions_c", "actions_c_missed", "actions_d", "actions_d_missed") == [1, 1, 0, 0]
    assert numbers(row, "actions", "actions_missed") == [20, 11]
    assert (row.actions_rate, row.actions_d_rate) == (20 / 31, None)


def test_which_touches_are_required_actions(world: World) -> None:
    owe()
    lead = accepted(world, "Fox", "A", 1)
    touch(lead, NOON + 3 * HOUR, automatic=True)
    touch(lead, NOON + 3 * HOUR, inbound=True)
    touch(lead, NOON - HOUR)
    touch(lead, NOON + HOUR + timedelta(days=14))
    handed_over(world, "Not accepted yet", tier="A")
    assert numbers(sheet()["all"], "actions", "actions_missed") == [1, 4]


def test_without_a_grade_the_score_says_the_tier(world: World) -> None:
    owe({"A": 5}, score_from=80)
    owe({"C": 1}, score_from=20)
    for name, packet in (
        ("High", {"score": 80}),
        ("Low", {"score": 79.5}),
        ("Graded", {"score": 99, "fit_grade": "C"}),
    ):
        lead = accepted(world, name, "", 0)
        Handoff.objects.filter(lead=lead).update(packet=packet)
    assert numbers(sheet()["all"], "actions_a_missed", "actions_c_missed") == [5, 2]


def test_the_terms_of_the_day_of_the_offer_count(world: World) -> None:
    owe({"A": 5})
    RequiredActions.objects.create(tier="A", actions=2, starts_on=NOON.date())
    RequiredActions.objects.create(tier="A", actions=9, starts_on=NOON.date() + timedelta(days=1))
    accepted(world, "Fox", "A", 0)
    assert sheet()["all"].actions_missed == 2


def test_marketing_and_disputes(world: World) -> None:
    """Three are accepted, three rejected, of which one is overturned and so delivered again, and one is open."""
    handed_over(world, "Of February", datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    handed_over(world, "Open", datetime(2026, 3, 31, 23, 59, tzinfo=UTC))
    for name in ("Ant", "Bee", "Cow"):
        accepted(world, name, "", 0)
    for name, reason in (("Crow", "not_our_customer"), ("Jay", "wrong_territory"), ("Rook", "not_our_customer")):
        lead = handed_over(world, name)
        with time_machine.travel(NOON + HOUR, tick=False):
            workflow.reject(lead.pk, by=world.ada, reason=reason)
    with time_machine.travel(NOON + 2 * HOUR, tick=False):
        workflow.dispute(lead.pk, by=world.mia, argument="It fits.")
        workflow.overturn(lead.pk, by=world.olga, decision="It does.")
    row = sheet()["all"]
    assert numbers(row, "delivered", "accepted", "accepted_missed", "valid", "valid_missed") == [8, 3, 3, 5, 1]
    assert (row.accepted_rate, row.valid_rate) == (1 / 2, 5 / 6)
    assert numbers(row, "rejections", "disputed", "disputed_missed", "overturned", "overturned_missed") == [
        3,
        1,
        2,
        1,
        0,
    ]


def test_both_sides_promises_are_those_of_the_attainment(world: World) -> None:
    lead = make_lead("Fox", owner=world.ada, created_at=NOON)
    for metric in (Metric.TIME_TO_ACCEPT, Metric.TIME_TO_ANSWER):
        policy = make_policy(metric)
        stopped(lead, policy, HOUR)
        stopped(lead, policy, 2 * HOUR)
        stopped(lead, policy, HOUR, started_at=datetime(2026, 4, 1, tzinfo=UTC))
        make_clock(lead, policy)  # it runs past its due time
    row, march = sheet()["all"], {"by": "all", "from": "2026-03-01", "to": "2026-04-01"}
    for metric in Metric:
        form = REPORTS["attainment"].form(march | {"metric": metric.value})
        assert form.is_valid()
        rows: Any = REPORTS["attainment"].rows(form.cleaned_data, APRIL_3)
        expected = [[each.met, each.breached, each.excused] for each in rows] or [[0, 0, 0]]
        assert [numbers(row, metric.value, f"{metric.value}_missed", f"{metric.value}_excused")] == expected
    assert numbers(row, "time_to_answer", "time_to_answer_missed") == [1, 2]


def test_goals_are_those_of_the_month_or_quarter_itself(world: World) -> None:
    for measure, length, starts_on, value in (
        ("delivered", "month", date(2026, 3, 1), 40),
        ("accepted", "quarter", date(2026, 1, 1), 90),
        ("delivered", "month", date(2026, 4, 1), 50),
    ):
        Goal.objects.create(measure=measure, length=length, starts_on=starts_on, value=value)
    Goal.objects.create(measure="accepted", length="month", starts_on=date(2026, 3, 1), team=world.berlin, value=9)
    handed_over(world, "Fox")
    shown = {key: sheet(period=key)["all"] for key in ("2026-03", "2026-Q1", "")}
    assert {key: (row.delivered_goal, row.accepted_goal) for key, row in shown.items()} == {
        "2026-03": (40, None),
        "2026-Q1": (None, 90),
        "": (None, None),
    }


def test_segments_add_up_to_the_whole(world: World) -> None:
    owe()
    accepted(world, "Fox", "A", 2)
    Lead.objects.filter(pk=accepted(world, "Owl", "B", 1).pk).update(source="friend")
    whole, parts = sheet()["all"], sheet(by="source").values()
    for name in REPORTS["scorecard"].opens:
        assert sum(getattr(row, name) for row in parts) == getattr(whole, name), name


@pytest.mark.parametrize(
    ("key", "starts", "start", "end", "label"),
    [
        ("2026-03", 1, "2026-02-28T23:00", "2026-03-31T22:00", "March 2026"),
        ("2026-Q1", 1, "2025-12-31T23:00", "2026-03-31T22:00", "Q1 2026 (January to March)"),
        ("2026-Q4", 4, "2025-12-31T23:00", "2026-03-31T22:00", "Q4 2026 (January to March)"),
        ("2026-Q1", 7, "2025-06-30T22:00", "2025-09-30T22:00", "Q1 2026 (July to September)"),
    ],
)
def test_periods_are_those_of_the_firm(key: str, starts: int, start: str, end: str, label: str) -> None:
    firm = Firm(time_zone="Europe/Berlin", year_starts=starts)
    period = period_of(key, firm)
    bounds = tuple(datetime.fromisoformat(f"{text}+00:00") for text in (start, end))
    assert (period.bounds(firm.zone), period.label, period.key) == (bounds, label, key)
    assert period_at(bounds[0], firm, period.months) == period
    assert period.moved(1).moved(-1) == period
    assert period_at(bounds[1], firm, period.months) == period.moved(1)


@pytest.mark.parametrize("key", ["2026-13", "2026-Q5", "March", "9999-01", "２０２６-03"])
def test_what_names_no_period_is_refused(key: str) -> None:
    form = ScorecardForm({"by": "all", "period": key})
    assert not form.is_valid()
    assert "is not a valid month or quarter: write one like 2026-03 or 2026-Q1." in form.errors["period"][0]
