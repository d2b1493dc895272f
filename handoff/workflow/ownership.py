"""Who works a lead: assign it, return it to the queue, merge it away."""

from datetime import datetime
from typing import Any

from django.db import transaction

from handoff.refusals import NotAllowed
from handoff.workflow.act import SHELL, Act, Door, begin
from leads.models import Role, Transition, User, Verb


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
    act = begin(Verb.MERGE, lead_id, by=by, door=door, at=at, given=given)
    survivor = act.facts["into"]
    for belongings in (act.lead.touchpoints, act.lead.touches, act.lead.external_ids):
        belongings.update(lead=survivor)
    act.lead.merged_into = survivor
    return act.record("merged_into")


def take_owner(act: Act) -> None:
    """Set the owner and the team that the facts name; an owner brings his team along."""
    lead, owner, team = act.lead, act.facts["owner"], act.facts["team"]
    lead.owner = owner or lead.owner
    lead.team = team or (owner.team if owner else None) or lead.team


def _refuse_giving_away(act: Act) -> None:
    """A rep takes from the queue for himself; to give a lead to others is for those who manage."""
    plain_rep = act.by is not None and act.by.roles == {Role.SALES_REP}
    if plain_rep and act.facts["owner"] != act.by:
        raise NotAllowed("A rep takes leads from the queue for himself: name yourself as the owner.")
