"""The buttons of a message: one for each verb that it offers, and the outcomes of a call as one click each."""

from secrets import token_hex
from typing import Any

from django.conf import settings

from handoff.alerts.channels.slack.reference import Reference
from handoff.alerts.content import Content
from leads.models import Channel, Outcome, Verb

LABELS = {Verb.ACCEPT: "Accept", Verb.REJECT: "Reject…", Verb.ACKNOWLEDGE: "Acknowledge"}
STYLES = {Verb.ACCEPT: "primary", Verb.REJECT: "danger"}
CALLS = (Outcome.REACHED, Outcome.NO_ANSWER, Outcome.LEFT_MESSAGE)
OTHER_TOUCH = "other"


def buttons_of(content: Content) -> list[dict[str, Any]]:
    """A block of them, or none. Its id says what they are about, and is another one at each update, as Slack asks."""
    offers = content.offers
    if not settings.SLACK_SIGNING_SECRET or not offers or not offers.verbs or content.lead_id is None:
        return []
    about = Reference(content.lead_id, str(content.key), offers.alarm_id, nonce=token_hex(4))
    elements = [_touches() if verb == Verb.TOUCH else _button(Verb(verb)) for verb in offers.verbs]
    return [{"type": "actions", "block_id": about.signed(), "elements": elements}]


def _button(verb: Verb) -> dict[str, Any]:
    style = {"style": STYLES[verb]} if verb in STYLES else {}
    return {"type": "button", "action_id": verb.value, "text": plain(LABELS[verb]), "value": verb.value, **style}


def _touches() -> dict[str, Any]:
    calls = [option(f"Called: {outcome.label.lower()}", f"{Channel.CALL}:{outcome}") for outcome in CALLS]
    return {
        "type": "static_select",
        "action_id": Verb.TOUCH.value,
        "placeholder": plain("Log a touch"),
        "options": [*calls, option("Another touch, or with a note…", OTHER_TOUCH)],
    }


def option(label: str, value: str) -> dict[str, Any]:
    return {"text": plain(label), "value": value}


def plain(text: str, longest: int = 75) -> dict[str, Any]:
    shown = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return {"type": "plain_text", "text": shown, "emoji": False}
