"""What became of leads, from a file: the past walks through every stage, the present is judged as ever."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.utils import timezone

from handoff import workflow
from handoff.models import Delivery, Handoff
from handoff.refusals import FactsRefused
from handoff.workflow import Door
from leads.models import DealState, Lead, Opportunity, Reason, State, Transition, Verb, Via
from sla.metrics import Metric
from sla.models import Clock
from tests.handoff.imports.conftest import Import
from tests.world import MONDAY, World, assert_consistent, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
CAPTURED = datetime(2024, 3, 1, tzinfo=UTC)
WON = "email,won_at,amount\ndana.fox@buyer.example,2024-03-12 09:14,$342.09K\n"


@pytest.fixture
def dana(world: World) -> Lead:
    return make_lead("Dana Fox", created_at=CAPTURED, entered_at=CAPTURED)


class TestThePast:
    def test_a_won_deal_walks_its_lead_through_every_stage(self, bring_in: Import, dana: Lead) -> None:
        for metric in Metric.values:
            make_policy(metric)
        assert bring_in("outcomes", WON, "--historical").outcomes == ["created"]
        won_at = datetime(2024, 3, 12, 9, 14, tzinfo=UTC)
        dana.refresh_from_db()
        assert (dana.state, dana.entered_at) == (State.OPPORTUNITY, won_at)
        assert list(dana.transitions.values_list("to_state", "at", "historical", "via")) == [
            (state, won_at, True, Via.IMPORT) for state in ("mql", "sal", "sql", "opportunity")
        ]
        deal = dana.opportunity
        assert (deal.state, deal.closed_at, deal.amount, deal.currency) == (
            DealState.WON,
            won_at,
            Decimal(342090),
            "USD",
        )
        assert not Clock.objects.exists()
        assert not Delivery.objects.exists()
        assert_consistent()

    @pytest.mark.usefixtures("dana")
    def test_again_it_is_unchanged(self, bring_in: Import) -> None:
        bring_in("outcomes", WON, "--historical")
        assert bring_in("outcomes", WON, "--historical").outcomes == ["unchanged"]
        assert bring_in("outcomes", WON).outcomes == ["unchanged"]
        assert Transition.objects.count() == 4

    def test_in_bulk_it_is_the_same_as_by_the_verbs(self, bring_in: Import, world: World) -> None:
        won = {"system": "hubspot", "state": DealState.WON, "closed_at": datetime(2024, 3, 12, tzinfo=UTC)}
        facts: dict[str, Any] = {"name": "Deal", "amount": None, "currency": "", "expected_close": "2024-03-12", **won}
        leads = [
            make_lead(name, owner=world.ada, team=world.berlin, created_at=CAPTURED, entered_at=CAPTURED, score=7)
            for name in ("In Bulk", "By Verbs")
        ]
        bring_in(
            "outcomes",
            "email,state,won_at,name,expected_close\nin.bulk@buyer.example,won,2024-03-12,Deal,2024-03-12\n",
            "--historical",
        )
        door, at = Door(via=Via.IMPORT, historical=True), datetime(2024, 3, 12, tzinfo=UTC)
        for verb in (workflow.promote, workflow.accept, workflow.qualify):
            verb(leads[1].pk, by=None, door=door, at=at)
        workflow.convert(leads[1].pk, by=None, door=door, at=at, **facts)
        assert everything(leads[0]) == everything(leads[1])
        assert_consistent()

    def test_a_lead_on_its_way_walks_the_rest_and_never_backwards(
        self, bring_in: Import, dana: Lead, world: World
    ) -> None:
        bring_to(State.SAL, dana, world)
        dana.refresh_from_db()
        accepted_at = dana.entered_at
        assert bring_in("outcomes", WON, "--historical").outcomes == ["created"]
        dana.refresh_from_db()
        assert (dana.state, dana.entered_at) == (State.OPPORTUNITY, accepted_at)
        assert dana.opportunity.closed_at == datetime(2024, 3, 12, 9, 14, tzinfo=UTC)
        assert_consistent()

    def test_its_facts_may_change_though_a_clock_of_it_was_never_ended(
        self, bring_in: Import, dana: Lead, world: World
    ) -> None:
        make_policy(Metric.SPEED_TO_LEAD)
        bring_to(State.MQL, dana, world)
        bring_in("outcomes", WON, "--historical")
        assert Clock.objects.get().stopped_at is None
        assert bring_in("leads", f"email,company\n{dana.email},Foxworks\n").outcomes == ["updated"]

    def test_a_deal_won_before_the_first_contact_is_kept_with_a_warning(self, bring_in: Import, dana: Lead) -> None:
        early = WON.replace("2024-03-12", "2024-02-12")
        done = bring_in("outcomes", early, "--historical")
        assert (done.status, done.outcomes, done.counts["warnings"]) == (0, ["created"], 1)
        assert "before the first contact with its lead at 2024-03-01" in done.reasons[0]
        dana.refresh_from_db()
        assert dana.entered_at == CAPTURED
        assert dana.opportunity.closed_at == datetime(2024, 2, 12, 9, 14, tzinfo=UTC)

    def test_a_rejected_lead_is_not_won(self, bring_in: Import, dana: Lead, world: World) -> None:
        bring_to(State.REJECTED, dana, world)
        done = bring_in("outcomes", WON, "--historical")
        assert done.outcomes == ["refused"]
        assert done.reasons[0].startswith("Cannot convert Dana Fox: already rejected by Ada")

    def test_a_lost_deal_and_one_that_is_corrected(self, bring_in: Import, dana: Lead) -> None:
        bring_in("outcomes", f"email,name,lost_at\n{dana.email},Fox,2024-03-12\n", "--historical")
        assert dana.opportunity.state == DealState.LOST
        corrected = f"email,name,stage,close date\n{dana.email},Fox,Closed Won,2024-04-01\n"
        assert bring_in("outcomes", corrected).outcomes == ["updated"]
        assert (dana.opportunity.state, dana.opportunity.closed_at) == (DealState.WON, datetime(2024, 4, 1, tzinfo=UTC))


class TestThePresent:
    def test_an_opportunity_is_closed(self, bring_in: Import, dana: Lead, world: World) -> None:
        bring_to(State.OPPORTUNITY, dana, world)
        done = bring_in("outcomes", f"email,state,amount\n{dana.email},Closed Won,1500\n")
        assert done.outcomes == ["updated"]
        deal = Opportunity.objects.get()
        assert (deal.state, deal.amount, deal.currency) == (DealState.WON, Decimal(1500), "EUR")
        assert bring_in("outcomes", f"email,state\n{dana.email},won\n").outcomes == ["unchanged"]

    def test_a_qualified_lead_is_converted_with_all_that_this_demands(
        self, bring_in: Import, dana: Lead, world: World
    ) -> None:
        bring_to(State.SQL, dana, world)
        done = bring_in("outcomes", f"email,state\n{dana.email},won\n")
        assert done.outcomes == ["refused"]
        assert "Name the opportunity. Give the amount, like 12000.00. Give the currency" in done.reasons[0]
        header = "email,state,name,amount,currency,expected_close"
        assert bring_in("outcomes", f"{header}\n{dana.email},won,Fox,12,eur,2026-01-01\n").outcomes == ["created"]

    @pytest.mark.parametrize("state", [State.RAW, State.MQL, State.SAL])
    def test_a_lead_that_sales_has_not_qualified_is_refused_in_the_words_of_the_verb(
        self, bring_in: Import, dana: Lead, world: World, state: State
    ) -> None:
        bring_to(state, dana, world)
        done = bring_in("outcomes", WON)
        assert done.outcomes == ["refused"]
        assert done.reasons[0].startswith("Cannot convert Dana Fox: ")
        assert not Opportunity.objects.exists()


class TestRejections:
    def test_a_rejection_is_done_by_the_verb_once(self, bring_in: Import, dana: Lead, world: World) -> None:
        bring_to(State.MQL, dana, world)
        at = timezone.now().isoformat()
        file = f"email,reason,note,rejected_at\n{dana.email},Other,Only curious about us,{at}\n"
        assert bring_in("outcomes", file).outcomes == ["created"]
        dana.refresh_from_db()
        assert (dana.state, dana.reason and dana.reason.code) == (State.REJECTED, "other")
        assert bring_in("outcomes", file).outcomes == ["unchanged"]

    def test_it_stays_known_after_the_lead_came_back(self, bring_in: Import, dana: Lead, world: World) -> None:
        file = f"email,reason,rejected_at\n{dana.email},spam_or_test,2024-03-05\n"
        assert bring_in("outcomes", file, "--historical").outcomes == ["created"]
        workflow.recycle(dana.pk, by=world.mia, reenter_on=timezone.now().date() + timedelta(days=9))
        assert bring_in("outcomes", file, "--historical").outcomes == ["unchanged"]

    def test_the_other_lead_is_named_by_id_email_or_number(self, bring_in: Import) -> None:
        bring_in("leads", "id,email\n77,eric@buyer.example\n")
        eric = Lead.objects.get(email="eric@buyer.example")
        for named in ("77", "Eric@buyer.example", str(eric.pk)):
            other = make_lead(f"Copy {named[:2]}")
            done = bring_in("outcomes", f"email,reason,duplicate_of\n{other.email},duplicate,{named}\n")
            assert done.outcomes == ["created"]
            assert other.rejections.get().duplicate_of == eric

    @pytest.mark.parametrize(
        ("reason", "note", "duplicate_of"),
        [
            ("", "", ""),
            ("ugly", "", ""),
            ("wrong_territory", "", ""),
            ("other", "", ""),
            ("other", "too short", ""),
            ("duplicate", "", ""),
            ("duplicate", "", "123456"),
            ("unresponsive", "", ""),
            ("not_now", "", ""),
            ("bad_contact_data", "", ""),
        ],
    )
    def test_it_is_refused_in_the_same_words_as_everywhere(
        self, bring_in: Import, dana: Lead, world: World, reason: str, note: str, duplicate_of: str
    ) -> None:
        Reason.objects.filter(code="wrong_territory").update(retired_at=MONDAY)
        bring_to(State.MQL, dana, world)
        file = f"email,reason,note,duplicate_of\n{dana.email},{reason},{note},{duplicate_of}\n"
        done = bring_in("outcomes", file)
        with pytest.raises(FactsRefused) as refusal:
            workflow.reject(dana.pk, by=world.ada, reason=reason, note=note, duplicate_of=duplicate_of)
        assert (done.outcomes, done.reasons) == (["refused"], [refusal.value.message])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("won,2024-03-12,2024-03-13,,", "The row says both lost and won: give one of won_at"),
        (",,,,", "The row says no outcome: give one of won_at, lost_at, rejected_at or state"),
        ("won,2999-01-01,,,", "won_at: “2999-01-01” is in the future"),
        ("won,,,a lot,", "amount: “a lot” is not a valid amount"),
        ("won,,,-1,", "amount: The amount must not be below zero"),
        ("won,,,0.125,", "Ensure that there are no more than 2 decimal places"),
        ("won,,,1,euros", "currency: “euros” is not a valid currency"),
    ],
)
def test_what_does_not_fit_is_refused(bring_in: Import, dana: Lead, row: str, words: str) -> None:
    done = bring_in("outcomes", f"email,state,won_at,lost_at,amount,currency\n{dana.email},{row}\n", "--historical")
    assert (done.status, done.outcomes) == (1, ["refused"])
    assert words in done.reasons[0]
    assert not Transition.objects.exists()


def everything(lead: Lead) -> list[dict[str, Any]]:
    """All that is kept of a lead's way, without what is its own anyhow."""
    lead = Lead.objects.get(pk=lead.pk)
    handoff, deal = Handoff.objects.get(lead=lead), Opportunity.objects.get(lead=lead)
    acts = list(lead.transitions.order_by("id"))
    for act in acts:  # a verb does not know that its moment is a guess
        act.facts.pop("guessed", None)
    assert acts[-1].facts.pop("deal") == deal.pk
    handoff.packet = {name: value for name, value in handoff.packet.items() if name not in ("name", "email")}
    assert handoff.transition == lead.transitions.get(verb=Verb.PROMOTE)
    own = ("id", "lead", "name", "email", "transition", "recorded_at")
    kept = [lead, handoff, *acts]
    return [{name: value for name, value in model_to_dict(one).items() if name not in own} for one in kept] + [
        model_to_dict(deal, exclude=["id", "lead"])
    ]
