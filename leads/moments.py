"""The moments and days that Handoff keeps: every time zone, calendar and database column can hold them."""

from datetime import UTC, date, datetime

from django.core.exceptions import ValidationError

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2199, 12, 30, tzinfo=UTC)  # two days before the end of business time, so that any zone can show it


def storable(moment: datetime) -> datetime:
    """The moment in UTC, or a ValidationError; it also serves as a validator of form fields and model fields.

    PostgreSQL refuses offsets of 16 hours and more, and Python those that lead out of its calendar: neither sees one.
    """
    if moment.tzinfo is None:
        raise ValidationError("Give the time with its time zone.", code="naive")
    # Aware moments are compared without being converted, which could overflow.
    if not EARLIEST <= moment <= LATEST:
        raise ValidationError(
            f"This time is out of range: use one from {EARLIEST.year} to {LATEST.year}.", code="out_of_range"
        )
    return moment.astimezone(UTC)


def storable_day(day: date) -> date:
    """The day, or a ValidationError."""
    if not EARLIEST.date() <= day <= LATEST.date():
        raise ValidationError(
            f"This date is out of range: use one from {EARLIEST.year} to {LATEST.year}.", code="out_of_range"
        )
    return day
