"""Who is away until when, and who is outside of their working hours: read for many people at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from leads.models import Absence
from sla.models import Calendar, OwnerHours


def away_until(ids: Sequence[int], at: datetime) -> dict[int, datetime]:
    """Of those who are away, until when; what begins as another absence ends is one with it."""
    until: dict[int, datetime] = {}
    for row in Absence.objects.filter(user__in=ids, ends_at__gt=at).order_by("starts_at"):
        if row.starts_at <= until.get(row.user_id, at):
            until[row.user_id] = max(row.ends_at, until.get(row.user_id, at))
    return until


def opens_at(ids: Sequence[int], at: datetime) -> dict[int, datetime]:
    """When the working hours begin of those who have hours of their own and are outside of them."""
    keys = dict(OwnerHours.objects.filter(user__in=ids).values_list("user_id", "calendar_key"))
    calendars: dict[str, Any] = {
        each.key: each for each in Calendar.objects.filter(key__in=set(keys.values()), retired_at=None)
    }
    opening = {who: calendars[key].hours.next_open(at) for who, key in keys.items() if key in calendars}
    return {who: opens for who, opens in opening.items() if opens > at}
