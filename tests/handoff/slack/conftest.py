"""A Slack, and messages in it about a lead that waits for ada."""

from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from handoff import workflow
from handoff.models import Delivery
from leads.models import Lead
from sla.metrics import Metric
from tests.handoff.alerts.conftest import make_alarm, make_step, send
from tests.handoff.slack.standin import StandIn
from tests.world import World, make_lead


@pytest.fixture
def slack(httpserver: HTTPServer, settings: Any, world: World) -> StandIn:
    settings.SLACK_BOT_TOKEN, settings.SLACK_SIGNING_SECRET = "xoxb-test", "8f742231b10e8888abcd99yyyzzz85a5"
    settings.SLACK_API_URL = httpserver.url_for("/api/")
    settings.WEBHOOK_ALLOWED_HOSTS = [httpserver.host]
    world.max.slack_member_id, world.zoe.slack_member_id = "UMAX", "UZOE"
    world.max.save()
    world.zoe.save()
    return StandIn(httpserver)


@pytest.fixture
def lead(world: World) -> Lead:
    """It is offered to ada."""
    lead = make_lead("Grace Hopper", company="Navy", team=world.berlin)
    workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    lead.refresh_from_db()
    return lead


@pytest.fixture
def offer(slack: StandIn, lead: Lead, world: World) -> Delivery:
    """The message to ada that the lead is hers, as it stands in Slack."""
    return post(Delivery(transition=lead.transitions.get(verb="promote"), recipient=world.ada, address="UADA"))


@pytest.fixture
def alarm(slack: StandIn, lead: Lead) -> Delivery:
    """The warning in the channel of the team, as it stands in Slack."""
    step = make_step(percent=75, metric=Metric.TIME_TO_ACCEPT)
    return post(Delivery(alarm=make_alarm(lead, step), address="C0BERLIN"))


def post(delivery: Delivery, medium: str = "slack") -> Delivery:
    delivery.medium = medium
    delivery.save()
    send(delivery)
    return delivery
