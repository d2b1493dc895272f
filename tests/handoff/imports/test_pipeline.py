"""The pipeline of today comes in as it stands, with its owners, and its clocks by choice."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from handoff import workflow
from handoff.ladder.sweep import sweep
from handoff.models import Delivery
from leads.models import DealState, Lead, State
from sla.metrics import Metric
from sla.models import Alarm, Clock, PendingAlarm
from tests.handoff.imports.conftest import Import
from tests.world import World, assert_consistent, make_policy

pytestmark = pytest.mark.django_db
STAGES = [
    ("Lead", State.RAW),
    ("Marketing Qualified Lead", State.MQL),
    ("Sales Accepted Lead", State.SAL),
    ("Sales Qualified Lead", State.SQL),
    ("Opportunity", State.OPPORTUNITY),
    ("Customer", State.OPPORTUNITY),
]


@pytest.fixture(autouse=True)
def policies(world: World) -> None:
    for metric in Metric.values:
        make_policy(metric, 8 * 3600)


def lead(email: str = "ann@buyer.example") -> Lead:
    return Lead.objects.get(email=email)


@pytest.mark.parametrize(("stage", "state"), STAGES)
@pytest.mark.parametrize("options", [(), ("--historical",)])
def test_a_lead_stands_where_its_stage_says(
    bring_in: Import, stage: str, state: State, options: tuple[str, ...]
) -> None:
    file = f"Record ID,Email,Create Date,Lifecycle Stage,Contact owner\n1,ann@buyer.example,2025-01-01,{stage},ada\n"
    assert bring_in("leads", file, *options).outcomes == ["created"]
    assert (lead().state, str(lead().owner)) == (state, "Ada")
    assert not Clock.objects.exists()
    assert not Delivery.objects.exists()
    assert bring_in("leads", file, *options).outcomes == ["unchanged"]
    assert_consistent()


def test_an_open_mql_is_accepted_here_afterwards(bring_in: Import, world: World) -> None:
    bring_in("leads", "Record ID,Email,Lifecycle Stage,Contact owner\n1,ann@buyer.example,MQL,ada\n")
    workflow.accept(lead().pk, by=world.ada)
    assert lead().state == State.SAL
    assert_consistent()


@pytest.mark.parametrize(("status", "state"), [("Working - Contacted", State.SAL), ("Qualified", State.SQL)])
def test_a_lead_status_is_a_stage_as_well(bring_in: Import, status: str, state: State) -> None:
    bring_in("leads", f"Lead ID,Email,Lead Status\n1,ann@buyer.example,{status}\n")
    assert lead().state == state


def test_a_word_that_is_not_mapped_is_named_and_may_be_mapped(bring_in: Import) -> None:
    file = "Lead ID,Email,Lead Status\n1,ann@buyer.example,Hot\n2,bob@buyer.example,Hot\n"
    done = bring_in("leads", file)
    assert done.reasons == ["lead_status: “Hot” is not mapped to a stage of a lead."] * 2
    assert "2 x warning: lead_status: “Hot” is not mapped to a stage of a lead." in done.errors
    bring_in("leads", file, "--value", "Lead Status:Hot=mql")
    assert lead().state == State.MQL


class TestClocks:
    FILE = (
        "Record ID,Email,Create Date,mql_at,sal_at,Contact owner\n"
        "1,ann@buyer.example,2025-01-01,2025-01-02 09:00,2025-01-02 11:00,ada\n"
    )

    def test_not_at_all(self, bring_in: Import) -> None:
        bring_in("leads", self.FILE, "--clocks", "none")
        assert not Clock.objects.exists()

    def test_from_the_import(self, bring_in: Import, world: World) -> None:
        bring_in("leads", self.FILE, "--clocks", "import")
        clocks = Clock.objects.all()
        running = {Metric.SPEED_TO_LEAD, Metric.TIME_TO_TOUCH, Metric.TIME_TO_QUALIFY}
        assert {clock.metric for clock in clocks} == running
        assert {(clock.stopped_at, clock.owner) for clock in clocks} == {(None, world.ada)}
        assert all(abs(timezone.now() - clock.started_at) < timedelta(minutes=1) for clock in clocks)
        assert PendingAlarm.objects.count() == 6
        bring_in("leads", self.FILE, "--clocks", "import")
        assert Clock.objects.count() == 3
        assert_consistent()

    def test_from_their_true_moments_without_a_flood_of_what_is_long_due(self, bring_in: Import, world: World) -> None:
        bring_in("leads", self.FILE, "--clocks", "true")
        accept = Clock.objects.get(metric=Metric.TIME_TO_ACCEPT)
        assert (accept.state, accept.elapsed) == ("met", timedelta(hours=2))
        qualify = Clock.objects.get(metric=Metric.TIME_TO_QUALIFY)
        assert (qualify.started_at, qualify.owner) == (datetime(2025, 1, 2, 11, tzinfo=UTC), world.ada)
        assert qualify.breached_at() == datetime(2025, 1, 2, 19, tzinfo=UTC)
        assert all(alarm.superseded for alarm in Alarm.objects.all())
        sweep()
        assert not Delivery.objects.exists()
        assert_consistent()

    def test_what_is_not_due_yet_fires_as_ever(self, bring_in: Import) -> None:
        now = timezone.now()
        soon = (now - timedelta(hours=7)).isoformat()
        bring_in(
            "leads",
            f"Record ID,Email,Create Date,mql_at,Owner\n1,ann@buyer.example,{soon},{soon},ada\n",
            "--clocks",
            "true",
        )
        waiting = PendingAlarm.objects.filter(clock__metric=Metric.TIME_TO_ACCEPT)
        assert [alarm.due_at > now for alarm in waiting] == [True]
        assert Alarm.objects.filter(clock__metric=Metric.TIME_TO_ACCEPT, superseded=True).count() == 1
        assert_consistent()


def test_open_deals_come_in_with_their_owners(bring_in: Import, world: World) -> None:
    bring_in("leads", "Record ID,Email,Lifecycle Stage\n1,ann@buyer.example,Opportunity\n")
    header = "external_id,deal id,deal name,deal stage,amount,close date,deal owner"
    deals = f"{header}\n1,D1,Fox,Negotiation,500,2031-02-01,ben\n"
    assert bring_in("outcomes", deals, "--historical").outcomes == ["updated"]
    [deal] = lead().deals.all()
    assert (deal.state, deal.stage, deal.owner) == (DealState.OPEN, "Negotiation", world.ben)
    assert bring_in("outcomes", deals, "--historical").outcomes == ["unchanged"]
    assert_consistent()
