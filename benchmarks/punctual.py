"""How late is an alarm, from the moment it is due until everybody can read it, at a steady 500 alarms a second?"""

import math
import time
from contextlib import ExitStack, nullcontext
from datetime import timedelta
from functools import partial

from django.utils import timezone

from benchmarks.clocks_running import Pool, load
from benchmarks.databases import execute
from benchmarks.harness import Ask, Contender, Figures, Part
from benchmarks.workers import of_the_procfile, python

RATE, SECONDS, ROUNDS = 500, 20, 3
SWEEPER, BEAT = "the sweeper, with beat and a worker", "beat and a worker alone"
P99 = "p99, ms"
LOOK_BACK = 300  # alarms: ids are drawn before they are seen, by as many as are under way at once
BETWEEN_LOOKS = 0.004  # seconds; they add to the lateness, and the watcher takes less from those whom it watches
# How late those were that were not there a look ago.
LOOK = """
SELECT id, extract(epoch FROM clock_timestamp() - due_at) * 1000 FROM sla_alarm
WHERE id > %s AND step_id = %s AND NOT id = ANY(%s)
"""


def prepare(scale: float, stack: ExitStack) -> Part:
    alarms = int(RATE * SECONDS * scale)
    pool = load(int(1_000_000 * scale), spare=2 * ROUNDS * alarms)
    for name in ("beat", "worker"):
        stack.enter_context(python(of_the_procfile(name)))
    contenders = [
        Contender(SWEEPER, partial(steadily, pool, alarms, with_sweeper=True)),
        Contender(BEAT, partial(steadily, pool, alarms, with_sweeper=False)),
    ]
    ask = Ask("ms from due to recorded, p99", SWEEPER, P99, at_most=50)
    return Part(
        f"Punctual: {RATE} alarms a second for {alarms // RATE} s", contenders, [ask], rounds=ROUNDS, check=pool.check
    )


def steadily(pool: Pool, alarms: int, *, with_sweeper: bool) -> Figures:
    with python(of_the_procfile("sweeper")) if with_sweeper else nullcontext():
        if with_sweeper:
            wait_for_the_sweeper()
        first = timezone.now() + timedelta(seconds=3)
        pool.fall_due(alarms, f"'{first.isoformat()}'::timestamptz + n * interval '{1 / RATE} seconds'")
        late = sorted(watch(pool, alarms))
    return {P99: late[math.ceil(0.99 * alarms) - 1], "p50, ms": late[alarms // 2], "worst, ms": late[-1]}


def wait_for_the_sweeper() -> None:
    while not execute(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%%pendingalarm%%'"
        " AND pid <> pg_backend_pid() AND state = 'idle'",
        [],
    ):
        time.sleep(0.1)


def watch(pool: Pool, alarms: int) -> list[float]:
    """Look every few milliseconds for alarms that were not there before, and return how late each of them was."""
    begin = execute("SELECT coalesce(max(id), 0) FROM sla_alarm")[0][0]
    late: dict[int, float] = {}
    deadline = time.monotonic() + 60 + alarms / RATE
    while len(late) < alarms:
        assert time.monotonic() < deadline, f"only {len(late)} of {alarms} alarms fired"
        recent = [alarm_id for alarm_id in late if alarm_id > begin]
        late.update(execute(LOOK, [begin, pool.breach.pk, recent]))
        begin = max(begin, max(late, default=0) - LOOK_BACK)
        time.sleep(BETWEEN_LOOKS)
    return list(map(float, late.values()))
