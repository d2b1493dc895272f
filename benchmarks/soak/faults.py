"""The faults, and the hand that injects them: one after the other at random, some of them lasting into the next."""

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from benchmarks.soak import disk
from benchmarks.soak.house import SINKS, House

Act = Callable[[], object]


@dataclass(frozen=True)
class Span:
    """How many seconds something lasts."""

    least: float
    most: float


@dataclass(frozen=True)
class Pace:
    """How long the faults last. A short soak is the long one in a hurry."""

    program_away: Span
    beat_away: Span
    server_away: Span
    sink_unwell: Span
    frozen: Span


LONG = Pace(Span(0, 8), Span(90, 150), Span(1, 8), Span(5, 25), Span(5, 20))
SHORT = Pace(Span(0, 1), Span(4, 5), Span(0.2, 1), Span(1, 3), Span(1, 2))


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with one thing, and how it is mended."""

    name: str
    thing: str
    strike: Act
    mend: Act
    lasts: Span


def kinds(house: House, pace: Pace) -> dict[str, list[Fault]]:
    """Every kind of fault, with all the things that it can befall."""
    faults = [
        *_of_programs(house, pace),
        *_of_postgres(house, pace),
        *_of_redis(house, pace),
        *(fault for sink in SINKS for fault in _of_sink(house, sink, pace)),
    ]
    found: dict[str, list[Fault]] = {}
    for fault in faults:
        found.setdefault(fault.name, []).append(fault)
    return found


def _of_programs(house: House, pace: Pace) -> list[Fault]:
    found = []
    for name in house.named("worker"):
        worker, away = house.programs[name], pace.program_away
        found += [
            Fault("worker killed, all its processes", name, worker.kill, worker.start, away),
            Fault("worker killed, its main process alone", name, worker.kill_main, worker.start, away),
            Fault("one process of a worker killed", name, partial(_kill_one, worker.children), _nothing, Span(0, 1)),
            Fault(
                "worker frozen, then going on",
                name,
                partial(worker.signal_family, signal.SIGSTOP),
                partial(worker.signal_family, signal.SIGCONT),
                pace.frozen,
            ),
            # Another host takes its place; the frozen one stays until the end.
            Fault("host of a worker frozen for good", name, worker.abandon, worker.start, away),
        ]
    beat, sweeper = house.programs["beat"], house.programs["sweeper"]
    found += [
        Fault("sweeper killed", "sweeper", sweeper.kill, sweeper.start, pace.program_away),
        Fault(
            "sweeper frozen, then going on",
            "sweeper",
            partial(sweeper.signal_family, signal.SIGSTOP),
            partial(sweeper.signal_family, signal.SIGCONT),
            pace.frozen,
        ),
        Fault("host of the sweeper frozen for good", "sweeper", sweeper.abandon, sweeper.start, pace.program_away),
        Fault("beat killed", "beat", beat.kill, beat.start, pace.program_away),
        Fault("beat away for long", "beat", beat.kill, beat.start, pace.beat_away),
    ]
    for name in house.named("mover"):
        mover = house.programs[name]
        found.append(Fault("mover of leads killed", name, mover.kill, mover.start, pace.program_away))
    return found


def _of_postgres(house: House, pace: Pace) -> list[Fault]:
    postgres, away, answers = house.postgres, pace.server_away, partial(house.ask, "SELECT 1")
    faults = [
        Fault("PostgreSQL stopped", "postgres", postgres.stop, postgres.start, away),
        Fault("PostgreSQL crashed (immediate)", "postgres", partial(_end, house, signal.SIGQUIT), postgres.start, away),
        Fault("PostgreSQL killed", "postgres", partial(_end, house, signal.SIGKILL), postgres.start, away),
        Fault("one session of PostgreSQL killed", "postgres", partial(_kill_session, house), answers, Span(1, 2)),
        Fault("all sessions terminated", "postgres", partial(_terminate_sessions, house), _nothing, Span(0, 1)),
        Fault(
            "PostgreSQL read-only",
            "postgres",
            partial(_set_read_only, house, "on"),
            partial(_set_read_only, house, "off"),
            pace.sink_unwell,
        ),
    ]
    if house.disk:
        full, freed = partial(disk.fill, house.disk), partial(disk.free, house.disk)
        faults.append(Fault("disk full", "postgres", full, freed, pace.sink_unwell))
    if pooler := house.programs.get("pooler"):
        faults.append(Fault("pooler killed", "pooler", pooler.kill, pooler.start, away))
    return faults


def _of_redis(house: House, pace: Pace) -> list[Fault]:
    return [
        Fault("Redis flushed", "redis", lambda: house.broker().flushall(), _nothing, Span(0, 1)),
        Fault("Redis stopped", "redis", house.redis.stop, house.redis.start, pace.server_away),
        Fault("Redis killed", "redis", partial(_kill_redis, house), house.redis.start, pace.server_away),
    ]


def _of_sink(house: House, sink: str, pace: Pace) -> list[Fault]:
    program, takes_again = house.programs[sink], partial(house.set_mood, sink, "take")
    return [
        Fault(f"{sink} refuses", sink, partial(house.set_mood, sink, "refuse"), takes_again, pace.sink_unwell),
        Fault(f"{sink} hangs", sink, partial(house.set_mood, sink, "hang"), takes_again, pace.sink_unwell),
        Fault(f"{sink} killed", sink, program.kill, program.start, pace.sink_unwell),
    ]


def _nothing() -> None:
    """It mends itself."""


def _kill_one(children: Callable[[], list[int]]) -> None:
    with suppress(IndexError, ProcessLookupError):
        os.kill(random.choice(children()), signal.SIGKILL)


def _end(house: House, sig: signal.Signals) -> None:
    os.kill(house.postmaster(), sig)
    house.postgres.stop()  # it waits until the process has gone


def _kill_session(house: House) -> None:
    """Kill the process of one session: PostgreSQL then ends all the others and recovers."""
    sessions = house.ask(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    with suppress(IndexError, ProcessLookupError):
        os.kill(random.choice(sessions)[0], signal.SIGKILL)


def _terminate_sessions(house: House) -> None:
    house.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )


def _set_read_only(house: House, switch: str) -> None:
    """As after a failover that leaves the programs on a standby, or where a provider's storage is full."""
    house.ask(f"ALTER SYSTEM SET default_transaction_read_only = {switch}")
    house.ask("SELECT pg_reload_conf()")


def _kill_redis(house: House) -> None:
    os.kill(house.broker().info()["process_id"], signal.SIGKILL)
    house.redis.stop()


@dataclass
class Hand:
    """It strikes and mends. What is broken is not struck again until it is mended."""

    house: House
    pace: Pace
    rng: random.Random
    struck: Counter[str] = field(default_factory=Counter)
    spells: list[tuple[float, float]] = field(default_factory=list)  # from when until when something was wrong
    ended_by_themselves: Counter[str] = field(default_factory=Counter)
    _broken: dict[str, tuple[float, Fault]] = field(default_factory=dict)
    _deck: list[list[Fault]] = field(default_factory=list)

    def strike(self) -> None:
        """Inject the next fault: every kind comes once before any comes again."""
        if not self._deck:
            self._deck = list(kinds(self.house, self.pace).values())
            self.rng.shuffle(self._deck)
        for choices in self._deck:
            whole = [fault for fault in choices if fault.thing not in self._broken]
            if whole:
                self._deck.remove(choices)
                self._inject(self.rng.choice(whole))
                return

    def tend(self) -> None:
        """Mend what is due to be mended, and start again what has ended by itself, as a supervisor would."""
        for thing, (until, fault) in list(self._broken.items()):
            if until <= time.monotonic():
                del self._broken[thing]
                fault.mend()
        for name, program in self.house.programs.items():
            if name not in self._broken and program.has_ended():
                self.ended_by_themselves[name] += 1
                program.start()

    def mend_all(self) -> None:
        while self._broken:
            self.tend()
            time.sleep(0.1)

    def _inject(self, fault: Fault) -> None:
        seconds = self.rng.uniform(fault.lasts.least, fault.lasts.most)
        print(f"{time.strftime('%H:%M:%S')} {fault.name}: {fault.thing}, {seconds:.1f} s", file=sys.stderr, flush=True)
        began = time.time()
        fault.strike()
        self.struck[fault.name] += 1
        self.spells.append((began, time.time() + seconds))
        self._broken[fault.thing] = time.monotonic() + seconds, fault
