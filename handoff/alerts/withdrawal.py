"""Withdrawing what has not been sent of alarms that were called off."""

from django.db.models import QuerySet

from handoff.models import Delivery, DeliveryState
from sla.models import Alarm


def withdraw(alarms: QuerySet[Alarm]) -> int:
    """Withdraw what waits of these alarms: to be sent, to be tried again, for quiet hours to end or for a digest.

    Call it in the transaction that calls them off, with the lead locked. Return how many messages that were.
    """
    waiting = Delivery.objects.filter(alarm__in=alarms, state=DeliveryState.PENDING)
    # In one order: a digest is claimed row by row, and whoever waits for it must not hold a row that it waits for.
    ids = list(waiting.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    return Delivery.objects.filter(pk__in=ids).update(state=DeliveryState.WITHDRAWN) if ids else 0
