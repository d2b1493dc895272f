"""What is sent on certain days of the week at a time of a person's zone: on which day it is due now."""

from datetime import date, datetime, time, timedelta

from handoff.alerts.quiet import instant
from leads.models import User

LATE = timedelta(hours=12)
"""So late it is still sent, by a worker that was down."""


def day_due(user: User, at: time, weekdays: str, dealt_with_on: date | None, now: datetime) -> date | None:
    """The day whose message is to be sent; None when there is none, or it was dealt with. 1 is Monday."""
    today = now.astimezone(user.zone).date()
    for day in (today, today - timedelta(days=1)):
        due = instant(user, day, at)
        is_open = dealt_with_on is None or dealt_with_on < day
        if is_open and str(day.isoweekday()) in weekdays and due <= now < due + LATE:
            return day
    return None
