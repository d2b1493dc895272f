"""Microsoft Teams, through a webhook of Power Automate (Workflows) that posts cards to one channel or chat."""

from collections.abc import Sequence
from contextlib import nullcontext

from django.conf import settings

from handoff.alerts.channels import http, target
from handoff.alerts.channels.channel import Channel
from handoff.alerts.channels.teams.card import message_of
from handoff.alerts.messages import content_of
from handoff.models import Delivery

TAKEN = (200, 202)  # a workflow takes a card, and posts it afterwards
ADVICE = {
    400: "the workflow does not take cards: make it with “When a Teams webhook request is received”",
    401: "the address is not complete, or its signature was renewed",
    403: "the workflow does not let everybody call it: set “Who can trigger the flow” to “Anyone”",
    404: "the workflow was removed or switched off",
    413: "the card is too large",
}


def check_address(address: str) -> None:
    target.check(address, settings.TEAMS_WEBHOOK_HOSTS)


class TeamsSession:
    """It keeps nothing of its own: the connections of a process are kept for all its sessions."""

    def send(self, address: str, deliveries: Sequence[Delivery]) -> None:
        content = content_of(deliveries)
        headers = {"X-Handoff-Key": str(content.key)}
        hosts = settings.TEAMS_WEBHOOK_HOSTS
        answer = http.post_guarded(address, message_of(content), headers, hosts=hosts, receiver="Teams")
        if answer.status not in TAKEN:
            raise answer.refused("Teams", ADVICE.get(answer.status, ""))


CHANNEL = Channel(
    medium="teams",
    label="Microsoft Teams",
    address_help="The URL of a Teams workflow “When a Teams webhook request is received”: https://….logic.azure.com/…",
    check_address=check_address,
    open=lambda: nullcontext(TeamsSession()),
    address_is_secret=True,
)
