"""What people say to each other about a lead."""

from typing import Unpack

from handoff.workflow.act import Act
from handoff.workflow.cards import Card, nothing_else
from handoff.workflow.facts.conversation import CommentFacts, CommentGiven
from handoff.workflow.rights import sees
from handoff.workflow.verb import verb
from leads.models import State, Transition, Verb

__all__ = ["comment"]


@verb(
    Card(
        Verb.COMMENT,
        facts=CommentFacts,
        may=sees,
        who="whoever sees the lead may",
        states=tuple(State),
        applies_after_merge=True,
        undo=nothing_else,  # it stays readable as one that was taken back: somebody may have read it
    )
)
def comment(act: Act, **_: Unpack[CommentGiven]) -> Transition:
    """Write a comment on a lead; it is part of the history."""
    return act.record()
