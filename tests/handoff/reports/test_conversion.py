"""Amounts in one currency: each deal by the rate of its day, rounded once, so that all rows add up to one total."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from handoff import workflow
from handoff.models import Firm, PeriodClose, Rate, RateSet, ReportSpan
from handoff.refusals import FactsRefused, NotAllowed, Refused
from handoff.reports import rate_file, renewing
from handoff.reports.rates import bring, withdraw
from handoff.reports.registry import REPORTS
from leads.models import Campaign, Lead, Opportunity, Touchpoint
from tests.world import MONDAY, World, make_lead

pytestmark = pytest.mark.django_db
ECB = "ECB month-end"
IN_EUR = f"EUR/{ECB}"
TENTH = datetime(2026, 3, 10, 9, tzinfo=UTC)
TURN = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)
"""The tenth in Berlin."""
TOTAL = {"EUR": "117.22", "GBP (no rate)": "3.00", "USD (no rate)": "9.50"}
DEALS: list[tuple[str, str, datetime | None]] = [
    ("100.01", "EUR", TENTH),
    ("10.01", "USD", TENTH - timedelta(days=1)),  # 5.005, of which the even cent is 5.00
    ("10.03", "USD", TENTH - timedelta(days=1)),  # 5.015, which is 5.02
    ("7.77", "USD", TURN),  # 7.180257
    ("0.01", "USD", TENTH),  # 0.009241
    ("5.50", "USD", datetime(2026, 3, 1, 9, tzinfo=UTC)),  # before the first rate
    ("4.00", "USD", None),
    ("3.00", "GBP", TENTH),
]


def brought(world: World, text: str, note: str = "") -> Any:
    return bring(ECB, rate_file.read(text), by=world.olga, note=note)


@pytest.fixture
def _rates(world: World) -> None:
    Firm.objects.update(time_zone="Europe/Berlin")
    brought(world, "from,to,day,rate\nUSD,EUR,2026-03-02,0.5\nusd,eur,2026-03-10,0.9241")
    brought(world, "EUR,GBP,2026-01-01,0.87\nGBP,EUR,2026-04-01,1.15")  # of the other direction, and of later days


@pytest.fixture
def _won(world: World) -> None:
    """Deals of two campaigns and of none; three campaigns have touched the fourth one's buyer."""
    spring, autumn = (
        Campaign.objects.create(name=name, cost=cost, currency="USD", starts_on=starts_on)
        for name, cost, starts_on in (("Spring", "20.01", date(2026, 3, 2)), ("Autumn", "30.00", None))
    )
    for number, (amount, currency, won_at) in enumerate(DEALS):
        lead = make_lead(f"Lead {number}", campaign=(spring, autumn, None)[number % 3], source="ab"[number % 2])
        Lead.objects.filter(pk=lead.pk).update(created_at=MONDAY - timedelta(days=number))
        with time_machine.travel(MONDAY, tick=False):
            workflow.promote(lead.pk, by=world.mia, owner=world.ada)
        Opportunity.objects.create(
            lead=lead, name="Deal", amount=amount, currency=currency, state="won", closed_at=won_at
        )
    fourth = Lead.objects.get(name="Lead 3")
    for campaign in (spring, autumn):
        Touchpoint.objects.create(lead=fourth, campaign=campaign, kind="form", at=MONDAY)


def rows(name: str, **asked: str) -> list[Any]:
    form = REPORTS[name].form({**REPORTS[name].asked_first, **asked})
    assert form.is_valid(), form.errors
    return list(REPORTS[name].rows(form.cleaned_data, timezone.now()))


def total(name: str, **asked: str) -> dict[str, str]:
    """Of all rows together."""
    sums: Counter[str] = Counter()
    for row in rows(name, **asked):
        sums.update({currency: Decimal(amount) for currency, amount in row.won_amount.items()})
    return {currency: str(amount) for currency, amount in sorted(sums.items())}


MONEY = {
    "funnel": [{"by": by} for by in ("source", "campaign", "month", "week", "all")],
    "closed_loop": [
        {"by": by, "model": model} for by in ("campaign", "source") for model in ("first", "last", "linear")
    ],
    "won": [{"by": by} for by in ("source", "campaign", "month", "all")],
    "origin": [{"by": by} for by in ("origin", "campaign", "week")],
    "versions": [{"by": by} for by in ("definition", "campaign", "all")],
}


@pytest.mark.usefixtures("_rates", "_won")
@pytest.mark.parametrize("name", MONEY)
def test_the_rows_of_each_report_and_model_add_up_to_the_total(name: str) -> None:
    for asked in MONEY[name]:
        assert total(name, **asked, convert=IN_EUR) == TOTAL, asked
        assert total(name, **asked) == {"EUR": "100.01", "GBP": "3.00", "USD": "37.32"}, asked


@pytest.mark.usefixtures("_rates", "_won")
def test_the_cost_of_a_campaign_is_of_its_first_day() -> None:
    costs = {row.key: (row.cost, row.return_on_cost) for row in rows("closed_loop", by="campaign", convert=IN_EUR)}
    assert costs["Spring"][0] == {"EUR": "10.00"}  # 10.005
    assert costs["Autumn"] == ({"USD (no rate)": "30.00"}, None)


@pytest.mark.usefixtures("_rates", "_won")
def test_what_could_not_be_converted_comes_last_and_is_named() -> None:
    [row] = rows("won", by="all", convert=IN_EUR)
    assert REPORTS["won"].as_words(row)["won_amount"] == "117.22 EUR, 3.00 GBP (no rate), 9.50 USD (no rate)"


@pytest.mark.usefixtures("_rates", "_won")
def test_figures_that_are_kept_are_those_of_the_rates_in_force(world: World) -> None:
    for convert in (IN_EUR, ""):
        rows("won", by="month", convert=convert)
    while not renewing.renew():
        pass
    assert ReportSpan.objects.exists()
    assert total("won", by="month", convert=IN_EUR) == TOTAL

    brought(world, "USD,EUR,2026-03-02,1")

    assert total("won", by="month", convert=IN_EUR) == {**TOTAL, "EUR": "127.24"}
    assert total("won", by="month") == {"EUR": "100.01", "GBP": "3.00", "USD": "37.32"}


HALVES = {"0.125": "0.12", "0.135": "0.14", "-0.125": "-0.12", "-0.135": "-0.14", "0.1251": "0.13", "7": "7.00"}


def test_a_half_is_rounded_to_the_even_cent() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT text, handoff_rounded(text::numeric)::text FROM unnest(%s::text[]) text", [list(HALVES)])
        assert dict(cursor.fetchall()) == HALVES


def test_a_currency_that_no_set_has_is_refused(world: World) -> None:
    brought(world, "USD,EUR,2026-03-02,0.5")
    for wrong in ("USD/ECB month-end", "EUR/ECB", "EUR", "/ECB month-end"):
        assert "is not one of the available choices" in str(REPORTS["won"].form({"by": "all", "convert": wrong}).errors)


def test_another_rate_for_a_day_is_another_row_and_the_one_before_stays(world: World) -> None:
    text = "USD,EUR,2026-03-02,0.5\nUSD,EUR,2026-03-10,0.9241"
    assert brought(world, text) == (2, 0, 0)
    assert brought(world, text) == (0, 0, 2)
    assert RateSet.objects.get().version == 1

    assert brought(world, "USD,EUR,2026-03-10,0.93\nGBP,EUR,2026-03-10,1.1", note="A typo.") == (1, 1, 0)

    of_the_tenth = Rate.objects.filter(from_currency="USD", starts_on=date(2026, 3, 10)).order_by("pk")
    assert [(row.worth, row.since_version, row.until_version, row.note) for row in of_the_tenth] == [
        ("0.9241", 1, 2, ""),
        ("0.93", 2, None, "A typo."),
    ]
    assert of_the_tenth[0].ended_by == world.olga


def test_what_a_closed_period_has_used_changes_with_a_note_alone(world: World) -> None:
    brought(world, "USD,EUR,2026-02-28,0.5\nUSD,EUR,2026-03-31,0.6\nUSD,EUR,2026-04-30,0.7")
    bounds = [datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4)]
    PeriodClose.objects.create(
        key="2026-03", start=bounds[0], end=bounds[1], zone="UTC", closed_at=TENTH, closed_by=world.olga, figures={}
    )
    free = "USD,EUR,2026-04-30,0.71\nUSD,EUR,2026-04-15,0.65\nCHF,EUR,2026-03-01,1.05"
    assert brought(world, free) == (2, 1, 0)
    for used in ("USD,EUR,2026-02-28,0.51", "USD,EUR,2026-03-15,0.55", "USD,EUR,2026-03-31,0.61"):
        with pytest.raises(FactsRefused, match=r"line 1, USD to EUR from 2026-0[23]-\d\d, in 2026-03\. Say"):
            brought(world, used)
        withdrawn = Rate.objects.filter(starts_on=used[8:18]).first()
        if withdrawn is not None:
            with pytest.raises(Refused, match="It was used in 2026-03, which is closed"):
                withdraw(withdrawn, by=world.olga)
    assert brought(world, "USD,EUR,2026-03-31,0.61", note="The bank has corrected it.") == (0, 1, 0)
    later = Rate.objects.get(starts_on=date(2026, 4, 15))
    assert [withdraw(later, by=world.olga) for _ in range(2)] == [True, False]
    assert RateSet.objects.get().currencies == ["EUR"]


def test_only_revops_brings_and_withdraws_rates(world: World) -> None:
    brought(world, "USD,EUR,2026-03-02,0.5")
    for person in (world.ada, world.max, world.mia, world.nora):
        with pytest.raises(NotAllowed):
            bring(ECB, [], by=person)
        with pytest.raises(NotAllowed):
            withdraw(Rate.objects.get(), by=person)


WRONG = [
    ("", "Give one to 5,000 rates"),
    ("from,to,day,rate", "Give one to 5,000 rates"),
    ("USD,EUR,2026-03-31", "Line 1: it needs four values and has 3"),
    ("USD,EUR,2026-03-31,0", "Line 1: “0” is not a valid rate: write a number above 0"),
    ("USD,EUR,2026-03-31,-1", "“-1” is not a valid rate"),
    ("USD,EUR,2026-03-31,1e3", "“1e3” is not a valid rate"),
    ("USD,EUR,2026-03-31,0.12345678901", "is not a valid rate"),
    ("USD,EUR,31.03.2026,1", "“31.03.2026” is not a valid day: write it like 2026-03-31."),
    ("USD,EUR,2026-02-30,1", "“2026-02-30” is not a valid day"),
    ("Dollar,EUR,2026-03-31,1", "“Dollar” is not a currency"),
    ("EUR,EUR,2026-03-31,1", "EUR and EUR are one currency"),
    ("USD,EUR,2026-03-31,1\n\nusd,eur,2026-03-31,1", "Line 3: USD to EUR from 2026-03-31 stands on line 1 already."),
    ("x\n" * 12, "And 2 more lines are wrong."),
]


@pytest.mark.parametrize(("text", "complaint"), WRONG, ids=range(len(WRONG)))
def test_lines_that_are_wrong_are_named(text: str, complaint: str) -> None:
    with pytest.raises(rate_file.RatesRefused) as refused:
        rate_file.read(text)
    assert complaint in "\n".join(refused.value.complaints)


def test_lines_of_other_spreadsheets_are_read() -> None:
    for text in ("USD;EUR;2026-03-31;0,9241", "USD\tEUR\t2026-03-31\t0.9241", '\ufeffUSD,EUR,2026-03-31,"0,9241"'):
        [given] = rate_file.read(rate_file.decoded(text.encode()))
        assert given[1:] == ("USD", "EUR", date(2026, 3, 31), Decimal("0.9241"))
