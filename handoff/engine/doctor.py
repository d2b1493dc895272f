"""What is wrong with the engine, in plain words, and what to do about each."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from handoff.alerts.installation import why_silent
from handoff.engine import leaks, servers
from handoff.engine.figures import HOUR, Figures, clocks_with_error, figures
from handoff.engine.leaks import Leak
from handoff.models import Destination, Letter, StandardMessage
from leads.models import Role, User
from sla.business_time import tz_version
from sla.durations import in_words
from sla.models import Calendar, Clock, Policy, Step

LATE = timedelta(minutes=1).total_seconds()  # an alarm that fires later than this, and a step action left for longer
STUCK = timedelta(minutes=10).total_seconds()  # a message that is not sent for longer
SKEW = 2.0  # seconds between the clocks of this machine and of the database
NAMED = 5  # how many rows a finding names
HOLDS_UP = ("alarms_overdue", "pending_actions", "outbox_stuck", "sends_nothing")  # what keeps the engine from its work
UNSENT = ("console", "dummy", "locmem", "filebased")  # mail backends that send nothing


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing, and what to do about it."""

    code: str
    is_wrong: bool
    problem: str
    do: str


def examine() -> tuple[Figures | None, list[Finding]]:
    """All there is to find, what is wrong first. Without a database there are no figures."""
    ill = [*_servers()]
    if {finding.code for finding in ill} & {"database", "migrations"}:
        return None, ill
    now = figures()
    every = [*ill, *findings(now), *_database_itself(), *_holidays(), *_time_zones(), *_setup()]
    return now, sorted(every, key=lambda finding: not finding.is_wrong)


def engine_problems(now: Figures) -> dict[str, str]:
    """By the name of the part: why alarms do not fire, or messages are not sent."""
    late = (*_alarms(now), *_outbox(now), *_sending())
    return now.silent | {finding.code: finding.problem for finding in late if finding.code in HOLDS_UP}


def findings(now: Figures) -> list[Finding]:
    """What the figures show to be wrong."""
    return [finding for check in _OF_FIGURES for finding in check(now)]


def _wrong(code: str, problem: str, do: str) -> Finding:
    return Finding(code, is_wrong=True, problem=problem, do=do)


def _advice(code: str, problem: str, do: str) -> Finding:
    return Finding(code, is_wrong=False, problem=problem, do=do)


def _servers() -> Iterator[Finding]:
    if problem := servers.database():
        do = "see that PostgreSQL runs, and that DATABASE_URL leads to the primary"
        if "startup parameter" in problem:
            do = "set DATABASE_POOLER=transaction, as the pooler hands out a session for each transaction"
        yield _wrong("database", problem, do)
    elif problem := servers.migrations():
        yield _wrong("migrations", f"Migrations: {problem}", "run manage.py migrate, then start the programs again")
    if problem := servers.broker():
        do = "see that one Redis runs, 6 or newer, and that REDIS_URL is right; losing its contents loses no data"
        yield _wrong("redis", problem, do)


def _database_itself() -> Iterator[Finding]:
    if (version := servers.postgresql_version()) < servers.OLDEST_POSTGRESQL:
        oldest = servers.OLDEST_POSTGRESQL
        yield _wrong("postgresql", f"PostgreSQL is version {version}", f"use version {oldest} or newer")
    if problem := servers.disk():
        yield _wrong("disk", f"A write failed: {problem}", "make room on the disk of PostgreSQL")
    if abs(skew := servers.skew()) > SKEW:
        side = "ahead of" if skew > 0 else "behind"
        problem = f"The database's clock is {abs(skew):.1f} seconds {side} this machine's"
        yield _wrong("clock_skew", problem, "keep both by NTP: alarms are dated by these clocks")
    if settings.DATABASE_IS_POOLED and servers.lock_timeout() == "0":
        do = "ALTER ROLE ... SET lock_timeout = '3s', and statement_timeout = '30s': a pooler passes on no such setting"
        yield _advice("no_lock_timeout", "A statement waits for a lock for ever", do)


def _life(now: Figures) -> Iterator[Finding]:
    for part, problem in now.silent.items():
        do = "start it, and look into its log; the Procfile has the command"
        yield _wrong(f"{part}_silent", f"{part.capitalize()}: {problem}", do)


def _alarms(now: Figures) -> Iterator[Finding]:
    if now.overdue_alarms and (now.overdue_alarms_age or 0) > LATE:
        problem = (
            f"{now.overdue_alarms} alarms are due and have not fired; the first for {_span(now.overdue_alarms_age)}"
        )
        yield _wrong("alarms_overdue", problem, "see that beat and a worker run; start another worker if they do")
    p99 = now.lateness[HOUR].p99
    if p99 is not None and p99 > LATE:
        problem = f"Of the alarms of the last hour one in a hundred fired more than {_span(p99)} late"
        yield _advice("alarms_late", problem, "if nothing was down, start another worker")
    if now.clocks_with_error:
        named = ", ".join(f"{clock.pk} (lead {clock.lead_id}: {clock.error})" for clock in clocks_with_error()[:NAMED])
        problem = f"{now.clocks_with_error} clocks were set aside, as their deadline cannot be computed: {named}"
        yield _wrong("clocks_with_error", problem, "fix the calendar that the error names; no alarm fires for them")
    if now.pending_actions and (now.pending_actions_age or 0) > LATE:
        problem = (
            f"What {now.pending_actions} alarms should do is not done; the first for {_span(now.pending_actions_age)}"
        )
        yield _wrong("pending_actions", problem, "see that a worker runs, and look into its log")


def _outbox(now: Figures) -> Iterator[Finding]:
    if (now.outbox_age or 0) > STUCK:
        problem = f"{now.outbox_pending} messages wait, of which {now.outbox_failing} have failed before; "
        problem += f"the oldest for {_span(now.outbox_age)}"
        yield _wrong("outbox_stuck", problem, "look at the last error on the page Deliveries")
    if now.outbox_dead_lately:
        problem = f"{now.outbox_dead_lately} messages of the last seven days were given up"
        yield _wrong(
            "outbox_dead", problem, "fix the errors shown on the page Deliveries, and send the messages again there"
        )


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
        problem = f"The holidays of the calendar {calendar} end with {calendar.holidays_through or 'no year at all'}"
        yield _wrong("holidays", problem, "see that beat and a worker run at night: a task writes the years to come")


def _time_zones() -> Iterator[Finding]:
    """A clock without a version was computed where the time zone database has none."""
    others = Clock.objects.filter(stopped_at=None).exclude(tz_version__in=["", tz_version()]).count()
    if others:
        problem = f"Running clocks computed by another time zone database than today's {tz_version()}: {others}"
        yield _advice("tz_version", problem, "manage.py rebuild_clocks --dry-run shows whether a deadline differs")


def _setup() -> Iterator[Finding]:
    yield from _people()
    yield from _marketing()
    yield from _mail()
    yield from _letters()
    yield from _web()
    yield from _sending()
    yield from _slack()
    notifying = Step.objects.filter(policy=OuterRef("pk"), destinations__active=True)
    for policy in Policy.objects.filter(~Exists(notifying), retired_at=None):
        problem = f"The policy {policy} notifies no one on any step"
        yield _advice(
            "policy_tells_nobody", problem, "name a destination on its ladder; otherwise only its breach is announced"
        )


def _slack() -> Iterator[Finding]:
    if not Destination.objects.filter(active=True, medium="slack").exists():
        return
    if not settings.SLACK_BOT_TOKEN:
        do = "set SLACK_BOT_TOKEN, or switch those destinations off"
        yield _wrong("slack", "Destinations use Slack, and Slack is not set up", do)
    elif not settings.SLACK_SIGNING_SECRET:
        do = "set SLACK_SIGNING_SECRET to the signing secret of the Slack app, and switch its interactivity on with "
        do += f"{settings.BASE_URL}/slack/interactivity/ as its Request URL and its Options Load URL"
        yield _advice("slack_buttons", "Messages in Slack have no buttons", do)
    else:
        yield from _slack_people()


def _slack_people() -> Iterator[Finding]:
    people = User.objects.filter(is_active=True).exclude(slack_member_id="").order_by("slack_member_id")
    members = Counter(people.values_list("slack_member_id", flat=True))
    if not members:
        do = "enter their Slack member ids under People"
        yield _advice("slack_people", "Messages in Slack have buttons, and nobody is known by a Slack member id", do)
    if shared := [member for member, count in members.items() if count > 1]:
        problem = f"Slack member ids that several people share, who can therefore press no button: {', '.join(shared)}"
        yield _wrong("slack_shared_ids", problem, "leave each id on the page of the one person whose it is")


def _people() -> Iterator[Finding]:
    revops = User.objects.filter(is_active=True, groups__name=Role.REVOPS)
    if not revops.exclude(email="").exists():
        problem = (
            "No active user with the role RevOps has an email address: no one will be notified if the engine fails"
        )
        yield _wrong(
            "revops_unreachable",
            problem,
            "give someone the role RevOps, and an address: messages go by roles, so a superuser needs it for them too",
        )


def _marketing() -> Iterator[Finding]:
    """Who is notified of a buyer's new enquiry and of a promised date, where no campaign has an owner."""
    leads = User.objects.filter(is_active=True, groups__name=Role.MARKETING_LEAD)
    if not leads.exclude(email="").exists():
        problem = "No active marketing lead has an email address: enquiries and promised dates go to RevOps"
        yield _advice("marketing_unreachable", problem, "give someone the role Marketing lead, and an address")
    off = StandardMessage.objects.filter(active=False)
    if switched_off := [message.get_kind_display() for message in off]:
        problem = f"Switched off: {'; '.join(switched_off)}"
        yield _advice(
            "standard_messages_off", problem, "switch them on under Standard messages, or keep it so on purpose"
        )


def _mail() -> Iterator[Finding]:
    if settings.DEMO:
        return
    backend = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
    if backend in UNSENT:
        where = "written to files" if backend == "filebased" else "printed to the log"
        yield _wrong("email", f"Mail is {where} and not sent", "set EMAIL_URL")
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost>"):
        do = "set DEFAULT_FROM_EMAIL to an address that receivers accept"
        yield _wrong("from_email", f"Mail comes from {settings.DEFAULT_FROM_EMAIL}", do)
    if "//localhost" in settings.BASE_URL:
        yield _wrong(
            "base_url", f"Links in messages lead to {settings.BASE_URL}", "set BASE_URL to where people reach it"
        )


def _letters() -> Iterator[Finding]:
    since = timezone.now() - timedelta(days=7)
    failed = Letter.objects.filter(sent_at=None, created_at__gte=since).exclude(last_error="")
    if last := failed.select_related("user").first():
        problem = f"Mails with a link to set a password failed: {failed.count()}"
        problem += f", the last to {last.user}: {last.last_error.rstrip('.')}"
        yield _wrong("letters_unsent", problem, "fix the error, then send the link again from the page of the person")


def _web() -> Iterator[Finding]:
    if problem := servers.static_files():
        yield _wrong("static_files", f"The console has no styles: {problem}", "do so after every upgrade")
    if not settings.BEHIND_PROXY and not settings.INSECURE_HTTP:
        problem = "Pages redirect to https, and no proxy is declared that would serve it"
        yield _wrong("proxy", problem, "put a proxy that ends TLS in front of the web, and set BEHIND_PROXY=1")


def _sending() -> Iterator[Finding]:
    if reason := why_silent():
        do = "on a copy leave it so; after a restore or a move, run manage.py claim_installation, or set SENDING=1"
        yield _wrong("sends_nothing", f"No message is sent: {reason}", do)


def _span(seconds: float | None) -> str:
    """Like `42 s` or `3 h 5 min`; 0 s for what is not known."""
    return in_words(seconds or 0)


_OF_FIGURES: Sequence[Callable[[Figures], Iterator[Finding]]] = (_life, _alarms, _outbox, _leaks)
