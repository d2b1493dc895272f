"""What adding business time costs, near and far."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.util import find_spec

from benchmarks.harness import Ask, Contender, Figures, Part
from sla.business_time import BusinessHours

START = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
HOUR = 3600
DISTANCES = {"1 hour": HOUR, "1 week": 40 * HOUR, "3 years": 3 * 52 * 40 * HOUR}  # of business time
CALLS = 2_000
MICROSECONDS = "µs"


def prepare(scale: float, stack: ExitStack) -> Part:  # noqa: ARG001 it is quick at any scale, and leaves nothing
    hours = BusinessHours(WEEK, "Europe/Berlin")
    contenders = [
        Contender(f"add {distance}", partial(timed, partial(hours.add, START, seconds), CALLS))
        for distance, seconds in DISTANCES.items()
    ]
    lay_out = partial(timed, lambda: BusinessHours(WEEK, "Europe/Berlin").add(START, HOUR), 1)
    contenders.append(Contender("lay out a calendar and add 1 hour", lay_out))
    if find_spec("businesstimedelta"):
        contenders.append(Contender("businesstimedelta, add 1 week", partial(timed, businesstimedelta_week(), 10)))
    asks = [Ask(f"µs to add {distance}", f"add {distance}", MICROSECONDS, at_most=3) for distance in DISTANCES]
    return Part("Business time", contenders, asks, rounds=31)


def businesstimedelta_week() -> Callable[[], object]:
    """Prepare the same week in the library that is most often reached for. It is no dependency of ours."""
    import businesstimedelta as peer  # noqa: PLC0415

    day = peer.WorkDayRule(start_time=datetime.min.time().replace(9), end_time=datetime.min.time().replace(17))
    week = peer.BusinessTimeDelta(peer.Rules([day]), timedelta=timedelta(hours=40))
    return lambda: START + week


def timed(run: Callable[[], object], calls: int) -> Figures:
    """Return the microseconds of one call."""
    begin = time.perf_counter()
    for _ in range(calls):
        run()
    return {MICROSECONDS: (time.perf_counter() - begin) / calls * 1e6}
