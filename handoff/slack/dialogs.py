"""The dialogs of verbs that ask for facts, in Slack's blocks. Each block has the name of its fact."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from handoff.alerts.channels.slack.blocks import escape
from handoff.alerts.channels.slack.buttons import option, plain
from handoff.alerts.channels.slack.reference import Reference
from handoff.workflow.facts.rejection import WHOSE, RejectFacts, attempts_needed, logged_attempts, wrong_fields
from leads.models import Channel, Evidence, Lead, Outcome, Reason, Route, Verb
from leads.permission import warnings_of

LONGEST_NOTE = 3000  # characters, which is all that Slack takes
LONGEST_ACCOUNT = 200
INBOUND = "inbound"
Block = dict[str, Any]


def dialog(verb: Verb, lead: Lead, about: Reference, reason_code: str = "") -> Block:
    """Ask for the facts of a verb. It comes back with what it is about, signed."""
    asks = _rejection(lead, reason_code) if verb == Verb.REJECT else _touch()
    return {
        "type": "modal",
        "callback_id": verb.value,
        "private_metadata": about.signed(),
        "title": plain("Reject" if verb == Verb.REJECT else "Log a touch", 24),
        "submit": plain("Reject" if verb == Verb.REJECT else "Log", 24),
        "close": plain("Cancel", 24),
        "blocks": [_text("\n".join([f"*{escape(str(lead))}*", *map(escape, warnings_of(lead))])), *asks],
    }


def facts_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was filled in, as the verb takes it: a box that is ticked is a list of one."""
    return {name: bool(value) if isinstance(value, list) else value for name, value in values.items() if value}


def _rejection(lead: Lead, code: str) -> Iterable[Block]:
    reasons = Reason.objects.filter(retired_at=None)
    reason = next((each for each in reasons if each.code == code), None)
    choices = [option(each.label, each.code) for each in reasons][:100]
    yield _input("reason", "Reason", _select("reason", choices, "Choose one")) | {"dispatch_action": True}
    if reason:
        yield from _evidence(reason, lead)
    yield _note(reason.min_note_length if reason else 0)


def _evidence(reason: Reason, lead: Lead) -> Iterable[Block]:
    """The field for what the reason demands. It is checked where every door has it checked."""
    match Evidence(reason.evidence):
        case Evidence.OTHER_LEAD:
            hint = "Type a name, company, email, phone or number."
            yield _input("duplicate_of", "The other lead", _menu("duplicate_of", "Find the other lead"), hint=hint)
        case Evidence.RETRY_ON:
            yield _input("retry_on", "Try again on", {"type": "datepicker", "action_id": "retry_on"})
        case Evidence.WRONG_FIELD:
            choices = [option(label, name) for name, label in wrong_fields()][:100]
            yield _input("wrong_field", "Wrong detail", _select("wrong_field", choices, "Choose one"))
        case Evidence.TOUCHES:
            logged, needed = logged_attempts(lead), attempts_needed(lead, reason)
            yield _text(f"This reason needs {needed} logged touches; {logged} are logged.")
    if reason.route == Route.REROUTE:
        yield from _whose()


def _whose() -> Iterable[Block]:
    """Whoever does not know leaves these out, as in the console."""
    asked = {name: RejectFacts.base_fields[name] for name in WHOSE}
    for name, field in asked.items():
        is_text = isinstance(field, forms.CharField)
        element = {"type": "plain_text_input", "max_length": LONGEST_ACCOUNT} if is_text else _menu(name, "Choose one")
        yield _input(name, str(field.label), element | {"action_id": name}, hint=str(field.help_text), is_optional=True)


def _touch() -> Iterable[Block]:
    outcomes = [option(label, value) for value, label in Outcome.choices]
    channels = [option(label, value) for value, label in Channel.choices]
    yield _input("channel", "Channel", _select("channel", channels, "Choose one"))
    yield _input("outcome", "Outcome", _select("outcome", outcomes, "Choose one"))
    box = {
        "type": "checkboxes",
        "action_id": INBOUND,
        "options": [option("A reply, or a call that came in", INBOUND)],
    }
    yield _input(INBOUND, "The buyer contacted us", box, is_optional=True)
    yield _note(0)


def _note(least: int) -> Block:
    element = {"type": "plain_text_input", "action_id": "note", "multiline": True, "max_length": LONGEST_NOTE}
    if least:
        element["min_length"] = min(least, LONGEST_NOTE)
    label = f"Note, of at least {least} characters" if least > 1 else "Note"
    return _input("note", label, element, is_optional=not least)


def _input(name: str, label: str, element: Block, *, hint: str = "", is_optional: bool = False) -> Block:
    hinted = {"hint": plain(hint, 150)} if hint else {}
    return {
        "type": "input",
        "block_id": name,
        "label": plain(label),
        "element": element,
        "optional": is_optional,
        **hinted,
    }


def _select(name: str, options: list[Block], placeholder: str) -> Block:
    return {"type": "static_select", "action_id": name, "options": options, "placeholder": plain(placeholder)}


def _menu(name: str, placeholder: str) -> Block:
    """Of more than a list can hold: Slack asks what to list when it is opened, and with each letter that is typed."""
    return {
        "type": "external_select",
        "action_id": name,
        "min_query_length": 0,
        "placeholder": plain(placeholder),
    }


def _text(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:2900], "verbatim": True}}
