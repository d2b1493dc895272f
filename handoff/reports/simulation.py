"""What another policy would have made of the recorded history. Nothing is written, and nothing is locked."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.utils import timezone

from handoff.models import Audience
from handoff.reports.proposal import Proposal, ProposedVersions, keep_only, start_at_each
from handoff.reports.ranks import at_share
from handoff.reports.recipients import Firing, Recipients
from handoff.reports.simulated import Load, Notified, Outcomes, Replayed, Simulation
from leads.models import Lead, Transition, User
from sla.history import Measurement, measurements, moves
from sla.metrics import Metric
from sla.models import Clock, ClockState, Step, StepKind

CHUNK = 500


class TooMuch(Exception):
    """More leads than a person would wait for."""


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
    affected = _leads(proposal.metric, replayed, start, end)
    if most is not None and affected[: most + 1].count() > most:
        raise TooMuch(f"These are more than {most:,} leads: ask for fewer days, or use manage.py simulate_policy.")
    for leads in _chunks(affected):
        run.replay(leads)
    return run.result()


def _leads(metric: Metric, replayed: Replayed, start: datetime | None, end: datetime | None) -> Any:
    rows: Any = Clock.objects.filter(metric=metric) if replayed == Replayed.CLOCKS else Transition.objects.all()
    moment = "started_at" if replayed == Replayed.CLOCKS else "at"
    inside = Q(**{f"{moment}__gte": start}) if start else Q()
    inside &= Q(**{f"{moment}__lt": end}) if end else Q()
    leads = Lead.objects.filter(pk__in=rows.filter(inside).values("lead")).order_by("pk")
    return leads.select_related("team").only("state", "campaign_id", "team__name")


def _chunks(leads: Any) -> Iterator[list[Lead]]:
    last = 0
    while chunk := list(leads.filter(pk__gt=last)[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


class _Run:
    """One simulation, lead by lead."""

    def __init__(
        self, proposal: Proposal, replayed: Replayed, period: tuple[datetime | None, datetime | None], now: datetime
    ) -> None:
        self.metric, self.now, self.period = proposal.metric, now, period
        self.versions = ProposedVersions(proposal)
        self.simulation = Simulation(proposal, replayed)
        if replayed == Replayed.CLOCKS:
            self.simulation.recorded = Outcomes()
        self.people = User.objects.select_related("team").in_bulk()
        self.notified: Counter[tuple[str, str, str]] = Counter()
        self.deadlines: Counter[tuple[int, str]] = Counter()
        self.alarms: Counter[tuple[int, str]] = Counter()
        self.recipients = Recipients(self.people)
        self.firings: list[Firing] = []

    def replay(self, leads: list[Lead]) -> None:
        recorded = Clock.objects.filter(lead__in=leads, metric=self.metric)
        clocks = {clock.started_by_id: clock for clock in recorded} if self.simulation.recorded else {}
        acts = Transition.objects.filter(lead__in=leads).order_by("lead_id", "at", "id").defer("request_id")
        by_id = {lead.pk: lead for lead in leads}
        for lead_id, of_lead in groupby(acts, key=lambda act: act.lead_id):
            self._replay_lead(by_id[lead_id], list(of_lead), clocks)
        self._notify()

    def result(self) -> Simulation:
        counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for (audience, who, kind), count in self.notified.items():
            counts[audience, who][kind] += count
        kinds = (StepKind.WARNING, StepKind.BREACH, StepKind.ESCALATION)
        rows = [Notified(*place, *(count[kind] for kind in kinds)) for place, count in counts.items()]
        self.simulation.notified = sorted(rows, key=lambda row: (-row.total, row.who))
        reps = {rep for rep, _ in self.deadlines.keys() | self.alarms.keys()}
        self.simulation.load = sorted((self._load(rep) for rep in reps), key=lambda load: (-load.deadlines, load.who))
        return self.simulation

    def _replay_lead(self, lead: Lead, acts: list[Transition], clocks: Mapping[int, Clock]) -> None:
        prepare = start_at_each if self.simulation.replayed == Replayed.STARTS else keep_only
        prepare(self.metric, acts)
        owners = [(move.at, move.owner) for _, move in moves(acts)]
        for measurement in measurements(acts, self.versions):
            clock = clocks.get(measurement.started_by)
            if self._is_in_period(measurement) and (clock or self.simulation.recorded is None):
                self._judge(measurement, clock)
                self._look_at_alarms(measurement, lead, owners)

    def _is_in_period(self, measurement: Measurement) -> bool:
        (start, end), at = self.period, measurement.course.started_at
        return (start is None or at >= start) and (end is None or at < end)

    def _judge(self, measurement: Measurement, clock: Clock | None) -> None:
        course = measurement.course
        self.simulation.uncounted += course.due_at is None
        would = _outcome(measurement.state, course.due_at, measurement.excused_by, self.now)
        self.simulation.proposed.count(would)
        if clock is None or self.simulation.recorded is None:
            return
        was = _outcome(clock.state, clock.due_at, clock.excused_by_id, self.now)
        self.simulation.recorded.count(was)
        if would != was:
            self.simulation.newly_met += would == ClockState.MET
            self.simulation.newly_missed += would == ClockState.BREACHED

    def _look_at_alarms(
        self, measurement: Measurement, lead: Lead, owners: Sequence[tuple[datetime, int | None]]
    ) -> None:
        due_at = measurement.course.due_at
        if due_at is not None:
            self._add(self.deadlines, measurement.owner, due_at)
        for step_id, at in measurement.ringing.items():
            if at <= self.now:
                step, owner = _step(step_id, measurement), _owner_at(owners, at)
                self.firings.append(Firing(step, at, owner, lead.team_id, lead.campaign_id, str(lead.team or "Team")))

    def _notify(self) -> None:
        """Count whom the alarms of a chunk would have reached: so they are asked for together."""
        for firing, notified in self.recipients.of(self.firings):
            for audience, who in notified:
                self.notified[audience, who, firing.step.kind] += 1
            if any(audience == Audience.OWNER for audience, _ in notified):
                self._add(self.alarms, firing.owner_id, firing.at)
        self.firings.clear()

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


def _step(step_id: int, measurement: Measurement) -> Step:
    return next(step for leg in measurement.course.legs for step in leg.policy.ladder if step.pk == step_id)


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
