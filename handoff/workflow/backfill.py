"""The past of many leads at once: what the verbs write for historical acts, one after the other, in a few statements.

A test holds it to what the verbs write, row by row.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, prefetch_related_objects
from django.utils import timezone

from handoff import alerts
from handoff.agreement.packet import snapshots
from handoff.doors import Door
from handoff.workflow.facts import as_json
from handoff.workflow.walk import PastAct, Walk
from leads.internals.copying import copy_in, next_ids
from leads.internals.rows import mark_moved, read
from leads.lookups import among
from leads.models import ANY_TIME, Definition, HandoffRules, Lead, Stage, State, Transition, Verb
from leads.sql import load
from sla import agreement
from sla.backfill import Terms, follow_histories, on_the_clock
from sla.clocks import called_off, judging_of
from sla.models import Alarm, Clock

__all__ = ["IN_PROCESS", "NEXT", "STEPS", "Clocks", "PastAct", "lock_many", "record", "settled_many"]


STEPS = (Verb.PROMOTE, Verb.ACCEPT, Verb.QUALIFY, Verb.CONVERT)
"""The way of a lead from raw to its first deal."""
NEXT: Mapping[str, Verb] = dict(zip((State.RAW, State.MQL, State.SAL, State.SQL), STEPS, strict=True))
IN_PROCESS = frozenset(NEXT)


class Clocks(StrEnum):
    """From when the clocks of what is brought in run."""

    NONE = "none"
    TRUE = "true"
    """From the true moments of the past: what ended then is met or breached, and what is due by now was breached."""
    IMPORT = "import"
    """From the moment of the import, for the stages in which the leads stand."""


def lock_many(lead_ids: Collection[int]) -> dict[int, Lead]:
    """Lock leads in the order of their ids, and read them as they are once the locks are granted."""
    leads = read(Lead.objects.filter(among(lead_ids)).order_by("pk").select_for_update(no_key=True))
    # What they point at is read afterwards: a row joined to them would be the one from before the wait.
    for name in ("campaign", "owner", "team"):
        prefetch_related_objects([lead for lead in leads if getattr(lead, f"{name}_id")], name)
    return {lead.pk: lead for lead in leads}


def settled_many(lead_ids: Collection[int]) -> dict[int, datetime]:
    """The moments of the last acts before which nothing but a touch may be dated, of the leads that have any."""
    acts = Transition.objects.filter(lead__in=lead_ids).exclude(verb__in=ANY_TIME).order_by()
    return dict(acts.values_list("lead_id").annotate(Max("at")))


@transaction.atomic
def record(past: Sequence[tuple[Lead, Sequence[PastAct]]], *, door: Door, clocks: Clocks = Clocks.NONE) -> None:
    """Do the acts of each lead, in their order, and write them all. The leads are locked by the caller.

    Whoever calls it has judged the acts: each must be able to follow on the one before.
    """
    now = timezone.now()
    if not past:
        return
    definition, rules = Definition.active(Stage.MQL), HandoffRules.active()
    offered = [lead for lead, acts in past if any(act.verb == Verb.PROMOTE for act in acts)]
    packets = snapshots(offered) if offered else {}
    ids = iter(next_ids(Transition, sum(len(acts) for _, acts in past)))
    walks = [Walk(lead, door, now, definition, rules, packets.get(lead.pk, {}), ids) for lead, _ in past]
    for walk, (_, acts) in zip(walks, past, strict=True):
        for act in acts:
            walk.go(act)
    _write(walks, clocks)
    _follow([walk.lead for walk in walks], clocks, now, door)


def _write(walks: Sequence[Walk], clocks: Clocks) -> None:
    moves = [move for walk in walks for move in walk.moves]
    deals = [pair for walk in walks for pair in walk.deals]
    copy_in([deal for _, deal in deals])
    for move, deal in deals:
        move.facts = as_json(deal.as_facts()) | move.facts
    if clocks == Clocks.TRUE:
        _choose_policies(walks)
    copy_in(moves)
    copy_in([handoff for walk in walks for handoff in walk.handoffs])
    copy_in([rejection for walk in walks for rejection in walk.rejections])
    copy_in([touch for walk in walks for touch in walk.touches])
    _decide(walks)
    _save([walk.lead for walk in walks])


def _choose_policies(walks: Sequence[Walk]) -> None:
    """Let the acts say by which policies of today they start their clocks."""
    terms = Terms(list(agreement.in_force().values()))
    if not terms.in_force:
        return
    stored = _acts_of([walk.lead for walk in walks])
    for walk in walks:
        new = {move.pk: move for move in walk.moves}
        acts = [*stored.get(walk.lead.pk, ()), *walk.moves]
        chosen = terms.choose(walk.lead, acts, new.keys(), {move.pk for move in walk.guessed})
        for pk, choice in chosen.items():
            new[pk].facts |= choice


def _acts_of(leads: Collection[Lead]) -> dict[int, list[Transition]]:
    acts: dict[int, list[Transition]] = {}
    for act in Transition.objects.filter(lead__in=leads):
        acts.setdefault(act.lead_id, []).append(act)
    return acts


def _decide(walks: Iterable[Walk]) -> None:
    """Say on the handoffs that were stored before how sales decided."""
    decided = [each for walk in walks for each in walk.decided]
    if not decided:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            load("handoff.workflow", "decide_many.sql"),
            {
                "leads": [each.lead_id for each in decided],
                "cycles": [each.cycle for each in decided],
                "decisions": [each.decision.value for each in decided],
                "by": [each.by.pk if each.by else None for each in decided],
                "at": [each.at for each in decided],
            },
        )


def _save(leads: Sequence[Lead]) -> None:
    """Write what acts change of leads; that nobody else has moved them is sure under their locks."""
    now = timezone.now()
    values: Mapping[str, list[Any]] = {
        "ids": [lead.pk for lead in leads],
        "states": [lead.state for lead in leads],
        "entered": [lead.entered_at for lead in leads],
        "cycles": [lead.cycle for lead in leads],
        "owners": [lead.owner_id for lead in leads],
        "teams": [lead.team_id for lead in leads],
        "reasons": [lead.reason_id for lead in leads],
        "reenter": [lead.reenter_on for lead in leads],
        "touched": [lead.last_touch_at for lead in leads],
    }
    with connection.cursor() as cursor:
        cursor.execute(load("handoff.workflow", "save_many.sql"), {**values, "now": now})
    for lead in leads:
        mark_moved(lead)


def _follow(leads: Sequence[Lead], clocks: Clocks, now: datetime, door: Door) -> None:
    """Make the clocks what the history says, for the leads that have any or get some."""
    if clocks == Clocks.IMPORT:
        _carry(leads, now, door)
    clocked = leads
    if clocks == Clocks.NONE:
        with_clocks = set(Clock.objects.filter(lead__in=leads).values_list("lead_id", flat=True))
        clocked = [lead for lead in leads if lead.pk in with_clocks]
    if clocked and (clock_ids := called_off(follow_histories(clocked, now))):
        alerts.withdraw(Alarm.objects.filter(clock__in=clock_ids))


def _carry(leads: Sequence[Lead], now: datetime, door: Door) -> None:
    """Let the clocks of the stages in which leads stand begin now, by an act of its own in their histories."""
    in_force = list(agreement.in_force().values())
    terms = Terms(in_force)
    running = set(Clock.objects.filter(lead__in=leads, stopped_at=None).values_list("lead_id", "metric"))
    acts, starts = _acts_of(leads), []
    for lead in leads:
        metrics = {metric for metric in on_the_clock(acts.get(lead.pk, ())) if (lead.pk, metric) not in running}
        choice = terms.of(lead, metrics, judging_of(lead, metrics, in_force))
        if choice["policies"]:
            starts.append(_begin(lead, choice, {policy.pk: policy.calendar_id for policy in in_force}, now, door))
    copy_in(starts)


def _begin(
    lead: Lead, choice: Mapping[str, Mapping[str, int]], calendars: Mapping[int, int], now: datetime, door: Door
) -> Transition:
    own = choice.get("calendars", {})
    carried = {
        metric: {"policy": policy, "calendar": own.get(metric, calendars[policy]), "since": now.isoformat()}
        for metric, policy in choice["policies"].items()
    }
    return Transition(
        lead=lead,
        verb=Verb.REEVALUATE,
        from_state=lead.state,
        to_state=lead.state,
        cycle=lead.cycle,
        owner_id=lead.owner_id,
        team_id=lead.team_id,
        at=now,
        recorded_at=now,
        via=door.via,
        request_id=door.request_id,
        facts={"reason": "Its clocks begin with the import.", "carried": carried},
    )
