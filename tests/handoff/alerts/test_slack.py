"""Slack, as the bot and through a webhook, against a real HTTP server."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from handoff.alerts.channels import TransportError, http, target
from handoff.models import Delivery
from leads.models import Lead
from tests.handoff.alerts.conftest import send

Make = Callable[..., Delivery]
POST = "/api/chat.postMessage"


def test_the_bot_posts_with_its_token_and_the_key(slack: HTTPServer, make_delivery: Make) -> None:
    slack.expect_request(POST, headers={"Authorization": "Bearer xoxb-test"}).respond_with_json({"ok": True})
    delivery = make_delivery("UADA", "slack")
    send(delivery)
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
    send(delivery)
    body = slack.log[0][0].json
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example|Open the lead&gt;" in body["text"]
    assert not any(sign in slack.log[0][0].get_data(as_text=True) for sign in ("<!", "<@", "<https://evil"))
    assert all(text["verbatim"] for text in body["blocks"][1]["fields"])


def test_without_a_token_it_says_what_to_set(settings: Any, make_delivery: Make) -> None:
    settings.SLACK_BOT_TOKEN = ""
    with pytest.raises(TransportError, match="set SLACK_BOT_TOKEN") as caught:
        send(make_delivery("UADA", "slack"))
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("error", "permanent", "words"),
    [
        ("channel_not_found", True, "no such channel"),
        ("not_in_channel", True, "invite the bot"),
        ("invalid_auth", True, "set SLACK_BOT_TOKEN"),
        ("invalid_blocks", True, "does not understand"),
        ("ratelimited", False, "ratelimited"),
        ("internal_error", False, "internal_error"),
    ],
)
def test_what_slack_answers(slack: HTTPServer, make_delivery: Make, error: str, permanent: bool, words: str) -> None:
    slack.expect_request(POST).respond_with_json({"ok": False, "error": error})
    with pytest.raises(TransportError) as caught:
        send(make_delivery("C1", "slack"))
    assert caught.value.permanent == permanent
    assert words in caught.value.message


def test_a_rate_limit_says_when_to_come_back(slack: HTTPServer, make_delivery: Make) -> None:
    answer = {"ok": False, "error": "ratelimited"}
    slack.expect_request(POST).respond_with_json(answer, status=429, headers={"Retry-After": "37"})
    with pytest.raises(TransportError) as caught:
        send(make_delivery("C1", "slack"))
    assert (caught.value.permanent, caught.value.retry_after) == (False, timedelta(seconds=37))
    assert len(slack.log) == 1  # the outbox tries again, not the library


def test_slacks_own_trouble_is_transient(slack: HTTPServer, make_delivery: Make) -> None:
    slack.expect_request(POST).respond_with_data("<html>Bad gateway</html>", status=502)
    with pytest.raises(TransportError, match="502") as caught:
        send(make_delivery("C1", "slack"))
    assert not caught.value.permanent


def test_no_slack_at_all_is_transient(settings: Any, make_delivery: Make) -> None:
    settings.SLACK_BOT_TOKEN, settings.SLACK_API_URL = "xoxb-test", "http://127.0.0.1:1/api/"
    with pytest.raises(TransportError, match="cannot be reached") as caught:
        send(make_delivery("C1", "slack"))
    assert not caught.value.permanent


def test_a_slack_that_hangs_is_transient(
    slack: HTTPServer, make_delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.2)
    slack.expect_request(POST).respond_with_handler(_slowly)
    with pytest.raises(TransportError, match="timed out") as caught:
        send(make_delivery("C1", "slack"))
    assert not caught.value.permanent


def _slowly(_request: Any) -> Response:
    time.sleep(0.6)
    return Response("late")


def test_connections_are_kept(slack: HTTPServer, make_delivery: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    slack.expect_request(POST).respond_with_json({"ok": True})
    pools = [http._pool(target.trusted(slack.url_for("/"))) for _ in range(2)]
    assert pools[0] is pools[1]


@pytest.mark.parametrize("body", ["", "{}", "[]", "<html>", '{"ok": "true"}', '{"ok": true, "error": 0}x'])
def test_an_answer_that_is_not_slacks_is_an_error(slack: HTTPServer, make_delivery: Make, body: str) -> None:
    slack.expect_request(POST).respond_with_data(body)
    with pytest.raises(TransportError, match="Slack answered 200") as caught:
        send(make_delivery("C1", "slack"))
    assert caught.value.permanent


def test_a_code_that_we_do_not_know_is_not_repeated(slack: HTTPServer, make_delivery: Make) -> None:
    slack.expect_request(POST).respond_with_json({"ok": False, "error": "AKIA-SECRET"})
    with pytest.raises(TransportError) as caught:
        send(make_delivery("C1", "slack"))
    assert caught.value.message == "Slack answered 200."


def test_a_webhook_gets_the_message_and_the_key(webhooks: HTTPServer, make_delivery: Make) -> None:
    delivery = make_delivery(webhooks.url_for("/T1/B1/secret"), "slack_webhook")
    webhooks.expect_request("/T1/B1/secret", headers={"X-Handoff-Key": str(delivery.key)}).respond_with_data("ok")
    send(delivery)
    assert webhooks.log[0][0].json["text"] == "New lead for you: Grace Hopper"


@pytest.mark.parametrize(
    ("status", "body", "permanent", "words"),
    [
        (404, "no_service", True, "Slack answered 404: no_service (the webhook was removed)"),
        (410, "channel_is_archived", True, "Slack answered 410: channel_is_archived (the channel is archived)"),
        (400, "invalid_blocks", True, "Slack answered 400: invalid_blocks (it does not understand the message)"),
        (403, "AKIA-SECRET-FROM-METADATA", True, "Slack answered 403."),
        (302, "moved", True, "Slack answered 302."),
        (500, "oops", False, "Slack answered 500."),
    ],
)
def test_what_a_webhook_answers(
    webhooks: HTTPServer, make_delivery: Make, status: int, body: str, permanent: bool, words: str
) -> None:
    webhooks.expect_request("/secret").respond_with_data(body, status=status, headers={"Location": "/elsewhere"})
    with pytest.raises(TransportError) as caught:
        send(make_delivery(webhooks.url_for("/secret"), "slack_webhook"))
    assert (caught.value.message, caught.value.permanent) == (words, permanent)
    assert len(webhooks.log) == 1


def test_a_busy_webhook_says_when_to_come_back(webhooks: HTTPServer, make_delivery: Make) -> None:
    webhooks.expect_request("/secret").respond_with_data("", status=429, headers={"Retry-After": "5"})
    with pytest.raises(TransportError) as caught:
        send(make_delivery(webhooks.url_for("/secret"), "slack_webhook"))
    assert (caught.value.permanent, caught.value.retry_after) == (False, timedelta(seconds=5))
