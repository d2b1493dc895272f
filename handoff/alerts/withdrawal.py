"""Withdrawing what has not been sent: of alarms that were called off, and of acts that were taken back."""

from collections.abc import Collection

from django.db.models import Q, QuerySet
from django.utils import timezone

from handoff.models import Delivery, DeliveryState
from leads.models import Transition
from sla.models import Alarm, ClockState


def withdraw(alarms: QuerySet[Alarm]) -> int:
    """Withdraw what waits of these alarms: to be sent, to be tried again, for quiet hours to end or for a digest.

    Call it in the transaction that calls them off, with the lead locked. Return how many messages that were.
    """
    return _withdraw(Delivery.objects.filter(alarm__in=alarms))


def withdraw_act(act: Transition) -> tuple[int, int]:
    """Withdraw what waits of an act that is taken back. Return how many messages that were, and how many are out.

    One that is being sent at this moment cannot be stopped any more, and is not tried again.
    """
    of_act = Delivery.objects.filter(transition=act)
    is_leased = Q(state=DeliveryState.PENDING, attempts__gt=0, next_attempt_at__gt=timezone.now(), last_error="")
    sent = of_act.filter(Q(state=DeliveryState.SENT) | is_leased).count()
    leased = of_act.filter(is_leased).count()
    return _withdraw(of_act) - leased, sent


def called_off_by(act: Transition) -> list[int]:
    """The messages that were withdrawn because an act called their clocks off, and not for a mistake in the policy."""
    ended = Q(alarm__clock__stopped_by=act, alarm__clock__state=ClockState.CANCELLED)
    by_act = Delivery.objects.filter(ended | Q(alarm__clock__excused_by=act), state=DeliveryState.WITHDRAWN)
    return list(by_act.filter(alarm__step__policy__mistake_at=None).order_by("pk").values_list("pk", flat=True))


def send_after_all(ids: Collection[int]) -> None:
    """What called them off was taken back."""
    Delivery.objects.filter(pk__in=ids, state=DeliveryState.WITHDRAWN).update(state=DeliveryState.PENDING)


def _withdraw(deliveries: QuerySet[Delivery]) -> int:
    waiting = deliveries.filter(state=DeliveryState.PENDING)
    # In one order: a digest is claimed row by row, and whoever waits for it must not hold a row that it waits for.
    ids = list(waiting.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    return Delivery.objects.filter(pk__in=ids).update(state=DeliveryState.WITHDRAWN) if ids else 0
