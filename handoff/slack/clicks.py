"""A click on a button of a message, or on a choice in a dialog."""

from collections.abc import Mapping
from typing import Any

import structlog
from django.db import OperationalError, transaction
from django.utils import timezone

from handoff.alerts import slack_replies
from handoff.alerts.channels import TransportError
from handoff.alerts.channels.slack import api
from handoff.alerts.channels.slack.buttons import LABELS, OTHER_TOUCH
from handoff.alerts.channels.slack.errors import SlackRefusal
from handoff.alerts.channels.slack.posted import keep_at
from handoff.alerts.channels.slack.reference import Reference
from handoff.models import Delivery, SlackMessage
from handoff.refusals import Refused
from handoff.slack import dialogs, seen
from handoff.slack.doing import BUSY, do, hurry, is_busy, judge_in_advance
from handoff.slack.interaction import Interaction, Malformed, how_to_be_known, person_of
from leads.models import User, Verb

SECONDS = 2.0  # for a dialog: a trigger of Slack's is good for three, counted from the click
TOO_LATE = ("expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id")

log = structlog.get_logger(__name__)


def click(interaction: Interaction) -> None:
    """Do what the button says, or open its dialog. What goes wrong is said to the person alone."""
    if interaction.text("view", "id"):
        _follow(interaction)
        return
    url, about = interaction.text("response_url"), Reference.read(interaction.action.text("block_id"))
    if about is None:
        slack_replies.reply_privately(url, "Handoff does not know this button. Open the lead in Handoff instead.")
        return
    user = person_of(interaction.member)
    if user is None:
        slack_replies.reply_privately(url, how_to_be_known(interaction.member))
        return
    verb, facts = _asked(interaction.action, about)
    if facts is None:
        _open(interaction, verb, about, user)
    else:
        _act(interaction, verb, about, user, facts)


def _asked(action: Interaction, about: Reference) -> tuple[Verb, Mapping[str, Any] | None]:
    """The verb and its facts; without facts there are some to ask for."""
    name = action.text("action_id")
    if name not in (*LABELS, Verb.TOUCH):
        raise Malformed
    verb = Verb(name)
    if verb == Verb.ACKNOWLEDGE:
        return verb, {"alarm": about.alarm}
    if verb == Verb.TOUCH:
        channel, _, outcome = action.text("selected_option", "value").partition(":")
        return verb, None if channel == OTHER_TOUCH else {"channel": channel, "outcome": outcome}
    return verb, None if verb == Verb.REJECT else {}


def _act(interaction: Interaction, verb: Verb, about: Reference, user: User, facts: Mapping[str, Any]) -> None:
    url = interaction.text("response_url")
    try:
        with transaction.atomic():
            if not seen.remember(interaction.key):
                return
            try:
                do(verb, about.lead, user, facts)
            except Refused as refusal:
                slack_replies.reply_privately(url, refusal.message)
            refresh(interaction, about, url)
    except OperationalError as error:
        if not is_busy(error):
            raise
        slack_replies.reply_privately(url, BUSY)


def _open(interaction: Interaction, verb: Verb, about: Reference, user: User) -> None:
    url = interaction.text("response_url")
    try:
        lead = judge_in_advance(verb, about.lead, user)
    except Refused as refusal:
        slack_replies.reply_privately(url, refusal.message)
        _refresh_in_a_hurry(interaction, about, url)
        return
    view = dialogs.dialog(verb, lead, _in_dialog(about, verb, interaction))
    try:
        api.call("views.open", {"trigger_id": interaction.text("trigger_id"), "view": view}, seconds=SECONDS)
    except TransportError as error:
        log.warning("slack_dialog_not_opened", verb=verb, error=error.message)
        slack_replies.reply_privately(url, _why_no_dialog(error))


def _in_dialog(about: Reference, verb: Verb, interaction: Interaction) -> Reference:
    """The address to answer at goes along: a message of a webhook is updated by it alone."""
    url = interaction.text("response_url")
    return Reference(about.lead, about.key, about.alarm, verb.value, interaction.member, url=url)


def _refresh_in_a_hurry(interaction: Interaction, about: Reference, url: str) -> None:
    try:
        with transaction.atomic():
            hurry()
            refresh(interaction, about, url)
    except OperationalError as error:
        if not is_busy(error):
            raise  # whoever is working on the lead has the message updated anyway


def _why_no_dialog(error: TransportError) -> str:
    if isinstance(error, SlackRefusal) and error.code in TOO_LATE:
        return "Slack gave up before Handoff could open the dialog. Nothing was changed: press the button once more."
    return f"The dialog could not be opened. Nothing was changed: open the lead in Handoff instead. {error.message}"


def _follow(interaction: Interaction) -> None:
    """Another reason was chosen: ask for the evidence that it demands. What was typed stays, as blocks keep names."""
    about, user = Reference.read(interaction.text("view", "private_metadata")), person_of(interaction.member)
    if about is None or user is None or interaction.action.text("action_id") != "reason":
        return
    try:
        lead = judge_in_advance(about.verb, about.lead, user)
        view = dialogs.dialog(Verb(about.verb), lead, about, interaction.values.get("reason") or "")
        place = {"view_id": interaction.text("view", "id"), "hash": interaction.text("view", "hash")}
        api.call("views.update", place | {"view": view}, seconds=SECONDS)
    except (Refused, TransportError) as error:
        # The dialog stays as it is, and says what is lacking when it is submitted.
        log.warning("slack_dialog_not_updated", error=str(error))


def refresh(interaction: Interaction, about: Reference, url: str) -> None:
    """Have the message say how things are, also where we have forgotten it: the click names its place."""
    delivery = Delivery.objects.filter(key=about.key).first()
    if delivery is None:
        return
    if delivery.medium == "slack_webhook":
        slack_replies.replace_message(url, delivery)
        return
    channel, ts = interaction.text("container", "channel_id"), interaction.text("container", "message_ts")
    is_kept = SlackMessage.objects.filter(delivery=delivery).update(update_at=timezone.now())
    if channel and ts and not is_kept:
        keep_at(delivery.pk, about.lead, channel, ts)
