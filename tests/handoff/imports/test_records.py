"""One table with leads, their stages and their deals."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from handoff.reports.funnel import By, funnel
from leads.models import DealState, Lead, State, Verb
from tests.handoff.imports.conftest import Import
from tests.world import World, assert_consistent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
TABLE = (
    "lead_id,email,lead_source,created_date,lead_stage,conversion_date,opportunity_value\n"
    "1,ann@buyer.example,Web,2025-01-01,Won,2025-02-01,1200\n"
    "2,bob@buyer.example,Web,2025-01-01,Opportunity,,800\n"
    "3,cid@buyer.example,Web,2025-01-01,Lead,,\n"
)


def test_a_table_of_leads_and_deals_makes_both(bring_in: Import) -> None:
    assert bring_in("leads", TABLE, "--set", "currency=EUR").outcomes == ["created"] * 3
    ann, bob, cid = Lead.objects.order_by("email")
    assert (ann.state, bob.state, cid.state) == (State.OPPORTUNITY, State.OPPORTUNITY, State.RAW)
    won, is_open = ann.deals.get(), bob.deals.get()
    assert (won.state, won.amount, won.closed_at) == (DealState.WON, Decimal(1200), datetime(2025, 2, 1, tzinfo=UTC))
    assert (is_open.state, is_open.amount, is_open.closed_at) == (DealState.OPEN, Decimal(800), None)
    [row] = funnel(By.SOURCE)
    assert (row.leads, row.opportunity, row.won, row.won_amount) == (3, 2, 1, {"EUR": "1200.00"})
    assert_consistent()


def test_again_it_is_unchanged(bring_in: Import) -> None:
    bring_in("leads", TABLE)
    assert bring_in("leads", TABLE).outcomes == ["unchanged"] * 3
    assert Lead.objects.get(email="ann@buyer.example").deals.count() == 1


def test_stage_dates_are_kept_beside_the_deal(bring_in: Import, world: World) -> None:
    file = (
        "id,email,created_at,mql_at,sql_at,opportunity_at,deal_id,deal_name,won_at,amount,currency,owner\n"
        "1,ann@buyer.example,2025-01-01,2025-01-02,2025-01-04,2025-01-09,D1,Fox,2025-03-01,500,EUR,ada\n"
    )
    assert bring_in("leads", file).outcomes == ["created"]
    lead = Lead.objects.get()
    acts = {act.verb: act.at.day for act in lead.transitions.all()}
    assert acts == {Verb.PROMOTE: 2, Verb.ACCEPT: 4, Verb.QUALIFY: 4, Verb.CONVERT: 9}
    deal = lead.deals.get()
    assert (deal.external_id, deal.name, deal.owner) == ("D1", "Fox", world.ada)
    assert bring_in("leads", file).outcomes == ["unchanged"]
    assert_consistent()


def test_an_amount_that_cannot_be_read_leaves_the_lead(bring_in: Import) -> None:
    done = bring_in("leads", "id,email,lead_stage,opportunity_value\n1,ann@buyer.example,Opportunity,a lot\n")
    assert done.outcomes == ["created"]
    assert "The lead was kept without its deal: amount: “a lot” is not a valid amount" in done.reasons[0]
    assert Lead.objects.exists()


def test_a_column_of_deals_alone_makes_no_deal_of_a_lead(bring_in: Import) -> None:
    bring_in("leads", "id,email,amount,lead_stage\n1,ann@buyer.example,12,Lead\n")
    assert Lead.objects.get().state == State.RAW


def test_a_deal_that_a_lead_names_is_known_by_its_own_id_alone(bring_in: Import) -> None:
    leads = "Id,Email,ConvertedDate,ConvertedOpportunityId\n1,ann@buyer.example,2025-01-05,D7\n"
    assert bring_in("leads", leads, system="crm").outcomes == ["created"]
    deals = "deal_id,deal name,deal stage,amount,currency,close date\n{},Fox,Closed won,500,EUR,2025-03-01\n"
    assert bring_in("outcomes", deals.format("D7"), "--historical", system="crm").outcomes == ["updated"]
    deal = Lead.objects.get().deals.get()
    assert (deal.name, deal.state, deal.amount) == ("Fox", DealState.WON, Decimal(500))
    assert bring_in("outcomes", deals.format("D8"), "--historical", system="crm").outcomes == ["refused"]
    assert_consistent()


MIXED = (
    "record_type,external_id,email,created_at,stage,at,outcome,deal_id,deal_name,deal_stage,amount,closed_at,owner\n"
    "deal,1,,,,,,D1,Fox,Closed won,500,2025-03-01,ada\n"
    "stage,1,,,mql,2025-01-02,,,,,,,\n"
    "call,1,,,,2025-01-03 10:00,reached,,,,,,\n"
    "lead,1,ann@buyer.example,2025-01-01,,,,,,,,,ada\n"
    "invoice,1,,,,,,,,,,,\n"
)


def test_a_column_may_tell_several_kinds_of_records_apart(bring_in: Import, world: World) -> None:
    done = bring_in("leads", MIXED, "--historical", "--set", "currency=EUR")
    assert done.outcomes == ["created", "created", "created", "created", "refused"]
    assert "record_type: “invoice” is not a kind of record: use lead, stage, call" in done.reasons[-1]
    lead = Lead.objects.get()
    assert (lead.state, lead.owner, lead.touches.get().channel) == (State.OPPORTUNITY, world.ada, "call")
    assert lead.transitions.get(verb=Verb.PROMOTE).at == datetime(2025, 1, 2, tzinfo=UTC)
    assert lead.deals.get().amount == Decimal(500)
    again = bring_in("leads", MIXED, "--historical", "--set", "currency=EUR")
    assert again.outcomes == ["unchanged"] * 4 + ["refused"]
    assert_consistent()
