"""The channels, by their medium. A new one is a folder here, and its line in the list."""

from handoff.alerts.channels import email, slack, slack_webhook, teams, webhook
from handoff.alerts.channels.channel import Channel, Session
from handoff.alerts.channels.transport import TransportError
from handoff.models.destination import MEDIA

__all__ = ["CHANNELS", "Channel", "Session", "TransportError"]

# In the order in which they are offered, and tried where any will do.
CHANNELS: dict[str, Channel] = {
    folder.CHANNEL.medium: folder.CHANNEL
    for folder in (
        email,
        slack,
        slack_webhook,
        teams,
        webhook,
    )
}
MEDIA.update({medium: channel.label for medium, channel in CHANNELS.items()})
