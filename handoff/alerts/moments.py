"""Moments in words."""

from datetime import datetime
from zoneinfo import ZoneInfo


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Like `Mon 9 Mar 2026, 10:42 CET`."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y}, {time_of_day(at, zone)}"


def time_of_day(at: datetime, zone: ZoneInfo) -> str:
    """Like `10:42 CET`; where a zone has no letters, like `10:42 UTC+03`."""
    local = at.astimezone(zone)
    name = local.tzname() or ""
    return f"{local:%H:%M} " + (f"UTC{name}" if name.startswith(("+", "-")) else name)
