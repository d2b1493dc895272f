"""A click in Slack and an act in the console at the same moment: one wins, the other is told."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Timer
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from handoff import alerts, tasks, workflow
from handoff.alerts import slack_replies, slack_updates
from handoff.alerts.channels.slack import api
from handoff.models import Delivery, SlackMessage, SlackReply
from handoff.slack.doing import BUSY
from leads.models import Lead, Touch, Via
from tests.handoff.slack.conftest import post
from tests.handoff.slack.standin import StandIn, actions_of, send, text_of
from tests.world import World, assert_consistent

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            barrier.wait()
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.parametrize("attempt", range(5))
def test_of_slack_and_the_console_one_accepts(
    slack: StandIn, offer: Delivery, lead: Lead, world: World, attempt: int
) -> None:
    console = Client()
    console.force_login(world.max)
    payload = slack.clicked("accept")
    at_once(lambda: send(payload), lambda: console.post(f"/console/do/accept/{lead.pk}/"))
    act = lead.transitions.get(verb="accept")
    was_slack = act.via == Via.SLACK
    slack_replies.reply_all()
    slack_updates.update_all()
    assert len(slack.whispers) == (0 if was_slack else 1)
    if not was_slack:
        assert "already accepted by Max, just now" in slack.whispers[0]
    assert f"{'Ada' if was_slack else 'Max'} accepted the lead on" in text_of(slack.message)
    assert actions_of(slack.message) == ["touch", "reject"]
    assert_consistent()


def test_the_same_click_sent_twice_at_once_acts_once(slack: StandIn, offer: Delivery, lead: Lead) -> None:
    payload = slack.clicked("touch", choice="call:reached")
    at = time.time()
    answers = at_once(*(lambda second=second: send(payload, at=at + second) for second in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert Touch.objects.count() == 1


def test_the_same_request_sent_twice_at_once_is_taken_once(slack: StandIn, offer: Delivery, lead: Lead) -> None:
    payload, at = slack.clicked("touch", choice="call:reached"), time.time()
    answers = at_once(*(lambda: send(payload, at=at) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


@pytest.mark.parametrize("by_dialog", [False, True])
def test_a_lead_that_is_locked_is_not_waited_for(slack: StandIn, offer: Delivery, lead: Lead, by_dialog: bool) -> None:
    """Slack shows an error after three seconds: so long nobody waits, and nothing is done behind their back."""
    if by_dialog:
        slack.click("reject")
        payload = slack.submitted(reason="wrong_territory")
    else:
        payload = slack.clicked("accept")
    with transaction.atomic():
        Lead.objects.select_for_update().get(pk=lead.pk)
        (answer,) = at_once(lambda: send(payload))
    assert answer.status_code == 200
    if by_dialog:
        assert answer.json()["errors"] == {"reason": BUSY}
    else:
        assert SlackReply.objects.get().text == BUSY
    assert lead.transitions.count() == 1
    # The same interaction was not used up by it.
    assert send(payload, at=time.time() + 1).status_code == 200
    assert lead.transitions.count() == 2


def test_an_act_that_has_not_ended_yet_updates_a_message_that_was_just_posted(
    slack: StandIn, lead: Lead, world: World
) -> None:
    """The place of the message is kept under the lead's lock, so it waits for the act and then says what it did."""
    has_acted, may_end = Barrier(2), Barrier(2)

    def act() -> None:
        with transaction.atomic():
            workflow.accept(lead.pk, by=world.max)
            has_acted.wait()
            may_end.wait()

    def notify() -> None:
        has_acted.wait()
        delivery = Delivery(transition=lead.transitions.get(verb="promote"), recipient=world.ada, address="UADA")
        Timer(0.3, may_end.wait).start()
        post(delivery)

    at_once(act, notify)
    assert SlackMessage.objects.filter(update_at__isnull=False).count() == 1
    slack_updates.update_all()
    assert actions_of(slack.message) == ["touch", "reject"]


def test_what_a_worker_has_sent_is_updated_by_a_worker(slack: StandIn, lead: Lead, world: World) -> None:
    """Through the outbox and its threads, and the tasks that beat asks for."""
    Delivery.objects.all().delete()
    act = lead.transitions.get(verb="promote")
    Delivery.objects.create(transition=act, recipient=world.ada, address="UADA", medium="slack")
    assert alerts.deliver() == 1
    again = slack.clicked("accept")  # on a screen that shows the message as it was
    slack.click("accept")
    tasks.talk_to_slack()
    assert "Ada accepted the lead on" in text_of(slack.message)
    send(again)
    tasks.talk_to_slack()
    assert len(slack.whispers) == 1
    assert "already accepted by Ada" in slack.whispers[0]


def test_two_workers_update_a_message_once(slack: StandIn, offer: Delivery, lead: Lead, world: World) -> None:
    slack_updates.update_all()
    workflow.accept(lead.pk, by=world.max)
    at_once(slack_updates.update_all, slack_updates.update_all)
    assert slack.calls.count("chat.update") == 1


def test_an_act_during_an_update_is_shown_by_the_next(
    slack: StandIn, offer: Delivery, lead: Lead, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its trigger sets another moment, so that the end of the update under way does not clear it."""
    slack_updates.update_all()
    workflow.accept(lead.pk, by=world.max)
    call = api.call

    def and_somebody_acts(method: str, arguments: dict[str, Any], **options: Any) -> dict[str, Any]:
        monkeypatch.setattr(api, "call", call)
        workflow.reject(lead.pk, by=world.max, reason="wrong_territory")
        return call(method, arguments, **options)

    monkeypatch.setattr(api, "call", and_somebody_acts)
    slack_updates.update_all()
    assert actions_of(slack.message) == []
    assert slack.calls.count("chat.update") == 2
