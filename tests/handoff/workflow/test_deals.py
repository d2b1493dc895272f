"""The deals of a lead: opened by its conversion or beside it, brought up to date, and all of it in the history."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from handoff import workflow
from handoff.amending import deals
from handoff.refusals import FactsRefused
from leads.models import DealState, Lead, Opportunity, State, Transition, Verb
from leads.sql import load
from tests.world import CONVERSION, World, assert_consistent, bring_to, last, make_lead

pytestmark = pytest.mark.django_db
BY_THE_RELEASE_BEFORE = """
INSERT INTO leads_opportunity (lead_id, name, amount, currency, expected_close, state, closed_at)
VALUES (%s, 'Fox deal', 1200, 'EUR', '2031-01-31', %s, %s)
"""

FORGET_THE_DEAL = "UPDATE leads_transition SET facts = facts - 'deal' - 'state' - 'opened_at' WHERE lead_id = %s"


@pytest.fixture
def dana(world: World) -> Lead:
    return bring_to(State.OPPORTUNITY, make_lead(), world)


def update(lead: Lead, world: World, **facts: Any) -> Transition:
    return workflow.update_deal(lead.pk, by=world.ada, **facts)


class TestOpening:
    def test_the_conversion_opens_the_first(self, dana: Lead) -> None:
        (deal,) = dana.deals.all()
        assert (deal.name, deal.state, deal.opened_at) == ("Fox deal", DealState.OPEN, last(dana).at)
        assert last(dana).facts["deal"] == deal.pk
        assert_consistent()

    def test_another_one_is_opened_beside_it(self, dana: Lead, world: World) -> None:
        act = update(dana, world, name="Second", amount="7.5", currency="EUR", stage="Demo", deal_owner="ben")
        deal = Opportunity.objects.get(pk=act.facts["deal"])
        assert (act.verb, act.from_state, act.to_state) == (Verb.UPDATE_DEAL, State.OPPORTUNITY, State.OPPORTUNITY)
        assert act.facts == {
            "deal": deal.pk,
            "name": "Second",
            "amount": "7.50",
            "currency": "EUR",
            "stage": "Demo",
            "state": "open",
            "deal_owner": "ben",
            "opened_at": act.facts["opened_at"],
        }
        assert (deal.owner, dana.deals.count()) == (world.ben, 2)
        assert_consistent()

    def test_the_same_conversion_again_is_found_made_while_its_deal_is_as_it_was(
        self, dana: Lead, world: World
    ) -> None:
        update(dana, world, name="Second")
        again = workflow.convert(dana.pk, by=world.ada, **CONVERSION)
        assert again.verb == Verb.CONVERT
        assert dana.deals.count() == 2

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({}, "Name the deal, or give the number of one to update."),
            ({"deal": 10**9}, "give the number of one of its deals, or leave it empty"),
            ({"name": "X", "state": "wno"}, "“wno” is not a valid state"),
            ({"name": "X", "closed_at": "2026-01-01"}, "An open deal has not ended yet"),
            (
                {"name": "X", "state": "won", "closed_at": "2199-01-01"},
                "give when the deal was won or lost, or leave it empty",
            ),
            ({"name": "X", "deal_owner": "mia"}, "“mia” is not an active salesperson"),
            ({"name": "X", "amount": "-1"}, "greater than or equal to 0"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, dana: Lead, world: World, facts: dict[str, Any], words: str) -> None:
        before = list(Opportunity.objects.values()), dana.transitions.count()
        with pytest.raises(FactsRefused, match=words):
            update(dana, world, **facts)
        assert (list(Opportunity.objects.values()), dana.transitions.count()) == before

    def test_a_deal_of_another_lead_is_none_of_this_one(self, dana: Lead, world: World) -> None:
        other = bring_to(State.OPPORTUNITY, make_lead("Other"), world)
        with pytest.raises(FactsRefused, match="This lead has no deal"):
            update(dana, world, deal=other.opportunity.pk, state="won")


class TestUpdating:
    def test_what_is_not_given_stays_and_what_is_blank_goes(self, dana: Lead, world: World) -> None:
        update(dana, world, deal=dana.opportunity, stage="Demo", deal_owner="ben")
        update(dana, world, deal=dana.opportunity, amount="", deal_owner="")
        deal = dana.opportunity
        assert (deal.stage, deal.amount, deal.owner, deal.currency) == ("Demo", None, None, "EUR")
        assert_consistent()

    def test_a_person_who_closes_a_deal_closes_it_now_unless_they_say_when(self, dana: Lead, world: World) -> None:
        earlier = timezone.now() - timedelta(days=2)
        act = update(dana, world, deal=dana.opportunity, state="won")
        assert dana.opportunity.closed_at == act.at
        update(dana, world, deal=dana.opportunity, closed_at=earlier)
        assert dana.opportunity.closed_at == earlier
        assert_consistent()

    def test_a_lost_one_that_is_reopened_has_no_end(self, dana: Lead, world: World) -> None:
        update(dana, world, deal=dana.opportunity, state="lost", lost_reason="Too dear")
        update(dana, world, deal=dana.opportunity, state="open")
        assert (dana.opportunity.state, dana.opportunity.closed_at) == (DealState.OPEN, None)
        assert_consistent()

    def test_nothing_to_change_is_refused(self, dana: Lead, world: World) -> None:
        with pytest.raises(FactsRefused, match="Nothing would change"):
            update(dana, world, deal=dana.opportunity, state="open", amount=1200)

    def test_the_main_deal_is_the_newest_open_one_else_the_newest(self, dana: Lead, world: World) -> None:
        first = dana.opportunity
        second = update(dana, world, name="Second").facts["deal"]
        assert dana.opportunity.pk == second
        update(dana, world, deal=second, state="lost")
        assert dana.opportunity == first
        update(dana, world, deal=first, state="won")
        assert dana.opportunity.pk == second
        assert make_lead("Without").opportunity is None


class TestInTheHistory:
    def test_every_deal_can_be_rebuilt_from_it(self, dana: Lead, world: World) -> None:
        update(dana, world, name="Second", amount="0", stage="Demo")
        update(dana, world, deal=dana.opportunity, state="lost", lost_reason="Too dear", deal_owner="ben")
        update(dana, world, deal=dana.opportunity, amount="99.90", expected_close="2031-02-01")
        rebuilt = deals.by_history(list(dana.deals.all()))
        assert {pk: (facts["name"], facts["state"]) for pk, facts in rebuilt.items()} == {
            deal.pk: (deal.name, deal.state) for deal in dana.deals.all()
        }
        assert list(deals.disagreements()) == []

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"state": "won"}, "state is won, should be open"),
            ({"amount": "1200.01"}, "amount is 1200.01, should be 1200.00"),
            ({"stage": "Demo"}, "stage is Demo, should be None"),
            ({"expected_close": None}, "expected_close is None, should be 2031-01-31"),
            ({"external_id": "D1"}, "external_id is D1, should be None"),
            ({"lost_reason": "Too dear"}, "lost_reason is Too dear, should be None"),
        ],
    )
    def test_what_was_changed_behind_its_back_is_found(self, dana: Lead, changed: dict[str, Any], words: str) -> None:
        Opportunity.objects.update(**changed)
        assert list(deals.disagreements()) == [
            f"Lead {dana.pk}: deal {dana.opportunity.pk} is not as its history says: {words}."
        ]

    @pytest.mark.usefixtures("dana")
    def test_an_owner_that_was_changed_behind_its_back_is_found(self, world: World) -> None:
        Opportunity.objects.update(owner=world.ben)
        assert len(list(deals.disagreements())) == 1

    def test_a_deal_that_is_missing_and_one_that_no_act_opened_are_found(self, dana: Lead) -> None:
        act = last(dana)
        dana.deals.all().delete()
        assert list(deals.disagreements()) == [f"Lead {dana.pk}: the deal of act {act.pk} is missing."]
        stray = Opportunity.objects.create(lead=make_lead("Stray"), name="Stray")
        assert f"Lead {stray.lead_id}: no act of its history opened deal {stray.pk}." in deals.disagreements()

    def test_in_chunks_too(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(deals, "CHUNK", 1)
        for name in ("A", "B"):
            lead = bring_to(State.OPPORTUNITY, make_lead(name), world)
            update(lead, world, name="Second")
        assert list(deals.disagreements()) == []

    def test_an_act_may_be_dated_before_what_was_done_later(self, dana: Lead, world: World) -> None:
        workflow.comment(dana.pk, by=world.mia, text="Hello.")
        at = last(dana, Verb.CONVERT).at
        assert update(dana, world, deal=dana.opportunity, stage="Demo", at=at).at == at
        assert_consistent()


class TestMerging:
    def test_deals_go_along_with_what_is_known_of_the_buyer(self, dana: Lead, world: World) -> None:
        gone = make_lead("Twin")
        deal = Opportunity.objects.create(lead=gone, name="Second", state="won", amount=5, currency="EUR")
        workflow.merge(gone.pk, by=world.mia, into=dana.pk)
        deal.refresh_from_db()
        assert deal.lead == dana
        assert dana.deals.count() == 2


class TestIdentity:
    def test_a_deal_is_there_once(self, dana: Lead) -> None:
        Opportunity.objects.update(system="crm", external_id="D1")
        with pytest.raises(IntegrityError, match="opportunity_external_id_once"), transaction.atomic():
            Opportunity.objects.create(lead=dana, name="Again", system="crm", external_id="D1")
        for _ in range(2):
            Opportunity.objects.create(lead=dana, name="Without an id", system="crm")

    @pytest.mark.usefixtures("dana")
    def test_an_open_deal_has_not_ended(self) -> None:
        with pytest.raises(IntegrityError, match="opportunity_open_is_not_closed"), transaction.atomic():
            Opportunity.objects.update(closed_at=timezone.now())


def before_deals(lead: Lead, state: str, closed_at: datetime | None = None) -> None:
    """A deal as the release before writes it: with its own columns, and no word of how it ends in the history."""
    lead.deals.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE leads_transition DISABLE TRIGGER leads_transition_append_only")
        cursor.execute(FORGET_THE_DEAL, [lead.pk])
        cursor.execute("ALTER TABLE leads_transition ENABLE TRIGGER leads_transition_append_only")
        cursor.execute(BY_THE_RELEASE_BEFORE, [lead.pk, state, closed_at])


class TestTheReleaseBefore:
    def test_what_it_converts_agrees_and_can_be_updated(self, dana: Lead, world: World) -> None:
        before_deals(dana, "open")
        assert (dana.opportunity.external_id, dana.opportunity.stage, dana.opportunity.lost_reason) == ("", "", "")
        assert_consistent()
        update(dana, world, deal=dana.opportunity, state="won")
        assert_consistent()

    def test_how_its_deals_ended_is_written_into_the_history_once(self, dana: Lead, world: World) -> None:
        as_converted = bring_to(State.OPPORTUNITY, make_lead("As converted"), world)
        before_deals(dana, "won", timezone.now() - timedelta(days=2))
        with connection.cursor() as cursor:
            cursor.execute(load("leads", "record_deals.sql"))
        assert_consistent()
        act = last(dana)
        assert (act.verb, act.by, act.historical, act.at) == ("update_deal", None, True, dana.opportunity.closed_at)
        assert last(as_converted).verb == Verb.CONVERT

    def test_going_back_leaves_one_deal_that_it_can_read(self, dana: Lead, world: World) -> None:
        update(dana, world, name="Second", state="lost")
        Opportunity.objects.update(state="won", closed_at=None)
        newest = dana.opportunity
        with connection.cursor() as cursor:
            cursor.execute(load("leads", "forget_deals.sql"))
        (left,) = dana.deals.all()
        assert (left.pk, left.closed_at) == (newest.pk, Lead.objects.get(pk=dana.pk).entered_at)
        assert not Transition.objects.filter(verb=Verb.UPDATE_DEAL).exists()
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Transition.objects.update(via="api")
