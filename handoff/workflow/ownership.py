"""Who works a lead: assign it, return it to the queue, merge it away."""

from datetime import datetime
from typing import Any

from django.db import transaction

from handoff.doors import SHELL, Door
from handoff.refusals import NotAllowed
from handoff.workflow.act import Act, begin
from leads.models import Lead, Role, Transition, User, Verb


@transaction.atomic
def assign(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Give a lead to an owner; without one it waits in the queue of its team."""
    act = begin(Verb.ASSIGN, lead_id, by=by, door=door, at=at, given=given)
    _refuse_giving_away(act)
    act.lead.owner = None
    take_owner(act)
    return act.record("owner", "team")


@transaction.atomic
def merge(lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any) -> Transition:
    """Fold a duplicate into the lead that stays: what the buyer did and how he is known go along."""
    _lock_both(lead_id, given.get("into"))
    act = begin(Verb.MERGE, lead_id, by=by, door=door, at=at, given=given)
    survivor: Lead = act.facts["into"]
    for belongings in (act.lead.touchpoints, act.lead.touches, act.lead.external_ids):
        belongings.update(lead=survivor)
    touched = [moment for moment in (act.lead.last_touch_at, survivor.last_touch_at) if moment]
    survivor.last_touch_at = max(touched, default=None)
    survivor.save(update_fields=["last_touch_at", "updated_at"])
    act.lead.merged_into = survivor
    return act.record("merged_into")


def _lock_both(lead_id: int, into: Any) -> None:
    """Lock both leads, in the order of their numbers: two merges into each other must not both go through."""
    other = str(into.pk if isinstance(into, Lead) else into)
    ids = [lead_id, *([int(other)] if other.isascii() and other.isdigit() and len(other) < 19 else [])]
    list(Lead.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))


def take_owner(act: Act) -> None:
    """Set the owner and the team that the facts name; an owner brings his team along."""
    lead, owner, team = act.lead, act.facts["owner"], act.facts["team"]
    lead.owner = owner or lead.owner
    lead.team = team or (owner.team if owner else None) or lead.team


def _refuse_giving_away(act: Act) -> None:
    """A rep takes from the queue for himself; to give a lead to others, or to another team, is for those who manage."""
    if act.by is None or act.by.roles != {Role.SALES_REP}:
        return
    team = act.facts["team"]
    if act.facts["owner"] != act.by or (team and team.pk not in act.by.team_ids):
        raise NotAllowed("A rep takes leads from the queue for himself: name yourself as the owner, and no other team.")
