"""What another policy would have made of the recorded history. Nothing is written."""

import copy
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.utils import timezone

from handoff.models import Audience
from handoff.reports.ranks import at_share
from leads.models import Lead, Transition, User
from sla.history import Measurement, Versions, measurements, moves
from sla.metrics import RULES, Metric
from sla.models import Calendar, Clock, ClockState, Policy, Step, StepKind

CHUNK = 500
HOUR = timedelta(hours=1)
TOLD: Mapping[str, Sequence[str]] = {
    StepKind.WARNING: (Audience.OWNER,),
    StepKind.BREACH: (Audience.OWNER, Audience.MANAGER),
    StepKind.ESCALATION: (Audience.MANAGER,),
}
"""Whom the steps of a proposed ladder tell."""


class NothingToCountBy(Exception):
    """No policy of the metric is in force, and no calendar is proposed."""


class TooMuch(Exception):
    """More leads than somebody is ready to wait for."""


class Replayed(StrEnum):
    """What is replayed: the clocks that were recorded, or each start that the history of the leads holds."""

    CLOCKS = "clocks"
    STARTS = "starts"


@dataclass(frozen=True)
class Proposal:
    """What is to be tried. Empty terms are those by which each clock ran."""

    metric: Metric
    target_seconds: int | None = None
    calendar: Calendar | None = None
    ladder: Sequence[Step] | None = None
    """Steps that are not stored, numbered from 1."""

    def of(self, policy: Policy) -> Policy:
        """A policy with what is proposed, to be counted by and never saved."""
        tried = copy.copy(policy)
        tried.target_seconds = self.target_seconds or policy.target_seconds
        tried.calendar = self.calendar or policy.calendar
        tried.ladder = policy.ladder if self.ladder is None else self.ladder
        return tried


@dataclass
class Outcomes:
    """How clocks ended, or stand now: each is in one of these. What is overdue is among the breached, or excused."""

    met: int = 0
    breached: int = 0
    excused: int = 0
    cancelled: int = 0
    running: int = 0

    @property
    def attainment(self) -> float | None:
        judged = self.met + self.breached
        return self.met / judged if judged else None

    def count(self, name: str) -> None:
        setattr(self, name, getattr(self, name) + 1)


@dataclass
class Told:
    """To whom how many alarms of each kind would have gone."""

    audience: str
    who: str
    warnings: int = 0
    breaches: int = 0
    escalations: int = 0


@dataclass(frozen=True)
class Load:
    """What would have come to one rep within an hour of his wall clock: of the hours in which anything did."""

    who: str
    deadlines: int
    deadlines_p90: float
    deadlines_most: int
    alarms: int
    alarms_p90: float
    alarms_most: int
    busiest: str
    """The local hour with the most of both."""

    @property
    def of_deadlines(self) -> tuple[int, float, int]:
        return self.deadlines, self.deadlines_p90, self.deadlines_most

    @property
    def of_alarms(self) -> tuple[int, float, int]:
        return self.alarms, self.alarms_p90, self.alarms_most


@dataclass
class Simulation:
    """What would have been, beside what was recorded of the same clocks."""

    proposal: Proposal
    replayed: Replayed
    proposed: Outcomes = field(default_factory=Outcomes)
    recorded: Outcomes | None = None
    newly_met: int = 0
    newly_missed: int = 0
    uncounted: int = 0
    """Clocks whose deadline cannot be computed, or whose pause has no end yet."""
    told: list[Told] = field(default_factory=list)
    load: list[Load] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(asdict(self.proposed).values())


def as_dict(found: Simulation) -> dict[str, Any]:
    """A simulation as every machine reads it."""
    proposal = found.proposal
    return {
        "metric": proposal.metric.value,
        "target_seconds": proposal.target_seconds,
        "calendar": proposal.calendar and proposal.calendar.key,
        "ladder": proposal.ladder and [[step.percent, step.after_seconds] for step in proposal.ladder],
        "replayed": found.replayed.value,
        "proposed": _with_share(found.proposed),
        "recorded": found.recorded and _with_share(found.recorded),
        "newly_met": found.newly_met,
        "newly_missed": found.newly_missed,
        "uncounted": found.uncounted,
        "told": [asdict(one) for one in found.told],
        "load": [asdict(one) for one in found.load],
    }


def _with_share(outcomes: Outcomes) -> dict[str, Any]:
    return {"attainment": outcomes.attainment, **asdict(outcomes)}


def ladder(warn: Iterable[int] = (), escalate: Iterable[int] = ()) -> list[Step]:
    """Steps to propose: warnings at a per cent of the target, the breach, escalations some seconds after it."""
    rungs = [
        *((percent, 0) for percent in sorted(set(warn))),
        (100, 0),
        *((100, after) for after in sorted(set(escalate))),
    ]
    return [Step(pk=pk, percent=percent, after_seconds=after) for pk, (percent, after) in enumerate(rungs, 1)]


def simulate(
    proposal: Proposal,
    start: datetime | None = None,
    end: datetime | None = None,
    *,
    every_start: bool = False,
    most: int | None = None,
    now: datetime | None = None,
) -> Simulation:
    """Replay what started in [start, end). Leads are read in chunks, so memory does not grow with them.

    The recorded clocks of the metric are replayed: their starts and stops, pauses, owners, acknowledgements and
    excuses. With `every_start`, and where no clock of the metric was recorded, each start that the history holds.
    With more than `most` leads it raises TooMuch at once.
    """
    is_recorded = Clock.objects.filter(metric=proposal.metric).exists()
    replayed = Replayed.CLOCKS if is_recorded and not every_start else Replayed.STARTS
    run = _Run(proposal, replayed, (start, end), now or timezone.now())
    found = _leads(proposal.metric, replayed, start, end)
    if most is not None and found[: most + 1].count() > most:
        raise TooMuch(f"These are more than {most:,} leads: ask for fewer days, or use manage.py simulate_policy.")
    for leads in _chunks(found):
        run.replay(leads)
    return run.result()


def _leads(metric: Metric, replayed: Replayed, start: datetime | None, end: datetime | None) -> Any:
    rows: Any = Clock.objects.filter(metric=metric) if replayed == Replayed.CLOCKS else Transition.objects.all()
    moment = "started_at" if replayed == Replayed.CLOCKS else "at"
    inside = Q(**{f"{moment}__gte": start}) if start else Q()
    inside &= Q(**{f"{moment}__lt": end}) if end else Q()
    leads = Lead.objects.filter(pk__in=rows.filter(inside).values("lead")).order_by("pk")
    return leads.select_related("team", "campaign").only("state", "team__name", "team__manager", "campaign__owner")


def _chunks(leads: Any) -> Iterator[list[Lead]]:
    last = 0
    while chunk := list(leads.filter(pk__gt=last)[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


class _Proposed(Versions):
    """The versions that acts name, each with what is proposed in its place."""

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self.proposal = proposal
        self.tried: dict[int, Policy] = {}

    def policy(self, policy_id: int) -> Policy:
        if policy_id not in self.tried:
            self.tried[policy_id] = self.proposal.of(super().policy(policy_id) if policy_id else self._in_force())
        return self.tried[policy_id]

    def calendar(self, calendar_id: int) -> Calendar:
        return self.proposal.calendar or super().calendar(calendar_id)

    def _in_force(self) -> Policy:
        """What a start without a clock is counted by: the first policy in force, else what is proposed alone."""
        metric, calendar = self.proposal.metric, self.proposal.calendar
        policy = Policy.objects.filter(metric=metric, retired_at=None).select_related("calendar").first()
        if policy is not None:
            return policy
        if calendar is None or not self.proposal.target_seconds:
            raise NothingToCountBy(f"No policy for {metric.value} is in force: propose a target and a calendar.")
        policy = Policy(metric=metric, target_seconds=self.proposal.target_seconds, calendar=calendar)
        policy.ladder = ladder()
        return policy


class _Run:
    """One simulation, lead by lead."""

    def __init__(
        self, proposal: Proposal, replayed: Replayed, period: tuple[datetime | None, datetime | None], now: datetime
    ) -> None:
        self.metric, self.now, self.period = proposal.metric, now, period
        self.versions = _Proposed(proposal)
        self.found = Simulation(proposal, replayed)
        if replayed == Replayed.CLOCKS:
            self.found.recorded = Outcomes()
        self.people = User.objects.select_related("team").in_bulk()
        self.told: Counter[tuple[str, str, str]] = Counter()
        self.deadlines: Counter[tuple[int, str]] = Counter()
        self.alarms: Counter[tuple[int, str]] = Counter()
        self.steps: dict[int, tuple[str, Sequence[tuple[str, str]]]] = {}

    def replay(self, leads: list[Lead]) -> None:
        recorded = Clock.objects.filter(lead__in=leads, metric=self.metric)
        clocks = {clock.started_by_id: clock for clock in recorded} if self.found.recorded else {}
        acts = Transition.objects.filter(lead__in=leads).order_by("lead_id", "at", "id").defer("request_id")
        by_id = {lead.pk: lead for lead in leads}
        for lead_id, of_lead in groupby(acts, key=lambda act: act.lead_id):
            self._replay_lead(by_id[lead_id], list(of_lead), clocks)

    def result(self) -> Simulation:
        counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for (audience, who, kind), count in self.told.items():
            counts[audience, who][kind] += count
        kinds = (StepKind.WARNING, StepKind.BREACH, StepKind.ESCALATION)
        rows = [Told(*place, *(count[kind] for kind in kinds)) for place, count in counts.items()]
        self.found.told = sorted(rows, key=lambda row: (-row.warnings - row.breaches - row.escalations, row.who))
        reps = {rep for rep, _ in self.deadlines.keys() | self.alarms.keys()}
        self.found.load = sorted((self._load(rep) for rep in reps), key=lambda load: (-load.deadlines, load.who))
        return self.found

    def _replay_lead(self, lead: Lead, acts: list[Transition], clocks: Mapping[int, Clock]) -> None:
        _keep_only(self.metric, acts, every_start=self.found.replayed == Replayed.STARTS)
        owners = [(move.at, move.owner) for _, move in moves(acts)]
        for measurement in measurements(acts, self.versions):
            clock = clocks.get(measurement.started_by)
            if self._is_in_period(measurement) and (clock or self.found.recorded is None):
                self._judge(measurement, clock)
                self._tell(measurement, lead, owners)

    def _is_in_period(self, measurement: Measurement) -> bool:
        (start, end), at = self.period, measurement.course.started_at
        return (start is None or at >= start) and (end is None or at < end)

    def _judge(self, measurement: Measurement, clock: Clock | None) -> None:
        course = measurement.course
        self.found.uncounted += course.due_at is None
        would = _outcome(measurement.state, course.due_at, measurement.excused_by, self.now)
        self.found.proposed.count(would)
        if clock is None or self.found.recorded is None:
            return
        was = _outcome(clock.state, clock.due_at, clock.excused_by_id, self.now)
        self.found.recorded.count(was)
        self.found.newly_met += was != would == "met"
        self.found.newly_missed += was != would == "breached"

    def _tell(self, measurement: Measurement, lead: Lead, owners: Sequence[tuple[datetime, int | None]]) -> None:
        due_at = measurement.course.due_at
        if due_at is not None:
            self._add(self.deadlines, measurement.owner, due_at)
        for step_id, at in measurement.ringing.items():
            if at <= self.now:
                self._ring(step_id, measurement, lead, _owner_at(owners, at), at)

    def _ring(self, step_id: int, measurement: Measurement, lead: Lead, owner: int | None, at: datetime) -> None:
        kind, audiences = self._step(step_id, measurement)
        told = {
            (audience, who) for audience, address in audiences if (who := self._who(audience, address, lead, owner))
        }
        if not told and kind != StepKind.WARNING:  # of a breach somebody hears in any case
            manager = self._who(Audience.MANAGER, "", lead, owner)
            told = {(Audience.MANAGER, manager)} if manager else {(Audience.REVOPS, "RevOps")}
        for audience, who in told:
            self.told[str(audience), who, kind] += 1
        if any(audience == Audience.OWNER for audience, _ in told):
            self._add(self.alarms, owner, at)

    def _step(self, step_id: int, measurement: Measurement) -> tuple[str, Sequence[tuple[str, str]]]:
        """Its kind, and whom it tells: those of a stored step, or those that a proposed one does."""
        if step_id not in self.steps:
            policies = [leg.policy for leg in measurement.course.legs]
            step = next(step for policy in policies for step in policy.ladder if step.pk == step_id)
            places = [(audience, "") for audience in TOLD[step.kind]]
            if step.policy_id:
                active = step.destinations.filter(active=True)
                places = [(to.audience, to.name if to.audience == Audience.FIXED else "") for to in active]
            self.steps[step_id] = step.kind, places
        return self.steps[step_id]

    def _who(self, audience: str, address: str, lead: Lead, owner: int | None) -> str:
        """Who that was, by the teams and campaigns of today; empty for nobody."""
        rep = self.people.get(owner or 0)
        team = rep.team if rep else None
        match audience:
            case Audience.OWNER:
                return str(rep or "")
            case Audience.MANAGER:
                manager = (lead.team and lead.team.manager_id) or (team and team.manager_id)
                return str(self.people.get(manager or 0) or "")
            case Audience.TEAM:
                return str(lead.team or team or "")
            case Audience.MARKETING:
                marketer = lead.campaign.owner_id if lead.campaign else None
                return str(self.people.get(marketer or 0) or "Marketing leads")
        return address or "RevOps"

    def _add(self, hours: Counter[tuple[int, str]], owner: int | None, at: datetime) -> None:
        rep = self.people.get(owner or 0)
        if rep is not None:
            hours[rep.pk, f"{at.astimezone(rep.zone):%Y-%m-%d %H:00}"] += 1

    def _load(self, rep: int) -> Load:
        deadlines = {hour: count for (who, hour), count in self.deadlines.items() if who == rep}
        alarms = {hour: count for (who, hour), count in self.alarms.items() if who == rep}
        both = Counter(deadlines) + Counter(alarms)
        return Load(
            str(self.people[rep]),
            sum(deadlines.values()),
            at_share(0.9, deadlines.values()),
            max(deadlines.values(), default=0),
            sum(alarms.values()),
            at_share(0.9, alarms.values()),
            max(alarms.values(), default=0),
            min(both, key=lambda hour: (-both[hour], hour)),
        )


def _keep_only(metric: str, acts: Iterable[Transition], *, every_start: bool) -> None:
    """Leave of what acts say of clocks, in memory alone, what is about this metric; or say that each start runs one."""
    is_running = False
    for act, move in moves(acts):
        kept = {name: about for name, about in act.facts.items() if name not in _ABOUT_CLOCKS}
        if not every_start:
            about = {name: act.facts.get(name, {}) for name in _ABOUT_CLOCKS}
            kept |= {name: {metric: chosen[metric]} for name, chosen in about.items() if metric in chosen}
        else:
            is_running = is_running and not move.ends(metric)
            if not is_running and RULES[metric].starts(move):
                is_running, kept["policies"] = True, {metric: 0}
        act.facts = kept


_ABOUT_CLOCKS = ("policies", "restarted", "reevaluated", "calendars")


def _owner_at(owners: Sequence[tuple[datetime, int | None]], at: datetime) -> int | None:
    place = bisect_right(owners, at, key=lambda owner: owner[0])
    return owners[place - 1][1] if place else None


def _outcome(state: str, due_at: datetime | None, excused_by: int | None, now: datetime) -> str:
    """As attainment counts: what runs past its due time is breached."""
    if state == ClockState.RUNNING and (due_at is None or due_at >= now):
        return "running"
    if state in (ClockState.MET, ClockState.CANCELLED):
        return str(state)
    return "breached" if excused_by is None else "excused"
