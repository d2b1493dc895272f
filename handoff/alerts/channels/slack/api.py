"""One call of Slack's Web API, as the bot."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from handoff.alerts.channels import http, target
from handoff.alerts.channels.slack.errors import refused
from handoff.alerts.channels.transport import TransportError


def call(method: str, arguments: Mapping[str, Any], *, seconds: float | None = None) -> dict[str, Any]:
    """Call a method, and return what it answers. Raise TransportError; a SlackRefusal where Slack says why."""
    if not settings.SLACK_BOT_TOKEN:
        raise TransportError("Slack is not set up: set SLACK_BOT_TOKEN to the bot's token (xoxb-…).", permanent=True)
    headers = {"Authorization": f"Bearer {settings.SLACK_BOT_TOKEN}"}
    url = f"{settings.SLACK_API_URL.rstrip('/')}/{method}"
    answer = http.post(target.trusted(url), arguments, headers, receiver="Slack", seconds=seconds)
    body = _read(answer.body)
    if answer.status != 200 or body.get("ok") is not True:
        raise refused(answer, str(body.get("error") or "unreadable"))
    return body


def _read(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
