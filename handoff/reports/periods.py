"""Months and fiscal quarters as days, from the names under which reports show them."""

from datetime import date, timedelta

from handoff.models import Firm

_MONTHS_OF = {"month": 1, "quarter": 3}


def first_day(length: str, key: str, firm: Firm) -> date:
    """Of a month like 2026-03, or of a fiscal quarter like 2026-Q1."""
    year, _, part = key.partition("-")
    if length == "month":
        return date(int(year), int(part), 1)
    months = int(year) * 12 + 3 * (int(part[1:]) - 1) - (13 - firm.year_starts) % 12
    return date(months // 12, months % 12 + 1, 1)


def days_of(length: str, starts_on: date) -> list[date]:
    months = starts_on.year * 12 + starts_on.month - 1 + _MONTHS_OF[length]
    ends_on = date(months // 12, months % 12 + 1, 1)
    return [starts_on + timedelta(days=n) for n in range((ends_on - starts_on).days)]
