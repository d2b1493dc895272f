"""What waits to be sent, and whether it is stuck."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, Min, Q, When

from handoff.engine.life import Silence
from handoff.models import Delivery, DeliveryState, Part
from sla.durations import in_words

STUCK = timedelta(minutes=10)  # a message that is not sent for longer is a matter for RevOps
LASTING = 5  # attempts that take about as long when each of them fails

# Who has quiet hours or a daily digest: their messages wait on purpose, and their age counts from when they are due.
_HAS_WISHES = Q(recipient__digest_at__isnull=False) | Q(recipient__quiet_from__isnull=False)


def outbox(now: datetime) -> dict[str, Any]:
    """How many messages wait, how many of them have failed, and since when the oldest could have been sent."""
    pending = Delivery.objects.filter(state=DeliveryState.PENDING)
    on_purpose = Q(next_attempt_at__gt=now) & (Q(attempts=0) | Q(digest=True) | _HAS_WISHES & Q(attempts__lt=LASTING))
    since = Case(When(_HAS_WISHES & Q(next_attempt_at__lte=now), then=F("next_attempt_at")), default=F("created_at"))
    return pending.aggregate(
        count=Count("pk"), failing=Count("pk", filter=~Q(last_error="")), oldest=Min(since, filter=~on_purpose)
    )


def stuck(now: datetime) -> Silence | None:
    """The outbox, when it does not get rid of what it could send."""
    waiting = outbox(now)
    since = waiting["oldest"]
    if since is None or now - since <= STUCK:
        return None
    problem = f"{waiting['count']} messages wait to be sent, the oldest for {in_words(now - since)}; "
    problem += f"{waiting['failing']} of them have failed before"
    return Silence(Part.OUTBOX, since, problem)
