"""The verbs: the only door to a lead's state.

Each takes the lead's primary key, the actor as `by=` (None is the system), the door it came through as `door=`, and
its facts by name (see `facts`). It locks the lead, judges, saves, writes the history, moves the clocks and writes the
outbox in one transaction, and returns the row of the history. A refusal (`handoff.refusals`) has written nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from handoff.doors import Door
from handoff.refusals import FactsRefused
from handoff.workflow.conversation import comment
from handoff.workflow.marketing import answer, dispute, overturn, promote, recycle, resubmit, uphold
from handoff.workflow.ownership import assign, merge
from handoff.workflow.plain_facts import correct, upsert, upsert_many
from handoff.workflow.sales import accept, convert, qualify, reject, touch
from handoff.workflow.timing import acknowledge, excuse, judge_again, pause, rejudge, resume
from leads.models import Transition, User, Verb

VERBS: dict[str, Callable[..., Transition]] = {
    Verb.PROMOTE: promote,
    Verb.ACCEPT: accept,
    Verb.QUALIFY: qualify,
    Verb.CONVERT: convert,
    Verb.REJECT: reject,
    Verb.RECYCLE: recycle,
    Verb.RESUBMIT: resubmit,
    Verb.OVERTURN: overturn,
    Verb.UPHOLD: uphold,
    Verb.ASSIGN: assign,
    Verb.TOUCH: touch,
    Verb.ANSWER: answer,
    Verb.DISPUTE: dispute,
    Verb.COMMENT: comment,
    Verb.MERGE: merge,
    Verb.PAUSE: pause,
    Verb.RESUME: resume,
    Verb.ACKNOWLEDGE: acknowledge,
    Verb.EXCUSE: excuse,
    Verb.REJUDGE: rejudge,
}
_RESERVED = {"by", "door", "lead_id"}


def perform(
    verb: str, lead_id: int, *, by: User | None, door: Door, facts: Mapping[str, Any], at: datetime | None = None
) -> Transition:
    """Do the verb of that name with facts as a door received them, unchecked."""
    if verb not in VERBS:
        known = ", ".join(VERBS)
        raise FactsRefused(f"There is no verb “{verb}”: use one of {known}.", {"verb": [f"Use one of {known}."]})
    reserved = sorted((_RESERVED if verb in (Verb.TOUCH, Verb.PAUSE) else _RESERVED | {"at"}) & set(facts))
    if reserved:
        raise FactsRefused(
            "Some facts are not yours to state.", {name: ["This is no fact of the verb."] for name in reserved}
        )
    moment = {"at": at} if at else {}
    return VERBS[verb](lead_id, by=by, door=door, **moment, **facts)


__all__ = [
    "VERBS",
    "Door",
    "accept",
    "acknowledge",
    "answer",
    "assign",
    "comment",
    "convert",
    "correct",
    "dispute",
    "excuse",
    "judge_again",
    "merge",
    "overturn",
    "pause",
    "perform",
    "promote",
    "qualify",
    "recycle",
    "reject",
    "rejudge",
    "resubmit",
    "resume",
    "touch",
    "uphold",
    "upsert",
    "upsert_many",
]
