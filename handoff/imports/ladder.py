"""The acts by which leads came to the stages that files name, at the moments that they name."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import timezone

from handoff.imports.kind import Reading, Row
from handoff.imports.rejections import Lookups, past_facts
from handoff.imports.stage_words import CUSTOMER
from handoff.imports.stages import RANK, Event
from handoff.workflow.backfill import NEXT, STEPS, PastAct, settled_many
from leads.models import DealState, Lead, Opportunity, State, Team, Transition, User, Verb

_REACHED = {Verb.PROMOTE: State.MQL, Verb.ACCEPT: State.SAL, Verb.QUALIFY: State.SQL, Verb.CONVERT: State.OPPORTUNITY}
GIVEN_IN = (State.RAW, State.MQL, State.SAL, State.SQL)


@dataclass
class Past:
    """What is in the histories of some leads already."""

    moves: Mapping[int, Sequence[tuple[str, datetime]]]
    """The states that each came to, and when."""
    settled: Mapping[int, datetime]
    """Before when nothing can be written any more."""
    worked_here: Collection[int]
    """Those that people moved here, and not files alone."""

    @classmethod
    def of(cls, lead_ids: Collection[int]) -> "Past":
        moves: defaultdict[int, list[tuple[str, datetime]]] = defaultdict(list)
        worked_here = set()
        acts = Transition.objects.filter(lead__in=lead_ids).exclude(from_state=F("to_state")).order_by("at", "pk")
        for lead_id, state, at, historical in acts.values_list("lead_id", "to_state", "at", "historical"):
            moves[lead_id].append((state, at))
            worked_here |= set() if historical else {lead_id}
        return cls(moves, settled_many(lead_ids), worked_here)


@dataclass
class Climb:
    """One lead, event by event."""

    lead: Lead
    past: Past
    lookups: Lookups
    reading: Reading
    owner: User | None = None
    team: Team | None = None
    acts: list[PastAct] = field(default_factory=list)
    won: Event | None = None
    """A deal that is stored was won by then."""
    state: str = field(init=False)
    since: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.state = self.lead.state
        self.since = max(self.past.settled.get(self.lead.pk) or self.lead.entered_at, self.lead.entered_at)

    def go(self, event: Event) -> None:
        """Add the acts by which the lead came there, or remark why there are none."""
        if event.stage == State.RAW:
            self._recycle(event)
        elif event.stage == CUSTOMER:
            self._win(event)
        elif not self._is_in_history(event):
            self._reject(event) if event.stage == State.REJECTED else self._climb(event)

    def give(self, row: Row) -> None:
        """Give a lead to its owner where no stage of the file has done so. One that people work here stays theirs."""
        lead, facts = self.lead, {"owner": self.owner, "team": self.team}
        if any(act.verb == Verb.PROMOTE for act in self.acts) or not (self.owner or self.team):
            return
        if lead.owner_id or lead.pk in self.past.worked_here:
            if self.owner and self.owner.pk != lead.owner_id:
                whose = f"belongs to {lead.owner}" if lead.owner else "waits in the queue"
                row.remark(f"owner: The lead {whose} here: it stays.")
        elif self.state in GIVEN_IN and (self.owner or (self.team and self.team.pk != lead.team_id)):
            at = self.since if self.state == State.RAW else timezone.now()
            self.acts.append(PastAct(verb=Verb.ASSIGN, at=at, facts=facts, is_guessed=True))

    def _is_in_history(self, event: Event) -> bool:
        """It came there already, by what is stored. In another cycle it may come there again."""
        earlier = [at for state, at in self.past.moves.get(self.lead.pk, ()) if state == event.stage]
        if not earlier:
            return False
        at = event.at and max(event.at, self.lead.created_at)
        if at is None or at in earlier:
            return at is not None or self.state == event.stage or RANK.get(self.state, 0) > RANK.get(event.stage, 9)
        if at > self.since and self.state in (State.RAW, State.REJECTED):
            return False
        words = f"The lead became {_label(event.stage)} at {_shown(earlier[-1])} already, so {_shown(at)} is left out."
        event.row.remark(f"{event.name}: {words}")
        return True

    def _climb(self, event: Event, *, is_known: bool = True) -> None:
        if self.state == State.REJECTED:
            if event.at is None or event.at < self.since:
                self._leave_out(event, "the lead was rejected after that")
                return
            self._recycle(event)
        if RANK[event.stage] <= RANK[self.state]:
            if event.at is not None:
                self._leave_out(event, f"the lead was {_label(self.state)} by then")
            return
        if event.at is None and not self._may_stand(event):
            return
        at = self._moment(event)
        while RANK[self.state] < RANK[event.stage]:
            is_last = RANK[self.state] + 1 == RANK[event.stage]
            self._step(at, is_guessed=not (is_last and is_known and event.at))
        self._remark_on_gaps(event, at)

    def _step(self, at: datetime, *, is_guessed: bool) -> None:
        verb = NEXT[self.state]
        facts: dict[str, Any] = {}
        if verb == Verb.PROMOTE and not self.lead.owner_id:
            facts = {"owner": self.owner, "team": self.team}
        deal = _deal(self.lead, None if is_guessed else at) if verb == Verb.CONVERT else None
        self.acts.append(PastAct(verb=verb, at=at, facts=facts, is_guessed=is_guessed, deal=deal))
        self.state, self.since = _REACHED[verb], at

    def _win(self, event: Event) -> None:
        """A customer is an opportunity whose deal was won: that of the stages, which another file may say more of."""
        if self.state != State.OPPORTUNITY:
            self._climb(replace(event, stage=State.OPPORTUNITY), is_known=False)
        deal = next((act.deal for act in self.acts if act.deal), None)
        if deal is None:
            self.won = event if self.state == State.OPPORTUNITY else None
            return
        deal.state, deal.closed_at = DealState.WON, event.at

    def _may_stand(self, event: Event) -> bool:
        """Without a moment only what was never handed over here is moved: sales works the others."""
        if self.lead.pk not in self.past.worked_here:
            return True
        event.row.remark(
            f"{event.name}: The file says {_label(event.stage)} without a date, and here the lead is "
            f"{_label(self.state)} already: it stays."
        )
        return False

    def _reject(self, event: Event) -> None:
        if self.state in (State.OPPORTUNITY, State.REJECTED):
            if event.at is not None or self.state == State.OPPORTUNITY:
                self._leave_out(event, f"the lead is {_label(self.state)}")
            return
        if event.at is None and not self._may_stand(event):
            return
        at = self._moment(event)
        facts = past_facts(event.row, self.reading, self.lookups)
        self.acts.append(PastAct(verb=Verb.REJECT, at=at, facts=facts, is_guessed=event.at is None))
        self.state, self.since = State.REJECTED, at

    def _recycle(self, event: Event) -> None:
        """Back to marketing, as far as the file rejected the lead before: of no other one it would be the answer."""
        if self.state != State.REJECTED:
            return
        if not any(act.verb == Verb.REJECT for act in self.acts):
            self._leave_out(event, "its rejection is answered here: recycle the lead by hand")
            return
        at = self._moment(event)
        self.acts.append(PastAct(verb=Verb.RECYCLE, at=at, is_guessed=event.stage != State.RAW))
        self.state, self.since = State.RAW, at

    def _moment(self, event: Event) -> datetime:
        """When it happened, but never before what had happened by then."""
        at = event.at or timezone.now()
        if at >= self.since:
            return at
        if at.date() != self.since.date():
            event.row.remark(f"{event.name}: {_shown(at)} is before {_shown(self.since)}, so it counts from then.")
        return self.since

    def _remark_on_gaps(self, event: Event, at: datetime) -> None:
        guessed = [act.verb for act in self.acts if act.at == at and act.is_guessed and act.verb in STEPS]
        missing = [_label(_REACHED[verb]) for verb in guessed if _REACHED[verb] != event.stage]
        if event.at is None:
            event.row.remark(f"{event.name}: Nothing says since when the lead is {_label(event.stage)}: dated now.")
        elif missing:
            event.row.remark(
                f"Nothing says when the lead became {' and '.join(missing)}: by {_shown(at)}, when it became "
                f"{_label(event.stage)}."
            )

    def _leave_out(self, event: Event, because: str) -> None:
        when = _shown(event.at) if event.at else _label(event.stage)
        event.row.remark(f"{event.name}: {when} was left out, as {because}.")


def _deal(lead: Lead, opened_at: datetime | None) -> Opportunity:
    """The deal that a stage tells of; it has no id, so that the file with the deals may say which one it is."""
    return Opportunity(lead=lead, name=lead.name or lead.company or lead.email or "Deal", opened_at=opened_at)


def _label(state: str) -> str:
    return "Customer" if state == CUSTOMER else State(state).label


def _shown(at: datetime) -> str:
    return at.isoformat(timespec="minutes").replace("+00:00", "Z")
