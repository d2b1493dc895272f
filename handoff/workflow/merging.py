"""Merge a duplicate into the lead that stays. What is owed to the buyer goes on there, or the merge is refused."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Unpack

from handoff.models import AnswerKind
from handoff.refusals import FactsRefused
from handoff.workflow import belongings, merge_rules, merged_permission
from handoff.workflow.act import Act, lock
from handoff.workflow.cards import Card, Request
from handoff.workflow.facts.merging import MergeFacts, MergeGiven
from handoff.workflow.rights import CLOCKED, merges
from handoff.workflow.verb import verb
from leads.models import Lead, State, Touch, Transition, Verb
from sla import clocks
from sla.models import Clock

__all__ = ["merge"]


def lock_both(request: Request) -> None:
    """Lock both leads, in the order of their numbers: two merges into each other must not both go through."""
    into = request.facts.get("into")
    other = str(into.pk if isinstance(into, Lead) else into)
    is_number = other.isascii() and other.isdigit() and len(other) < 19
    hold_all([request.lead_id, *([int(other)] if is_number else [])])


def hold_all(lead_ids: Sequence[int]) -> None:
    """Lock leads in the order of their numbers, each with its alarms, before the time is read."""
    leads = Lead.objects.filter(pk__in=lead_ids).order_by("pk").select_for_update(no_key=True)
    for pk in leads.values_list("pk", flat=True):
        clocks.hold(pk)  # or an alarm may fire after what it was forestalled by


@verb(
    Card(
        Verb.MERGE,
        facts=MergeFacts,
        may=merges,
        who="marketing or RevOps may",
        states=(State.RAW, *CLOCKED),
        before=lock_both,
    )
)
def merge(act: Act, **_: Unpack[MergeGiven]) -> Transition:
    """Fold a duplicate into the lead that stays: what the buyer did, who they are and what is owed to them go along."""
    gone, stays = act.lead, lock(act.facts["into"].pk)
    if complaint := merge_rules.complaint(gone, stays):
        raise FactsRefused(complaint, {"into": [complaint]})
    running = clocks.hold(gone.pk)
    _answer(act)
    touches = list(gone.touches.filter(automatic=False).select_related("by"))
    take = act.facts["take"] = act.facts["take"] or None
    moved = belongings.move(gone, stays, take or [])
    act.facts["moved"] = moved | merged_permission.keep_stricter(act, gone, stays)
    gone.merged_into = stays
    transition = act.record("merged_into")
    if not act.door.historical:
        _count_touches(act, stays, touches)
        _carry_clocks(act, stays, running)
    return transition


def _answer(act: Act) -> None:
    """A lead that was rejected as a duplicate is answered by merging it."""
    rejection = merge_rules.answers(act.lead)
    if rejection is None:
        return
    into = act.facts["into"].pk
    words = {"kind": AnswerKind.ACKNOWLEDGE, "note": f"Merged into lead {into}.", "merged_into": into}
    besides(act, Verb.ANSWER, act.lead, words).record()
    act.hold_again()
    rejection.answer, rejection.answer_note = words["kind"], words["note"]
    rejection.answered_by, rejection.answered_at = act.by, act.at
    rejection.save(update_fields=["answer", "answer_note", "answered_by", "answered_at"])


def _count_touches(act: Act, stays: Lead, touches: Sequence[Touch]) -> None:
    """Write the genuine touches into the history of the lead that stays: its clocks go by it, the earliest counts."""
    offered = stays.handoffs.order_by("offered_at").values_list("offered_at", flat=True).first()
    for touch in touches:
        if offered and touch.at >= offered:
            words = {"channel": touch.channel, "outcome": touch.outcome, "merged_from": act.lead.pk}
            moved = besides(act, Verb.TOUCH, stays, words)
            moved.by, moved.at = touch.by, touch.at
            moved.record(genuine_touch=True, announce=False)


def _carry_clocks(act: Act, stays: Lead, running: Sequence[Clock]) -> None:
    """Let what was owed on the lead that vanishes go on, on the other; and choose its policies by what came along."""
    going_on = clocks.hold(stays.pk)
    carried = merge_rules.carried(stays, running, going_on)
    because = f"Lead {act.lead.pk} was merged into it."
    words = {
        "reason": because,
        "carried": {clock.metric: _terms(clock, act.recorded_at) for clock in carried},
        "merged_from": act.lead.pk,
    }
    changing = besides(act, Verb.REEVALUATE, stays, words)
    plan = changing.plan(applied=None)
    for clock in carried:
        plan.reevaluates.pop(clock.metric, None)
    if carried or plan.reevaluates:
        changing.record(plan=plan)


def _terms(clock: Clock, at: datetime) -> dict[str, Any]:
    """By what a clock goes on, and since when it counts: so that it is due when it was. One without a due time, or
    past it, starts afresh: the breach stays with whoever owed it."""
    since = at
    if clock.due_at is not None and clock.due_at > at:
        since = min(at, clock.calendar.hours.add(clock.due_at, -clock.target_seconds))
    return {"policy": clock.policy_id, "calendar": clock.calendar_id, "since": since.isoformat()}


def besides(act: Act, verb: Verb, lead: Lead, words: dict[str, Any]) -> Act:
    """Another act that the merge brings about, in its transaction and at its moment."""
    return Act(verb, lead, act.by, act.recorded_at, act.door, words, clocks.hold(lead.pk))
