"""Undo: take back the last act on a lead, by another act. Then neither of the two counts."""

from datetime import datetime, timedelta
from typing import Unpack

from django.db.models import Q

from handoff import alerts
from handoff.models import ENDED, IN_PROGRESS, Import, ImportChange
from handoff.refusals import NotAllowed, WrongState
from handoff.workflow.act import Act
from handoff.workflow.before import put_back
from handoff.workflow.cards import CARDS, Card
from handoff.workflow.facts.undo import UndoFacts, UndoGiven
from handoff.workflow.rights import runs_operations, sees_or_acted_last
from handoff.workflow.verb import verb
from leads.models import Lead, State, TakenBack, Transition, User, Verb, Via
from sla import clocks
from sla.clocks import Plan

__all__ = ["undo"]
OFFERED = timedelta(seconds=10)
"""For so long the console offers it."""
ACCEPTED = timedelta(seconds=60)
"""For so long it is done, by the clock of the server: whoever pressed the button in time may have a slow network."""


@verb(
    Card(
        Verb.UNDO,
        facts=UndoFacts,
        may=sees_or_acted_last,
        who="whoever did it may, and RevOps",
        states=tuple(State),
        is_about_act=True,
        applies_after_merge=True,
        undo="do it again instead",
    )
)
def undo(act: Act, **_: Unpack[UndoGiven]) -> Transition:
    """Take back the last act on a lead, within a minute. Lead, clocks and figures are as if neither had happened.

    A message that was sent already, and an alarm that has fired, stay as they are.
    """
    done: Transition = act.facts["transition"]
    if complaint := _obstacle(done, act.lead, act.recorded_at):
        raise WrongState(f"This cannot be taken back: {complaint}", state=act.lead.state)
    if complaint := _whose(done, act.by):
        raise NotAllowed(f"You may not take this back: {complaint}")
    withheld, sent = alerts.withdraw_act(done)
    act.facts |= {"act": done.verb, "withheld": withheld, "sent": sent}
    called_off = alerts.called_off_by(done)
    if left := clocks.that_fired(act.lead, [done.pk]):
        act.facts["left"] = left
    clocks.reopen([done.pk])
    changed = _give_back(act, done)
    transition = act.record(*changed, plan=Plan())
    alerts.send_after_all(called_off)
    return transition


def hindrance(act: Transition, by: User | None, now: datetime) -> str:
    """Why an act cannot be taken back by a person at a moment; empty if it can."""
    return _obstacle(act, act.lead, now) or _whose(act, by)


def in_words(undoing: Transition) -> str:
    """What became of the messages about an act that was taken back."""
    sent, withheld = undoing.facts.get("sent", 0), undoing.facts.get("withheld", 0)
    said = [_count(withheld, "was withheld", "were withheld")] if withheld else []
    said += [_count(sent, "had been sent already", "had been sent already")] if sent else []
    return "; ".join(said).capitalize() + "." if said else ""


def _count(count: int, singular: str, plural: str) -> str:
    return f"1 message {singular}" if count == 1 else f"{count} messages {plural}"


def _give_back(act: Act, done: Transition) -> list[str]:
    """The lead, and what belongs to it, as they were; the names of the columns of the lead that changed."""
    give_back = CARDS[done.verb].undo
    assert callable(give_back)  # noqa: S101 else there was an obstacle
    give_back(act, done)
    changed = put_back(act.lead, done.kept.get("lead", {}))
    if done.from_state != done.to_state:
        act.lead.return_to(done.from_state)
        changed.append("state")
    return changed


def _obstacle(done: Transition, lead: Lead, now: datetime) -> str:
    return _of_its_kind(done) or _too_late(done, now) or _built_upon(done, lead)


def _of_its_kind(done: Transition) -> str:
    if done.via == Via.IMPORT or done.historical:
        return "it came with an import, which is undone as a whole."
    if done.by_id is None:
        return "Handoff did it by itself."
    reason = CARDS[done.verb].undo
    if isinstance(reason, str):
        return f"{reason}."
    return "" if done.before is not None else "it is part of another act, or an earlier version of Handoff recorded it."


def _too_late(done: Transition, now: datetime) -> str:
    if TakenBack.objects.filter(act=done).exists():
        return "it was taken back already."
    if now - done.recorded_at > ACCEPTED:
        return "it was more than a minute ago. Put it right with another act; the history shows both."
    return ""


def _built_upon(done: Transition, lead: Lead) -> str:
    """What has happened since, the first of it."""
    later = lead.transitions.filter(pk__gt=done.pk).select_related("by").order_by("pk").first()
    if later is not None:
        return f"{later.by or 'Handoff'} {Verb(later.verb).past} it since."
    merges = Transition.objects.filter(lead__merged_into=lead, verb=Verb.MERGE, pk__gt=done.pk)
    if merged := merges.order_by("pk").first():
        return f"lead {merged.lead_id} was merged into it since."
    return "an import has changed it since." if _is_imported(done, lead) else ""


def _is_imported(done: Transition, lead: Lead) -> bool:
    at_work = Import.objects.filter(
        Q(state__in=IN_PROGRESS) | Q(state__in=ENDED, finished_at__gte=done.recorded_at)
    ).values_list("pk", flat=True)
    return any(ImportChange.objects.filter(of_import=pk, lead_id=lead.pk).exists() for pk in at_work)


def _whose(done: Transition, by: User | None) -> str:
    if by is not None and (done.by_id == by.pk or runs_operations(by, done.lead)):
        return ""
    return f"{done.by}, who did it, may, and RevOps."
