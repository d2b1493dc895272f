"""The funnel: every lead is counted once, for every stage that it ever reached."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from handoff import workflow
from handoff.reports.funnel import By, FunnelRow, funnel
from leads.models import Campaign, DealState, Lead, Opportunity, State
from tests.world import CONVERSION, World, bring_to, make_lead

pytestmark = pytest.mark.django_db
MARCH, APRIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


def close(lead: Lead, state: str = DealState.WON, **fields: Any) -> None:
    Opportunity.objects.filter(lead=lead).update(state=state, closed_at=timezone.now(), **fields)


@pytest.fixture
def leads(world: World) -> list[Lead]:
    """One lead in every state, all from google; one that was won in dollars from a friend; and one from nowhere."""
    every = [bring_to(state, make_lead(f"Google {state}", source="google"), world) for state in State.values]
    close(every[State.values.index(State.OPPORTUNITY)])
    friend = bring_to(State.OPPORTUNITY, make_lead("Friend", source="friend"), world)
    close(friend, amount="10.50", currency="USD")
    return [*every, friend, make_lead("Nowhere")]


@pytest.mark.usefixtures("leads")
def test_a_lead_counts_for_every_stage_that_it_reached() -> None:
    assert funnel(By.SOURCE) == [
        FunnelRow(
            "google", "google", leads=6, mql=5, sal=3, sql=2, opportunity=1, won=1, won_amount={"EUR": "1200.00"}
        ),
        FunnelRow("", "(no source)", leads=1, mql=0, sal=0, sql=0, opportunity=0, won=0, won_amount={}),
        FunnelRow("friend", "friend", leads=1, mql=1, sal=1, sql=1, opportunity=1, won=1, won_amount={"USD": "10.50"}),
    ]


def test_it_counts_for_a_stage_once_however_often_it_was_there(world: World) -> None:
    lead = bring_to(State.REJECTED, make_lead(source="google"), world)
    workflow.resubmit(lead.pk, by=world.mia, fixed="The phone number")
    workflow.reject(lead.pk, by=world.ada, reason="spam_or_test")
    [row] = funnel(By.SOURCE)
    assert (row.leads, row.mql, row.sal) == (1, 1, 0)


def test_currencies_are_never_added_up(world: World) -> None:
    for name, amount, currency in (("A", "1.10", "EUR"), ("B", "2.20", "EUR"), ("C", "3", "USD"), ("D", None, "")):
        close(bring_to(State.OPPORTUNITY, make_lead(name), world), amount=amount, currency=currency)
    close(bring_to(State.OPPORTUNITY, make_lead("E"), world), DealState.LOST)
    [row] = funnel(By.SOURCE)
    assert (row.opportunity, row.won, row.won_amount) == (5, 4, {"EUR": "3.30", "USD": "3.00"})


def test_a_merged_lead_counts_as_the_one_that_stayed(world: World) -> None:
    stays, away = make_lead("Stays"), make_lead("Away")
    workflow.merge(away.pk, by=world.mia, into=stays)
    assert [row.leads for row in funnel(By.SOURCE)] == [1]


def test_a_period_takes_its_first_moment_in_and_leaves_its_last_one_out(db: None) -> None:
    for name, at in (
        ("A", MARCH - timedelta(seconds=1)),
        ("B", MARCH),
        ("C", APRIL - timedelta(seconds=1)),
        ("D", APRIL),
    ):
        make_lead(name, created_at=at)
    assert [(row.key, row.leads) for row in funnel(By.MONTH)] == [("2026-02", 1), ("2026-03", 2), ("2026-04", 1)]
    assert [(row.key, row.leads) for row in funnel(By.MONTH, MARCH, APRIL)] == [("2026-03", 2)]
    assert [(row.key, row.leads) for row in funnel(By.MONTH, APRIL)] == [("2026-04", 1)]
    assert funnel(By.MONTH, end=datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_by_campaign(db: None) -> None:
    spring = Campaign.objects.create(name="Spring")
    for name, campaign in (("A", spring), ("B", spring), ("C", None)):
        make_lead(name, campaign=campaign)
    assert [(row.key, row.leads) for row in funnel(By.CAMPAIGN)] == [("Spring", 2), ("", 1)]


def test_it_is_one_statement(leads: list[Lead], django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        funnel(By.CAMPAIGN)


class TestCommand:
    def test_json_is_an_array_of_rows(self, world: World) -> None:
        close(bring_to(State.OPPORTUNITY, make_lead(source="google", created_at=MARCH), world), amount=5)
        make_lead("Nowhere", created_at=MARCH)
        make_lead("Later", created_at=APRIL)
        assert json.loads(printed("--by", "source", "--from", "2026-03-01", "--to", "2026-04-01", "--json")) == [
            {"source": "", "label": "(no source)", "leads": 1, "mql": 0, "sal": 0, "sql": 0, "opportunity": 0, "won": 0}
            | {"won_amount": {}},
            {
                "source": "google",
                "label": "google",
                "leads": 1,
                "mql": 1,
                "sal": 1,
                "sql": 1,
                "opportunity": 1,
                "won": 1,
            }
            | {"won_amount": {CONVERSION["currency"]: "5.00"}},
        ]

    def test_without_a_terminal_it_prints_columns(self) -> None:
        make_lead()
        assert printed("--by", "campaign").splitlines() == [
            "campaign\tlabel\tleads\tmql\tsal\tsql\topportunity\twon\twon_amount",
            "\t(no campaign)\t1\t0\t0\t0\t0\t0\t",
        ]

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--by", "weather"], "invalid choice: 'weather'"),
            (["--from", "soon"], "--from: “soon” is not a valid date: write one like 2026-03-01"),
            (["--from", "2026-04-01", "--to", "2026-03-01"], "The period ends before it starts"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, options: list[str], words: str) -> None:
        with pytest.raises(CommandError, match=words):
            printed(*options)


def printed(*options: str) -> str:
    out = io.StringIO()
    call_command("report", "funnel", *options, stdout=out)
    return out.getvalue()
