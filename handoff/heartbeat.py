"""Signs of life: written by the periodic jobs, read by readiness."""

from datetime import timedelta

from django.utils import timezone

from handoff.models import Heartbeat


def beat(name: str) -> None:
    """Note that a periodic job ran to its end just now."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def age(name: str) -> timedelta | None:
    """How long ago a job last ran to its end; None when it never did."""
    last = Heartbeat.objects.filter(name=name).first()
    return timezone.now() - last.at if last else None
