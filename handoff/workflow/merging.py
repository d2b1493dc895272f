"""Merge a duplicate into the lead that stays. What is owed to the buyer goes on there, or the merge is refused."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Unpack

from handoff.models import AnswerKind
from handoff.refusals import FactsRefused
from handoff.workflow import merge_rules
from handoff.workflow.act import Act, lock
from handoff.workflow.cards import Card, Request
from handoff.workflow.facts.ownership import MergeFacts, MergeGiven
from handoff.workflow.rights import CLOCKED, merges
from handoff.workflow.verb import verb
from leads.facts import FactType, facts
from leads.models import Lead, State, Touch, Touchpoint, Transition, Verb
from leads.provenance import CAPTURE, carry
from sla import clocks
from sla.models import Clock

__all__ = ["merge"]


def _lock_both(request: Request) -> None:
    """Lock both leads, in the order of their numbers: two merges into each other must not both go through."""
    into = request.facts.get("into")
    other = str(into.pk if isinstance(into, Lead) else into)
    is_number = other.isascii() and other.isdigit() and len(other) < 19
    ids = [request.lead_id, *([int(other)] if is_number else [])]
    for pk in (
        Lead.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)
    ):
        clocks.hold(pk)  # before the time is read, or an alarm may fire after what it was forestalled by


@verb(
    Card(
        Verb.MERGE,
        facts=MergeFacts,
        may=merges,
        who="marketing or RevOps may",
        states=(State.RAW, *CLOCKED),
        before=_lock_both,
    )
)
def merge(act: Act, **_: Unpack[MergeGiven]) -> Transition:
    """Fold a duplicate into the lead that stays: what the buyer did, who they are and what is owed to them go along."""
    gone, stays = act.lead, lock(act.facts["into"].pk)
    if complaint := merge_rules.complaint(gone, stays):
        raise FactsRefused(complaint, {"into": [complaint]})
    running = clocks.hold(gone.pk)
    _answer(act)
    touches = _move_belongings(gone, stays)
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
    words = {"kind": AnswerKind.ACKNOWLEDGE, "note": f"Merged into lead {act.facts['into'].pk}."}
    _besides(act, Verb.ANSWER, act.lead, words).record()
    act.hold_again()
    rejection.answer, rejection.answer_note = words["kind"], words["note"]
    rejection.answered_by, rejection.answered_at = act.by, act.at
    rejection.save(update_fields=["answer", "answer_note", "answered_by", "answered_at"])


def _move_belongings(gone: Lead, stays: Lead) -> list[Touch]:
    """Move what passed between us and the buyer, and what is known of them; return the genuine touches."""
    touches = list(gone.touches.filter(automatic=False).select_related("by"))
    for belongings in (gone.touchpoints, gone.touches, gone.external_ids, gone.deals):
        belongings.update(lead=stays)
    _keep_capture(gone, stays)
    changed = _fill_in(gone, stays)
    carry(gone, stays, ["campaign" if name == "campaign_id" else name for name in changed])
    moments = [moment for moment in (gone.last_touch_at, stays.last_touch_at) if moment]
    stays.last_touch_at = max(moments, default=None)
    stays.reenter_on = _return_date(gone, stays)
    stays.save(update_fields=[*changed, "provenance", "last_touch_at", "reenter_on", "updated_at"])
    return touches


def _keep_capture(gone: Lead, stays: Lead) -> None:
    """How the buyer came in as the lead that vanishes is something they did; the other keeps the attribution."""
    if gone.source or gone.campaign_id:
        Touchpoint.objects.create(
            lead=stays,
            kind=Touchpoint.ENQUIRY,
            source=gone.source,
            campaign_id=gone.campaign_id,
            at=gone.created_at,
            system=gone.provenance.get(CAPTURE, {}).get("system", ""),
        )


def _fill_in(gone: Lead, stays: Lead) -> list[str]:
    """What is known of the one and not of the other. The email stays: by it the lead that vanished is found."""
    names = [fact.name for fact in facts() if fact.type not in (FactType.EMAIL, FactType.CAMPAIGN)]
    if stays.source or stays.campaign_id:
        names.remove("source")
    else:
        names.append("campaign_id")
    filled = [name for name in names if getattr(stays, name) in ("", None) and getattr(gone, name) not in ("", None)]
    for name in filled:
        setattr(stays, name, getattr(gone, name))
    return filled


def _return_date(gone: Lead, stays: Lead) -> Any:
    """The promise to come back to the buyer lives on, unless sales has the lead that stays."""
    dates = [day for day in (gone.reenter_on, stays.reenter_on) if day]
    return min(dates, default=None) if stays.state in (State.RAW, State.REJECTED) else stays.reenter_on


def _count_touches(act: Act, stays: Lead, touches: Sequence[Touch]) -> None:
    """Write the genuine touches into the history of the lead that stays: its clocks go by it, the earliest counts."""
    offered = stays.handoffs.order_by("offered_at").values_list("offered_at", flat=True).first()
    for touch in touches:
        if offered and touch.at >= offered:
            words = {"channel": touch.channel, "outcome": touch.outcome, "merged_from": act.lead.pk}
            moved = _besides(act, Verb.TOUCH, stays, words)
            moved.by, moved.at = touch.by, touch.at
            moved.record(genuine_touch=True, announce=False)


def _carry_clocks(act: Act, stays: Lead, running: Sequence[Clock]) -> None:
    """Let what was owed on the lead that vanishes go on, on the other; and choose its policies by what came along."""
    going_on = clocks.hold(stays.pk)
    carried = merge_rules.carried(stays, running, going_on)
    because = f"Lead {act.lead.pk} was merged into it."
    words = {"reason": because, "carried": {clock.metric: _terms(clock, act.recorded_at) for clock in carried}}
    changing = _besides(act, Verb.REEVALUATE, stays, words)
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


def _besides(act: Act, verb: Verb, lead: Lead, words: dict[str, Any]) -> Act:
    """Another act that the merge brings about, in its transaction and at its moment."""
    return Act(verb, lead, act.by, act.recorded_at, act.door, words, clocks.hold(lead.pk))
