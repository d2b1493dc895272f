"""A message as an Adaptive Card, in the envelope that a Teams workflow takes."""

from typing import Any

from handoff.alerts.content import Content

# Teams refuses what is larger than 28 KB in all.
LONGEST_TEXT, MOST_ENTRIES, LONGEST_ENTRY = 2000, 20, 400


def message_of(content: Content) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": content.subject,
        "msteams": {"width": "Full"},
        "body": [
            _text(_run(content.subject, weight="Bolder", size="Medium")),
            *(_entries(content) if content.entries else _message(content)),
            _text(_run(f"Times are in {content.zone}.", isSubtle=True, size="Small")),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": label, "url": url} for label, url in content.links],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _message(content: Content) -> list[dict[str, Any]]:
    lines = (content.headline, *content.lines)
    picture = content.picture
    return [
        *([{"type": "Image", "url": picture.url, "altText": picture.alt}] if picture else []),
        *(_text(_run(line[:LONGEST_TEXT])) for line in lines),
        *(_text(_run(f"{label}: ", weight="Bolder"), _run(value)) for label, value in content.facts),
    ]


def _entries(content: Content) -> list[dict[str, Any]]:
    lines = [f"{entry.when}: {entry.summary}. {entry.now}" for entry in content.entries[:MOST_ENTRIES]]
    rest = len(content.entries) - len(lines)
    return [_text(_run(line[:LONGEST_ENTRY])) for line in [*lines, *([f"And {rest} more."] if rest else [])]]


def _text(*runs: dict[str, Any]) -> dict[str, Any]:
    """Rich text, as it shows what it is given: a plain text block reads Markdown, and a lead's name may hold a link."""
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **style: str | bool) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **style}
