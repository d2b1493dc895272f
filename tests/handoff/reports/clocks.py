"""Clocks as they stand after their lives, without the lives."""

from datetime import UTC, datetime, timedelta
from typing import Any

from leads.models import Lead, State, Transition, User, Verb, Via
from sla.models import Clock, ClockState, Policy

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
HOUR = timedelta(hours=1)


def make_clock(lead: Lead, policy: Policy, started_at: datetime = NOON, due: timedelta = HOUR, **fields: Any) -> Clock:
    """A clock that runs and is due after `due`, unless the fields say more."""
    fields.setdefault("owner", lead.owner)
    fields.setdefault("team", lead.team)
    return Clock.objects.create(
        lead=lead,
        metric=policy.metric,
        policy=policy,
        calendar=policy.calendar,
        cycle=1,
        round=Clock.objects.filter(lead=lead, metric=policy.metric).count() + 1,
        target_seconds=policy.target_seconds,
        started_at=started_at,
        due_at=fields.pop("due_at", started_at + due),
        started_by=act_on(lead, Verb.PROMOTE, started_at),
        **fields,
    )


def stopped(
    lead: Lead,
    policy: Policy,
    took: timedelta,
    *,
    state: str = "",
    started_at: datetime = NOON,
    business: timedelta | None = None,
    **fields: Any,
) -> Clock:
    """A clock that took so long: breached beyond an hour, unless it was cancelled."""
    ended = ClockState.MET if took <= HOUR else ClockState.BREACHED
    return make_clock(
        lead,
        policy,
        started_at,
        state=state or ended,
        stopped_at=started_at + took,
        stopped_by=act_on(lead, Verb.ACCEPT, started_at + took),
        elapsed=business or took,
        **fields,
    )


def act_on(lead: Lead, verb: Verb, at: datetime, by: User | None = None, **facts: Any) -> Transition:
    return Transition.objects.create(
        lead=lead,
        verb=verb,
        from_state=State.MQL,
        to_state=State.MQL,
        cycle=1,
        owner=lead.owner,
        by=by,
        at=at,
        via=Via.SYSTEM,
        facts=facts,
    )
