"""Does the sweep slow down as the clocks that run grow from ten thousand to five million?"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from benchmarks.clocks_running import load
from benchmarks.databases import enter, execute, own_database
from benchmarks.due import RATE, in_batches
from benchmarks.harness import Ask, Contender, Figures, Part
from handoff.sweep import sweep

ROUNDS, BURST = 5, 10_000
FEW, MANY = "10,000 clocks run", "5,000,000 clocks run"


def prepare(scale: float, stack: ExitStack) -> Part:
    burst = int(BURST * scale)
    contenders = [
        Contender(name, swept_in(f"bench_growth_{number}", int(running * scale), burst, stack))
        for number, (name, running) in enumerate({FEW: 10_000, MANY: 5_000_000}.items())
    ]
    ask = Ask("the rate at five million, as a share of that at ten thousand", MANY, RATE, FEW, at_least=0.85)
    return Part(f"Growth: {burst:,} alarms fall due at once", contenders, [ask], rounds=ROUNDS)


def swept_in(database: str, running: int, burst: int, stack: ExitStack) -> Callable[[], Figures]:
    """A database of its own with so many clocks, and a round that sweeps there."""
    stack.enter_context(own_database(database))
    pool = load(running, spare=ROUNDS * burst)

    def run() -> Figures:
        enter(database)
        execute("CHECKPOINT")  # of what the other one wrote
        return in_batches(sweep, 1, burst, partial(pool.fall_due, burst))

    return run
