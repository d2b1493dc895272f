"""Who works a lead: assign it, return it to the queue, merge it away."""

from typing import Unpack

from handoff.refusals import NotAllowed
from handoff.workflow.act import Act
from handoff.workflow.cards import Card, Request
from handoff.workflow.facts.ownership import MergeFacts, MergeGiven, OwnerFacts, OwnerGiven
from handoff.workflow.rights import CLOCKED, WITH_SALES, assigns, merges
from handoff.workflow.verb import verb
from leads.models import Lead, Role, State, Transition, Verb

__all__ = ["assign", "merge"]


@verb(
    Card(
        Verb.ASSIGN,
        facts=OwnerFacts,
        may=assigns,
        who="the manager of its team, marketing or RevOps may, and a rep takes from the queue of their own team",
        states=(State.RAW, *WITH_SALES),
        system_may=True,
    )
)
def assign(act: Act, **_: Unpack[OwnerGiven]) -> Transition:
    """Give a lead to an owner; without one it waits in the queue of its team."""
    _refuse_giving_away(act)
    act.lead.owner = None
    take_owner(act)
    return act.record("owner", "team")


def _lock_both(request: Request) -> None:
    """Lock both leads, in the order of their numbers: two merges into each other must not both go through."""
    into = request.facts.get("into")
    other = str(into.pk if isinstance(into, Lead) else into)
    is_number = other.isascii() and other.isdigit() and len(other) < 19
    ids = [request.lead_id, *([int(other)] if is_number else [])]
    list(Lead.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))


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
    """Fold a duplicate into the lead that stays: what the buyer did and how they are known go along."""
    survivor: Lead = act.facts["into"]
    for belongings in (act.lead.touchpoints, act.lead.touches, act.lead.external_ids):
        belongings.update(lead=survivor)
    touched = [moment for moment in (act.lead.last_touch_at, survivor.last_touch_at) if moment]
    survivor.last_touch_at = max(touched, default=None)
    survivor.save(update_fields=["last_touch_at", "updated_at"])
    act.lead.merged_into = survivor
    return act.record("merged_into")


def take_owner(act: Act) -> None:
    """Set the owner and the team that the facts name; an owner brings their team along."""
    lead, owner, team = act.lead, act.facts["owner"], act.facts["team"]
    lead.owner = owner or lead.owner
    lead.team = team or (owner.team if owner else None) or lead.team


def _refuse_giving_away(act: Act) -> None:
    """A rep only takes leads from the queue; to give them to others or to another team is for those who manage."""
    if act.by is None or act.by.roles != {Role.SALES_REP}:
        return
    team = act.facts["team"]
    if act.facts["owner"] != act.by or (team and team.pk not in act.by.team_ids):
        raise NotAllowed(
            "A rep takes leads from the queue for themselves: name yourself as the owner, and no other team."
        )
