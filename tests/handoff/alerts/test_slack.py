"""Slack, as the bot and through a webhook, against a real HTTP server."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from handoff.alerts.channels import TransportError
from handoff.alerts.channels import slack as channel
from handoff.alerts.messages import render
from handoff.models import Delivery
from leads.models import Lead

Make = Callable[..., Delivery]
POST = "/api/chat.postMessage"


def test_the_bot_posts_with_its_token_and_the_key(slack: HTTPServer, make_delivery: Make) -> None:
    slack.expect_request(POST, headers={"Authorization": "Bearer xoxb-test"}).respond_with_json({"ok": True})
    delivery = make_delivery("UADA", "slack")
    channel.post("UADA", render(delivery))
    body = slack.log[0][0].json
    assert body["channel"] == "UADA"
    assert body["client_msg_id"] == str(delivery.key)
    assert body["metadata"]["event_payload"] == {"key": str(delivery.key)}
    assert body["text"] == "New lead for you: Grace Hopper"
    assert "Mia promoted Grace Hopper to Ada" in body["blocks"][0]["text"]["text"]


def test_a_lead_cannot_mention_anybody(slack: HTTPServer, make_delivery: Make) -> None:
    slack.expect_request(POST).respond_with_json({"ok": True})
    delivery = make_delivery("UADA", "slack")
    Lead.objects.update(name="<!channel> & <https://evil.example|Open the lead>", company="<@UMAX>\n*Owner*")
    channel.post("UADA", render(delivery))
    body = slack.log[0][0].json
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example|Open the lead&gt;" in body["text"]
    assert not any(sign in slack.log[0][0].get_data(as_text=True) for sign in ("<!", "<@", "<https://evil"))
    assert all(text["verbatim"] for text in body["blocks"][1]["fields"])


def test_without_a_token_it_says_what_to_set(settings: Any, make_delivery: Make) -> None:
    settings.SLACK_BOT_TOKEN = ""
    with pytest.raises(TransportError, match="set SLACK_BOT_TOKEN") as caught:
        channel.post("UADA", render(make_delivery("UADA", "slack")))
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("error", "permanent", "words"),
    [
        ("channel_not_found", True, "no such channel"),
        ("not_in_channel", True, "invite the bot"),
        ("invalid_auth", True, "set SLACK_BOT_TOKEN"),
        ("invalid_blocks", True, "invalid_blocks"),
        ("ratelimited", False, "ratelimited"),
        ("internal_error", False, "internal_error"),
    ],
)
def test_what_slack_answers(slack: HTTPServer, make_delivery: Make, error: str, permanent: bool, words: str) -> None:
    slack.expect_request(POST).respond_with_json({"ok": False, "error": error})
    with pytest.raises(TransportError) as caught:
        channel.post("C1", render(make_delivery("C1", "slack")))
    assert caught.value.permanent == permanent
    assert words in caught.value.message


def test_a_rate_limit_says_when_to_come_back(slack: HTTPServer, make_delivery: Make) -> None:
    answer = {"ok": False, "error": "ratelimited"}
    slack.expect_request(POST).respond_with_json(answer, status=429, headers={"Retry-After": "37"})
    with pytest.raises(TransportError) as caught:
        channel.post("C1", render(make_delivery("C1", "slack")))
    assert (caught.value.permanent, caught.value.retry_after) == (False, timedelta(seconds=37))
    assert len(slack.log) == 1  # the outbox tries again, not the library


def test_slacks_own_trouble_is_transient(slack: HTTPServer, make_delivery: Make) -> None:
    slack.expect_request(POST).respond_with_data("<html>Bad gateway</html>", status=502)
    with pytest.raises(TransportError, match="502") as caught:
        channel.post("C1", render(make_delivery("C1", "slack")))
    assert not caught.value.permanent


def test_no_slack_at_all_is_transient(settings: Any, make_delivery: Make) -> None:
    settings.SLACK_BOT_TOKEN, settings.SLACK_API_URL = "xoxb-test", "http://127.0.0.1:1/api/"
    with pytest.raises(TransportError, match="cannot be reached") as caught:
        channel.post("C1", render(make_delivery("C1", "slack")))
    assert not caught.value.permanent


def test_a_slack_that_hangs_is_transient(
    slack: HTTPServer, make_delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "TIMEOUT", 0.2)
    slack.expect_request(POST).respond_with_handler(_slowly)
    with pytest.raises(TransportError, match="timed out") as caught:
        channel.post("C1", render(make_delivery("C1", "slack")))
    assert not caught.value.permanent


def _slowly(_request: Any) -> Response:
    time.sleep(0.6)
    return Response("late")


def test_a_webhook_gets_the_message_and_the_key(httpserver: HTTPServer, make_delivery: Make) -> None:
    delivery = make_delivery(httpserver.url_for("/T1/B1/secret"), "webhook")
    httpserver.expect_request("/T1/B1/secret", headers={"X-Handoff-Key": str(delivery.key)}).respond_with_data("ok")
    channel.post_to_webhook(delivery.address, render(delivery))
    assert httpserver.log[0][0].json["text"] == "New lead for you: Grace Hopper"


@pytest.mark.parametrize(
    ("status", "body", "permanent"),
    [
        (404, "no_service", True),
        (410, "channel_is_archived", True),
        (400, "invalid_blocks", True),
        (500, "oops", False),
    ],
)
def test_what_a_webhook_answers(
    httpserver: HTTPServer, make_delivery: Make, status: int, body: str, permanent: bool
) -> None:
    httpserver.expect_request("/secret").respond_with_data(body, status=status)
    with pytest.raises(TransportError, match=f"{status}: {body}") as caught:
        channel.post_to_webhook(httpserver.url_for("/secret"), render(make_delivery()))
    assert caught.value.permanent == permanent
    assert "secret" not in caught.value.message


def test_a_busy_webhook_says_when_to_come_back(httpserver: HTTPServer, make_delivery: Make) -> None:
    httpserver.expect_request("/secret").respond_with_data("", status=429, headers={"Retry-After": "5"})
    with pytest.raises(TransportError) as caught:
        channel.post_to_webhook(httpserver.url_for("/secret"), render(make_delivery()))
    assert (caught.value.permanent, caught.value.retry_after) == (False, timedelta(seconds=5))


@pytest.mark.parametrize("address", ["#general", "ftp://x.example/"])
def test_an_address_that_is_no_webhook_is_permanent(make_delivery: Make, address: str) -> None:
    with pytest.raises(TransportError, match="no web address") as caught:
        channel.post_to_webhook(address, render(make_delivery()))
    assert caught.value.permanent
