"""A dialog that was submitted: rights and state are judged now, whatever they were when it was opened."""

from collections.abc import Mapping
from typing import Any

from django.db import OperationalError, transaction

from handoff.alerts import slack_replies
from handoff.alerts.channels.slack.reference import Reference
from handoff.models import Delivery
from handoff.refusals import FactsRefused, Refused
from handoff.slack import dialogs, seen
from handoff.slack.doing import BUSY, do, is_busy
from handoff.slack.interaction import Interaction, how_to_be_known, person_of
from leads.models import User

DONE = {"response_action": "clear"}
LONGEST = 500  # characters of an error below its field


def submit(interaction: Interaction) -> dict[str, Any]:
    """Do it and close the dialog; or say what is wrong at each field, where all that was typed stays."""
    about, user = Reference.read(interaction.text("view", "private_metadata")), person_of(interaction.member)
    if about is None or about.member != interaction.member:
        return _wrong(interaction, "Handoff does not know this dialog: close it, and press the button once more.")
    if user is None:
        return _wrong(interaction, how_to_be_known(interaction.member))
    try:
        return _once(interaction, about, user)
    except OperationalError as error:
        if not is_busy(error):
            raise
        return _wrong(interaction, BUSY)


def _once(interaction: Interaction, about: Reference, user: User) -> dict[str, Any]:
    """A retry of Slack's gets the answer that was given before."""
    with transaction.atomic():
        if not seen.remember(interaction.key):
            return seen.answer_given(interaction.key)
        answer = _act(interaction, about, user)
        seen.keep_answer(interaction.key, answer)
    return answer


def _act(interaction: Interaction, about: Reference, user: User) -> dict[str, Any]:
    try:
        do(about.verb, about.lead, user, dialogs.facts_of(interaction.values))
    except FactsRefused as refusal:
        return _wrong(interaction, refusal.message, refusal.fields)
    except Refused as refusal:
        return _wrong(interaction, refusal.message)
    delivery = Delivery.objects.filter(key=about.key, medium="slack_webhook").first()
    if delivery is not None:
        slack_replies.replace_message(about.url, delivery)
    return DONE


def _wrong(interaction: Interaction, message: str, fields: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """At the fields that the dialog shows; whatever is about none of them stands at the first."""
    shown = list(interaction.values) or ["note"]
    errors = {name: " ".join(messages)[:LONGEST] for name, messages in (fields or {}).items() if name in shown}
    return {"response_action": "errors", "errors": errors or {shown[0]: message[:LONGEST]}}
