"""What Slack's error codes mean, and which of them pass."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from handoff.alerts.channels.http import Answer
from handoff.alerts.channels.transport import TransportError
from handoff.alerts.content import Content

Posted = TypeVar("Posted")
UNFETCHED = {"invalid_blocks", "invalid_payload"}
"""What Slack answers, among others, where it could not fetch a picture from us."""

# Slack's own troubles; every other code says that the call or the channel is wrong, and stays so.
TRANSIENT = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
ADVICE = {
    "channel_not_found": "there is no such channel or person, or the bot cannot see it",
    "not_in_channel": "invite the bot to the channel",
    "is_archived": "the channel is archived",
    "channel_is_archived": "the channel is archived",
    "invalid_auth": "the token is not valid: set SLACK_BOT_TOKEN",
    "not_authed": "the token is not valid: set SLACK_BOT_TOKEN",
    "token_revoked": "the token was revoked: set SLACK_BOT_TOKEN",
    "account_inactive": "the bot was removed from the workspace: install it and set SLACK_BOT_TOKEN",
    "missing_scope": "the bot lacks the scope chat:write",
    "no_service": "the webhook was removed",
    "invalid_token": "the webhook was removed",
    "action_prohibited": "an administrator forbids it",
    "posting_to_general_channel_denied": "only administrators may post to this channel",
    "invalid_blocks": "it does not understand the message",
    "invalid_payload": "it does not understand the message",
    "msg_too_long": "the message is too long",
    "expired_trigger_id": "more than three seconds had passed",
    "exchanged_trigger_id": "the same click was answered before",
}


class SlackRefusal(TransportError):
    """What Slack did not do, with the code that it gives for it."""

    def __init__(self, error: TransportError, code: str, permanent: bool) -> None:
        super().__init__(error.message, permanent, error.retry_after)
        self.code = code


def refused(answer: Answer, code: str) -> SlackRefusal:
    """Only codes that we know are repeated: a server may answer anything, even a secret."""
    words = f"{code} ({ADVICE[code]})" if code in ADVICE else code if code in TRANSIENT else ""
    error = answer.refused("Slack", words)
    return SlackRefusal(error, code, permanent=not (answer.is_transient or code in TRANSIENT))


def with_or_without_picture(content: Content, post: Callable[[Content], Posted]) -> Posted:
    """Post a message; without its picture if Slack does not take it with one: we may be where Slack cannot reach us."""
    try:
        return post(content)
    except SlackRefusal as error:
        if content.picture is None or error.code not in UNFETCHED:
            raise
        return post(replace(content, picture=None))
