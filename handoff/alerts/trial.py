"""A test of a destination: one message, sent now and kept nowhere."""

from handoff.alerts.channels import CHANNELS, TransportError
from handoff.alerts.installation import why_silent
from handoff.models import Delivery, Destination, Notice
from leads.models import User

TEXT = "This is a test message.\n{by} sent it from the page of this destination. Nothing else has happened."


def send_test(destination: Destination, by: User) -> str:
    """Send it to the fixed address, or else to who asks for it, and return to whom. Raise TransportError."""
    if reason := why_silent():
        raise TransportError(f"Nothing is sent from here: {reason}.", permanent=True)
    channel = CHANNELS[destination.medium]
    address = destination.address or (getattr(by, channel.person_field) if channel.person_field else "")
    if not address:
        raise TransportError(f"You have no address for {channel.label} yourself.", permanent=True)
    delivery = Delivery(
        notice=Notice(subject=f"Handoff: a test of {destination}", text=TEXT.format(by=by)),
        destination=destination,
        recipient=None if destination.address else by,
        medium=destination.medium,
        address=address,
    )
    with channel.open() as session:
        session.send(address, [delivery])
    return delivery.place
