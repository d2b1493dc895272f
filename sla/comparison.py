"""The stored clocks of a lead beside what its history says of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from leads.models import Transition
from sla.business_time import tz_version
from sla.history import Measurement, Versions, measurements
from sla.models import Alarm, Clock, PendingAlarm


@dataclass
class Difference:
    """One clock that is not as the history has it: stored otherwise, not stored, or not to be found in the history."""

    metric: str
    stored: Clock | None
    expected: Measurement | None
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """What is stored and what follows from the history, by the name of the field."""
    waiting: dict[int, datetime] | None = None
    """The alarms that must wait, by their steps, when they are not those that do."""

    def __str__(self) -> str:
        if self.expected is None:
            return f"{self.metric}: clock {self.stored and self.stored.pk} does not follow from the history."
        if self.stored is None:
            return f"{self.metric}: the history asks for a clock from {_show(self.expected.course.started_at)}."
        says = [f"{name} is {_show(is_)}, should be {_show(should)}" for name, (is_, should) in self.fields.items()]
        if self.waiting is not None:
            says.append("other alarms wait than should")
        return f"{self.metric}: of clock {self.stored.pk} {'; '.join(says)}."


@dataclass(frozen=True)
class Alarms:
    """When the steps of clocks are due: those that wait, and those that have fired, by clock and step."""

    waiting: Mapping[int, dict[int, datetime]]
    fired: Mapping[int, dict[int, datetime]]


def alarms_of(clocks: Collection[Clock]) -> Alarms:
    """Read as plain values: rows of models with their managers would take as long as all the rest of a comparison."""
    return Alarms(_dues(PendingAlarm.objects.filter(clock__in=clocks)), _dues(Alarm.objects.filter(clock__in=clocks)))


def _dues(rows: QuerySet[Any]) -> Mapping[int, dict[int, datetime]]:
    dues: defaultdict[int, dict[int, datetime]] = defaultdict(dict)
    for clock, step, due_at in rows.order_by().values_list("clock_id", "step_id", "due_at"):
        dues[clock][step] = due_at
    return dues


def differences(
    acts: Iterable[Transition],
    clocks: Collection[Clock],
    versions: Versions,
    now: datetime,
    alarms: Alarms | None = None,
) -> Iterator[Difference]:
    """Compare all clocks of one lead. Whoever compares many leads has read the alarms of all of them."""
    alarms = alarms or alarms_of(clocks)
    expected = {(m.metric, m.started_by): m for m in measurements(acts, versions)}
    for clock in clocks:
        measurement = expected.pop((clock.metric, clock.started_by_id), None)
        if measurement is None:
            yield Difference(clock.metric, clock, None)
        elif difference := _compare(clock, measurement, now, alarms):
            yield difference
    for measurement in expected.values():
        yield Difference(measurement.metric, None, measurement, waiting=measurement.waiting)


def fields_of(measurement: Measurement) -> dict[str, Any]:
    """The columns of a clock, as its measurement has them."""
    course = measurement.course
    # What was recorded before acts named the team keeps the one that the migration gave it.
    team = {"team_id": measurement.team} if measurement.team else {}
    return team | {
        "cycle": measurement.cycle,
        "policy_id": course.policy.pk,
        "calendar_id": course.calendar.pk,
        "owner_id": measurement.owner,
        "target_seconds": course.policy.target_seconds,
        "started_at": course.started_at,
        "due_at": course.due_at,
        "stopped_at": measurement.stopped_at,
        "stopped_by_id": measurement.stopped_by,
        "state": measurement.state,
        "excused_by_id": measurement.excused_by,
        "paused": course.paused,
        "amended": course.amended,
        "elapsed": measurement.elapsed,
        "error": course.error,
    }


def _compare(clock: Clock, measurement: Measurement, now: datetime, alarms: Alarms) -> Difference | None:
    fields = {
        name: (getattr(clock, name), value)
        for name, value in fields_of(measurement).items()
        if getattr(clock, name) != value
    }
    if _is_settled(clock, now) and clock.tz_version != tz_version():
        return None  # what is over was computed by another time zone database, and keeps what that said
    fired = alarms.fired.get(clock.pk, {})
    should_wait = {step: due for step, due in measurement.waiting.items() if step not in fired}
    waits = alarms.waiting.get(clock.pk, {})
    if not fields and should_wait == waits:
        return None
    return Difference(clock.metric, clock, measurement, fields, None if should_wait == waits else should_wait)


def _is_settled(clock: Clock, now: datetime) -> bool:
    return clock.stopped_at is not None or (clock.due_at is not None and clock.due_at <= now)


def _show(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
