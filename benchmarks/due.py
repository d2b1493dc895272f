"""Ten thousand clocks fall due together while a million others run: how soon are all breaches written, and told?"""

import asyncio
import math
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from importlib.util import find_spec

from django.utils import timezone

from benchmarks import plain
from benchmarks.by_row import fire_one
from benchmarks.celery_eta import app as celery
from benchmarks.celery_eta import fire as fire_by_celery
from benchmarks.clocks_running import Pool, load
from benchmarks.databases import execute
from benchmarks.harness import Ask, Contender, Figures, Part
from benchmarks.workers import python, together, until_they_answer
from handoff.ladder.sweep import BATCH, sweep
from sla.models import Alarm, PendingAlarm

ROUNDS = 5
RATE, P99 = "a second", "p99, s"
LIMIT, SWEEP, TWO = "one SQL statement a batch, plain tables (the limit)", "handoff.sweep", "handoff.sweep, two workers"
LOOP, ETA = "a loop over the rows, by the ORM", "Celery eta, connections used again"
QUEUE, FULL = "procrastinate, nothing else waiting", "procrastinate, 1,000,000 others waiting"


def prepare(scale: float, stack: ExitStack) -> Part:
    burst, running = int(10_000 * scale), int(1_000_000 * scale)
    warmth = 3 * ROUNDS * min(BATCH, burst)
    pool = load(running, spare=(4 * ROUNDS + 2) * burst + warmth)
    execute(plain.TABLES)
    execute("VACUUM (ANALYZE)")
    plain_clocks = plain.Clocks(pool.first_id)
    few = max(burst // 10, 10)
    worker = [
        "-m",
        "celery",
        "--quiet",
        "-A",
        "benchmarks.celery_eta",
        "worker",
        "-c",
        "2",
        "--without-mingle",
        "--without-gossip",
    ]
    stack.enter_context(python(worker))
    until_they_answer(celery)
    contenders = [
        Contender(LIMIT, partial(in_batches, plain.sweep, 1, burst, plain_clocks.fall_due)),
        Contender(SWEEP, partial(in_batches, sweep, 1, burst, pool.fall_due)),
        Contender(TWO, partial(in_batches, sweep, 2, burst, pool.fall_due)),
        Contender(ETA, partial(by_celery, pool, 2 * few), rounds=3),
        Contender(LOOP, partial(row_by_row, pool, few, in_a_loop), rounds=3),
    ]
    if find_spec("procrastinate"):
        contenders += [
            Contender(QUEUE, partial(row_by_row, pool, few, partial(by_procrastinate, 0)), rounds=1),
            Contender(FULL, partial(row_by_row, pool, 50, partial(by_procrastinate, running)), rounds=1),
        ]
    return Part(f"Due at once: {burst:,} of {running:,} clocks", contenders, ASKS, rounds=ROUNDS, check=pool.check)


ASKS = [
    Ask("the sweep, as a share of the limit", SWEEP, RATE, LIMIT, at_least=0.8),
    Ask("the sweep, in times of Celery eta", SWEEP, RATE, ETA, at_least=40),
    Ask("p99 of the burst, in times of the limit's", SWEEP, P99, LIMIT, at_most=2),
    Ask("two workers, in times of one", TWO, RATE, SWEEP, at_least=1),
]


def in_batches(work: Callable[[], int], workers: int, burst: int, fall_due: Callable[[int], None]) -> Figures:
    """Sweep with so many workers, who have fired a batch before. The last one per cent is in the last batch, so p99 is
    when that is written."""
    fall_due(workers * min(BATCH, burst))
    fired, seconds = together(work, workers, once_warm=partial(fall_due, burst))
    assert sum(fired) == burst, f"{sum(fired)} of {burst} fired"
    return {RATE: burst / seconds, P99: seconds}


def row_by_row(pool: Pool, count: int, work: Callable[[list[int]], None]) -> Figures:
    """Fire one by one, once they are due."""
    pool.fall_due(count)
    due_at = timezone.now()
    work(due_ids(pool))
    return figures(pool, count, due_at)


def by_celery(pool: Pool, count: int) -> Figures:
    """Send all tasks before they are due; the workers hold them until then."""
    due_at = timezone.now() + timedelta(seconds=5 + count / 200)
    pool.fall_due(count, f"'{due_at.isoformat()}'")
    together(partial(send, due_ids(pool), due_at), 1)  # a process of its own, as its client does not like our forks
    assert timezone.now() < due_at, "the tasks were sent too slowly"
    while due_ids(pool):
        time.sleep(0.05)
    return figures(pool, count, due_at)


def send(pending_ids: list[int], due_at: datetime) -> None:
    for pending_id in pending_ids:
        fire_by_celery.apply_async((pending_id,), eta=due_at)


def in_a_loop(pending_ids: list[int]) -> None:
    for pending_id in pending_ids:
        fire_one(pending_id)


def by_procrastinate(others: int, pending_ids: list[int]) -> None:
    """Let its worker take the jobs, with so many others that wait for later."""
    import procrastinate  # noqa: PLC0415 only `make bench` installs it

    connector = procrastinate.PsycopgConnector(conninfo=os.environ["DATABASE_URL"])
    app = procrastinate.App(connector=connector)
    task = app.task(name="fire")(fire_one)

    async def work() -> None:
        async with app.open_async():
            if not others:
                await app.schema_manager.apply_schema_async()
            else:
                await asyncio.to_thread(wait_for_later, others)
            await task.batch_defer_async(*({"pending_id": pending_id} for pending_id in pending_ids))
            await app.run_worker_async(wait=False, concurrency=2, install_signal_handlers=False, listen_notify=False)

    together(lambda: asyncio.run(work()), 1)  # a process of its own: we fork, and it leaves threads


def wait_for_later(others: int) -> None:
    execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) "
        "SELECT 'default', 'fire', now() + interval '1 day' FROM generate_series(1, %s)",
        [others],
    )
    execute("VACUUM (ANALYZE) procrastinate_jobs")


def due_ids(pool: Pool) -> list[int]:
    due = PendingAlarm.objects.filter(step=pool.breach, clock__gte=pool.first_id)
    return list(due.order_by("pk").values_list("pk", flat=True))


def figures(pool: Pool, count: int, due_at: datetime) -> Figures:
    """From the alarms themselves: when each was written, after all were due."""
    last = Alarm.objects.filter(step=pool.breach).order_by("-pk").values_list("fired_at", flat=True)[:count]
    seconds = sorted((fired_at - due_at).total_seconds() for fired_at in last)
    return {RATE: count / seconds[-1], P99: seconds[math.ceil(0.99 * count) - 1]}
