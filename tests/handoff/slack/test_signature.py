"""What is not Slack's, or has come in before, does nothing."""

import time
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from handoff.models import Delivery, SlackRequest
from handoff.slack import seen
from handoff.slack.signature import sign
from handoff.slack.views import LONGEST
from leads.models import Lead, Touch
from tests.handoff.slack.standin import PATH, StandIn, send, send_body
from tests.world import last

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


def test_the_signature_is_slacks(settings: Any) -> None:
    """The example of Slack's own documentation."""
    settings.SLACK_SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name="
        b"foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2F"
        b"hooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015."
        b"47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert sign("1531420618", body) == expected


@pytest.mark.parametrize("forgery", ["none", "wrong", "letters", "other body", "old", "of tomorrow", "no moment"])
def test_a_request_that_slack_did_not_sign_is_refused(
    slack: StandIn, offer: Delivery, lead: Lead, forgery: str
) -> None:
    body = urlencode({"payload": "{}"}).encode()
    now = int(time.time())
    sent_at = {"old": str(now - 301), "of tomorrow": str(now + 86400), "no moment": "²"}.get(forgery, str(now))
    signature = {
        "none": "",
        "wrong": "v0=" + "0" * 64,
        "letters": "v0=ü",
        "other body": sign(sent_at, body + b"x"),
    }.get(forgery, sign(sent_at, body))
    headers = {"X-Slack-Request-Timestamp": sent_at, "X-Slack-Signature": signature}
    assert Client().post(PATH, body, content_type=FORM, headers=headers).status_code == 401
    assert not SlackRequest.objects.exists()


def test_a_request_that_is_replayed_is_refused(slack: StandIn, offer: Delivery, lead: Lead) -> None:
    payload, now = slack.clicked("touch", choice="call:no_answer"), time.time()
    assert [send(payload, at=now).status_code for _ in range(3)] == [200, 401, 401]
    assert Touch.objects.count() == 1


def test_a_retry_of_slacks_does_nothing_twice(slack: StandIn, offer: Delivery, lead: Lead) -> None:
    """It is signed again, so that it is no replay; its trigger is the same."""
    payload, now = slack.clicked("touch", choice="call:no_answer"), time.time()
    retry = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
    assert send(payload, at=now).status_code == 200
    assert send(payload, at=now + 1, **retry).status_code == 200
    assert Touch.objects.count() == 1


@pytest.mark.parametrize("is_right", [True, False])
def test_the_retry_of_a_dialog_gets_the_same_answer(
    slack: StandIn, offer: Delivery, lead: Lead, is_right: bool
) -> None:
    slack.click("reject")
    payload, now = slack.submitted(reason="wrong_territory" if is_right else None), time.time()
    answers = [send(payload, at=now + second).json() for second in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["response_action"] == ("clear" if is_right else "errors")
    assert lead.transitions.filter(verb="reject").count() == is_right


def test_two_clicks_are_two_acts(slack: StandIn, offer: Delivery) -> None:
    slack.click("touch", choice="call:no_answer")
    slack.click("touch", choice="call:no_answer")
    assert Touch.objects.count() == 2


def test_what_has_come_in_is_forgotten_after_a_while(slack: StandIn, offer: Delivery) -> None:
    slack.click("accept")
    seen.forget_old()
    assert SlackRequest.objects.count() == 2
    SlackRequest.objects.update(received_at="2020-01-01T00:00:00Z")
    seen.forget_old()
    assert not SlackRequest.objects.exists()


def test_a_request_that_is_too_large_is_refused(slack: StandIn) -> None:
    assert send_body(b"payload=" + b"x" * LONGEST).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload=",
        b"payload=[]",
        b"payload=1",
        b"other={}",
        b"\xff\xfe",
        b"payload=" + b"%5B" * 5000,
        b'payload={"type":"block_actions"}',
        b'payload={"type":"block_actions","actions":[1]}',
    ],
)
def test_what_slack_does_not_send_is_malformed(slack: StandIn, body: bytes) -> None:
    assert send_body(body).status_code == 400


@pytest.mark.parametrize("kind", ["view_closed", "shortcut", "message_action"])
def test_what_we_do_not_ask_for_is_taken_and_left(slack: StandIn, kind: str) -> None:
    assert send({"type": kind}).status_code == 200


def test_without_the_signing_secret_there_is_no_such_page(slack: StandIn, settings: Any) -> None:
    settings.SLACK_SIGNING_SECRET = ""
    assert send({"type": "view_closed"}).status_code == 404


def test_it_is_asked_by_post_alone(slack: StandIn) -> None:
    assert Client().get(PATH).status_code == 405


def test_no_cookie_and_no_form_token_are_needed(slack: StandIn, offer: Delivery, lead: Lead) -> None:
    payload = slack.clicked("accept")
    assert send(payload).cookies == {}
    assert last(lead).verb == "accept"
