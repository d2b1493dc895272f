"""Deals from files: several of one lead, open, won and lost, the same however often a file is run."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from handoff import workflow
from handoff.reports.funnel import By, funnel
from leads.identity import upsert
from leads.models import DealState, Lead, Opportunity, State, Transition, Verb
from tests.handoff.imports.conftest import Import
from tests.world import CONVERSION, World, assert_consistent, bring_to

pytestmark = pytest.mark.django_db
MARCH, JUNE = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
TWO_WON = "external_id,won_at,amount,name\n1,2026-03-01,10000,First order\n1,2026-06-01,5000,Second order\n"


@pytest.fixture(autouse=True)
def ann(world: World) -> Lead:
    """Lead 1 of the files."""
    return captured("1")


def captured(external_id: str) -> Lead:
    fields = {"name": f"Ann {external_id}", "created_at": datetime(2026, 1, 5, tzinfo=UTC)}
    return upsert(fields, external_ids=[("hubspot", external_id)]).lead


def deals() -> list[tuple[Any, ...]]:
    return list(Opportunity.objects.order_by("pk").values_list("name", "state", "amount"))


def won_amount() -> dict[str, str]:
    (row,) = funnel(By.SOURCE)
    return dict(row.won_amount)


def again(bring_in: Import, content: str, *options: str, runs: int = 3) -> None:
    """Run a file again: every row is unchanged, and so is everything that is kept."""
    before = list(Opportunity.objects.order_by("pk").values()), Transition.objects.count()
    for _ in range(runs):
        done = bring_in("outcomes", content, *options)
        assert set(done.outcomes) == {"unchanged"}, done
        assert (list(Opportunity.objects.order_by("pk").values()), Transition.objects.count()) == before
    assert_consistent()


class TestSeveralOfOneLead:
    def test_each_counts_however_often_the_file_is_run(self, bring_in: Import) -> None:
        assert bring_in("outcomes", TWO_WON, "--historical").outcomes == ["created", "created"]
        for _ in range(3):
            assert won_amount() == {"": "15000.00"}
            again(bring_in, TWO_WON, "--historical", runs=1)
        (row,) = funnel(By.SOURCE)
        assert (row.leads, row.opportunity, row.won) == (1, 1, 1)

    @pytest.mark.parametrize("third", ["Third order", ""])
    def test_a_lost_one_among_them_is_one_more(self, bring_in: Import, third: str) -> None:
        file = (
            "external_id,stage,closed_at,amount,name\n1,Closed Won,2026-03-01,10000,First order\n"
            f"1,Closed Won,2026-06-01,5000,Second order\n1,Closed Lost,,,{third}\n"
        )
        assert bring_in("outcomes", file, "--historical").outcomes == ["created"] * 3
        again(bring_in, file, "--historical")
        assert [state for _, state, _ in deals()] == ["won", "won", "lost"]
        assert won_amount() == {"": "15000.00"}

    @pytest.mark.parametrize(
        "rows",
        [
            ["1,2026-03-01,10000,", "1,2026-06-01,5000,"],  # no name
            ["1,2026-03-01,10000,", "1,2026-03-01,5000,"],  # no name, on one day
            ["1,2026-03-01,10000,Renewal", "1,2026-06-01,5000,Renewal"],  # one name
            ["1,2026-03-01,5000,Renewal", "1,2026-06-01,5000,Renewal"],  # one name and one amount
            ["1,2026-03-01,10000,Renewal", "1,2026-03-01,5000,Renewal"],  # one name and one day
            ["1,2026-03-01,5000,Alpha", "1,2026-03-01,5000,Beta"],  # one day and one amount
            ["1,2026-03-01,,Renewal", "1,2026-06-01,,Renewal"],  # no amounts
        ],
    )
    @pytest.mark.parametrize("options", [("--historical",), ()])
    def test_rows_that_differ_are_different_deals(
        self, bring_in: Import, ann: Lead, world: World, rows: list[str], options: list[str]
    ) -> None:
        if not options:
            bring_to(State.SQL, ann, world)
            workflow.convert(ann.pk, by=world.ada, **CONVERSION | {"name": "Another"})
            workflow.update_deal(ann.pk, by=world.ada, deal=ann.opportunity, state="lost")
        file = "external_id,won_at,amount,name\n" + "\n".join(rows)
        for content in (file, file, "external_id,won_at,amount,name\n" + "\n".join(reversed(rows))):
            bring_in("outcomes", content, *options)
            assert Opportunity.objects.filter(state=DealState.WON).count() == 2
        again(bring_in, file, *options)

    def test_they_may_stand_far_apart_in_the_file(self, bring_in: Import, monkeypatch: pytest.MonkeyPatch) -> None:
        """Rows are written in chunks, and a later chunk must not take a deal of an earlier one for its own."""
        monkeypatch.setattr("handoff.imports.run.CHUNK", 1)
        renewals = TWO_WON.replace("First order", "Renewal").replace("Second order", "Renewal")
        assert bring_in("outcomes", renewals, "--historical").outcomes == ["created", "created"]
        again(bring_in, renewals, "--historical")

    def test_a_row_that_says_the_same_again_is_left_out_and_says_so(self, bring_in: Import) -> None:
        done = bring_in("outcomes", TWO_WON + "1,2026-06-01,5000,Second order\n", "--historical")
        assert done.outcomes == ["created", "created", "unchanged"]
        assert done.reasons[2] == "It is about the same deal as row 3, which counts."
        assert len(deals()) == 2

    def test_a_dry_run_says_the_same_and_writes_nothing(self, bring_in: Import) -> None:
        tried = bring_in("outcomes", TWO_WON, "--historical", "--dry-run")
        assert deals() == []
        assert bring_in("outcomes", TWO_WON, "--historical").outcomes == tried.outcomes == ["created", "created"]

    def test_the_history_has_every_deal(self, bring_in: Import, ann: Lead) -> None:
        bring_in("outcomes", TWO_WON, "--historical")
        bring_in("outcomes", TWO_WON.replace("5000", "6000"), "--historical")
        acts = ann.transitions.filter(verb__in=(Verb.CONVERT, Verb.UPDATE_DEAL)).order_by("pk")
        assert [(act.verb, act.facts["name"], act.facts["amount"], act.at) for act in acts] == [
            ("convert", "First order", "10000.00", MARCH),
            ("update_deal", "Second order", "5000.00", JUNE),
            ("update_deal", "Second order", "6000.00", JUNE),
        ]


class TestIds:
    FILE = "external_id,deal id,deal name,deal stage,amount,close date\n"

    def test_a_deal_is_known_by_its_id_whatever_else_changes(self, bring_in: Import) -> None:
        bring_in("outcomes", self.FILE + "1,D1,Old name,Negotiation,10,2026-09-01\n", "--historical")
        moved = self.FILE + "1,D1,New name,Closed Won,12,2026-03-01\n"
        assert bring_in("outcomes", moved, "--historical").outcomes == ["updated"]
        (deal,) = Opportunity.objects.all()
        assert (deal.system, deal.external_id, deal.name, deal.stage) == ("hubspot", "D1", "New name", "Closed Won")
        assert (deal.state, deal.closed_at, deal.amount) == (DealState.WON, MARCH, Decimal(12))
        again(bring_in, moved, "--historical")

    def test_ids_as_spreadsheets_spell_them_are_one_and_rounded_ones_are_refused(self, bring_in: Import) -> None:
        bring_in("outcomes", self.FILE + "1,9001,Big,Closed Won,10,2026-03-01\n", "--historical")
        done = bring_in(
            "outcomes",
            self.FILE + "1,9001.0,Big,Closed Won,10,2026-03-01\n1,3.97792E+10,Big,Closed Won,10,2026-03-01\n",
            "--historical",
        )
        assert done.outcomes == ["unchanged", "refused"]
        assert done.reasons[1].startswith("deal_id: The spreadsheet has rounded this id")
        assert won_amount() == {"": "10.00"}

    def test_deals_alike_in_all_but_their_ids_are_different(self, bring_in: Import) -> None:
        file = self.FILE + "".join(f"1,D{n},Renewal,Closed Won,5000,2026-03-01\n" for n in range(3))
        assert bring_in("outcomes", file, "--historical").outcomes == ["created"] * 3
        assert won_amount() == {"": "15000.00"}
        again(bring_in, file, "--historical")

    @pytest.mark.parametrize("chunk", [1, 200])
    def test_of_two_rows_with_one_id_the_first_wins_and_the_second_says_so(
        self, bring_in: Import, monkeypatch: pytest.MonkeyPatch, chunk: int
    ) -> None:
        monkeypatch.setattr("handoff.imports.run.CHUNK", chunk)
        captured("2")
        file = (
            self.FILE + "1,D1,A,Closed Won,10,2026-03-01\n1,D1,B,Closed Lost,20,2026-06-01\n2,D1,A,Won,10,2026-03-01\n"
        )
        done = bring_in("outcomes", file, "--historical")
        assert (done.outcomes, done.counts["warnings"]) == (["created", "unchanged", "unchanged"], 2)
        assert done.reasons[1] == done.reasons[2] == "It is about the same deal as row 2, which counts."
        again(bring_in, file, "--historical")
        assert deals() == [("A", "won", Decimal(10))]

    def test_a_deal_of_another_lead_is_refused(self, bring_in: Import) -> None:
        other = captured("2")
        bring_in("outcomes", self.FILE + "1,D1,A,Closed Won,10,2026-03-01\n", "--historical")
        done = bring_in("outcomes", self.FILE + "2,D1,A,Closed Won,10,2026-03-01\n", "--historical")
        assert done.outcomes == ["refused"]
        assert f"and this row is about lead {other.pk}" in done.reasons[0]

    def test_a_deal_of_before_takes_its_id_and_a_stranger_does_not(self, bring_in: Import) -> None:
        bring_in("outcomes", TWO_WON.splitlines()[0] + "\n1,2026-06-01,5000,Second order\n", "--historical")
        file = self.FILE + (
            "1,D1,First order,Closed Won,10000,2026-03-01\n1,D2,Second order,Closed Won,5000,2026-06-01\n"
        )
        assert bring_in("outcomes", file, "--historical").outcomes == ["created", "updated"]
        assert won_amount() == {"": "15000.00"}
        again(bring_in, file, "--historical")

    def test_the_deal_that_sales_made_here_is_the_one_of_the_file(
        self, bring_in: Import, ann: Lead, world: World
    ) -> None:
        bring_to(State.OPPORTUNITY, ann, world)
        file = self.FILE + "1,D1,Ann 2026,Closed Won,1500,2026-03-01\n1,D2,Ann 2027,Negotiation,700,2027-03-01\n"
        assert bring_in("outcomes", file).outcomes == ["updated", "created"]
        assert deals() == [("Ann 2026", "won", Decimal(1500)), ("Ann 2027", "open", Decimal(700))]
        again(bring_in, file)

    def test_the_id_of_an_export_of_deals_is_that_of_the_deal(self, bring_in: Import, ann: Lead) -> None:
        Lead.objects.filter(pk=ann.pk).update(email="ann@buyer.example")
        captured("77")  # a lead, and a deal: HubSpot numbers each kind of record by itself
        file = (
            "Record ID,Deal Name,Deal Stage,Amount,Close Date,Create Date,Associated Contact Email\n"
            "77,Big,Closed won,5000,2026-06-01,2026-03-01,ann@buyer.example\n"
        )
        assert bring_in("outcomes", file, "--historical").outcomes == ["created"]
        deal = ann.opportunity
        assert (deal.external_id, deal.opened_at, deal.closed_at) == ("77", MARCH, JUNE)
        ann.refresh_from_db()
        assert ann.entered_at == MARCH
        again(bring_in, file, "--historical")


class TestOpen:
    FILE = "external_id,deal id,deal name,deal stage,amount,close date,deal owner\n"

    def test_the_pipeline_of_today_comes_in_as_it_stands(self, bring_in: Import, ann: Lead, world: World) -> None:
        file = self.FILE + "1,D1,Big,Qualified to Buy,5000 EUR,2031-06-01,Ada@handoff.example\n"
        assert bring_in("outcomes", file, "--historical").outcomes == ["created"]
        deal = ann.opportunity
        assert (deal.state, deal.stage, deal.owner) == (DealState.OPEN, "Qualified to Buy", world.ada)
        assert (deal.expected_close, deal.closed_at) == (date(2031, 6, 1), None)
        ann.refresh_from_db()
        assert ann.state == State.OPPORTUNITY
        again(bring_in, file, "--historical")

    def test_without_historical_a_lead_comes_there_by_its_verbs_alone(
        self, bring_in: Import, ann: Lead, world: World
    ) -> None:
        file = self.FILE + "1,D1,Big,Qualified to Buy,5000 EUR,2031-06-01,\n"
        assert bring_in("outcomes", file).reasons[0].startswith("Cannot convert Ann 1: ")
        bring_to(State.SQL, ann, world)
        assert bring_in("outcomes", file).outcomes == ["created"]
        again(bring_in, file)

    def test_it_goes_on_and_is_reopened_by_later_files(self, bring_in: Import, ann: Lead) -> None:
        for stage, state, closed_at in (
            ("Demo", DealState.OPEN, None),
            ("Closed Lost to Competition", DealState.LOST, JUNE),
            ("Negotiation", DealState.OPEN, None),
            ("Closed Won", DealState.WON, JUNE),
        ):
            bring_in("outcomes", self.FILE + f"1,D1,Big,{stage},5,2026-06-01,\n", "--historical")
            deal = ann.opportunity
            assert (deal.stage, deal.state, deal.closed_at) == (stage, state, closed_at)
        assert_consistent()

    def test_an_owner_who_is_nobody_here_is_left_out_with_a_warning(self, bring_in: Import, ann: Lead) -> None:
        done = bring_in("outcomes", self.FILE + "1,D1,Big,Demo,5,,Nobody At All\n", "--historical")
        assert (done.outcomes, done.reasons) == (
            ["created"],
            [
                (
                    "deal_owner: “Nobody At All” is not a valid user: give a username, an email or a full name. "
                    "It was left out."
                )
            ],
        )
        assert ann.opportunity.owner is None

    @pytest.mark.parametrize(
        ("flags", "state"), [("true,true", "won"), ("false,true", "lost"), ("false,false", "open"), ("1,1", "won")]
    )
    def test_salesforce_says_by_flags_what_its_stages_mean(
        self, bring_in: Import, ann: Lead, flags: str, state: str
    ) -> None:
        file = f"ContactId,Id,StageName,IsWon,IsClosed\n1,006A,Signed by hand,{flags}\n"
        assert bring_in("outcomes", file, "--historical").outcomes == ["created"]
        assert (ann.opportunity.state, ann.opportunity.stage, ann.opportunity.external_id) == (
            state,
            "Signed by hand",
            "006A",
        )

    def test_a_status_beside_the_stage_says_how_it_ended(self, bring_in: Import, ann: Lead) -> None:
        bring_in("outcomes", "external_id,Deal - Stage,Deal - Status\n1,Negotiation,Won\n", "--historical")
        assert (ann.opportunity.state, ann.opportunity.stage) == (DealState.WON, "Negotiation")

    def test_why_a_deal_was_lost_is_kept(self, bring_in: Import, ann: Lead) -> None:
        file = "external_id,deal stage,closed lost reason\n1,Closed lost,Too expensive\n"
        bring_in("outcomes", file, "--historical")
        assert ann.opportunity.lost_reason == "Too expensive"
        again(bring_in, file, "--historical")


class TestMoments:
    @pytest.mark.parametrize("options", [("--historical",), ()])
    def test_a_deal_that_ended_nobody_knows_when_has_no_date(
        self, bring_in: Import, ann: Lead, world: World, options: list[str]
    ) -> None:
        bring_to(State.OPPORTUNITY, ann, world)
        file = "external_id,deal id,deal stage\n1,D1,Closed won\n"
        done = bring_in("outcomes", file, *options)
        assert done.reasons == ["Nothing says when the deal was won: it is kept without a date."]
        assert (ann.opportunity.state, ann.opportunity.closed_at) == (DealState.WON, None)
        again(bring_in, file, *options)

    def test_a_later_file_may_know_it(self, bring_in: Import, ann: Lead) -> None:
        bring_in("outcomes", "external_id,deal id,deal stage\n1,D1,Closed won\n", "--historical")
        file = "external_id,deal id,deal stage,close date\n1,D1,Closed won,2026-03-01\n"
        assert bring_in("outcomes", file, "--historical").outcomes == ["updated"]
        assert ann.opportunity.closed_at == MARCH
        assert bring_in("outcomes", file.replace("2026-03-01", ""), "--historical").outcomes == ["unchanged"]
        assert ann.opportunity.closed_at == MARCH


class TestStatusOfALead:
    @pytest.mark.parametrize("status", ["Lost", "Disqualified", "Unqualified", "Closed - Not Converted", "Junk Lead"])
    @pytest.mark.parametrize(
        "header", ["Lead ID,Lead Status", "Lead ID,Status", "Lead ID,State", "Lead ID,Lead Status,Amount,Deal Stage"]
    )
    def test_a_dead_lead_lost_no_deal(self, bring_in: Import, ann: Lead, status: str, header: str) -> None:
        done = bring_in("outcomes", f"{header}\n1,{status}{',' * (header.count(',') - 1)}\n", "--historical")
        assert done.outcomes == ["refused"]
        assert "Give a reason" in done.reasons[0]
        assert f"“{status}” is the status of a lead, which makes it a rejection." in done.reasons[0]
        assert "--map HEADER=deal_stage" in done.reasons[0]
        ann.refresh_from_db()
        assert (ann.state, deals()) == (State.RAW, [])

    def test_with_a_reason_it_is_a_rejection(self, bring_in: Import, ann: Lead) -> None:
        file = "Lead ID,Lead Status,Rejection Reason\n1,Lost,wrong_territory\n"
        assert bring_in("outcomes", file, "--historical").outcomes == ["created"]
        ann.refresh_from_db()
        assert (ann.state, deals()) == (State.REJECTED, [])
        assert [(row.leads, row.mql, row.opportunity) for row in funnel(By.SOURCE)] == [(1, 0, 0)]

    def test_as_the_stage_of_a_deal_it_is_a_lost_deal(self, bring_in: Import) -> None:
        assert bring_in("outcomes", "Lead ID,Deal Stage\n1,Lost\n", "--historical").outcomes == ["created"]
        assert [state for _, state, _ in deals()] == ["lost"]

    def test_the_state_of_a_country_is_passed_over_where_a_status_stands(self, bring_in: Import) -> None:
        done = bring_in("outcomes", "Lead ID,State,Status\n1,ME,Open - Not Contacted\n", "--historical")
        assert done.reasons[0].startswith("status: “Open - Not Contacted” is not a valid outcome: write won, lost or")

    def test_a_won_lead_is_a_won_deal(self, bring_in: Import) -> None:
        assert bring_in("outcomes", "Lead ID,Lead Status\n1,Won\n", "--historical").outcomes == ["created"]
        assert [state for _, state, _ in deals()] == ["won"]
