"""One lead on its way through acts of the past: moved in memory as the verbs do it, to be written in bulk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handoff.agreement.packet import beside
from handoff.doors import Door
from handoff.models import AnswerKind, Decision, Handoff, Rejection
from handoff.workflow.facts import as_json
from leads.models import Definition, HandoffRules, Lead, Opportunity, State, Touch, Transition, User, Verb

_MOVES = frozenset({Verb.PROMOTE, Verb.ACCEPT, Verb.QUALIFY, Verb.CONVERT})


@dataclass(frozen=True, kw_only=True)
class PastAct:
    """An act of the past, with facts as the form of its verb would have cleaned them.

    `is_guessed`: nobody knows when it happened, only that it did by then.
    """

    verb: Verb
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    by: User | None = None
    is_guessed: bool = False
    deal: Opportunity | None = None
    """Of a conversion, unsaved."""
    key: tuple[str, str] = ("", "")
    """Of a touch, its id in its system."""


@dataclass
class Decided:
    """How sales decided on a handoff that is stored already."""

    lead_id: int
    cycle: int
    decision: Decision
    by: User | None
    at: datetime


@dataclass
class Walk:
    """What the acts of one lead come to, unsaved."""

    lead: Lead
    door: Door
    now: datetime
    definition: Definition | None
    rules: HandoffRules
    packet: Mapping[str, Any]
    ids: Iterator[int]
    """For the acts."""
    moves: list[Transition] = field(default_factory=list)
    guessed: list[Transition] = field(default_factory=list)
    deals: list[tuple[Transition, Opportunity]] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)
    handoffs: list[Handoff] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)

    def go(self, act: PastAct) -> None:
        """Do one act. The state machine of the lead refuses what cannot follow."""
        lead, before, pk = self.lead, self.lead.state, next(self.ids)
        self._do(act, pk)
        facts = as_json(act.facts)
        if act.is_guessed:
            facts["guessed"] = True
        # By their places: by their names it would take twice as long, and there are very many of them.
        values: tuple[Any, ...] = (
            pk,
            lead.pk,
            act.verb.value,
            before,
            lead.state,
            lead.cycle,
            lead.owner_id,
            lead.team_id,
            act.by.pk if act.by else None,
            act.at,
            self.now,
            self.door.via.value,
            True,
            facts,
            self.door.request_id,
        )
        move = Transition(*values)
        self.moves.append(move)
        if act.is_guessed:
            self.guessed.append(move)
        if act.deal is not None:
            self.deals.append((move, act.deal))

    def _do(self, act: PastAct, pk: int) -> None:
        match act.verb:
            case Verb.TOUCH:
                self._touch(act)
            case Verb.PROMOTE:
                self._promote(act, pk)
            case Verb.ASSIGN:
                self.lead.owner = None
                self._take_owner(act)
            case Verb.REJECT:
                self._reject(act, pk)
            case Verb.RECYCLE:
                self._recycle(act)
            case verb if verb in _MOVES:
                self._move_on(act)
            case verb:
                raise NotImplementedError(verb)

    def _move_on(self, act: PastAct) -> None:
        getattr(self.lead, act.verb)(act.at)
        if act.verb == Verb.ACCEPT:
            self._decide(Decision.ACCEPTED, act)

    def _touch(self, act: PastAct) -> None:
        facts, (system, external_id) = act.facts, act.key
        self.touches.append(
            Touch(
                lead_id=self.lead.pk,
                by_id=act.by.pk if act.by else None,
                channel=facts["channel"],
                outcome=facts["outcome"],
                at=act.at,
                note=facts["note"],
                automatic=facts["automatic"],
                inbound=facts.get("inbound", False),
                system=system,
                external_id=external_id,
            )
        )
        if not facts["automatic"]:
            self.lead.last_touch_at = max(act.at, self.lead.last_touch_at or act.at)

    def _promote(self, act: PastAct, pk: int) -> None:
        self._take_owner(act)
        self.lead.promote(act.at)
        self.handoffs.append(
            Handoff(
                lead_id=self.lead.pk,
                cycle=self.lead.cycle,
                transition_id=pk,
                definition=self.definition,
                rules_id=self.rules.pk,
                packet=self.packet,
                facts=beside(self.lead),
                offered_to_id=self.lead.owner_id,
                offered_at=act.at,
            )
        )

    def _take_owner(self, act: PastAct) -> None:
        lead, owner, team = self.lead, act.facts.get("owner"), act.facts.get("team")
        lead.owner = owner or lead.owner
        lead.team = team or (owner.team if owner else None) or lead.team

    def _decide(self, decision: Decision, act: PastAct) -> None:
        lead = self.lead
        current = [handoff for handoff in self.handoffs if handoff.cycle == lead.cycle]
        if not current:
            self.decided.append(Decided(lead.pk, lead.cycle, decision, act.by, act.at))
        for handoff in current:
            handoff.decision, handoff.decided_by, handoff.decided_at = decision, act.by, act.at

    def _reject(self, act: PastAct, pk: int) -> None:
        lead, facts = self.lead, act.facts
        if lead.state == State.MQL:
            self._decide(Decision.REJECTED, act)
        from_state = lead.state
        lead.reject(act.at, facts["reason"], facts.get("retry_on"))
        self.rejections.append(
            Rejection(
                lead=lead,
                transition_id=pk,
                cycle=lead.cycle,
                from_state=from_state,
                reason=facts["reason"],
                note=facts.get("note", ""),
                duplicate_of=facts.get("duplicate_of"),
                by=act.by,
                at=act.at,
                evidence=as_json({name: facts.get(name) for name in ("retry_on", "wrong_field")}),
            )
        )

    def _recycle(self, act: PastAct) -> None:
        """Of a rejection that is stored already the verb is the only way: it has to be answered."""
        rejection = self.rejections[-1]
        rejection.answer, rejection.answer_note = AnswerKind.RECYCLE, act.facts.get("note", "")
        rejection.answered_by, rejection.answered_at = act.by, act.at
        self.lead.recycle(act.at, act.facts.get("reenter_on"))
        self.lead.owner = None
