"""Stage dates, from columns of leads and from rows of events: a history with the moments that they name."""

from datetime import UTC, datetime

import pytest

from handoff import workflow
from handoff.models import Delivery
from leads.models import DealState, Lead, State, Verb
from sla.models import Clock
from tests.handoff.imports.conftest import Import
from tests.world import World, assert_consistent, bring_to, make_lead, make_policy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
JAN = "2025-01-"
MOVES = (Verb.PROMOTE, Verb.ACCEPT, Verb.QUALIFY, Verb.CONVERT, Verb.REJECT, Verb.RECYCLE)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2025, 1, day, hour, tzinfo=UTC)


def history(email: str = "ann@buyer.example") -> list[tuple[str, datetime, bool]]:
    """What the lead came to, when, and whether that is a guess."""
    acts = Lead.objects.get(email=email).transitions.filter(verb__in=MOVES).order_by("at", "id")
    return [(act.to_state, act.at, act.facts.get("guessed", False)) for act in acts]


class TestColumns:
    HUBSPOT = (
        "Record ID,Email,Create Date,Became a Marketing Qualified Lead Date,Became a Sales Qualified Lead Date,"
        "Became an Opportunity Date\n"
        "1,ann@buyer.example,2025-01-01 08:00,2025-01-02 09:00,2025-01-04 11:00,2025-01-09 12:00\n"
    )

    def test_each_stage_has_its_own_moment_and_what_nobody_dated_the_next_known_one(self, bring_in: Import) -> None:
        done = bring_in("leads", self.HUBSPOT)
        assert done.outcomes == ["created"]
        assert history() == [
            ("mql", at(2, 9), False),
            ("sal", at(4, 11), True),
            ("sql", at(4, 11), False),
            ("opportunity", at(9, 12), False),
        ]
        assert "Nothing says when the lead became SAL: by 2025-01-04T11:00Z, when it became SQL." in done.reasons[0]
        lead = Lead.objects.get()
        assert (lead.opportunity.state, lead.opportunity.opened_at) == (DealState.OPEN, at(9, 12))
        assert lead.entered_at == at(9, 12)
        assert not Delivery.objects.exists()
        assert_consistent()

    def test_again_nothing_changes(self, bring_in: Import) -> None:
        bring_in("leads", self.HUBSPOT)
        before = history()
        assert bring_in("leads", self.HUBSPOT).outcomes == ["unchanged"]
        assert history() == before

    def test_a_later_file_goes_on_where_the_first_ended(self, bring_in: Import) -> None:
        header = "external_id,email,created_at,mql_at,sal_at\n"
        bring_in("leads", f"{header}1,ann@buyer.example,{JAN}01,{JAN}02,\n")
        assert bring_in("leads", f"{header}1,ann@buyer.example,{JAN}01,{JAN}02,{JAN}05\n").outcomes == ["updated"]
        assert history() == [("mql", at(2), False), ("sal", at(5), False)]

    def test_another_moment_of_a_stage_that_is_in_the_history_changes_nothing(self, bring_in: Import) -> None:
        header = "external_id,email,created_at,mql_at\n"
        bring_in("leads", f"{header}1,ann@buyer.example,{JAN}01,{JAN}02\n")
        done = bring_in("leads", f"{header}1,ann@buyer.example,{JAN}01,{JAN}07\n")
        assert done.outcomes == ["unchanged"]
        assert "mql_at: The lead became MQL at 2025-01-02T00:00Z already" in done.reasons[0]
        assert history() == [("mql", at(2), False)]

    def test_a_date_that_contradicts_the_order_of_stages_is_left_out(self, bring_in: Import) -> None:
        file = f"external_id,email,created_at,mql_at,sql_at\n1,ann@buyer.example,{JAN}01,{JAN}07,{JAN}03\n"
        assert bring_in("leads", file, "--strict").outcomes == ["refused"]
        done = bring_in("leads", file)
        assert done.outcomes == ["created"]
        assert "mql_at: 2025-01-07T00:00Z was left out, as the lead was SQL by then." in done.reasons[0]
        assert [state for state, _, _ in history()] == ["mql", "sal", "sql"]
        assert bring_in("leads", file).outcomes == ["unchanged"]

    def test_a_date_that_cannot_be_read_is_left_out_and_the_lead_comes_in(self, bring_in: Import) -> None:
        file = "external_id,email,mql_at\n1,ann@buyer.example,soon\n"
        done = bring_in("leads", file)
        assert done.outcomes == ["created"]
        assert "mql_at: “soon” is not a valid" in done.reasons[0]
        assert bring_in("leads", file, "--strict").outcomes == ["refused"]

    def test_a_lead_that_the_file_does_not_date_was_captured_by_its_first_stage(self, bring_in: Import) -> None:
        bring_in("leads", f"external_id,email,mql_at,sal_at\n1,ann@buyer.example,{JAN}05,{JAN}03\n")
        bring_in("leads", f"external_id,email,mql_at\n2,bob@buyer.example,{JAN}05\n")
        assert Lead.objects.get(email="bob@buyer.example").created_at == at(5)

    def test_a_day_is_not_before_the_hours_of_the_same_day(self, bring_in: Import) -> None:
        file = f"external_id,email,created_at,mql_at,sal_at\n1,ann@buyer.example,{JAN}05 08:00,{JAN}05 10:00,{JAN}05\n"
        assert bring_in("leads", file).reasons == [""]
        assert history() == [("mql", at(5, 10), False), ("sal", at(5, 10), False)]

    def test_a_stage_before_the_capture_counts_from_the_capture(self, bring_in: Import) -> None:
        file = f"external_id,email,created_at,mql_at\n1,ann@buyer.example,{JAN}05,{JAN}02\n"
        assert "mql_at: 2025-01-02T00:00Z is before 2025-01-05T00:00Z" in bring_in("leads", file).reasons[0]
        assert history() == [("mql", at(5), False)]
        assert bring_in("leads", file).outcomes == ["unchanged"]

    def test_a_customer_has_a_deal_that_is_won(self, bring_in: Import) -> None:
        file = (
            "Record ID,Email,Create Date,Became an Opportunity Date,Became a Customer Date\n"
            f"1,ann@buyer.example,{JAN}01,{JAN}03,{JAN}20\n"
        )
        bring_in("leads", file)
        deal = Lead.objects.get().opportunity
        assert (deal.state, deal.opened_at, deal.closed_at) == (DealState.WON, at(3), at(20))
        assert bring_in("leads", file).outcomes == ["unchanged"]
        assert_consistent()

    def test_the_file_of_deals_says_which_deal_it_was(self, bring_in: Import) -> None:
        bring_in("leads", self.HUBSPOT)
        deals = "external_id,deal id,deal name,deal stage,amount,close date\n1,D1,Fox,Closed won,500 EUR,2025-02-01\n"
        assert bring_in("outcomes", deals, "--historical").outcomes == ["updated"]
        [deal] = Lead.objects.get().deals.all()
        assert (deal.external_id, deal.name, deal.state) == ("D1", "Fox", DealState.WON)
        assert_consistent()

    @pytest.mark.parametrize(
        ("header", "state"),
        [
            ("ConvertedDate", State.OPPORTUNITY),
            ("Date entered “Sales Qualified Lead (Lifecycle Stage Pipeline)”", State.SQL),
            ("hs_lifecyclestage_marketingqualifiedlead_date", State.MQL),
            ("Datum der Umwandlung in Marketing Qualified Lead", State.MQL),
            ("Qualifiziert am", State.SQL),
            ("Sales Accepted Date", State.SAL),
            ("SAL Date", State.SAL),
            ("became_opportunity_at", State.OPPORTUNITY),
        ],
    )
    def test_other_systems_and_languages_call_them_otherwise(self, bring_in: Import, header: str, state: State) -> None:
        bring_in("leads", f"external_id,email,created_at,{header}\n1,ann@buyer.example,{JAN}01,{JAN}03\n")
        assert Lead.objects.get().state == state

    def test_a_conversion_without_an_opportunity_is_a_qualification(self, bring_in: Import) -> None:
        header = "Id,Email,CreatedDate,ConvertedDate,ConvertedOpportunityId\n"
        bring_in("leads", f"{header}1,ann@buyer.example,{JAN}01,{JAN}03,\n", system="crm")
        bring_in("leads", f"{header}2,bob@buyer.example,{JAN}01,{JAN}03,D7\n", system="crm")
        assert Lead.objects.get(email="ann@buyer.example").state == State.SQL
        assert Lead.objects.get(email="bob@buyer.example").deals.get().external_id == "D7"


class TestEvents:
    FILE = (
        "external_id,stage,at\n"
        "1,sql,2025-01-04 11:00\n"
        "2,mql,2025-01-02\n"
        "1,mql,2025-01-02 09:00\n"
        "1,Sales Accepted Lead,2025-01-03 10:00\n"
        "1,opportunity,2025-01-09 12:00\n"
    )

    @pytest.fixture(autouse=True)
    def leads(self, bring_in: Import) -> None:
        rows = "1,ann@buyer.example,2025-01-01\n2,bob@buyer.example,2025-01-01\n"
        bring_in("leads", f"external_id,email,created_at\n{rows}")

    def test_their_order_in_the_file_does_not_matter(self, bring_in: Import) -> None:
        assert bring_in("stages", self.FILE).outcomes == ["created"] * 5
        assert history() == [
            ("mql", at(2, 9), False),
            ("sal", at(3, 10), False),
            ("sql", at(4, 11), False),
            ("opportunity", at(9, 12), False),
        ]
        assert bring_in("stages", self.FILE).outcomes == ["unchanged"] * 5
        assert_consistent()

    def test_nor_do_other_leads_in_between(self, bring_in: Import) -> None:
        others = "".join(f"2,raw,2025-01-02 00:{n:02}\n" for n in range(60)) * 5
        file = f"external_id,stage,at\n1,sal,2025-01-05\n{others}1,mql,2025-01-03\n"
        assert bring_in("stages", file).counts["created"] == 2
        assert history() == [("mql", at(3), False), ("sal", at(5), False)]

    def test_a_dry_run_says_the_same_and_writes_nothing(self, bring_in: Import) -> None:
        assert bring_in("stages", self.FILE, "--dry-run").outcomes == ["created"] * 5
        assert history() == []

    def test_a_lead_goes_round_again_after_a_rejection(self, bring_in: Import) -> None:
        file = (
            "external_id,stage,at,reason\n1,mql,2025-01-02,\n1,rejected,2025-01-03,not now\n1,recycled,2025-01-04,\n"
            "1,mql,2025-01-05,\n"
        )
        assert bring_in("stages", file).outcomes == ["created"] * 4
        assert [state for state, _, _ in history()] == ["mql", "rejected", "raw", "mql"]
        assert Lead.objects.get(email="ann@buyer.example").cycle == 2
        assert bring_in("stages", file).outcomes == ["unchanged"] * 4
        assert_consistent()

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            ("1,friend,2025-01-02", "stage: “friend” is not a stage of a lead: use mql, sal, sql"),
            ("1,,2025-01-02", "stage: Give the stage"),
            ("1,mql,", "at: Give the moment at which the lead came to this stage."),
            ("1,mql,2999-01-01", "is in the future"),
            ("9,mql,2025-01-02", "There is no lead “hubspot:9”: import the leads first"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, bring_in: Import, row: str, words: str) -> None:
        done = bring_in("stages", f"external_id,stage,at\n{row}\n")
        assert done.outcomes == ["refused"]
        assert words in done.reasons[0]

    def test_a_lead_that_is_worked_here_goes_on_and_its_clock_ends_when_it_ended(
        self, bring_in: Import, world: World
    ) -> None:
        make_policy("time_to_accept")
        lead = make_lead("Live One", email="live@buyer.example")
        bring_to(State.MQL, lead, world)
        now = Clock.objects.get().started_at.isoformat()
        assert bring_in("stages", f"email,stage,at\nlive@buyer.example,sal,{now}\n").outcomes == ["created"]
        clock = Clock.objects.get()
        assert (clock.stopped_at, clock.state) == (clock.started_at, "met")
        assert_consistent()


def test_a_lead_that_sales_works_here_is_not_moved_by_a_word_without_a_date(bring_in: Import, world: World) -> None:
    lead = make_lead("Live One", email="live@buyer.example")
    workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    done = bring_in("leads", "external_id,email,Lifecycle Stage\n1,live@buyer.example,opportunity\n")
    assert "The file says Opportunity without a date, and here the lead is MQL already: it stays." in done.reasons[0]
    lead.refresh_from_db()
    assert lead.state == State.MQL
