"""Moments and spans of time, in words."""

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


def span(seconds: float) -> str:
    """Like `2 h 5 min`. Hours are not summed to days: of business time nobody knows how long a day is."""
    hours, minutes = divmod(round(abs(seconds) / 60), 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts) or "less than a minute"
