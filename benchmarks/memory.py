"""Does a worker's memory stay flat over a million alarms?"""

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.clocks_running import Pool, load
from benchmarks.harness import Ask, Contender, Figures, Part
from benchmarks.workers import together
from handoff.ladder.sweep import sweep

SWEEP, MORE = "one worker sweeps", "MB more at the end"


def prepare(scale: float, stack: ExitStack) -> Part:  # noqa: ARG001 nothing is to be stopped
    alarms, first = int(1_000_000 * scale), int(10_000 * scale)
    pool = load(0, spare=alarms + first)
    ask = Ask("MB that a worker grows by", SWEEP, MORE, at_most=16)
    worker = Contender(SWEEP, partial(grow, pool, first, alarms))
    return Part(f"Memory over {alarms:,} alarms", [worker], [ask], rounds=1, check=pool.check)


def grow(pool: Pool, first: int, alarms: int) -> Figures:
    """Sweep a few, then all of the others by the same process, and see what it holds after each."""

    def work() -> tuple[int, int]:
        pool.fall_due(first)
        assert sweep() == first
        before = resident_kb()
        pool.fall_due(alarms)
        assert sweep() == alarms
        return before, resident_kb()

    [(before, after)], seconds = together(work, 1)
    pool.next_id += first + alarms  # the worker was another process
    return {MORE: (after - before) / 1024, "MB after the first": before / 1024, "seconds": seconds}


def resident_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))
