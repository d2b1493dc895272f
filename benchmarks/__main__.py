"""Run the benchmarks side by side with the limit and with what a user would pick instead (see README.md)."""

import argparse
import json
import os
import platform
import signal
import sys
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

from benchmarks.databases import durable_servers, own_database
from benchmarks.harness import Prepare, Result, measure

PARTS = [
    "business_time",
    "delivery",
    "due",
    "growth",
    "imports",
    "inboxes",
    "integrity",
    "matching",
    "memory",
    "pages",
    "promotion",
    "punctual",
    "replays",
    "reports",
    "transition",
    "triggers",
    "scoring",
]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"one of {', '.join(PARTS)}; all of them unless given")
    parser.add_argument("--scale", type=float, default=1, help="0.1 for a tenth of the rows: quick, and no proof")
    parser.add_argument("--rounds", type=int, help="how often each contender runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round there too")
    options = parser.parse_args()
    names = options.part or PARTS
    if unknown := set(names) - set(PARTS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped on the way out
    with durable_servers() as urls:
        set_up(urls)
        results = {name: run(name, options.scale, options.rounds) for name in names}
    if options.json:
        report = {"machine": machine(), "scale": options.scale}
        report["parts"] = {name: result.as_json() for name, result in results.items()}
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0


def set_up(urls: dict[str, str]) -> None:
    """Make Django ready, and the migrated database that each part gets a copy of."""
    os.environ.update(urls, ENV_FILE=os.devnull, HANDOFF_DEMO="1", API_RATE="", LOG_LEVEL="ERROR")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415 the settings are read from the environment above

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)


def run(name: str, scale: float, rounds: int | None) -> Result:
    """Run one benchmark in a database of its own, and print its table."""
    prepare: Prepare = import_module(f"benchmarks.{name}").prepare
    with own_database(f"bench_{name}"), ExitStack() as stack:
        result = measure(prepare(scale, stack), rounds)
    print(result.as_markdown(), flush=True)
    return result


def machine() -> dict[str, object]:
    return {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}


if __name__ == "__main__":
    sys.exit(main())
