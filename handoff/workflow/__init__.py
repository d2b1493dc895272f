"""The verbs: the only door to a lead's state.

Each takes the lead's primary key, the actor as `by=` (None is the system), the door it came through as `door=`, and
its facts by name (see `facts`). It locks the lead, judges, saves, writes the history, moves the clocks and writes the
outbox in one transaction, and returns the row of the history. A refusal (`handoff.refusals`) has written nothing.

A verb is its card (`cards`) and its body, in one of the modules below; each names its verbs in `__all__`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handoff.doors import Door as Door
from handoff.refusals import FactsRefused
from handoff.workflow.cards import CARDS as CARDS
from handoff.workflow.conversation import *  # noqa: F403 the verbs of each module
from handoff.workflow.deals import *  # noqa: F403
from handoff.workflow.facts import unknown_field
from handoff.workflow.marketing import *  # noqa: F403
from handoff.workflow.merging import *  # noqa: F403
from handoff.workflow.ownership import *  # noqa: F403
from handoff.workflow.plain_facts import correct as correct
from handoff.workflow.plain_facts import record_consent as record_consent
from handoff.workflow.plain_facts import upsert as upsert
from handoff.workflow.plain_facts import upsert_many as upsert_many
from handoff.workflow.sales import *  # noqa: F403
from handoff.workflow.snoozing import *  # noqa: F403
from handoff.workflow.timing import *  # noqa: F403
from handoff.workflow.touchpoints import record_touchpoint as record_touchpoint
from handoff.workflow.touchpoints import record_touchpoints as record_touchpoints
from handoff.workflow.undo import *  # noqa: F403
from handoff.workflow.unmerging import *  # noqa: F403
from handoff.workflow.verb import VERBS as VERBS
from leads.models import Transition, User

_RESERVED = {"by", "door", "lead_id"}


def perform(
    verb: str, lead_id: int, *, by: User | None, door: Door, facts: Mapping[str, Any], at: datetime | None = None
) -> Transition:
    """Do the verb of that name with facts as a door received them, unchecked."""
    if verb not in CARDS:
        names = ", ".join(CARDS)
        raise FactsRefused(f"“{verb}” is not a valid verb: use one of {names}.", {"verb": [f"Use one of {names}."]})
    reserved = _RESERVED if CARDS[verb].is_dated_by_its_facts else _RESERVED | {"at"}
    if taken := sorted(reserved & set(facts)):
        complaint = f"These fields are set by the system: {', '.join(taken)}."
        raise FactsRefused(complaint, {name: [unknown_field(verb, name)] for name in taken})
    moment = {"at": at} if at else {}
    return VERBS[verb](lead_id, by=by, door=door, **moment, **facts)
