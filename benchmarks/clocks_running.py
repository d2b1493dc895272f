"""A database full of running clocks: one real lead handed over by the verb, and a million copies of it."""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import connection, models, transaction

from handoff import workflow
from handoff.models import Delivery, Destination
from leads.models import Lead, Role, Team, User
from sla.models import Alarm, Calendar, Clock, PendingAlarm, Policy, Step

REPS, TEAMS = 200, 10
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
DAY = 86400
LADDER = [(75, 0), (100, 0), (100, 4 * 3600)]  # a warning, the breach, an escalation; each tells the owner by email


@dataclass
class Pool:
    """Clocks whose breach can be made due: they were warned, nothing of them waits, and each is used once."""

    breach: Step
    escalation: Step
    first_id: int
    left: int
    next_id: int = 0

    def __post_init__(self) -> None:
        self.next_id = self.first_id

    def fall_due(self, count: int, at: str = "clock_timestamp()") -> None:
        """Let the breach of `count` clocks be due at a moment (in SQL, for the n-th), written in one commit."""
        assert count <= self.left, f"only {self.left} clocks are left"
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO sla_pendingalarm (clock_id, step_id, due_at)
                SELECT %(first)s + n, step.id, step.due_at
                FROM generate_series(0, %(count)s - 1) n, LATERAL (
                    VALUES (%(breach)s, {at}), (%(escalation)s, clock_timestamp() + interval '4 hours')
                ) step (id, due_at)
                """,
                {
                    "first": self.next_id,
                    "count": count,
                    "breach": self.breach.pk,
                    "escalation": self.escalation.pk,
                },
            )
        self.pass_over(count)

    def pass_over(self, count: int) -> None:
        """Leave `count` clocks alone from now on."""
        self.next_id += count
        self.left -= count

    def check(self) -> None:
        """Whatever fell due has fired once, and its owner is told once."""
        fired = Alarm.objects.filter(step=self.breach)
        assert fired.count() == self.next_id - self.first_id, "an alarm is lost"
        assert Delivery.objects.filter(alarm__in=fired).count() == fired.count(), "somebody was not told"


def load(running: int, spare: int = 0) -> Pool:
    """Let `running` clocks run whose three alarms wait over the next month, and `spare` others that were warned."""
    policy = promise(people())
    warning, breach, escalation = policy.steps.order_by("percent", "after_seconds")
    rep = User.objects.filter(username__startswith="rep").order_by("pk")[0]
    lead = Lead.objects.create(name="Dana Fox", email="dana.fox@buyer.example", team=rep.team)
    workflow.promote(lead.pk, by=None, owner=rep)
    clock = Clock.objects.get(lead=lead)
    count, owner = running + spare, f"{rep.pk} + n % {REPS}"
    later = f"interval '1 day' + n * interval '{30 * DAY / count} seconds'"
    copy(lead, count, email="'buyer' || n || '@buyer.example'", owner_id=owner)
    copy(clock, count, lead_id=f"{lead.pk} + n", owner_id=owner, due_at=f"t.due_at + {later}")
    # In the order of time, as leads come in: clock by clock.
    for pending in PendingAlarm.objects.filter(clock=clock).order_by("due_at"):
        copy(pending, running, id="t.id + 3 * n", clock_id=f"{clock.pk} + n", due_at=f"t.due_at + {later}")
    first_spare = clock.pk + running + 1
    if spare:
        warned = Alarm.objects.create(clock=clock, step=warning, due_at=clock.started_at, fired_at=clock.started_at)
        copy(warned, spare, clock_id=f"{first_spare} + n - 1")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")
    return Pool(breach, escalation, first_spare, spare)


def people() -> Destination:
    """Write the teams and their reps, and return the destination that reaches a lead's owner."""
    teams = [Team.objects.create(name=f"Team {n}", email=f"team{n}@handoff.example") for n in range(TEAMS)]
    reps = User.objects.bulk_create(
        User(username=f"rep{n}", email=f"rep{n}@handoff.example", team=teams[n % TEAMS]) for n in range(REPS)
    )
    Group.objects.get(name=Role.SALES_REP).user_set.add(*reps)
    return Destination.objects.create(name="Owner by email", audience="owner", medium="email")


def promise(destination: Destination) -> Policy:
    calendar = Calendar.objects.create(key="always", name="Always", weekly=ALWAYS)
    policy = Policy.objects.create(
        key="accept", name="Accept", metric="time_to_accept", target_seconds=DAY, calendar=calendar
    )
    for percent, after_seconds in LADDER:
        policy.steps.create(percent=percent, after_seconds=after_seconds).destinations.add(destination)
    return policy


def copy(row: models.Model, count: int, **columns: str) -> None:
    """Copy a row `count` times; `columns` say in SQL what differs in the n-th. Its id is that much higher."""
    names = [str(field.column) for field in row._meta.concrete_fields]
    values = {name: f"t.{name}" for name in names} | {"id": "t.id + n"} | columns
    table = row._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # what is copied points at what is copied
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values[name] for name in names)} "
            f"FROM {table} t, generate_series(1, {count}) n WHERE t.id = {row.pk}"
        )
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
