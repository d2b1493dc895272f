"""Undo a merge: both leads are what they were, and what happened since stays with the one that stayed."""

from typing import Any, Unpack

from django.db.models import Q

from handoff.models import Rejection
from handoff.refusals import FactsRefused
from handoff.workflow import belongings, duplicates, merge_rules, merged_permission
from handoff.workflow.act import Act, lock
from handoff.workflow.cards import Card, Request
from handoff.workflow.facts.merging import UnmergeFacts, UnmergeGiven
from handoff.workflow.merging import besides, hold_all
from handoff.workflow.rights import undoes_merge
from handoff.workflow.verb import verb
from leads.models import Lead, State, Transition, Verb
from sla import clocks
from sla.history import undone_by
from sla.models import Clock

__all__ = ["unmerge"]


def _lock_both(request: Request) -> None:
    """Lock both leads in the order of their numbers, as a merge does."""
    into = Lead.objects.filter(pk=request.lead_id).values_list("merged_into", flat=True)
    hold_all([request.lead_id, *(pk for pk in into if pk)])


def _is_not_merged(lead: Lead, at: Any) -> str:  # noqa: ARG001 the same shape as the others
    return "it is not merged into another lead"


@verb(
    Card(
        Verb.UNMERGE,
        facts=UnmergeFacts,
        may=undoes_merge,
        who="RevOps and whoever merged it may",
        states=tuple(State),
        hindrance=_is_not_merged,
        applies_after_merge=True,
        before=_lock_both,
    )
)
def unmerge(act: Act, **_: Unpack[UnmergeGiven]) -> Transition:
    """Undo a merge: both leads get back what they had. What happened since stays with the lead that stayed."""
    gone, merge = act.lead, merge_rules.last_merge(act.lead)
    stays = lock(gone.merged_into_id or 0)
    if complaint := merge_rules.undo_complaint(gone, stays, merge):
        raise FactsRefused(complaint)
    of_gone, of_stays = _acts_of(merge, gone), _acts_of(merge, stays)
    of_stays = _without_settled(stays, of_stays, merge)
    left = clocks.leaves_behind(stays, of_stays, act.recorded_at)
    clocks.reopen([*of_gone, *of_stays])
    belongings.give_back(gone, stays, merge)
    merged_permission.give_back(gone, stays, merge.facts["moved"])
    _reopen_rejection(gone, merge)
    gone.merged_into = None
    act.facts |= {"from": stays.pk, "undone": of_gone}
    transition = act.record("merged_into")
    words = {"separated": gone.pk, "reason": act.facts["reason"], "undone": of_stays, "left": left}
    besides(act, Verb.UNMERGE, stays, words).record()
    _restate_deals(act, gone, merge)
    for lead in (gone, stays):
        _choose_again(act, lead)
    duplicates.part(gone, stays, act.by)
    return transition


def _acts_of(merge: Transition, lead: Lead) -> list[int]:
    """What the merge wrote into the history of one of the two: it counts no more."""
    written = lead.transitions.filter(recorded_at=merge.recorded_at)
    by_merge = {
        pk
        for pk, facts in written.values_list("pk", "facts")
        if facts.get("merged_from") == merge.lead_id or facts.get("merged_into") == merge.facts["into"]
    }
    undone = undone_by(lead.transitions.filter(verb=Verb.UNMERGE))
    return sorted((by_merge | ({merge.pk} if lead.pk == merge.lead_id else set())) - undone)


def _without_settled(stays: Lead, undone: list[int], merge: Transition) -> list[int]:
    """A clock of its own that the merge gave other terms, and that has fired or ended by them, is judged by them."""
    settled = []
    for changing in stays.transitions.filter(pk__in=undone, facts__has_key="reevaluated"):
        own = Clock.objects.filter(lead=stays, metric__in=changing.facts["reevaluated"], started_by__lt=merge.pk)
        over = Q(stopped_at__gte=merge.recorded_at) | Q(alarms__fired_at__gte=merge.recorded_at)
        if own.filter(over).exists():
            settled.append(changing)
    if any(changing.facts["carried"] for changing in settled):
        raise FactsRefused(
            "This merge cannot be undone: it changed the terms of a clock that has fired since. "
            + merge_rules.instead_of_undoing(stays)
        )
    return [pk for pk in undone if pk not in {changing.pk for changing in settled}]


def _reopen_rejection(gone: Lead, merge: Transition) -> None:
    """An answer that the merge gave is taken back: marketing owes it again."""
    answered = Rejection.objects.filter(lead=gone, answer_note=f"Merged into lead {merge.facts['into']}.")
    answered.filter(answered_at=merge.recorded_at).update(answer="", answer_note="", answered_by=None, answered_at=None)


def _restate_deals(act: Act, gone: Lead, merge: Transition) -> None:
    """A deal that was changed since comes back as it stands: the last act on its own lead says all of it."""
    for deal in gone.deals.filter(pk__in=merge.facts["moved"]["deals"]).select_related("owner").order_by("pk"):
        changes = Transition.objects.filter(lead=merge.facts["into"], pk__gt=merge.pk, facts__deal=deal.pk)
        if changes.filter(verb=Verb.UPDATE_DEAL).exists():
            besides(act, Verb.UPDATE_DEAL, gone, deal.as_facts()).record()


def _choose_again(act: Act, lead: Lead) -> None:
    """Its facts are others than a moment ago: other policies may be asked for."""
    words: dict[str, Any] = {"reason": f"The merge of lead {act.lead.pk} was undone."}
    changing = besides(act, Verb.REEVALUATE, lead, words)
    plan = changing.plan(applied=None)
    if plan.reevaluates:
        changing.record(plan=plan)
