"""Giving leads to somebody else from the board: each in its own transaction, with its own result."""

from collections.abc import Sequence
from dataclasses import dataclass

from handoff import workflow
from handoff.console.board.team import QUEUE
from handoff.doors import door
from handoff.refusals import Refused
from leads.models import Lead, User, Verb, Via
from leads.permission import warnings_of

MOST = 200


@dataclass(frozen=True)
class Result:
    """What became of one lead."""

    lead: Lead
    is_done: bool
    words: str


def give(user: User, ids: Sequence[int], to: str) -> list[Result]:
    """Give these leads to the person of this username, or back to the queue; in the order in which they were chosen."""
    wanted = list(dict.fromkeys(ids))[:MOST]
    leads = Lead.objects.visible_to(user).select_related("owner").in_bulk(wanted)
    return [_give(user, leads[pk], to) for pk in wanted if pk in leads]


def _give(user: User, lead: Lead, to: str) -> Result:
    owner = "" if to == QUEUE else to
    if not to:
        return Result(lead, False, "Choose whom to give it to.")
    if (lead.owner.username if lead.owner else "") == owner:
        return Result(lead, False, f"{lead.owner} has it already." if lead.owner else "It is in the queue already.")
    try:
        done = workflow.perform(Verb.ASSIGN, lead.pk, by=user, door=door(Via.CONSOLE), facts={"owner": owner})
    except Refused as refusal:
        return Result(lead, False, refusal.message)
    words = f"Given to {done.owner}." if done.owner else "Back in the queue."
    return Result(lead, True, " ".join((words, *warnings_of(lead))))
