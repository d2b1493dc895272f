"""What 500 open inboxes cost that ask by themselves whether anything has changed: processor time, memory, waiting."""

import asyncio
import os
import random
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.clones import Mould, set_tables_apart
from benchmarks.databases import execute
from benchmarks.harness import Ask, Contender, Figures, Part
from benchmarks.transition import PORT, offered_lead, web
from handoff import workflow
from leads.models import Lead, User

INBOXES = int(os.environ.get("BENCH_INBOXES", "500"))
SECONDS = int(os.environ.get("BENCH_INBOX_SECONDS", "300"))
REPS, EACH = 100, 50  # of the full size
BETWEEN = 13.5  # seconds from question to question, as the script of the page waits on average
BETWEEN_ACTS = 2.0
QUIET, BUSY = "nothing changes", "a lead is accepted every two seconds"
CPU, P95 = "% of a core", "p95, ms"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Inbox:
    """One open page: its cookie and the token of what it shows."""

    cookie: str
    token: str = ""


@dataclass
class Run:
    """What the questions of all inboxes came to."""

    until: float
    spans: list[float] = field(default_factory=list)
    changed: int = 0
    sent: int = 0


def prepare(scale: float, stack: ExitStack) -> Part:
    set_tables_apart()
    reps = make_reps(offered_lead(), max(5, int(REPS * min(scale * 10, 1))))
    stack.enter_context(web())
    inboxes = open_inboxes(reps, max(1, int(INBOXES * min(scale * 10, 1))))
    span = max(20, int(SECONDS * scale))
    contenders = [Contender(name, partial(watch, inboxes, span, acts=name == BUSY)) for name in (QUIET, BUSY)]
    asks = [
        Ask("processor time of all inboxes while nothing changes, % of a core", QUIET, CPU, at_most=50),
        Ask("milliseconds a question waits while leads change, p95", BUSY, P95, at_most=100),
    ]
    return Part(f"{len(inboxes)} open inboxes for {span} s", contenders, asks, rounds=1)


def make_reps(lead: Lead, count: int) -> list[User]:
    """As many reps, each with as many leads as wait on one."""
    lead.refresh_from_db()
    owner = lead.owner
    assert owner
    ids = Mould(lead).cast(count * EACH)
    reps = [
        User.objects.create_user(f"rep-{number}", f"rep-{number}@bench.example", team=owner.team)
        for number in range(count)
    ]
    for number, rep in enumerate(reps):
        rep.groups.set(owner.groups.all())
        mine = [ids[number * EACH + each] for each in range(EACH)]
        for table, column in (("leads_lead", "id"), ("sla_clock", "lead_id")):
            execute(f"UPDATE {table} SET owner_id = %s WHERE {column} = ANY(%s)", [rep.pk, mine])
    # Due in the days to come, so that none falls due meanwhile.
    execute("UPDATE sla_clock SET due_at = due_at + interval '3 days' + (id % 50) * interval '1 hour'")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return reps


def open_inboxes(reps: Iterable[User], count: int) -> list[Inbox]:
    cookies = []
    for rep in reps:
        client = Client()
        client.force_login(rep, "config.sign_in.Backend")
        cookies.append(client.cookies["sessionid"].value)
    connection.close()
    return [Inbox(cookies[number % len(cookies)]) for number in range(count)]


def watch(inboxes: list[Inbox], span: int, *, acts: bool) -> Figures:
    """Let them ask for so long; before it is measured, each has asked once."""
    asyncio.run(_ask_all(inboxes, Run(0), once=True))
    before, run = processor_time(), Run(time.monotonic() + span)
    start = time.monotonic()
    asyncio.run(_ask_all(inboxes, run, acts=acts))
    seconds = time.monotonic() - start
    cuts = quantiles(run.spans, n=20)
    return {
        CPU: 100 * (processor_time() - before) / seconds,
        "questions a second": len(run.spans) / seconds,
        "p50, ms": 1e3 * cuts[9],
        P95: 1e3 * cuts[18],
        "of which changed": float(run.changed),
        "KiB a question": run.sent / len(run.spans) / 1024,
        "MB of the web processes": memory() / 2**20,
    }


async def _ask_all(inboxes: list[Inbox], run: Run, *, once: bool = False, acts: bool = False) -> None:
    acting = asyncio.create_task(asyncio.to_thread(_accept_leads, run.until)) if acts else None
    at_once = asyncio.Semaphore(4 if once else len(inboxes))
    await asyncio.gather(*(_one(inbox, run, at_once, once=once) for inbox in inboxes))
    if acting:
        await acting


async def _one(inbox: Inbox, run: Run, at_once: asyncio.Semaphore, *, once: bool) -> None:
    if not once:
        await asyncio.sleep(random.uniform(0, BETWEEN))
    while once or time.monotonic() < run.until:
        async with at_once:
            start = time.monotonic()
            status, body = await _question(inbox)
        run.spans.append(time.monotonic() - start)
        run.sent += len(body)
        assert status in (200, 204), f"answered {status}"
        if status == 200:
            run.changed += 1
            inbox.token = body.partition(b'"token": "')[2].partition(b'"')[0].decode()
        if once:
            return
        await asyncio.sleep(random.uniform(0.8, 1.2) * BETWEEN)


async def _question(inbox: Inbox) -> tuple[int, bytes]:
    """As a browser asks; on a connection of its own, which costs more than one that is kept open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    body = urlencode({"_token": inbox.token, "_have": "", "_shown": ""})
    secret = "c" * 32
    writer.write(
        f"POST {reverse('admin:my_leads_changes')} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nConnection: close\r\n"
        f"Cookie: sessionid={inbox.cookie}; csrftoken={secret}\r\nX-CSRFToken: {secret}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    answer = await reader.read()
    writer.close()
    head, _, rest = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), rest


def _accept_leads(until: float) -> None:
    leads: Any = Lead.objects.filter(state="mql", owner__username__startswith="rep-").order_by("?")
    for lead in list(leads.select_related("owner")[:1000]):
        if time.monotonic() + BETWEEN_ACTS > until:
            break
        time.sleep(BETWEEN_ACTS)
        workflow.accept(lead.pk, by=lead.owner, at=timezone.now())
    connection.close()


def processor_time() -> float:
    """Seconds that the web processes and the sessions of PostgreSQL have used."""
    rows = execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
    return sum(_used(pid) for pid in [*_web_processes(), *(pid for (pid,) in rows)])


def memory() -> float:
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in _web_processes())
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def _used(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _web_processes() -> list[int]:
    """gunicorn and its workers: our children that run it, and theirs."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    ours = [pid for pid in children.get(os.getpid(), []) if b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return [*ours, *(child for pid in ours for child in children.get(pid, []))]
