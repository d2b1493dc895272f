"""What was put off and has come back: whoever put it off is reminded once for each lead and date."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from handoff.alerts import about_lead
from handoff.alerts.moments import moment
from handoff.models import Audience, Notice, StandardKind, StandardMessage
from leads.models import Lead, LeadQuerySet, State
from sla.metrics import IN_SALES

CHUNK = 500
LATE = timedelta(days=2)
"""A snooze that was over longer ago is not looked for: its reminder was written, or nobody was at work."""
MARKETING: about_lead.Groups = ((Audience.MARKETING,), (Audience.REVOPS,))
OWNER: about_lead.Groups = ((Audience.OWNER,), (Audience.MANAGER,), (Audience.REVOPS,))
SALES: about_lead.Groups = ((Audience.OWNER, Audience.MANAGER), (Audience.REVOPS,))


@dataclass(frozen=True)
class Reminder:
    """One message about one lead. The key names the lead and what was promised, so that it is sent once."""

    kind: StandardKind
    key: str
    lead: Lead
    subject: str
    lines: tuple[str, ...]
    groups: about_lead.Groups
    on: date | None = None


def remind(leads: LeadQuerySet, reminder_of: Callable[[Lead], Reminder]) -> None:
    """Write the reminders that are not written yet, each in a transaction of its own: killed, it goes on later."""
    due = [reminder_of(lead) for lead in leads.select_related("owner", "reason")]
    if due and StandardMessage.is_on(due[0].kind):
        for start in range(0, len(due), CHUNK):
            for reminder in _unwritten(due[start : start + CHUNK]):
                _write(reminder)


def of_return(lead: Lead) -> Reminder:
    """A recycled lead may be promoted again, or the date to try a rejected one again has come."""
    name, day = about_lead.title(lead), lead.reenter_on
    if lead.state == State.RAW:
        why, action = f"It was recycled until {day:%d %b %Y}.", "Promote it, or recycle it again."
    else:
        why = f"It was rejected ({lead.reason}), to be tried again on {day:%d %b %Y}."
        action = "Recycle or resubmit it, or answer the rejection with retire."
    subject = f"Time to come back to {name}"
    return Reminder(
        StandardKind.RETURN_DUE, f"return of lead {lead.pk} on {day}", lead, subject, (why, action), MARKETING, on=day
    )


def of_hold(lead: Lead) -> Reminder:
    """Its clocks are stopped, and nothing ends that by itself."""
    since = lead.paused_at
    lines = (
        f"Its clocks have been on hold since {since:%d %b %Y}, without an end: none comes due until it is resumed.",
        "Resume it, or give the pause an end.",
    )
    groups = MARKETING if lead.state == State.REJECTED else SALES
    key = f"hold of lead {lead.pk} since {since:%Y-%m-%dT%H:%M:%S}"
    return Reminder(StandardKind.HELD, key, lead, f"Still on hold: {about_lead.title(lead)}", lines, groups)


def remind_of_snoozes(now: datetime) -> None:
    """Remind the owners of leads whose snooze is over. Call it as often as you like."""
    over = Lead.objects.filter(snoozed_until__lte=now, snoozed_until__gt=now - LATE)
    remind(over.filter(merged_into=None, state__in=IN_SALES).order_by("snoozed_until", "pk"), of_snooze)


def of_snooze(lead: Lead) -> Reminder:
    """The owner wanted to be reminded of it now."""
    until, zone = lead.snoozed_until or lead.updated_at, lead.owner.zone if lead.owner else ZoneInfo("UTC")
    lines = (
        f"It was snoozed until {moment(until, zone)}.",
        "Its clocks went on meanwhile: see what is due.",
    )
    key = f"snooze of lead {lead.pk} until {until:%Y-%m-%dT%H:%M:%S}"
    subject = f"Back from snooze: {about_lead.title(lead)}"
    return Reminder(StandardKind.SNOOZE_OVER, key, lead, subject, lines, OWNER)


@transaction.atomic
def _write(reminder: Reminder) -> None:
    about_lead.announce(
        reminder.kind,
        reminder.key,
        reminder.lead,
        subject=reminder.subject,
        lines=reminder.lines,
        groups=reminder.groups,
        on=reminder.on,
    )


def _unwritten(reminders: list[Reminder]) -> Iterator[Reminder]:
    keys = [reminder.key for reminder in reminders]
    written = set(Notice.objects.filter(key__in=keys).values_list("key", flat=True))
    return (reminder for reminder in reminders if reminder.key not in written)
