"""The clocks of a lead: the only writer of them.

A clock follows the moves of its lead by the table in `sla.metrics`. Everything it does is decided at the moment of its
cause and in that transaction: when it starts, the instants of all its alarms are computed and stored.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Max

from leads.models import Lead, Transition
from sla.history import measurements
from sla.metrics import RULES, Move
from sla.models import Clock, PendingAlarm, Policy
from sla.schedule import outcome, schedule


def hold(lead_id: int) -> list[Clock]:
    """Lock the alarms that wait on a lead, and return its running clocks.

    Call it with the lead locked, and read the time only afterwards: a sweep that was faster has then committed, and a
    later one passes these alarms by. So an act is never dated before an alarm that it should have stopped.
    """
    waiting = PendingAlarm.objects.filter(clock__lead=lead_id).order_by("pk")
    list(waiting.select_for_update(of=("self",)).values_list("pk"))
    return list(Clock.objects.filter(lead=lead_id, stopped_at=None))


def choose(lead: Lead, move: Move, held: Iterable[Clock] = ()) -> dict[str, Policy]:
    """The policies by which a move starts clocks, by metric. A metric that no policy judges runs no clock."""
    going_on = {clock.metric for clock in held if not _ends(clock, move)}
    starting = [metric for metric, rule in RULES.items() if rule.starts(move) and metric not in going_on]
    if not starting:
        return {}
    chosen: dict[str, Policy] = {}
    in_force = Policy.objects.filter(metric__in=starting, retired_at=None).select_related("calendar")
    for policy in in_force.prefetch_related("steps"):
        if policy.metric not in chosen and policy.judges(lead):
            chosen[policy.metric] = policy
    return chosen


def advance(
    lead: Lead, move: Move, transition: Transition, held: Sequence[Clock], chosen: Mapping[str, Policy]
) -> None:
    """Stop and start the clocks of a lead as its move demands."""
    _stop([clock for clock in held if _ends(clock, move)], move, transition)
    _hand_over([clock for clock in held if not _ends(clock, move)], move)
    _start(lead, move, transition, chosen)
    if move.at < transition.recorded_at and lead.transitions.filter(at__gt=move.at).exists():
        _follow_history(lead)


def _ends(clock: Clock, move: Move) -> bool:
    rule = RULES[clock.metric]
    return clock.started_at <= move.at and (rule.stops(move) or rule.cancels(move))


def _stop(clocks: Sequence[Clock], move: Move, transition: Transition) -> None:
    if not clocks:
        return
    for clock in clocks:
        rule = RULES[clock.metric]
        clock.stopped_at, clock.stopped_by = move.at, transition
        clock.state = outcome(clock.due_at, move.at, cancelled=not rule.stops(move))
    Clock.objects.bulk_update(clocks, ["stopped_at", "stopped_by", "state"])
    _disarm(clocks, move.at)


def _follow_history(lead: Lead) -> None:
    """After an act that was written down late, end each clock when the history says that it ended, and whose it was.

    What has fired stays fired.
    """
    acts = list(Transition.objects.filter(lead=lead))
    policies = Policy.objects.filter(clocks__lead=lead).select_related("calendar").prefetch_related("steps").distinct()
    derived = {(m.metric, m.started_at): m for m in measurements(acts, {policy.pk: policy for policy in policies})}
    for clock in Clock.objects.filter(lead=lead):
        told = derived.get((clock.metric, clock.started_at))
        if told and (told.stopped_at, told.owner) != (clock.stopped_at, clock.owner_id):
            clock.stopped_at, clock.stopped_by_id, clock.state = told.stopped_at, told.stopped_by, told.state
            clock.owner_id = told.owner
            clock.save(update_fields=["stopped_at", "stopped_by", "state", "owner"])
            _disarm([clock], told.stopped_at)


def _disarm(clocks: Sequence[Clock], stopped_at: datetime | None) -> None:
    """Take away the alarms that a stop has forestalled. Those that were due before it stay, and fire."""
    if stopped_at is not None:
        PendingAlarm.objects.filter(clock__in=clocks, due_at__gte=stopped_at).delete()


def _hand_over(clocks: Sequence[Clock], move: Move) -> None:
    if clocks and move.owner != move.owner_before:
        Clock.objects.filter(pk__in=[clock.pk for clock in clocks]).update(owner=move.owner)


def _start(lead: Lead, move: Move, transition: Transition, chosen: Mapping[str, Policy]) -> None:
    if not chosen:
        return
    rounds = _rounds(lead, move.cycle)
    schedules = [schedule(policy, move.at) for policy in chosen.values()]
    clocks = Clock.objects.bulk_create(
        Clock(
            lead=lead,
            metric=policy.metric,
            cycle=move.cycle,
            round=rounds.get(policy.metric, 0) + 1,
            policy=policy,
            calendar=policy.calendar,
            owner_id=move.owner,
            target_seconds=policy.target_seconds,
            started_at=move.at,
            due_at=plan.due_at,
            error=plan.error,
            started_by=transition,
        )
        for policy, plan in zip(chosen.values(), schedules, strict=True)
    )
    PendingAlarm.objects.bulk_create(
        PendingAlarm(clock=clock, step_id=step_id, due_at=due_at)
        for clock, plan in zip(clocks, schedules, strict=True)
        for step_id, due_at in plan.alarms
    )


def _rounds(lead: Lead, cycle: int) -> dict[str, int]:
    return dict(Clock.objects.filter(lead=lead, cycle=cycle).values_list("metric").annotate(Max("round")).order_by())
