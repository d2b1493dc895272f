"""A card for each verb: all that the workflow knows of it. Every other table of verbs is read from these."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from typing import Any

from django_fsm import can_proceed

from handoff.doors import Door
from handoff.workflow.facts.base import Facts
from leads.models import Lead, State, Transition, User, Verb, Via


@dataclass(frozen=True)
class Request:
    """A verb that someone asks for: of which lead, through which door, and with which facts, unchecked."""

    lead_id: int
    by: User | None
    door: Door
    at: datetime | None
    facts: Mapping[str, Any]


def _nothing_hinders(lead: Lead, at: datetime) -> str:  # noqa: ARG001 the same shape as the others
    return ""


def nothing_else(act: Any, done: Transition) -> None:
    """An act that changed the lead alone, and its clocks: taking it back gives back nothing else."""


def _nothing_before(request: Request) -> Transition | None:  # noqa: ARG001 the same shape as the others
    return None


@dataclass(frozen=True)
class Card:
    """One verb: where it applies, who may do it, and which facts it asks for. `verb.verb` adds what it does."""

    verb: Verb
    _: KW_ONLY
    facts: type[Facts]
    """The form of its facts. Where that has a field `at`, the verb is dated by its facts."""
    may: Callable[[User, Lead], bool]
    who: str
    """Completes “You may not accept this lead: …”."""
    states: tuple[State, ...] = ()
    """Where a verb that moves no state applies. Empty: the state machine of the lead judges, and the verb moves it."""
    hindrance: Callable[[Lead, datetime], str] = _nothing_hinders
    """Why it does not apply to a lead in one of these states at a moment; empty when it does."""
    applies_after_merge: bool = False
    system_may: bool = False
    """The system does it by itself, and not only when it imports the past."""
    is_about_clock: bool = False
    """It is about one clock or alarm of the lead, which is where it is offered."""
    passive: str = ""
    """“already … by Ada”, where the past tense of the verb does not fit there."""
    aside: tuple[str, ...] = ()
    """Names of facts that the form does not check: they come with an import only, never from a person."""
    undo: Callable[[Any, Transition], None] | str = "it is about two leads: undo the merge, or merge them again"
    """How taking it back gives back what it changed beside the lead and its clocks; or why it cannot be taken back."""
    is_about_act: bool = False
    """It is about one act of the lead, which is where it is offered."""
    before: Callable[[Request], Transition | None] = _nothing_before
    """What comes before the lead is locked and judged. A row that it returns is the answer: it was done already."""

    @property
    def moves_state(self) -> bool:
        return not self.states

    @property
    def is_dated_by_its_facts(self) -> bool:
        return "at" in self.facts.base_fields

    def applies(self, lead: Lead, at: datetime) -> bool:
        """The lead is in a state where the verb can be done."""
        if lead.merged_into_id is not None:
            return self.applies_after_merge
        if self.moves_state:
            return can_proceed(getattr(lead, self.verb))
        return lead.state in self.states and not self.hindrance(lead, at)

    def permits(self, user: User | None, lead: Lead, via: str = Via.SYSTEM) -> bool:
        """This person may do the verb with this lead. None is the system: it does a few things, and imports any."""
        if user is None:
            return via == Via.IMPORT or self.system_may
        return user.is_active and self.may(user, lead)


CARDS: dict[str, Card] = {}
"""By verb, in the order in which the modules of the verbs are read; `handoff.workflow` reads them all."""
