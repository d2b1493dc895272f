"""A message in Slack's blocks, for the bot and for webhooks."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from handoff.alerts.channels.slack.buttons import buttons_of
from handoff.alerts.content import Content, Entry

LONGEST_SECTION, MOST_FIELDS, MOST_SECTIONS = 2900, 10, 40


def escape(text: str) -> str:
    """For Slack's markup, where these three open a link, a mention or a command such as <!channel>."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def message_of(content: Content, since: str = "") -> dict[str, Any]:
    """With what has been done since it was posted."""
    blocks = _digest(content) if content.entries else _message(content, since)
    return {"text": escape(content.subject), "blocks": blocks, "unfurl_links": False}


def _message(content: Content, since: str) -> list[dict[str, Any]]:
    text = "\n".join([f"*{escape(content.subject)}*", escape(content.headline), *map(escape, content.lines)])
    facts = [_markup(f"*{label}*\n{escape(value)}") for label, value in content.facts]
    return [
        _section(text[:LONGEST_SECTION]),
        *_pictures(content),
        *({"type": "section", "fields": facts[at : at + MOST_FIELDS]} for at in range(0, len(facts), MOST_FIELDS)),
        *([_section(f"*{escape(since)}*")] if since else []),
        *buttons_of(content),
        _section(_links(content)),
        _zone(content),
    ]


def _pictures(content: Content) -> list[dict[str, Any]]:
    """Slack fetches them: from where it cannot, it would refuse the whole message."""
    picture = content.picture
    is_public = settings.BASE_URL.startswith("https://")
    return [{"type": "image", "image_url": picture.url, "alt_text": picture.alt}] if picture and is_public else []


def _digest(content: Content) -> list[dict[str, Any]]:
    """Slack takes so many sections, each of so many characters; what does not fit is in the console."""
    sections, shown = _sections(f"*{escape(content.subject)}*", content.entries)
    rest = len(content.entries) - shown
    links = (f"And {rest} more. " if rest else "") + _links(content)
    return [*map(_section, sections), _section(links), _zone(content)]


def _sections(title: str, entries: Sequence[Entry]) -> tuple[list[str], int]:
    sections = [title]
    for shown, entry in enumerate(entries):
        line = f"\n• {entry.when}: <{escape(entry.url)}|{escape(entry.summary)}>. {escape(entry.now)}"
        if len(sections[-1]) + len(line) > LONGEST_SECTION:
            if len(sections) == MOST_SECTIONS:
                return sections, shown
            sections.append("")
        sections[-1] += line
    return sections, len(entries)


def _links(content: Content) -> str:
    return "  ·  ".join(f"<{escape(url)}|{escape(label)}>" for label, url in content.links)


def _zone(content: Content) -> dict[str, Any]:
    return {"type": "context", "elements": [_markup(f"Times are in {content.zone}.")]}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _markup(text)}


def _markup(text: str) -> dict[str, Any]:
    # Verbatim: Slack makes no links of its own out of what a lead is called.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
