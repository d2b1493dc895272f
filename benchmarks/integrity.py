"""`check_integrity` over many leads, beside PostgreSQL that only reads the same rows out."""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import time_machine
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, transaction

from benchmarks.clones import MODELS, Mould, table_of
from benchmarks.databases import execute
from benchmarks.harness import Ask, Contender, Figures, Part
from handoff import workflow
from handoff.ladder.sweep import sweep
from handoff.reports import rollup
from leads.models import Lead, Role, Team, User
from sla.metrics import Metric
from sla.models import Calendar, Policy, Step

LEADS = 100_000
AT_MOST = 30
COMMAND, LIMIT = "check_integrity", "COPY of the same tables to /dev/null"
MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
OFFICE = {day: [["09:00", "12:30"], ["13:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
CALL = {"channel": "call", "outcome": "reached"}
DEAL = {"name": "Deal", "amount": "1200.00", "currency": "EUR", "expected_close": "2031-01-31"}
Life = tuple[tuple[str, float, Mapping[str, object]], ...]
# What happens in a life, each act with the hours since the one before; and the share of the leads that live so.
LIVES: tuple[tuple[float, Life], ...] = (
    (0.05, ()),
    (0.10, (("promote", 0, {}),)),
    (0.10, (("promote", 0, {}), ("accept", 30, {}))),
    (0.25, (("promote", 0, {}), ("assign", 1, {"owner": "rep2"}), ("accept", 1, {}), ("touch", 2, CALL))),
    (0.15, (("promote", 0, {}), ("accept", 1, {}), ("touch", 2, CALL), ("touch", 26, CALL), ("qualify", 40, {}))),
    (
        0.15,
        (
            ("promote", 0, {}),
            ("accept", 1, {}),
            ("touch", 9, CALL),
            ("qualify", 26, {}),
            ("touch", 3, CALL),
            ("convert", 60, DEAL),
        ),
    ),
    (0.15, (("promote", 0, {}), ("reject", 5, {"reason": "wrong_territory"}), ("answer", 22, {"kind": "acknowledge"}))),
    (0.05, (("promote", 0, {}), ("pause", 1, {"cause": "buyer_away"}), ("resume", 50, {}), ("accept", 1, {}))),
)


def prepare(scale: float, stack: ExitStack) -> Part:  # noqa: ARG001 nothing is to be stopped
    leads = round(LEADS * scale)
    fill(leads)
    return Part(
        f"Looking at {leads:,} leads",
        [Contender(LIMIT, read_out), Contender(COMMAND, look)],
        [Ask("check_integrity, in times of reading the rows out", COMMAND, "CPU µs a lead", LIMIT, at_most=AT_MOST)],
        rounds=3,
    )


def fill(leads: int) -> None:
    """Live each life once by the verbs, and copy it."""
    people = make_people()
    make_promises()
    moulds = [(share, Mould(live(rank, life, people))) for rank, (share, life) in enumerate(LIVES)]
    sweep()  # what fell due in the lives fires, and is copied with them
    moulds = [(share, Mould(Lead.objects.get(pk=mould.keys[Lead][0]))) for share, mould in moulds]
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")  # the reports are counted once, afterwards
        for share, mould in moulds:
            mould.cast(round(share * leads))
    rollup.repair()
    rollup.fold()
    execute("VACUUM ANALYZE")


def look() -> Figures:
    """The whole command, by as many processes as there are cores."""
    return timed(lambda: call_command("check_integrity", stdout=StringIO()))


def read_out() -> Figures:
    return timed(lambda: [execute(f"COPY {table_of(model)} TO '/dev/null'") for model in MODELS])


def timed(run: Callable[[], object]) -> Figures:
    leads = Lead.objects.count()
    before, database, begin = own_seconds(), database_seconds(), time.perf_counter()
    run()
    seconds, own = time.perf_counter() - begin, own_seconds() - before
    connection.close()
    database = database_seconds() - database
    return {
        "CPU µs a lead": (own + database) / leads * 1e6,
        "of them Handoff": own / leads * 1e6,
        "wall seconds": seconds,
    }


def own_seconds() -> float:
    """Of this process and of those that it started, once they have ended."""
    return sum(os.times()[:4])


def database_seconds() -> float:
    """Of all sessions that have ended: their parent has counted them."""
    [(session,)] = execute("SELECT pg_backend_pid()")
    parent = int(stat_of(session)[1])
    connection.close()
    time.sleep(0.5)  # until its parent has counted it too
    return sum(map(int, stat_of(parent)[13:15])) / os.sysconf("SC_CLK_TCK")


def stat_of(process: int) -> list[str]:
    """The fields of /proc/PID/stat after the name of the program, from its state on."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def make_people() -> dict[str, User]:
    team = Team.objects.create(name="Berlin", time_zone="Europe/Berlin")
    roles = {"rep1": Role.SALES_MANAGER, "rep2": Role.SALES_REP, "mia": Role.MARKETING_LEAD}
    people = {name: User.objects.create(username=name, team=team if "rep" in name else None) for name in roles}
    for name, role in roles.items():
        people[name].groups.add(Group.objects.get(name=role))
    return people


def make_promises() -> None:
    """A policy for each metric, and another for hot leads; three steps each, which notify nobody."""
    calendar = Calendar.objects.create(key="office", name="Office", zone="Europe/Berlin", weekly=OFFICE)
    hot = [{"field": "score", "op": "at_least", "value": 80}]
    for metric in (Metric.TIME_TO_ACCEPT, Metric.SPEED_TO_LEAD, Metric.TIME_TO_TOUCH, Metric.TIME_TO_QUALIFY):
        for name, position, conditions, target in (("hot", 1, hot, 3600), ("all", 2, [], 14400)):
            policy = Policy.objects.create(
                key=f"{metric}-{name}",
                name=f"{metric.label}, {name}",
                metric=metric,
                conditions=conditions,
                position=position,
                target_seconds=target,
                calendar=calendar,
                created_at=MONDAY - timedelta(days=1),
            )
            Step.objects.bulk_create(
                Step(policy=policy, percent=percent, after_seconds=after)
                for percent, after in ((75, 0), (100, 0), (100, 14400))
            )


def live(rank: int, life: Life, people: dict[str, User]) -> Lead:
    at = MONDAY + timedelta(days=rank)
    lead = Lead.objects.create(name=f"Lead {rank}", email=f"{rank}@buyer.example", score=50, created_at=at)
    for verb, hours, facts in life:
        at += timedelta(hours=hours)
        by = people["mia" if verb in ("promote", "answer") else "rep1"]
        given = {"owner": "rep1"} if verb == "promote" else {}
        with time_machine.travel(at, tick=False):
            workflow.perform(verb, lead.pk, by=by, door=workflow.Door(), facts={**facts, **given})
    return lead
