"""manage.py excuse_breaches: excuse all breaches of a period, such as an outage."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from handoff.amending.excusing import CHUNK, breached, excuse_each
from handoff.management.moments import moment
from handoff.management.terminal import printable
from handoff.reports.period import BACKWARDS
from leads.models import Role, Team, User
from sla.metrics import Metric


class Command(BaseCommand):
    help = (
        "Excuse the breaches that were due in a period, with a reason that is recorded in the history of every "
        "lead. Excused breaches stay in the record; reports show both figures. If it is killed half-way, run it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        moments: dict[str, Any] = {"type": moment, "required": True, "metavar": "MOMENT"}
        parser.add_argument("--from", dest="start", **moments, help="like 2026-03-09T10:00+01:00; UTC without offset")
        parser.add_argument("--to", dest="end", **moments, help="before this moment")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--metric", choices=Metric.values, default="", help="only breaches of this one")
        parser.add_argument("--team", default="", help="only breaches of this team, by its name")
        parser.add_argument("--owner", default="", metavar="USER", help="only breaches of this owner")
        parser.add_argument("--by", metavar="USER", required=True, help="who of RevOps excuses them")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, and show which they are")

    def handle(self, *, start: datetime, end: datetime, reason: str, metric: str, by: str, **options: Any) -> None:
        if end <= start:
            raise CommandError(BACKWARDS, returncode=2)
        if not reason.strip():
            raise CommandError("Give the reason why the breaches are excused.", returncode=2)
        actor = _revops(by)
        team, owner = _team(options["team"]), _person(options["owner"])
        breaches = breached(start, end, metric, team, owner)
        if options["dry_run"]:
            for clock in breaches.iterator():
                line = f"Lead {clock.lead_id} ({clock.lead}): {clock.get_metric_display()}, {clock.due_at}"
                self.stdout.write(printable(line))
            self.stdout.write(f"{_breaches(breaches.count())} would be excused.")
            return
        total, done = breaches.count(), 0
        for number, excused in enumerate(excuse_each(breaches, reason=reason, by=actor), start=1):
            done += excused
            if number % CHUNK == 0:
                self.stdout.write(f"{number} of {_breaches(total)}")
        self.stdout.write(f"{_breaches(done)} excused.")


def _team(name: str) -> Team | None:
    team = Team.objects.filter(name=name).first()
    if name and team is None:
        raise CommandError(f"“{name}” is not the name of a team: write it as under Teams.", returncode=2)
    return team


def _person(username: str) -> User | None:
    user = User.objects.filter(username=username).first()
    if username and user is None:
        raise CommandError(f"“{username}” is not a username: write it as under Users.", returncode=2)
    return user


def _revops(username: str) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"“{username}” is not the username of an active person: name one with --by.", returncode=2)
    if not user.has_role(Role.REVOPS):
        raise CommandError(f"{user} may not excuse breaches: RevOps may.", returncode=2)
    return user


def _breaches(count: int) -> str:
    return "1 breach" if count == 1 else f"{count} breaches"
