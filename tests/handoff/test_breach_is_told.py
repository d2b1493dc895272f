"""From the handoff to the mail and the Slack message, with the real worker and beat, one of them killed on the way."""

import time

import pytest
from pytest_httpserver import HTTPServer

from handoff import workflow
from handoff.engine import heartbeat
from handoff.models import Delivery, DeliveryState, Destination
from sla.models import Alarm
from tests.handoff.alerts.conftest import Mailbox, mailbox, slack
from tests.programs import database_url, program, wait_for
from tests.world import World, assert_consistent, make_lead, make_policy

__all__ = ["mailbox", "slack"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TARGET = 8  # seconds


def test_a_warning_and_a_breach_arrive_once_each_though_the_worker_is_killed(
    world: World, mailbox: Mailbox, slack: HTTPServer
) -> None:
    slack.expect_request("/api/chat.postMessage").respond_with_json({"ok": True, "ts": "1", "channel": "C1"})
    by_mail = Destination.objects.create(name="Owner by mail", audience="owner", medium="email")
    by_slack = Destination.objects.create(name="Owner by Slack", audience="owner", medium="slack")
    make_policy("time_to_accept", TARGET, steps=[(50, 0), (100, 0)], tells=[by_mail, by_slack])
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}",
        "SLACK_BOT_TOKEN": "xoxb-test",
        "SLACK_API_URL": slack.url_for("/api/"),
    }
    sent = Delivery.objects.filter(state=DeliveryState.SENT)

    with program("beat", environment):
        with program("worker", environment):
            wait_for(lambda: heartbeat.age("sweep"))
            lead = make_lead()
            workflow.promote(lead.pk, by=world.mia, team=world.berlin)
            workflow.assign(lead.pk, by=world.max, owner=world.ada)
            wait_for(lambda: sent.count() == 2)
        assert Alarm.objects.count() == 1  # the worker died between the warning and the breach
        with program("worker", environment):
            wait_for(lambda: sent.count() == 4)
            time.sleep(3)  # whatever would come twice would come now

    subjects = [mail["Subject"] for mail in mailbox.mails]
    assert len(subjects) == 2
    assert len(slack.log) == 2
    assert all("Dana Fox" in subject for subject in subjects)
    warning, breach = Alarm.objects.order_by("due_at")
    assert (breach.due_at - warning.due_at).total_seconds() == TARGET / 2
    assert breach.due_at == breach.clock.due_at
    assert_consistent()
