"""The forms of a message: mail in text and HTML, and Slack's blocks. Rendered as it is sent."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string

from handoff.alerts.about_act import about_act
from handoff.alerts.about_alarm import about_alarm
from handoff.alerts.about_notice import about_notice
from handoff.alerts.content import Content
from handoff.models import Delivery

SLACK_LONGEST, SLACK_FIELDS = 2900, 10


@dataclass(frozen=True)
class Message:
    """What can be sent by any medium. The key is the same at every attempt; only what is about one lead names it."""

    key: UUID
    lead_id: int | None
    subject: str
    text: str
    html: str
    slack_text: str
    blocks: list[dict[str, Any]]


def render(delivery: Delivery) -> Message:
    """Say what happened then, and what is so now. One message for all media: there are few, and they are small."""
    content = _content(delivery).tamed()
    return Message(
        key=delivery.key,
        lead_id=content.lead_id,
        subject=content.subject,
        text=render_to_string("handoff/messages/message.txt", {"content": content}),
        html=render_to_string("handoff/messages/message.html", {"content": content}),
        slack_text=escape(content.subject),
        blocks=_blocks(content),
    )


def _content(delivery: Delivery) -> Content:
    if delivery.notice_id:
        return about_notice(delivery)
    return about_alarm(delivery) if delivery.alarm_id else about_act(delivery)


def escape(text: str) -> str:
    """For Slack's markup, where these three open a link, a mention or a command such as <!channel>."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _blocks(content: Content) -> list[dict[str, Any]]:
    said = "\n".join([f"*{escape(content.subject)}*", escape(content.headline), *map(escape, content.lines)])
    facts = [markup(f"*{label}*\n{escape(value)}") for label, value in content.facts]
    links = "  ·  ".join(f"<{escape(url)}|{escape(label)}>" for label, url in content.links)
    return [
        {"type": "section", "text": markup(said[:SLACK_LONGEST])},
        *([{"type": "section", "fields": facts[:SLACK_FIELDS]}] if facts else []),
        {"type": "section", "text": markup(links)},
        {"type": "context", "elements": [markup(f"Times are in {content.zone}.")]},
    ]


def markup(text: str) -> dict[str, Any]:
    # Verbatim: Slack makes no links of its own out of what a lead is called.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
