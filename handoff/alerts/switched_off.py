"""A destination whose receiver wants no more: it is switched off, and RevOps is notified."""

from uuid import uuid4

from django.db import transaction

from handoff.alerts.audience import notify_of_notice
from handoff.models import Destination, Notice


@transaction.atomic
def switch_off(destination: Destination, reason: str) -> None:
    """Switch it off. Of several that find so at once one writes the notice: who changed the row."""
    if not Destination.objects.filter(pk=destination.pk, active=True).update(active=False):
        return
    subject = f"Handoff: the destination {destination} was switched off"
    advice = "No one is notified through it until someone switches it on again on the page Destinations."
    notice = Notice.objects.create(key=f"gone {uuid4()}", subject=subject[:200], text=f"{reason}\n{advice}")
    notify_of_notice(notice)
