"""What the reports of outcomes count, each against a case that was worked out by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from handoff import workflow
from handoff.models import Firm
from handoff.reports import funnel
from handoff.reports.registry import REPORTS
from leads.models import Campaign, DealState, Lead, Opportunity, Reason, Touchpoint
from tests.world import CONVERSION, MONDAY, OFFICE, World, make_calendar, make_lead, make_policy

pytestmark = pytest.mark.django_db


@contextmanager
def at(hours: float, minutes: float = 0, seconds: float = 0) -> Iterator[None]:
    with time_machine.travel(MONDAY + timedelta(hours=hours, minutes=minutes, seconds=seconds), tick=False):
        yield


def rows(name: str, **asked: str) -> list[Any]:
    form = REPORTS[name].form({**REPORTS[name].asked_first, **asked})
    assert form.is_valid(), form.errors
    return list(REPORTS[name].rows(form.cleaned_data, timezone.now()))


def figures(name: str, *columns: str, **asked: str) -> dict[str, tuple[Any, ...]]:
    return {row.key: tuple(getattr(row, column) for column in columns) for row in rows(name, **asked)}


def offer(name: str, world: World, **fields: Any) -> Lead:
    """At nine, to ada."""
    with at(0):
        lead = make_lead(name, created_at=MONDAY - timedelta(hours=1), **fields)
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    return lead


def accept_and_touch(lead: Lead, world: World, accepted: float, touched: float) -> None:
    """So many minutes after nine."""
    with at(0, accepted):
        workflow.accept(lead.pk, by=world.ada)
    with at(0, touched):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")


class TestSpeed:
    @pytest.fixture(autouse=True)
    def _handoffs(self, world: World) -> None:
        """One contacted after 4 minutes and won, one after 40, one after 3 hours, and one rejected without contact."""
        make_policy("speed_to_lead", calendar=make_calendar("office", OFFICE))
        for name, accepted, touched in (("A", 2, 4), ("B", 10, 40), ("D", 60, 180)):
            accept_and_touch(offer(name, world), world, accepted, touched)
        with at(1):
            workflow.reject(offer("C", world).pk, by=world.ada, reason="not_our_customer")
        with at(5):
            won = Lead.objects.get(name="A")
            workflow.qualify(won.pk, by=world.ada)
            workflow.convert(won.pk, by=world.ada, **CONVERSION)
        Opportunity.objects.update(state=DealState.WON, closed_at=MONDAY + timedelta(days=3))

    def test_it_changes_acceptance_and_winning(self) -> None:
        columns = ("delivered", "contacted", "accepted", "won", "accept_rate", "valid_rate", "win_rate")
        assert figures("speed", *columns) == {
            "5_minutes": (1, 1, 1, 1, 1.0, 1.0, 1.0),
            "1_hour": (1, 1, 1, 0, 1.0, 1.0, 0.0),
            "1_day": (1, 1, 1, 0, 1.0, 1.0, 0.0),
            "never": (1, 0, 0, 0, 0.0, 0.0, 0.0),
        }

    def test_a_rate_has_the_interval_of_wilson(self) -> None:
        [row] = rows("speed", by="all")
        assert (row.median_wall, row.p90_wall) == (2400, pytest.approx(9120))
        assert row.median_business == 2400
        assert (row.accept_rate, row.accept_rate_least, row.accept_rate_most) == (
            0.75,
            pytest.approx(0.300642, abs=1e-6),
            pytest.approx(0.954413, abs=1e-6),
        )

    def test_hours_of_the_week_are_those_of_the_firm(self) -> None:
        Firm.objects.update(time_zone="Europe/Berlin")
        [row] = rows("speed", by="hour")
        assert (row.key, row.label, row.delivered) == ("1-10", "Mon 10:00", 4)

    def test_a_touch_of_the_second_offer_is_none_of_the_first(self, world: World) -> None:
        lead = Lead.objects.get(name="C")
        with at(2):
            workflow.resubmit(lead.pk, by=world.mia, fixed="The number.")
        accept_and_touch(lead, world, 121, 122)
        assert figures("speed", "delivered", "accepted")["5_minutes"] == (2, 2)
        assert figures("speed", "delivered", "accepted")["never"] == (1, 0)


def test_the_parts_of_a_handoff_are_the_whole_to_the_second(world: World) -> None:
    make_policy("time_to_assign", calendar=make_calendar("office", OFFICE))
    with at(0):
        lead = make_lead("Dana", created_at=MONDAY - timedelta(hours=1))
        workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    with at(0, 10, 5.4):
        workflow.assign(lead.pk, by=world.max, owner=world.ada)
    accept_and_touch(lead, world, 30, 60)
    with at(2):
        workflow.qualify(lead.pk, by=world.ada)
    with at(2, 30):
        workflow.reject(lead.pk, by=world.ada, reason="no_need")
    with at(24):
        workflow.answer(lead.pk, by=world.mia, kind="acknowledge")
    parts = ("promote", "assign", "accept", "touch", "qualify", "reject", "answer", "whole")
    wall, business = (
        figures("delays", *(f"{part}_total" for part in parts), by="all", hours=hours)["all"]
        for hours in ("wall", "business")
    )
    assert wall == (3600, 605, 1195, 1800, 3600, 1800, 77_400, 90_000)
    assert business == (0, 605, 1195, 1800, 3600, 1800, 19_800, 28_800)
    assert [sum(each[:-1]) for each in (wall, business)] == [wall[-1], business[-1]]
    assert figures("delays", *(f"{part}_median" for part in parts), by="all", hours="wall")["all"] == wall


def test_rejections_by_reason_and_campaign(world: World) -> None:
    make_policy("time_to_answer", calendar=make_calendar("office", OFFICE))
    spring = Campaign.objects.create(name="Spring")
    for name, reason, campaign in (
        ("A", "not_our_customer", spring),
        ("B", "not_our_customer", None),
        ("C", "no_need", spring),
    ):
        lead = offer(name, world, campaign=campaign)
        with at(1):
            workflow.reject(lead.pk, by=world.ada, reason=reason)
    with at(25):
        workflow.dispute(Lead.objects.get(name="B").pk, by=world.mia, argument="It fits.")
    with at(26):
        workflow.overturn(Lead.objects.get(name="B").pk, by=world.olga, decision="It fits.")
    columns = ("rejections", "against_marketing", "answered", "overturned", "overturn_rate")
    times = (
        "median_wall",
        "p90_wall",
        "median_business",
    )  # from ten on Monday to ten on Tuesday, of which eight hours count
    assert figures("rejections", *columns, *times) == {
        "not_our_customer": (2, 1, 1, 1, 1.0, 86_400, 86_400, 28_800),
        "no_need": (1, 0, 0, 0, None, None, None, None),
    }
    pairs = {row.label: row.rejections for row in rows("rejections", by="reason_campaign")}
    assert pairs == {
        "Not our customer profile · Spring": 1,
        "Not our customer profile · (no campaign)": 1,
        "No budget, authority or need · Spring": 1,
    }
    assert [row.overturn_rate for row in rows("rejections", by="rejected_by")] == [1.0]
    assert {row.label: row.overturn_rate for row in rows("rejections", by="campaign")} == {
        "Spring": None,
        "(no campaign)": 1.0,
    }


def test_where_leads_leave_and_why(world: World) -> None:
    for name, accepted, reason in (("A", False, "no_need"), ("B", True, "no_need"), ("C", True, "wrong_territory")):
        lead = offer(name, world)
        if accepted:
            accept_and_touch(lead, world, 1, 2)
        with at(1):
            workflow.reject(lead.pk, by=world.ada, reason=reason)
    assert [(row.label, row.rejections) for row in rows("rejections", by="stage")] == [("MQL", 1), ("SAL", 2)]
    assert {row.key: row.rejections for row in rows("rejections", by="stage_reason")} == {
        "mql/no_need": 1,
        "sal/no_need": 1,
        "sal/wrong_territory": 1,
    }


def test_what_the_agreement_counts_as_a_valid_lead_speaks_against_nobody(world: World) -> None:
    for name in ("A", "B"):
        lead = offer(name, world)
        with at(1):
            workflow.reject(lead.pk, by=world.ada, reason="not_our_customer")
    assert [(row.against_marketing, row.good_not_now) for row in rows("rejections", by="reason")] == [(2, 0)]

    Reason.objects.filter(code="not_our_customer").update(counts_as_valid=True)

    assert [(row.against_marketing, row.good_not_now) for row in rows("rejections", by="reason")] == [(0, 2)]
    assert {(row.against_marketing, row.valid_rate) for row in rows("speed", by="offered_to")} == {(0, 1.0)}


class TestClosedLoop:
    @pytest.fixture(autouse=True)
    def _won(self) -> None:
        a, b = (
            Campaign.objects.create(name=name, cost=cost, currency="EUR") for name, cost in (("A", 100), ("B", None))
        )
        Campaign.objects.create(name="Idle", cost=50, currency="USD")
        for name, campaign, amount, currency in (
            ("One", a, "100.01", "EUR"),
            ("Two", a, "10.00", "EUR"),
            ("None", None, "5.50", "USD"),
        ):
            lead = make_lead(name, campaign=campaign, created_at=MONDAY)
            closed = MONDAY + timedelta(days=8)
            Opportunity.objects.create(
                lead=lead, name=name, amount=amount, currency=currency, state="won", closed_at=closed
            )
        one = Lead.objects.get(name="One")
        for campaign, days in ((a, 0.1), (b, 3), (b, 18)):  # of the first day is the capture, the last came too late
            Touchpoint.objects.create(lead=one, campaign=campaign, kind="form", at=MONDAY + timedelta(days=days))

    @pytest.mark.parametrize(
        ("model", "expected"),
        [
            ("first", {"A": {"EUR": "110.01"}, "": {"USD": "5.50"}}),
            ("last", {"A": {"EUR": "10.00"}, "B": {"EUR": "100.01"}, "": {"USD": "5.50"}}),
            ("linear", {"A": {"EUR": "60.01"}, "B": {"EUR": "50.00"}, "": {"USD": "5.50"}}),
        ],
    )
    def test_each_model_shares_out_the_same_total(self, model: str, expected: dict[str, Any]) -> None:
        shares = {key: won for key, (won,) in figures("closed_loop", "won_amount", model=model).items() if won}
        assert shares == expected
        of_funnel = {row.key: row.won_amount for row in funnel.funnel(funnel.By.CAMPAIGN)}
        assert of_funnel == {"A": {"EUR": "110.01"}, "": {"USD": "5.50"}}

    def test_what_it_cost_and_what_came_back(self) -> None:
        columns = ("leads", "won", "cost", "return_on_cost")
        assert figures("closed_loop", *columns, model="last") == {
            "A": (2, 2, {"EUR": "100.00"}, pytest.approx(0.1)),
            "": (1, 1, None, None),
            "B": (0, 0, None, None),
            "Idle": (0, 0, {"USD": "50.00"}, 0.0),
        }

    def test_deals_by_the_day_they_were_won(self) -> None:
        won = figures("won", "deals", "leads", "priced", "won_amount", "median_wall", "p90_wall", by="month")
        assert won == {"2026-03": (3, 3, 3, {"EUR": "110.01", "USD": "5.50"}, 8 * 86_400, 8 * 86_400)}
        assert rows("won", **{"from": "2026-04-01"}) == []


def test_a_cohort_as_of_any_day(world: World) -> None:
    early, late = (
        make_lead(name, created_at=MONDAY + timedelta(days=day)) for name, day in (("Early", 0), ("Late", 1))
    )
    for lead, day in ((early, 2), (late, 8)):
        with time_machine.travel(MONDAY + timedelta(days=day), tick=False):
            workflow.promote(lead.pk, by=world.mia, owner=world.ada)
            workflow.accept(lead.pk, by=world.ada)
    columns = ("leads", "mql", "sal", "sal_rate")
    assert figures("cohort", *columns) == {"2026-W10": (2, 2, 2, 1.0)}
    assert figures("cohort", *columns, as_at="2026-03-05") == {"2026-W10": (2, 1, 1, 0.5)}
    assert figures("cohort", *columns, as_at="2026-03-03") == {"2026-W10": (1, 0, 0, 0.0)}


def test_what_sales_sourced_against_what_marketing_brought(world: World) -> None:
    for name, source in (("A", "sales"), ("B", "Sales"), ("C", "google"), ("D", "")):
        lead = offer(name, world, source=source)
        if name in "AC":
            accept_and_touch(lead, world, 1, 2)
    Opportunity.objects.create(lead=Lead.objects.get(name="A"), name="Deal", state="won", closed_at=MONDAY)
    columns = ("leads", "mql", "sal", "won", "accept_rate", "win_rate", "win_rate_least", "win_rate_most")
    assert figures("origin", *columns) == {
        "marketing": (2, 2, 1, 0, 0.5, 0.0, 0.0, pytest.approx(0.657620, abs=1e-6)),
        "sales": (2, 2, 1, 1, 0.5, 0.5, pytest.approx(0.094531, abs=1e-6), pytest.approx(0.905469, abs=1e-6)),
    }


def test_what_slips_through(world: World) -> None:
    make_policy("time_to_accept")
    offer("Clocked", world)
    with at(0):
        nobody = make_lead("Nobody's", created_at=MONDAY)
        workflow.promote(nobody.pk, by=world.mia, team=world.berlin)
    columns = ("leads", "leaking", "unowned", "unclocked", "untouched", "overdue", "median_age", "p90_age", "oldest")
    with at(48):
        assert figures("leakage", *columns) == {"03": (2, 1, 1, 1, 2, 1, *[172_800] * 3)}
    with at(0.5):
        assert figures("leakage", *columns, by="state") == {"mql": (2, 1, 1, 1, 2, 0, *[1800] * 3)}


class TestCalendarOfTheFirm:
    @pytest.fixture(autouse=True)
    def _leads(self) -> None:
        """Both at half past eleven in the evening of UTC: on the last day of February, and on a Saturday."""
        for name, day in (
            ("Turn", datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),
            ("Week", datetime(2026, 3, 7, 23, 30, tzinfo=UTC)),
        ):
            make_lead(name, created_at=day)

    @pytest.mark.parametrize("period", [{}, {"from": "2026-01-15", "to": "2026-03-20"}], ids=["all", "period"])
    @pytest.mark.parametrize(
        ("zone", "months"),
        [
            ("UTC", {"2026-02": 1, "2026-03": 1}),
            ("Europe/Berlin", {"2026-03": 2}),
            ("America/New_York", {"2026-02": 1, "2026-03": 1}),
        ],
    )
    def test_months(self, zone: str, months: dict[str, int], period: dict[str, str]) -> None:
        Firm.objects.update(time_zone=zone)
        assert {row.key: row.leads for row in rows("funnel", by="month", **period)} == months

    def test_a_day_begins_where_the_firm_is(self) -> None:
        Firm.objects.update(time_zone="Europe/Berlin")
        assert [row.leads for row in rows("funnel", by="all", **{"from": "2026-03-01", "to": "2026-03-02"})] == [1]

    @pytest.mark.parametrize(
        ("zone", "first", "weeks"),
        [
            ("UTC", 1, {"2026-W09": 1, "2026-W10": 1}),
            ("Europe/Berlin", 7, {"2026-W10": 1, "2026-W11": 1}),
            ("UTC", 6, {"2026-W10": 1, "2026-W11": 1}),
        ],
    )
    def test_weeks(self, zone: str, first: int, weeks: dict[str, int]) -> None:
        Firm.objects.update(time_zone=zone, week_starts=first)
        assert {row.key: row.leads for row in rows("funnel", by="week")} == weeks

    @pytest.mark.parametrize(
        ("first", "quarters"),
        [(1, {"2026-Q1": 2}), (4, {"2026-Q4": 2}), (3, {"2026-Q4": 1, "2027-Q1": 1}), (10, {"2026-Q2": 2})],
    )
    def test_fiscal_quarters(self, first: int, quarters: dict[str, int]) -> None:
        Firm.objects.update(year_starts=first)
        assert {row.key: row.leads for row in rows("funnel", by="quarter")} == quarters
