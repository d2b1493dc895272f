"""Leads with a past, for the tests that ask every report."""

from datetime import timedelta

import pytest
from django.utils import timezone

from handoff import workflow
from handoff.reports import rate_file
from handoff.reports.rates import bring
from leads.models import Campaign, DealState, Opportunity, State, Verb
from sla.metrics import Metric
from sla.models import Clock
from tests.handoff.reports.clocks import HOUR, NOON, act_on, make_clock, stopped
from tests.world import World, bring_to, make_lead, make_policy

METRIC = Metric.TIME_TO_ACCEPT


@pytest.fixture
def history(world: World) -> None:
    """Clocks of every kind, won deals in two currencies, rejections, leads that are still open, and rates."""
    bring("ECB month-end", rate_file.read("USD,EUR,2026-01-31,0.9241"), by=world.olga)
    policy = make_policy(METRIC)
    spring = Campaign.objects.create(name="=Spring")  # no name that a spreadsheet computes
    fox = make_lead("Fox", source="google", campaign=spring, owner=world.ada, created_at=NOON)
    owl = make_lead("Owl", owner=world.zoe, created_at=NOON - timedelta(days=30))
    for lead, minutes in ((fox, 10), (fox, 25), (fox, 95), (owl, 20), (make_lead("Nobody's"), 31)):
        stopped(lead, policy, timedelta(minutes=minutes), business=timedelta(minutes=minutes / 3))
    stopped(fox, policy, 2 * HOUR, excused_by=act_on(fox, Verb.EXCUSE, NOON))
    Clock.objects.filter(pk=stopped(owl, policy, 3 * HOUR).pk).update(elapsed=None)
    make_clock(owl, policy)
    stopped(fox, policy, HOUR, started_at=NOON - timedelta(days=30))
    for name, currency, campaign in (("Won", "EUR", spring), ("Won too", "USD", None)):
        lead = make_lead(name, source="friend", campaign=campaign, created_at=NOON)
        bring_to(State.OPPORTUNITY, lead, world)
        Opportunity.objects.filter(lead=lead).update(
            state=DealState.WON, closed_at=timezone.now(), amount="1200.50", currency=currency
        )
    for name, campaign in (("Crow", spring), ("Jay", None), ("Rook", None)):
        rejected = make_lead(name, source="google", campaign=campaign, created_at=NOON)
        workflow.promote(rejected.pk, by=world.mia, owner=world.ada)
        workflow.reject(rejected.pk, by=world.ada, reason="wrong_territory")
    workflow.answer(rejected.pk, by=world.mia, kind="acknowledge")
    for state in (State.MQL, State.SAL):
        bring_to(state, make_lead(f"Open {state}", campaign=spring, source="sales", created_at=NOON), world)
