"""Who works a lead: assign it, or return it to the queue."""

from typing import Unpack

from handoff.refusals import NotAllowed
from handoff.workflow import gates
from handoff.workflow.act import Act
from handoff.workflow.cards import Card, nothing_else
from handoff.workflow.facts.ownership import OwnerFacts, OwnerGiven
from handoff.workflow.rights import WITH_SALES, assigns
from handoff.workflow.verb import verb
from leads.models import Role, State, Transition, Verb

__all__ = ["assign"]


@verb(
    Card(
        Verb.ASSIGN,
        facts=OwnerFacts,
        may=assigns,
        who="the manager of its team, marketing or RevOps may, and a rep takes from the queue of their own team",
        states=(State.RAW, *WITH_SALES),
        system_may=True,
        undo=nothing_else,
    )
)
def assign(act: Act, **_: Unpack[OwnerGiven]) -> Transition:
    """Give a lead to an owner; without one it waits in the queue of its team."""
    _refuse_giving_away(act)
    act.lead.owner = None
    take_owner(act)
    if not act.door.historical:
        gates.goes_to_another(act)
    return act.record("owner", "team")


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
