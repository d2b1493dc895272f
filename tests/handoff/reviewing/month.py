"""A March of which all figures are known, closed on the third of April."""

from datetime import UTC, date, datetime, timedelta

import time_machine

from handoff import workflow
from handoff.models import Handoff, PeriodClose, RequiredActions
from handoff.reviewing.closing import close
from leads.models import Lead, Touch
from sla.metrics import Metric
from tests.world import World, make_lead, make_policy

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
APRIL_3 = datetime(2026, 4, 3, 9, tzinfo=UTC)
APRIL_10 = datetime(2026, 4, 10, 9, tzinfo=UTC)


def at(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


def handed_over(world: World, name: str, moment: datetime = NOON) -> Lead:
    lead = make_lead(name, created_at=moment - HOUR, source="google")
    with at(moment):
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    Handoff.objects.filter(lead=lead).update(packet={"fit_grade": "B"})
    return lead


def accepted(world: World, name: str, after: timedelta = HOUR / 2, touches: int = 1) -> Lead:
    lead = handed_over(world, name)
    with at(NOON + after):
        workflow.accept(lead.pk, by=world.ada)
    for n in range(touches):
        touch_at = NOON + after + (n + 1) * HOUR
        Touch.objects.create(lead=lead, by=world.ada, channel="call", outcome="reached", at=touch_at)
    return lead


def march(world: World) -> dict[str, Lead]:
    """Fox and Owl are accepted in time, Bear too late; Crow is rejected against marketing, and that is disputed."""
    make_policy(Metric.TIME_TO_ACCEPT)
    RequiredActions.objects.create(tier="B", actions=3, starts_on=date(2026, 1, 1))
    leads = {name: accepted(world, name) for name in ("Fox", "Owl")}
    leads["Bear"] = accepted(world, "Bear", after=2 * HOUR)
    crow = leads["Crow"] = handed_over(world, "Crow")
    with at(NOON + HOUR / 2):
        workflow.reject(crow.pk, by=world.ada, reason="not_our_customer")
        workflow.dispute(crow.pk, by=world.mia, argument="It fits.")
    return leads


def closed(world: World, key: str = "2026-03", moment: datetime = APRIL_3) -> PeriodClose:
    with at(moment):
        return close(key, by=world.olga)
