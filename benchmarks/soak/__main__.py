"""Break everything while leads move, then account for every alarm: `python -m benchmarks.soak --minutes 12`.

It exits with 1 when an alarm, a message or an acknowledged act is lost, doubled or misdated.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.soak.disk import TABLES
from benchmarks.soak.faults import LONG, SHORT, Hand
from benchmarks.soak.house import INSIDE, House, house

CALM_MINUTES = 20  # at most; then what still waits is reported
WAITING = """
    SELECT (SELECT count(*) FROM sla_pendingalarm) + (SELECT count(*) FROM sla_alarm WHERE to_do),
        (SELECT count(*) FROM handoff_delivery WHERE state = 'pending')
"""


@dataclass(frozen=True)
class Plan:
    """How much of everything. It goes on until there is enough of all."""

    minutes: float
    faults: int
    alarms: int
    workers: int
    movers: int
    seed: int
    short: bool
    pooled: bool


def main() -> int:
    plan, arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all is torn down on the way out
    try:
        with house(plan.workers, plan.movers, plan.seed, pooled=plan.pooled) as built:
            try:
                report = soak(built, plan)
            finally:
                if arguments.keep:
                    shutil.copytree(built.logs, arguments.keep, dirs_exist_ok=True)
                    shutil.copy(built.place / "data" / "postgres.log", arguments.keep)
    except KeyboardInterrupt:
        return 130
    print(json.dumps(report, indent=2) if arguments.json else _as_text(report))
    return 1 if report["faults_found"] else 0


def soak(built: House, plan: Plan) -> dict[str, Any]:
    """Run it all, and return every figure."""
    began = time.monotonic()
    _prepare(built, plan)
    hand = Hand(built, SHORT if plan.short else LONG, random.Random(plan.seed))
    for program in built.programs.values():
        program.start()
    _break(built, hand, plan)
    waiting = _calm(built, hand, plan)
    (built.place / "spells.json").write_text(json.dumps(hand.spells))
    judged = json.loads(built.run(*INSIDE, "oracle", str(built.place)))
    if any(waiting):
        judged["faults_found"].append(f"{waiting[0]} alarms and {waiting[1]} messages wait still.")
    return {
        "plan": asdict(plan),
        "seconds": round(time.monotonic() - began),
        "faults": hand.struck.total(),
        "faults_by_kind": dict(sorted(hand.struck.items())),
        "ended_by_themselves": dict(hand.ended_by_themselves),
        **judged,
    }


def _prepare(built: House, plan: Plan) -> None:
    _say("Preparing the database")
    built.run("manage.py", "migrate", "--verbosity=0", "--no-input")
    if built.disk:
        built.ask(f"CREATE TABLESPACE small LOCATION '{built.disk}'")
        for table in TABLES:
            built.ask(f"ALTER TABLE {table} SET TABLESPACE small")
    longest_target, has_closures = ("2", "no") if plan.short else ("8", "yes")
    built.run(*INSIDE, "world", str(built.ports["http"]), longest_target, has_closures)


def _break(built: House, hand: Hand, plan: Plan) -> None:
    """Strike at random moments until there is enough of everything."""
    began = time.monotonic()
    interval = plan.minutes * 60 / plan.faults
    next_strike = began + interval
    while not _is_enough(built, hand, plan, began):
        hand.tend()
        if time.monotonic() >= next_strike:
            hand.strike()
            next_strike += hand.rng.uniform(0.5, 1.5) * interval
        time.sleep(0.1)


def _is_enough(built: House, hand: Hand, plan: Plan, began: float) -> bool:
    if hand.struck.total() < plan.faults or time.monotonic() - began < plan.minutes * 60:
        return False
    hand.mend_all()  # and only then can the database be asked
    return bool(built.ask("SELECT count(*) >= %s FROM sla_alarm", plan.alarms)[0][0])


def _calm(built: House, hand: Hand, plan: Plan) -> tuple[int, int]:
    """Let leads rest and everything run, until nothing waits. Returns how many alarms and messages still do."""
    _say("Calm: waiting for what is still to come")
    for name in built.named("mover"):
        built.programs[name].finish(10)
    hand.mend_all()
    if plan.short:
        _until_nothing_waits(built, hand, alarms_only=True)
        _end_all_waits(built)
    waiting = _until_nothing_waits(built, hand)
    _say("Done: accounting for everything")
    for program in built.programs.values():
        program.kill()
    return waiting


def _until_nothing_waits(built: House, hand: Hand, *, alarms_only: bool = False) -> tuple[int, int]:
    deadline = time.monotonic() + CALM_MINUTES * 60
    while True:
        alarms, messages = built.ask(WAITING)[0]
        if not alarms and (alarms_only or not messages):
            return alarms, messages
        if time.monotonic() > deadline:
            return alarms, messages
        hand.tend()
        time.sleep(1)


def _end_all_waits(built: House) -> None:
    """A short soak does not sit out the minutes of leases and retries: with nobody at work, they are ended by hand."""
    workers = [built.programs[name] for name in built.named("worker")]
    for worker in workers:
        worker.kill()
    built.ask("UPDATE handoff_delivery SET next_attempt_at = now() WHERE state = 'pending'")
    for worker in workers:
        worker.start()


def _arguments() -> tuple[Plan, argparse.Namespace]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=12, help="how long faults are injected, at least")
    parser.add_argument("--faults", type=int, default=60, help="how many, at least")
    parser.add_argument("--alarms", type=int, default=20_000, help="how many must have fired, at least")
    parser.add_argument("--workers", type=int, default=2, help="Celery workers, of several processes each")
    parser.add_argument("--movers", type=int, default=3, help="processes that move leads")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the order of faults")
    parser.add_argument("--short", action="store_true", help="in a hurry: targets, faults and waits of seconds")
    parser.add_argument("--pooled", action="store_true", help="with PgBouncer between, pooling transactions")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.add_argument("--keep", type=Path, help="copy the logs of all programs there at the end")
    arguments = parser.parse_args()
    names = ("minutes", "faults", "alarms", "workers", "movers", "seed", "short", "pooled")
    return Plan(**{name: getattr(arguments, name) for name in names}), arguments


def _as_text(report: dict[str, Any]) -> str:
    lines = [f"{name.replace('_', ' '):22} {_in_words(value)}" for name, value in report.items() if name != "plan"]
    return "\n".join(lines)


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {amount}" for name, amount in value.items()) or "none"
    if isinstance(value, list):
        return "none" if not value else "".join(f"\n    {line}" for line in value)
    return f"{value:,}"


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
