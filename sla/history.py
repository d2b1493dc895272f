"""What the history says the clocks must be: derived from it alone, to write what is missing and to compare."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from leads.models import ANY_TIME, State, Transition, Verb
from sla.business_time import Stretch
from sla.course import OPEN_END, Course, ended, outcome, under_way
from sla.metrics import RULES, Move
from sla.models import Calendar, ClockState, Policy


class Versions:
    """The versions of policies and calendars that acts name, each read once."""

    def __init__(self) -> None:
        self._policies: dict[int, Policy] = {}
        self._calendars: dict[int, Calendar] = {}

    def policy(self, policy_id: int) -> Policy:
        if policy_id not in self._policies:
            policy = Policy.objects.select_related("calendar").prefetch_related("steps").get(pk=policy_id)
            self._policies[policy_id] = policy
        return self._policies[policy_id]

    def calendar(self, calendar_id: int) -> Calendar:
        if calendar_id not in self._calendars:
            self._calendars[calendar_id] = Calendar.objects.get(pk=calendar_id)
        return self._calendars[calendar_id]


@dataclass
class Measurement:
    """One clock as the history tells it."""

    metric: str
    cycle: int
    started_by: int
    course: Course
    owner: int | None
    """Whoever had the lead when it was due, or ended; until then whoever has it."""
    team: int | None = None
    """That of the lead at that time; empty too where the history does not say."""
    stopped_at: datetime | None = None
    stopped_by: int | None = None
    state: str = ClockState.RUNNING
    carried_at: datetime | None = None
    """When it came from a lead that was merged into this one. What was due by then has fired there."""
    excused_by: int | None = None
    excused_at: datetime | None = None

    @property
    def elapsed(self) -> timedelta | None:
        """The business time it took, once it has stopped. Without a calendar that can be computed there is none."""
        if self.stopped_at is None or self.course.error:
            return None
        return self.course.elapsed(self.stopped_at)

    @property
    def is_called_off(self) -> bool:
        """Nothing more of its ladder is sent or done, be it overdue to be sent."""
        return self.excused_by is not None or self.state == ClockState.CANCELLED

    @property
    def ringing(self) -> dict[int, datetime]:
        """When the steps fire that neither its stop nor an excuse has forestalled, by their ids."""
        ends = [end for end in (self.stopped_at, self.excused_at) if end is not None]
        since = self.carried_at
        alarms = {step: due for step, due in self.course.alarms.items() if since is None or due > since}
        return {step: due for step, due in alarms.items() if not ends or due < min(ends)}

    @property
    def waiting(self) -> dict[int, datetime]:
        """The same without those that are called off; some of them have fired."""
        if self.is_called_off:
            return {}
        mistaken = {step.pk for leg in self.course.legs if leg.policy.mistake_at for step in leg.policy.ladder}
        return {step: due for step, due in self.ringing.items() if step not in mistaken}

    def is_breached(self, at: datetime) -> bool:
        due_at = self.course.due_at
        overdue = self.stopped_at is None and due_at is not None and due_at < at
        return overdue or self.state == ClockState.BREACHED


def measurements(acts: Iterable[Transition], versions: Versions) -> list[Measurement]:
    """All clocks of one lead, from its acts.

    Acts count in the order in which they happened, so that a touch written down late ends what it ended. Those of a
    merge that was undone do not count, nor one that was taken back; but for the clocks that they began and that have
    fired.
    """
    written = list(acts)
    undone = undone_by(written)
    life = _Life(versions)
    for act, move in moves(act for act in written if act.pk not in undone):
        life.go_through(act, move)
    return [*life.measurements, *_left_behind(written, versions)]


def undone_by(acts: Iterable[Transition]) -> frozenset[int]:
    """The acts that do not count, by their ids: those that were undone, and those that took a single one back."""
    return frozenset(pk for act in acts for pk in _named_by(act))


def _named_by(act: Transition) -> Iterable[int]:
    return (act.pk, act.facts["transition"]) if act.verb == Verb.UNDO else act.facts.get("undone", ())


def _left_behind(acts: Sequence[Transition], versions: Versions) -> Iterator[Measurement]:
    """The clocks that an act began that was undone, and that have fired: they end where it was undone, as the lead
    stood then."""
    undone_by_now = undone_by(acts)
    for undoing in acts:
        if not undoing.facts.get("left"):
            continue
        before = [act for act in acts if act.pk <= undoing.pk and not (act is undoing and act.verb == Verb.UNDO)]
        undone = undone_by(act for act in before if act.pk < undoing.pk)
        life = _Life(versions)
        for act, move in moves(act for act in before if act.pk not in undone):
            life.go_through(act, move)
        later = [act for act in acts if act.pk > undoing.pk and act.pk not in undone_by_now]
        yield from life.leave(undoing, later)


def moves(acts: Iterable[Transition]) -> Iterator[tuple[Transition, Move]]:
    """The acts as moves, in the order in which they happened. What moves no state finds the lead where it stood."""
    state, owner, cycle = str(State.RAW), None, 0
    for act in sorted(acts, key=lambda act: (act.at, act.pk)):
        before = state, owner
        if act.verb not in ANY_TIME:
            state, owner, cycle = act.to_state, act.owner_id, act.cycle
        genuine = act.verb == Verb.TOUCH and not act.facts.get("automatic", False)
        yield act, Move(act.verb, act.at, before[0], state, before[1], owner, cycle, genuine)


def until_of(pause: Transition) -> datetime:
    """When a pause ends that nothing else ends."""
    until = pause.facts.get("until")
    return datetime.fromisoformat(until) if until else OPEN_END


class _Life:
    """The clocks of one lead, act by act."""

    def __init__(self, versions: Versions) -> None:
        self.versions = versions
        self.measurements: list[Measurement] = []
        self.running: dict[str, Measurement] = {}
        self.pauses: list[tuple[Stretch, datetime]] = []  # each with when it was written down
        self.team: int | None = None

    def go_through(self, act: Transition, move: Move) -> None:
        if act.verb not in ANY_TIME:
            self.team = act.team_id
        self._pause(act, move)
        for metric in [metric for metric in self.running if move.ends(metric)]:
            self._stop(metric, act, move)
        restarted = act.facts.get("restarted", {})
        for metric in restarted:  # before the lead changes hands: what ends here was owed by who had it
            self._stop(metric, act, move)
        self._amend(act, move)
        for metric, policy in restarted.items():
            self._start(metric, policy, act, move)
        self._carry(act, move)
        for metric, policy in act.facts.get("policies", {}).items():
            started = self._start(metric, policy, act, move)
            if not RULES[metric].starts(move):  # what was recorded since shows that there was nothing to measure
                self._stop(metric, act, move)
                started.state = ClockState.CANCELLED
        self._excuse(act)

    def leave(self, undoing: Transition, later: Iterable[Transition]) -> Iterator[Measurement]:
        """End those clocks that an act leaves behind, and return them. A breach of one may be excused later."""
        names = {(metric, started_by) for metric, started_by in undoing.facts["left"]}
        left = [each for each in self.measurements if (each.metric, each.started_by) in names]
        for measurement in left:
            if measurement.stopped_at is None:
                _end(measurement, undoing, cancelled=True)
            if undoing.verb == Verb.UNDO:
                measurement.state = ClockState.CANCELLED  # nobody owed it, whatever was due by then
        for act in later:
            self._excuse(act)
        yield from left

    def _pause(self, act: Transition, move: Move) -> None:
        if act.verb == Verb.RESUME or move.moves_state():
            self.pauses = [(left, recorded_at) for pause, recorded_at in self.pauses for left in ended([pause], act.at)]
            for measurement in self.running.values():
                measurement.course.resume(act.at, recorded_at=act.recorded_at)
        if act.verb == Verb.PAUSE:
            pause = act.at, until_of(act)
            for measurement in self.running.values():
                measurement.course.pause(pause, recorded_at=act.recorded_at)
            self.pauses.append((pause, act.recorded_at))

    def _amend(self, act: Transition, move: Move) -> None:
        calendars, reevaluated = act.facts.get("calendars", {}), act.facts.get("reevaluated", {})
        for metric, measurement in self.running.items():
            course, recorded_at = measurement.course, act.recorded_at
            if metric in reevaluated:
                policy = self.versions.policy(reevaluated[metric])
                calendar = self._calendar(metric, policy, calendars)
                course.reevaluate(policy, calendar, act.at, recorded_at=recorded_at, because=act.pk)
            elif move.changes_owner():
                calendar = self.versions.calendar(calendars[metric]) if metric in calendars else course.calendar
                course.hand_over(calendar, act.at, recorded_at=recorded_at, because=act.pk)
            if act.verb == Verb.ACKNOWLEDGE and _is_about(act, measurement):
                course.silence(recorded_at=recorded_at)
            if move.hands_over() and not course.is_due(act.at):
                measurement.owner, measurement.team = move.owner, self.team

    def _carry(self, act: Transition, move: Move) -> None:
        """Go on with clocks of a lead that was merged into this one. They began before they came here."""
        for metric, terms in act.facts.get("carried", {}).items():
            self._stop(metric, act, move)
            calendar, since = self.versions.calendar(terms["calendar"]), datetime.fromisoformat(terms["since"])
            started = self._start(metric, terms["policy"], act, move, since, calendar)
            started.carried_at = act.at

    def _start(
        self,
        metric: str,
        policy_id: int,
        act: Transition,
        move: Move,
        since: datetime | None = None,
        calendar: Calendar | None = None,
    ) -> Measurement:
        policy = self.versions.policy(policy_id)
        calendar = calendar or self._calendar(metric, policy, act.facts.get("calendars", {}))
        lasting = [(pause, recorded_at) for pause, recorded_at in self.pauses if under_way([pause], act.at)]
        course = Course.begin(
            policy,
            calendar,
            since or act.at,
            [pause for pause, recorded_at in lasting if recorded_at <= act.recorded_at],
        )
        for pause, recorded_at in sorted(lasting, key=itemgetter(1)):
            if recorded_at > act.recorded_at:  # the clock ran already, or had been breached
                course.pause(pause, recorded_at=recorded_at)
        self._stop(metric, act, move)  # without an undone merge it would have ended before, and two cannot run
        self.running[metric] = Measurement(metric, move.cycle, act.pk, course, move.owner, self.team)
        self.measurements.append(self.running[metric])
        return self.running[metric]

    def _stop(self, metric: str, act: Transition, move: Move) -> None:
        if (measurement := self.running.pop(metric, None)) is None:
            return
        _end(measurement, act, cancelled=not RULES[metric].stops(move))

    def _excuse(self, act: Transition) -> None:
        if act.verb != Verb.EXCUSE:
            return
        for measurement in self.measurements:
            if _is_about(act, measurement) and measurement.is_breached(act.at):
                measurement.excused_by, measurement.excused_at = act.pk, act.at

    def _calendar(self, metric: str, policy: Policy, calendars: Mapping[str, Any]) -> Calendar:
        return self.versions.calendar(calendars[metric]) if metric in calendars else policy.calendar


def _end(measurement: Measurement, act: Transition, *, cancelled: bool) -> None:
    measurement.course.stop(act.at)
    measurement.stopped_at, measurement.stopped_by = act.at, act.pk
    measurement.state = outcome(measurement.course.due_at, act.at, cancelled=cancelled)


def _is_about(act: Transition, measurement: Measurement) -> bool:
    """An act on one clock names it by its metric and by the act that started it."""
    return (act.facts["metric"], act.facts["clock_started_by"]) == (measurement.metric, measurement.started_by)
