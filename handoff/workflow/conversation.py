"""What people say to each other about a lead."""

from collections.abc import Iterable
from typing import Unpack

from handoff import alerts
from handoff.workflow.act import Act
from handoff.workflow.cards import Card, nothing_else
from handoff.workflow.facts.conversation import CommentFacts, CommentGiven
from handoff.workflow.mentioning import mentioned_in
from handoff.workflow.rights import sees
from handoff.workflow.verb import verb
from leads.models import State, Transition, User, Verb

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
    """Write a comment on a lead; it is part of the history. Who is mentioned by @username is notified, once."""
    mentioned, unseeing = mentioned_in(act.facts["text"], act.lead)
    act.facts |= {"mentions": _usernames(mentioned), "not_notified": _usernames(unseeing)}
    transition = act.record()
    alerts.announce_mentions(transition, [person for person in mentioned if person != act.by])
    return transition


def _usernames(people: Iterable[User]) -> list[str] | None:
    return [person.username for person in people] or None
