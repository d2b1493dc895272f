"""What is wrong with the engine, in plain words, and what to do about each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import redis
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from handoff.engine import leaks, servers
from handoff.engine.figures import HOUR, Figures, clocks_with_error, figures
from handoff.engine.leaks import Leak
from handoff.models import Destination
from leads.models import Role, User
from sla.business_time import tz_version
from sla.durations import in_words
from sla.models import Calendar, Clock, Policy, Step

LATE = timedelta(minutes=1).total_seconds()  # an alarm that fires later than this, and a step action left for longer
STUCK = timedelta(minutes=10).total_seconds()  # a message that is not sent for longer
SKEW = 2.0  # seconds between the clocks of this machine and of the database
NAMED = 5  # how many rows a finding names
PRINTED = ("console", "dummy", "locmem")  # mail backends that send nothing


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing, and what to do about it."""

    code: str
    is_wrong: bool
    what: str
    do: str


def examine() -> tuple[Figures | None, list[Finding]]:
    """All there is to find, what is wrong first. Without a database there are no figures."""
    unwell = [*_servers()]
    if servers.database() or servers.migrations():
        return None, unwell
    now = figures()
    found = [*unwell, *findings(now), *_database_itself(), *_holidays(), *_time_zones(), *_setup()]
    return now, sorted(found, key=lambda finding: not finding.is_wrong)


def findings(now: Figures) -> list[Finding]:
    """What the figures show to be wrong."""
    return [finding for check in _OF_FIGURES for finding in check(now)]


def _wrong(code: str, what: str, do: str) -> Finding:
    return Finding(code, is_wrong=True, what=what, do=do)


def _advice(code: str, what: str, do: str) -> Finding:
    return Finding(code, is_wrong=False, what=what, do=do)


def _servers() -> Iterator[Finding]:
    if problem := servers.database():
        yield _wrong("database", problem, "start PostgreSQL, and see that DATABASE_URL is right")
    elif problem := servers.migrations():
        yield _wrong("migrations", f"Migrations: {problem}", "run manage.py migrate, then start the programs again")
    try:
        if (version := servers.redis_version()) < servers.OLDEST_REDIS:
            yield _wrong("redis", f"Redis is version {version}", f"use version {servers.OLDEST_REDIS} or newer")
    except redis.RedisError as error:
        problem = f"Redis does not answer: {type(error).__name__}"
        yield _wrong("redis", problem, "start Redis, and see that REDIS_URL is right; it holds nothing that is lost")


def _database_itself() -> Iterator[Finding]:
    if (version := servers.postgresql_version()) < servers.OLDEST_POSTGRESQL:
        oldest = servers.OLDEST_POSTGRESQL
        yield _wrong("postgresql", f"PostgreSQL is version {version}", f"use version {oldest} or newer")
    if abs(skew := servers.skew()) > SKEW:
        side = "ahead of" if skew > 0 else "behind"
        what = f"The database's clock is {abs(skew):.1f} seconds {side} this machine's"
        yield _wrong("clock_skew", what, "keep both by NTP: alarms are dated by these clocks")


def _life(now: Figures) -> Iterator[Finding]:
    for part, problem in now.silent.items():
        do = "start it, and look into its log; the Procfile has the command"
        yield _wrong(f"{part}_silent", f"{part.capitalize()}: {problem}", do)


def _alarms(now: Figures) -> Iterator[Finding]:
    if now.overdue_alarms and (now.overdue_alarms_age or 0) > LATE:
        what = f"{now.overdue_alarms} alarms are due and have not fired; the first for {_span(now.overdue_alarms_age)}"
        yield _wrong("alarms_overdue", what, "see that beat and a worker run; start another worker if they do")
    p99 = now.lateness[HOUR].p99
    if p99 is not None and p99 > LATE:
        what = f"Of the alarms of the last hour one in a hundred fired more than {_span(p99)} late"
        yield _advice("alarms_late", what, "if nothing was down, start another worker")
    if now.clocks_with_error:
        named = ", ".join(f"{clock.pk} (lead {clock.lead_id}: {clock.error})" for clock in clocks_with_error()[:NAMED])
        what = f"{now.clocks_with_error} clocks were set aside, as their deadline cannot be computed: {named}"
        yield _wrong("clocks_with_error", what, "mend the calendar that the error names; no alarm fires for them")
    if now.pending_actions and (now.pending_actions_age or 0) > LATE:
        what = (
            f"What {now.pending_actions} alarms should do is not done; the first for {_span(now.pending_actions_age)}"
        )
        yield _wrong("pending_actions", what, "see that a worker runs, and look into its log")


def _outbox(now: Figures) -> Iterator[Finding]:
    if (now.outbox_age or 0) > STUCK:
        what = f"{now.outbox_pending} messages wait, of which {now.outbox_failing} have failed before; "
        what += f"the oldest for {_span(now.outbox_age)}"
        yield _wrong("outbox_stuck", what, "look at the last error on the page Deliveries")
    if now.outbox_dead_lately:
        what = f"{now.outbox_dead_lately} messages of the last seven days were given up"
        yield _wrong("outbox_dead", what, "mend what the error on the page Deliveries says, and send them again there")


def _leaks(now: Figures) -> Iterator[Finding]:
    for kind, count in now.leaks.items():
        if count:
            do = f"{leaks.ADVICE[kind]}; the page Engine names them"
            yield _wrong(f"leads_{kind}", leaks.in_words(Leak(kind), count), do)


def _holidays() -> Iterator[Finding]:
    year = timezone.now().year
    used = Q(retired_at=None) | Exists(Clock.objects.filter(calendar=OuterRef("pk"), stopped_at=None))
    short = Calendar.objects.filter(used, holidays_through__lte=year).exclude(holiday_country="")
    for calendar in short:
        what = f"The holidays of the calendar {calendar} end with {calendar.holidays_through or 'no year at all'}"
        yield _wrong("holidays", what, "see that beat and a worker run at night: a task writes the years to come")


def _time_zones() -> Iterator[Finding]:
    """A clock without a version was computed where the time zone database tells none."""
    others = Clock.objects.filter(stopped_at=None).exclude(tz_version__in=["", tz_version()]).count()
    if others:
        what = f"Running clocks computed by another time zone database than today's {tz_version()}: {others}"
        yield _advice("tz_version", what, "manage.py rebuild_clocks --dry-run shows whether a deadline differs")


def _setup() -> Iterator[Finding]:
    yield from _people()
    yield from _mail()
    if not settings.SLACK_BOT_TOKEN and Destination.objects.filter(active=True, medium="slack").exists():
        do = "set SLACK_BOT_TOKEN, or switch those destinations off"
        yield _wrong("slack", "Destinations use Slack, and Slack is not set up", do)
    notifying = Step.objects.filter(policy=OuterRef("pk"), destinations__active=True)
    for policy in Policy.objects.filter(~Exists(notifying), retired_at=None):
        what = f"The policy {policy} tells nobody on any step"
        yield _advice("policy_tells_nobody", what, "name a destination on its ladder; else only its breach is told")


def _people() -> Iterator[Finding]:
    revops = User.objects.filter(is_active=True, groups__name=Role.REVOPS)
    if not revops.exclude(email="").exists():
        what = "Nobody active with the role RevOps has an email address: nobody hears when the engine fails"
        yield _wrong(
            "revops_unreachable", what, "give somebody the role RevOps (a superuser needs it too) and an address"
        )


def _mail() -> Iterator[Finding]:
    if settings.DEMO:
        return
    backend = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
    if backend in PRINTED:
        yield _wrong("email", "Mail is printed to the log and not sent", "set EMAIL_URL")
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost>"):
        do = "set DEFAULT_FROM_EMAIL to an address that receivers accept"
        yield _wrong("from_email", f"Mail comes from {settings.DEFAULT_FROM_EMAIL}", do)
    if "//localhost" in settings.BASE_URL:
        yield _wrong(
            "base_url", f"Links in messages lead to {settings.BASE_URL}", "set BASE_URL to where people reach it"
        )


def _span(seconds: float | None) -> str:
    """Like `42 s` or `3 h 5 min`; 0 s for what is not known."""
    return in_words(seconds or 0)


_OF_FIGURES: Sequence[Callable[[Figures], Iterator[Finding]]] = (_life, _alarms, _outbox, _leaks)
