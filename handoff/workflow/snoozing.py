"""Snooze: whoever works a lead puts it off, to be reminded of it. No clock waits."""

from typing import Unpack

from handoff.workflow.act import Act
from handoff.workflow.cards import Card, nothing_else
from handoff.workflow.facts.snoozing import SnoozeFacts, SnoozeGiven
from handoff.workflow.rights import WITH_SALES, WORKERS, works
from handoff.workflow.verb import verb
from leads.models import Transition, Verb

__all__ = ["snooze"]
NO_CLOCK_WAITS = "Its clocks go on: a snooze holds none."


@verb(Card(Verb.SNOOZE, facts=SnoozeFacts, may=works, who=WORKERS, states=WITH_SALES, undo=nothing_else))
def snooze(act: Act, **_: Unpack[SnoozeGiven]) -> Transition:
    """Put a lead off until a time, and be reminded then; without a time it is back at once. Its clocks go on.

    It ends by itself when the lead changes hands, or leaves those of sales.
    """
    act.lead.snoozed_until = act.facts["until"]
    act.facts["clocks"] = NO_CLOCK_WAITS
    return act.record("snoozed_until")
