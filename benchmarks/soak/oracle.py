"""What must be there at the end, worked out again, and what is there: `inside oracle PLACE` prints it as JSON.

From a clock's own start, its policy's ladder, its calendar's hours and its lead's pauses follow the instants of its
alarms (`courses`); from its stop follows which of them had to fire. What arrived is read from the sinks' own lists, and
what was acknowledged from the movers'. Last of all the engine's own proof is asked too.
"""

import json
import sys
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid5

from django.db.models import Q
from django.db.models.functions import Greatest

from benchmarks.soak.courses import Course, called_off_at, course_of
from handoff.alerts.digest import NAMESPACE
from handoff.amending.integrity import disagreements
from handoff.models import Audience, Delivery, DeliveryState
from leads.models import Lead, Transition, Via
from sla.models import Alarm, Clock, ClockState, Policy

SETTLING = 10  # seconds after a fault in which lateness is still its consequence


def main(place: str) -> None:
    json.dump(judge(Path(place)), sys.stdout)


def judge(place: Path) -> dict[str, object]:
    """Every figure, and under `faults_found` everything that is not as it must be, in words."""
    wrong: list[str] = []
    figures = {
        **_acts(place, wrong),
        **_alarms(wrong),
        **_actions(wrong),
        **_lateness(json.loads((place / "spells.json").read_text())),
        **_deliveries(place, wrong),
    }
    disagreeing = list(disagreements())
    return {**figures, "disagreements": len(disagreeing), "faults_found": [*wrong, *disagreeing][:200]}


def _acts(place: Path, wrong: list[str]) -> dict[str, object]:
    """Every act that was acknowledged stands in the history."""
    lines = [line.split() for ledger in place.glob("acts-*") for line in ledger.read_text().splitlines()]
    written = dict(Transition.objects.values_list("pk", "lead_id"))
    for act, lead, verb in lines:
        if written.get(int(act)) != int(lead):
            wrong.append(f"The {verb} of lead {lead} was acknowledged as act {act}, and is not in the history.")
    return {"acts": len(written), "acts_acknowledged": len(lines), "verbs": dict(Counter(verb for _, _, verb in lines))}


def _alarms(wrong: list[str]) -> dict[str, object]:
    """Every alarm that must have fired did so exactly once, dated when it was due, and no other fired."""
    figures: Counter[str] = Counter()
    ladders = {policy.pk: list(policy.steps.all()) for policy in Policy.objects.prefetch_related("steps")}
    leads = Lead.objects.prefetch_related("transitions", "clocks__alarms", "clocks__stopped_by", "clocks__calendar")
    for lead in leads.iterator(chunk_size=200):
        acts = sorted(lead.transitions.all(), key=lambda act: (act.at, act.pk))
        for clock in lead.clocks.all():
            course = course_of(clock, ladders[clock.policy_id], acts)
            errors = _of_clock(clock, course, called_off_at(course, acts))
            wrong.extend(f"Clock {clock.pk} ({clock.metric}): {error}" for error in errors)
            figures.update(clocks=1, alarms_checked=len(ladders[clock.policy_id]))
            figures.update(paused_clocks=bool(course.pauses), acknowledged_clocks=course.is_acknowledged)
            figures.update(breaches=_is_breached(clock, course))
    fired = Alarm.objects.all()
    return {**figures, "alarms_fired": fired.count(), "alarms_superseded": fired.filter(superseded=True).count()}


def _is_breached(clock: Clock, course: Course) -> bool:
    return course.due_at is not None and (clock.stopped_at is None or clock.stopped_at > course.due_at)


def _of_clock(clock: Clock, course: Course, called_off: datetime | None) -> Iterator[str]:
    alarms, stop = list(clock.alarms.all()), clock.stopped_at
    times = Counter(alarm.step_id for alarm in alarms)
    if clock.due_at != course.due_at:
        yield f"is due at {clock.due_at}, and must be at {course.due_at}."
    if stop is not None and _is_breached(clock, course) != (clock.state == ClockState.BREACHED):
        yield f"stopped at {stop}, was due at {course.due_at}, and is {clock.state}."
    for step, due in course.alarms.items():
        if (stop is None or due < stop) and times[step] not in _may_fire(due, called_off):
            yield f"step {step} was due at {due} and fired {times[step]} times; it stopped at {stop}."
    for alarm in alarms:
        if called_off and alarm.fired_at > called_off:
            yield f"alarm {alarm.pk} fired at {alarm.fired_at}, after the clock was called off at {called_off}."
        yield from _of_alarm(alarm, clock, course.alarms.get(alarm.step_id))


def _may_fire(due: datetime, called_off: datetime | None) -> set[int]:
    """How often: once. What was overdue as its clock was called off may have fired before, and does not fire after."""
    if called_off is None:
        return {1}
    return {0, 1} if due <= called_off else {0}


def _of_alarm(alarm: Alarm, clock: Clock, due_at: datetime | None) -> Iterator[str]:
    # What has fired stays fired, though it was told later that the clock had stopped before.
    if clock.stopped_by and alarm.due_at >= clock.stopped_by.at:
        if alarm.fired_at > clock.stopped_by.recorded_at:
            yield f"alarm {alarm.pk} fired at {alarm.fired_at}, after the clock had stopped at {clock.stopped_at}."
    elif due_at != alarm.due_at:
        yield f"alarm {alarm.pk} is dated {alarm.due_at}, and must be {due_at}."
    if alarm.fired_at < alarm.due_at:
        yield f"alarm {alarm.pk} fired before it was due."


def _actions(wrong: list[str]) -> dict[str, object]:
    """What the step of an alarm does was done once, or left for a reason; and the sweep did nothing else."""
    acting = Alarm.objects.filter(~Q(step__does="") | Q(step__out_of_rotation_seconds__gt=0), superseded=False)
    undone = acting.filter(Q(to_do=True) | Q(done_by=None, note=""))
    wrong.extend(f"What alarm {alarm.pk} was to do was neither done nor left for a reason." for alarm in undone)
    done = list(acting.exclude(done_by=None).values_list("done_by", flat=True))
    by_sweep = list(Transition.objects.filter(via=Via.SWEEP).values_list("pk", flat=True))
    if sorted(done) != sorted(by_sweep):
        wrong.append(f"The sweep did {sorted(by_sweep)}, and its alarms asked for {sorted(done)}.")
    return {"alarms_that_act": acting.count(), "actions_done": len(done)}


def _lateness(spells: list[tuple[float, float]]) -> dict[str, object]:
    """How late alarms fired: all of them, and those that fell due while nothing was wrong.

    What was told late is late from the moment at which it was told.
    """
    told = Greatest("due_at", "clock__started_by__recorded_at")
    both = list(Alarm.objects.annotate(told=told).order_by("told").values_list("told", "fired_at"))
    begins, ends = _merged(spells)
    calm = [
        (due, fired)
        for due, fired in both
        if (before := bisect(begins, due.timestamp())) == 0 or ends[before - 1] < due.timestamp()
    ]
    return {"lateness": _percentiles(both), "lateness_in_calm": _percentiles(calm)}


def _merged(spells: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    begins: list[float] = []
    ends: list[float] = []
    for begin, end in sorted(spells):
        if ends and begin <= ends[-1]:
            ends[-1] = max(ends[-1], end + SETTLING)
        else:
            begins.append(begin)
            ends.append(end + SETTLING)
    return begins, ends


def _percentiles(both: list[tuple[datetime, datetime]]) -> dict[str, float]:
    late = sorted((fired - due).total_seconds() for due, fired in both)
    if not late:
        return {"alarms": 0}
    named = {"p50": len(late) // 2, "p99": len(late) * 99 // 100, "max": len(late) - 1}
    return {"alarms": len(late)} | {name: round(late[at], 3) for name, at in named.items()}


def _deliveries(place: Path, wrong: list[str]) -> dict[str, object]:
    """Every message that had to be written was, and each that was not withdrawn arrived at least once: under its key,
    or with others under the key of all of them."""
    arrived = Counter(key for name in ("smtp", "http") for key in _lines(place / f"{name}.keys"))
    written = {str(key): state for key, state in Delivery.objects.values_list("key", "state")}
    due = {key: state for key, state in written.items() if state != DeliveryState.WITHDRAWN}
    together = {digest: parts for digest, parts in _digests() if digest in arrived}
    got = arrived.keys() | {part for parts in together.values() for part in parts}
    wrong.extend(f"Delivery {key} ({state}) never arrived." for key, state in due.items() if key not in got)
    wrong.extend(f"Delivery {key} is {state}." for key, state in due.items() if state != DeliveryState.SENT)
    strange = arrived.keys() - written.keys() - together.keys()
    wrong.extend(f"A message arrived under the key {key}, which no delivery has." for key in strange)
    wrong.extend(_untold())
    wrong.extend(_withdrawn_for_nothing())
    return {
        "deliveries": len(due),
        "deliveries_arrived": len(got & due.keys()),
        "deliveries_in_digests": sum(map(len, together.values())),
        "deliveries_withdrawn": len(written) - len(due),
        "arrivals": arrived.total(),
        "arrived_again": arrived.total() - len(arrived),
        "attempts": dict(sorted(Counter(Delivery.objects.values_list("attempts", flat=True)).items())),
    }


def _digests() -> Iterator[tuple[str, list[str]]]:
    """What was merged into one message because much waited for one person, by the key that all of it must have had.

    Each attempt has one lease for all its parts, of a random length; what was withdrawn meanwhile keeps it.
    """
    merged = Delivery.objects.filter(digest=True)
    by_message: dict[tuple[object, ...], list[str]] = {}
    for *message, key in merged.values_list("recipient", "medium", "address", "next_attempt_at", "key"):
        by_message.setdefault(tuple(message), []).append(str(key))
    for parts in by_message.values():
        yield str(uuid5(NAMESPACE, " ".join(sorted(parts)))), parts


def _untold() -> Iterator[str]:
    """What fired is told to every fixed destination of its step; what was superseded is told to nobody."""
    told = set(Delivery.objects.filter(alarm__isnull=False).values_list("alarm", "medium", "address"))
    asked = Alarm.objects.filter(superseded=False, step__destinations__audience=Audience.FIXED)
    must = set(asked.values_list("pk", "step__destinations__medium", "step__destinations__address"))
    for alarm, medium, address in must - told:
        yield f"Alarm {alarm} was not told by {medium} to {address}."
    for superseded in Alarm.objects.filter(superseded=True, deliveries__isnull=False):
        yield f"Alarm {superseded.pk} was superseded, and told."


def _withdrawn_for_nothing() -> Iterator[str]:
    """Only what tells of a clock that was called off is withdrawn."""
    called_off = Q(alarm__clock__state=ClockState.CANCELLED) | Q(alarm__clock__excused_by__isnull=False)
    for delivery in Delivery.objects.filter(state=DeliveryState.WITHDRAWN).exclude(called_off):
        yield f"Delivery {delivery.key} was withdrawn, though its clock was not called off."


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
