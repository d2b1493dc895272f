"""The usual agreement, for an installation that has none: whatever is there already stays as it is."""

from dataclasses import dataclass

from django.db import connection, transaction

from handoff.agreement import sla_table
from handoff.agreement.ladders import LadderStep
from handoff.models import Audience, Destination, SlaTable
from leads.models import Team
from sla import versions
from sla.business_time import WEEKDAYS
from sla.metrics import Metric
from sla.models import Calendar, Policy

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('handoff.starting'))"
WARN_AT = 75  # per cent of the target
DESTINATIONS = {
    Audience.OWNER: "Owner by email",
    Audience.MANAGER: "Manager by email",
    Audience.MARKETING: "Marketing by email",
}


@dataclass(frozen=True)
class Usual:
    """What an installation begins with."""

    team: str
    zone: str
    opens: str
    closes: str
    accept_within: int
    """Seconds of business time."""


@transaction.atomic
def begin(usual: Usual) -> list[str]:
    """Make what is missing, and return the names of what was made. Of two at once, the second makes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
    made: list[str] = []
    if not Team.objects.exists():
        made.append(f"the team {Team.objects.create(name=usual.team, time_zone=usual.zone)}")
    calendar = Calendar.objects.filter(retired_at=None).first()
    if calendar is None:
        calendar = _calendar(usual)
        made.append("the calendar Office hours")
    if not Destination.objects.filter(active=True).exists():
        Destination.objects.bulk_create(
            Destination(name=name, audience=audience, medium="email") for audience, name in DESTINATIONS.items()
        )
        made.append("three destinations by email")
    if not Policy.objects.filter(retired_at=None).exists() and not sla_table.drafts():
        is_drafted = _policies(usual, calendar)
        made.append("a draft of three policies, which both sides sign" if is_drafted else "three policies")
    return made


def _calendar(usual: Usual) -> Calendar:
    weekly = {day: [[usual.opens, usual.closes]] for day in WEEKDAYS[:5]}
    return versions.publish_calendar(Calendar(key=_free("office"), name="Office hours", zone=usual.zone, weekly=weekly))


def _free(key: str) -> str:
    """A retired calendar or policy may have the key: it is the same for all versions of one."""
    taken = {*Calendar.objects.values_list("key", flat=True), *Policy.objects.values_list("key", flat=True)}
    return next(name for name in (key, *(f"{key}-{number}" for number in range(2, 1000))) if name not in taken)


def _policies(usual: Usual, calendar: Calendar) -> bool:
    """Write them, and say whether they are only drafted."""
    to_sales, to_manager, to_marketing = map(_by_email, (Audience.OWNER, Audience.MANAGER, Audience.MARKETING))
    promises = (
        ("accept", "Accept a lead", Metric.TIME_TO_ACCEPT, 1, to_sales, to_manager),
        ("first-contact", "First contact", Metric.SPEED_TO_LEAD, 2, to_sales, to_manager),
        ("answer", "Answer a rejection", Metric.TIME_TO_ANSWER, 4, to_marketing, to_marketing),
    )
    for key, name, metric, times, warned, called in promises:
        policy = Policy(
            key=_free(key), name=name, metric=metric, target_seconds=times * usual.accept_within, calendar=calendar
        )
        warning = LadderStep(percent=WARN_AT, recipients=tuple(warned))
        breach = LadderStep(recipients=tuple(dict.fromkeys([*warned, *called])))
        written = sla_table.write_policy(policy, {}, [warning, breach], announced=False)
    sla_table.announce()
    return isinstance(written, SlaTable)


def _by_email(audience: Audience) -> list[Destination]:
    return list(Destination.objects.filter(audience=audience, medium="email", active=True)[:1])
