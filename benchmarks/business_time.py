"""Measure what adding business time costs, near and far: `python -m benchmarks.business_time [--json]`."""

import argparse
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.util import find_spec
from statistics import median

from sla.business_time import BusinessHours

START = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
HOUR = 3600
DISTANCES = {"1 hour": HOUR, "1 week": 40 * HOUR, "3 years": 3 * 52 * 40 * HOUR}  # of business time
ROUNDS, CALLS = 31, 2_000


def main() -> None:
    """Print the median microseconds of each, and how they compare with adding one hour."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    measured = measure(contenders())
    if parser.parse_args().json:
        print(json.dumps(measured, indent=2))
        return
    for name, row in measured.items():
        print(f"{name:38} {row['microseconds']:9.2f} µs {row['ratio']:8.2f}")


def contenders() -> dict[str, tuple[Callable[[], object], int]]:
    """Name what is measured, with the calls per round."""
    hours = BusinessHours(WEEK, "Europe/Berlin")
    runs: dict[str, tuple[Callable[[], object], int]] = {
        f"add {distance}": (partial(hours.add, START, seconds), CALLS) for distance, seconds in DISTANCES.items()
    }
    runs["lay out a calendar and add 1 hour"] = (lambda: BusinessHours(WEEK, "Europe/Berlin").add(START, HOUR), 1)
    if find_spec("businesstimedelta"):
        runs["businesstimedelta, add 1 week"] = (businesstimedelta_week(), 10)
    return runs


def businesstimedelta_week() -> Callable[[], object]:
    """Prepare the same week in the library that is most often reached for. It is no dependency of ours."""
    import businesstimedelta as peer  # type: ignore[import-not-found]  # noqa: PLC0415

    day = peer.WorkDayRule(start_time=datetime.min.time().replace(9), end_time=datetime.min.time().replace(17))
    week = peer.BusinessTimeDelta(peer.Rules([day]), timedelta=timedelta(hours=40))
    return lambda: START + week


def measure(runs: dict[str, tuple[Callable[[], object], int]]) -> dict[str, dict[str, float]]:
    """Take turns, so that a slow spell of the machine falls on all alike."""
    for run, _ in runs.values():
        run()
    rounds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, (run, calls) in runs.items():
            rounds[name].append(timed(run, calls))
    medians = {name: median(times) for name, times in rounds.items()}
    first = next(iter(medians.values()))
    return {name: {"microseconds": round(m, 3), "ratio": round(m / first, 3)} for name, m in medians.items()}


def timed(run: Callable[[], object], calls: int) -> float:
    """Return the microseconds of one call."""
    begin = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - begin) / calls * 1e6


if __name__ == "__main__":
    main()
