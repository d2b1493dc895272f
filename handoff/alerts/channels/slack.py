"""Slack: as a bot to channels and people, or through an incoming webhook to one channel."""

from collections.abc import Mapping
from datetime import timedelta
from http.client import HTTPException

from django.conf import settings
from slack_sdk import WebClient, WebhookClient
from slack_sdk.errors import SlackApiError, SlackRequestError

from handoff.alerts.channels.transport import TransportError
from handoff.alerts.messages import Message

TIMEOUT = 10  # seconds
# Slack's own troubles; every other answer says that the call or the channel is wrong, and stays so.
TRANSIENT = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
ADVICE = {
    "channel_not_found": "there is no such channel or person, or the bot cannot see it",
    "not_in_channel": "invite the bot to the channel",
    "is_archived": "the channel is archived",
    "invalid_auth": "the token is not valid: set SLACK_BOT_TOKEN",
    "not_authed": "the token is not valid: set SLACK_BOT_TOKEN",
    "token_revoked": "the token was revoked: set SLACK_BOT_TOKEN",
    "account_inactive": "the bot was removed from the workspace: install it and set SLACK_BOT_TOKEN",
    "missing_scope": "the bot lacks the scope chat:write",
}


def post(address: str, message: Message) -> None:
    """Post to a channel or a person. A retry carries the same client_msg_id, by which Slack knows the message."""
    if not settings.SLACK_BOT_TOKEN:
        raise TransportError("Slack is not set up: set SLACK_BOT_TOKEN to the bot's token (xoxb-…).", permanent=True)
    # No retries of its own: the outbox has them, and does not hold a worker meanwhile.
    client = WebClient(settings.SLACK_BOT_TOKEN, settings.SLACK_API_URL, timeout=TIMEOUT, retry_handlers=[])
    try:
        client.chat_postMessage(
            channel=address,
            text=message.slack_text,
            blocks=message.blocks,
            unfurl_links=False,
            metadata={"event_type": "handoff_delivery", "event_payload": {"key": str(message.key)}},
            client_msg_id=str(message.key),
        )
    except SlackApiError as error:
        response = error.response
        raise _refused(response.status_code, str(response.get("error", "")), response.headers) from error
    except (OSError, HTTPException) as error:
        raise TransportError(f"Slack cannot be reached: {error}") from error


def post_to_webhook(address: str, message: Message) -> None:
    """Post to an incoming webhook. Its address is a secret, so no error repeats it."""
    client = WebhookClient(address, timeout=TIMEOUT, retry_handlers=[])
    try:
        response = client.send(
            text=message.slack_text,
            blocks=message.blocks,
            unfurl_links=False,
            headers={"X-Handoff-Key": str(message.key)},
        )
    except (SlackRequestError, ValueError) as error:
        raise TransportError("The webhook's address is no web address.", permanent=True) from error
    except (OSError, HTTPException) as error:
        raise TransportError(f"Slack cannot be reached: {error}") from error
    if response.status_code != 200:
        raise _refused(response.status_code, response.body, response.headers)


def _refused(code: int, answer: str, headers: Mapping[str, str]) -> TransportError:
    is_transient = code == 429 or code >= 500 or answer in TRANSIENT
    words = f"{answer} ({ADVICE[answer]})" if answer in ADVICE else answer[:200]
    return TransportError(
        f"Slack answered {code}: {words}", permanent=not is_transient, retry_after=_asked_wait(headers)
    )


def _asked_wait(headers: Mapping[str, str]) -> timedelta | None:
    asked = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return timedelta(seconds=int(asked)) if asked.isdecimal() and len(asked) < 7 else None
