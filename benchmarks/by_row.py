"""What most would write: one alarm at a time, by the ORM. The peers of the sweep do this for each timer."""

from django.db import transaction
from django.utils import timezone

from handoff.models import Delivery
from sla.models import Alarm, PendingAlarm


def fire_one(pending_id: int) -> None:
    with transaction.atomic():
        waiting = PendingAlarm.objects.select_related("clock__lead__owner", "step")
        pending = waiting.select_for_update(of=("self",), skip_locked=True).filter(pk=pending_id).first()
        if pending is None:
            return
        alarm = Alarm.objects.create(
            clock=pending.clock, step=pending.step, due_at=pending.due_at, fired_at=timezone.now()
        )
        owner = pending.clock.lead.owner
        assert owner
        Delivery.objects.create(alarm=alarm, recipient=owner, medium="email", address=owner.email)
        pending.delete()
