"""A webhook of anybody's: signed JSON, as docs/webhooks.md and the Standard Webhooks specification describe it."""

import json
from base64 import b64encode
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Any

from standardwebhooks import Webhook

from handoff.alerts.channels import http, target
from handoff.alerts.channels.channel import Channel
from handoff.alerts.channels.transport import TransportError
from handoff.alerts.content import Content
from handoff.alerts.messages import content_of
from handoff.alerts.switched_off import switch_off
from handoff.models import Delivery

GONE = 410
ADVICE = {401: "it does not accept the signature", 403: "it does not accept the signature", 404: "there is no webhook"}


def new_secret() -> str:
    """As the specification writes it: 32 random bytes in base64."""
    return f"whsec_{b64encode(token_bytes(32)).decode()}"


def check_address(address: str) -> None:
    target.check(address, target.ANY_HOST)


class WebhookSession:
    """It keeps nothing of its own: the connections of a process are kept for all its sessions."""

    def send(self, address: str, deliveries: Sequence[Delivery]) -> None:
        destination = deliveries[0].destination
        if destination is None or not destination.signing_secret:
            raise TransportError("The destination has no signing secret: make a new one on its page.", permanent=True)
        content = content_of(deliveries)
        body = json.dumps(payload_of(content), ensure_ascii=False).encode()
        headers = signature_of(content, body, destination.signing_secret)
        answer = http.post_guarded(address, body, headers, hosts=target.ANY_HOST, receiver="The webhook")
        if answer.status == GONE:
            switch_off(destination, "Its receiver answered 410: it wants no more messages.")
        if not 200 <= answer.status < 300:
            raise answer.refused("The webhook", ADVICE.get(answer.status, ""))


def signature_of(content: Content, body: bytes, secret: str) -> dict[str, str]:
    """The headers by which a receiver knows the sender, the message, and when this attempt was made."""
    now = datetime.now(UTC)
    return {
        "webhook-id": str(content.key),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(str(content.key), now, body.decode()),
    }


def payload_of(content: Content) -> dict[str, Any]:
    """The same at every attempt, but for what the texts say of the present."""
    return {
        "type": content.kind,
        "timestamp": content.at.isoformat(),
        "data": {
            **content.about,
            "lead": content.lead_id,
            "subject": content.subject,
            "headline": content.headline,
            "lines": list(content.lines),
            "facts": [{"label": label, "value": value} for label, value in content.facts],
            "links": [{"label": label, "url": url} for label, url in content.links],
            "entries": [
                {"at": entry.at.isoformat(), "summary": entry.summary, "now": entry.now, "url": entry.url}
                for entry in content.entries
            ],
            "time_zone": content.zone,
        },
    }


CHANNEL = Channel(
    medium="webhook",
    label="Webhook (signed)",
    address_help="The URL of a receiver that checks signatures, as docs/webhooks.md describes it.",
    check_address=check_address,
    open=lambda: nullcontext(WebhookSession()),
    address_is_secret=True,
    signs=True,
)
