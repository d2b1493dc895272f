"""What the buttons of a message do, and what is said when they cannot."""

from typing import Any

import pytest
from werkzeug import Response

from handoff import workflow
from handoff.alerts import slack_replies, slack_updates
from handoff.alerts.messages import content_of
from handoff.models import Delivery, RateLimit, SlackMessage, SlackReply
from leads.models import Lead, State, Touch, Transition, Via
from sla.models import Alarm
from tests.handoff.slack.conftest import post
from tests.handoff.slack.standin import StandIn, actions_of, send, text_of
from tests.world import World, bring_to, last, make_lead

pytestmark = pytest.mark.django_db


def settle() -> None:
    """What a worker does each second."""
    slack_replies.reply_all()
    slack_updates.update_all()


def test_an_offer_has_the_buttons_of_what_can_be_done_now(slack: StandIn, offer: Delivery) -> None:
    assert actions_of(slack.message) == ["accept", "touch", "reject"]


def test_an_alarm_can_be_acknowledged_as_well(slack: StandIn, alarm: Delivery) -> None:
    assert actions_of(slack.message) == ["accept", "touch", "reject", "acknowledge"]


def test_without_the_signing_secret_there_are_no_buttons(
    slack: StandIn, lead: Lead, world: World, settings: Any
) -> None:
    settings.SLACK_SIGNING_SECRET = ""
    post(Delivery(transition=last(lead), recipient=world.ada, address="UADA"))
    assert actions_of(slack.message) == []


def test_whoever_cannot_work_the_lead_gets_no_buttons_in_person(slack: StandIn, lead: Lead, world: World) -> None:
    post(Delivery(transition=last(lead), recipient=world.nora, address="UNORA"))
    assert actions_of(slack.message) == []


def test_accepting_is_one_click_and_the_message_says_so(slack: StandIn, offer: Delivery, lead: Lead) -> None:
    assert slack.click("accept").status_code == 200
    lead.refresh_from_db()
    act = last(lead)
    assert (lead.state, act.verb, str(act.by), act.via) == (State.SAL, "accept", "Ada", Via.SLACK)
    settle()
    assert actions_of(slack.message) == ["touch", "reject"]
    assert "Ada accepted the lead on" in text_of(slack.message)
    assert slack.whispers == []


@pytest.mark.parametrize("outcome", ["reached", "no_answer", "left_message"])
def test_the_outcome_of_a_call_is_one_click(slack: StandIn, offer: Delivery, lead: Lead, outcome: str) -> None:
    slack.click("touch", choice=f"call:{outcome}")
    touch = Touch.objects.get(lead=lead)
    assert (touch.channel, touch.outcome, str(touch.by), touch.automatic) == ("call", outcome, "Ada", False)
    settle()
    assert "Ada logged a touch with the lead on" in text_of(slack.message)


def test_an_alarm_is_acknowledged_by_one_click(slack: StandIn, alarm: Delivery, lead: Lead) -> None:
    slack.click("acknowledge", "UMAX")
    assert Alarm.objects.filter(pk=alarm.alarm_id or 0, acknowledged_by__by__username="max").exists()
    settle()
    assert actions_of(slack.message) == ["accept", "touch", "reject"]


def test_an_expired_button_says_who_was_faster(slack: StandIn, offer: Delivery, lead: Lead, world: World) -> None:
    workflow.accept(lead.pk, by=world.max)
    slack.click("accept")
    settle()
    assert slack.whispers == [f"Cannot accept {lead}: already accepted by Max, just now. It is SAL now."]
    assert actions_of(slack.message) == ["touch", "reject"]


@pytest.mark.parametrize(
    ("action", "who"),
    [
        ("accept", "its owner or the manager of its team may"),
        ("reject", "its owner or the manager of its team may, and marketing while it is Raw"),
    ],
)
def test_a_person_without_the_right_is_told_who_may(
    slack: StandIn, offer: Delivery, lead: Lead, action: str, who: str
) -> None:
    slack.click(action, "UZOE")
    settle()
    assert slack.whispers == [f"You may not {action} {lead}: {who}."]
    assert (slack.views, last(lead).verb) == ({}, "promote")


@pytest.mark.parametrize("how", ["nobody has it", "two have it", "the person has left"])
def test_whoever_is_not_known_hears_how_to_be(
    slack: StandIn, offer: Delivery, lead: Lead, world: World, how: str
) -> None:
    if how == "two have it":
        world.ben.slack_member_id = world.zoe.slack_member_id = "UX"
    if how == "the person has left":
        world.ben.slack_member_id, world.ben.is_active = "UX", False
    world.ben.save()
    world.zoe.save()
    slack.click("accept", "UX")
    settle()
    assert "enter UX as the Slack member id" in slack.whispers[0]
    assert last(lead).verb == "promote"


def test_a_member_id_that_no_database_takes_is_nobodys(slack: StandIn, offer: Delivery, lead: Lead) -> None:
    slack.click("accept", "U\0")
    assert last(lead).verb == "promote"


def test_nothing_leaves_where_nothing_may(slack: StandIn, offer: Delivery, lead: Lead, settings: Any) -> None:
    settings.SENDING = False
    slack.click("accept")
    slack.click("accept")
    settle()
    assert (slack.whispers, slack.calls) == ([], ["chat.postMessage"])


def test_an_update_that_fails_is_tried_again_until_it_is_given_up(
    slack: StandIn, offer: Delivery, lead: Lead, world: World
) -> None:
    settle()
    workflow.accept(lead.pk, by=world.ada)
    for _ in range(slack_updates.MAX_ATTEMPTS + 3):
        slack.answers["chat.update"] = Response("", 502)
        settle()
        SlackMessage.objects.update(update_at="2020-01-01T00:00:00Z")
    assert slack.calls.count("chat.update") == slack_updates.MAX_ATTEMPTS
    slack.answers.clear()
    workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")
    settle()
    assert "Ada logged a touch" in text_of(slack.message)


def test_a_button_that_is_not_ours_does_nothing(slack: StandIn, offer: Delivery, lead: Lead) -> None:
    payload = slack.clicked("accept")
    payload["actions"][0]["block_id"] += "x"
    send(payload)
    settle()
    assert "does not know this button" in slack.whispers[0]
    assert last(lead).verb == "promote"


def test_who_acts_in_the_console_updates_the_message(slack: StandIn, offer: Delivery, lead: Lead, world: World) -> None:
    settle()
    assert slack.calls == ["chat.postMessage"]  # nothing has happened yet, so there is nothing to update
    workflow.reject(lead.pk, by=world.ada, reason="wrong_territory")
    settle()
    assert actions_of(slack.message) == []
    assert "Ada rejected the lead on" in text_of(slack.message)
    assert slack.calls == ["chat.postMessage", "chat.update"]
    settle()
    assert slack.calls == ["chat.postMessage", "chat.update"]


def test_an_act_while_the_message_is_on_its_way_updates_it(slack: StandIn, lead: Lead, world: World) -> None:
    delivery = Delivery.objects.create(transition=last(lead), recipient=world.ada, address="UADA", medium="slack")
    delivery.content = content_of([delivery])
    workflow.accept(lead.pk, by=world.max)
    post(delivery)
    assert actions_of(slack.message) == ["accept", "touch", "reject"]
    settle()
    assert actions_of(slack.message) == ["touch", "reject"]


def test_a_rate_limit_is_kept_and_the_update_comes_later(
    slack: StandIn, offer: Delivery, lead: Lead, world: World
) -> None:
    settle()
    workflow.accept(lead.pk, by=world.ada)
    slack.answers["chat.update"] = Response('{"ok": false, "error": "ratelimited"}', 429, {"Retry-After": "30"})
    settle()
    settle()
    assert slack.calls.count("chat.update") == 1
    RateLimit.objects.all().delete()
    SlackMessage.objects.update(update_at="2020-01-01T00:00:00Z")
    settle()
    assert actions_of(slack.message) == ["touch", "reject"]


def test_a_message_that_was_deleted_in_slack_is_forgotten(
    slack: StandIn, offer: Delivery, lead: Lead, world: World
) -> None:
    settle()
    workflow.accept(lead.pk, by=world.ada)
    slack.answers["chat.update"] = Response('{"ok": false, "error": "message_not_found"}')
    settle()
    assert not SlackMessage.objects.exists()


def test_a_message_that_we_have_forgotten_is_updated_when_it_is_clicked(
    slack: StandIn, offer: Delivery, lead: Lead
) -> None:
    SlackMessage.objects.all().delete()
    slack.click("accept")
    settle()
    assert actions_of(slack.message) == ["touch", "reject"]


def test_the_message_of_a_webhook_is_replaced_where_the_click_says(
    slack: StandIn, lead: Lead, world: World, httpserver: Any
) -> None:
    httpserver.expect_request("/hook").respond_with_data("ok")
    delivery = Delivery(transition=last(lead), address=httpserver.url_for("/hook"))
    post(delivery, "slack_webhook")
    message = next(request.json for request, _ in httpserver.log if request.path == "/hook")
    assert actions_of(message) == ["accept", "touch", "reject"]
    slack.click("accept", message=message)
    settle()
    assert actions_of(slack.originals["1.1"]) == ["touch", "reject"]
    assert "chat.update" not in slack.calls


def test_an_address_to_answer_at_that_is_not_slacks_is_not_called(
    slack: StandIn, offer: Delivery, settings: Any
) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = []
    slack.click("accept", "UX")
    settle()
    assert slack.whispers == []
    assert not SlackReply.objects.exists()


def test_after_a_merge_there_is_nothing_to_press(slack: StandIn, offer: Delivery, lead: Lead, world: World) -> None:
    other = bring_to("mql", make_lead("Grace M. Hopper"), world)
    workflow.merge(lead.pk, by=world.olga, into=other)
    settle()
    assert actions_of(slack.message) == []
    assert Transition.objects.filter(lead=lead, verb="merge").exists()
