"""What every verb has in common: lock, judge, save, write history, move the clocks, notify."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Max, QuerySet
from django.utils import timezone

from handoff import alerts
from handoff.alerts.moments import moment
from handoff.doors import Door
from handoff.refusals import FactsRefused, NoSuchLead
from handoff.workflow.before import spelled
from handoff.workflow.cards import CARDS, Card, Request
from handoff.workflow.facts import as_json, check, day_of
from handoff.workflow.refusing import not_allowed, wrong_state
from leads.internals.composed import Composed
from leads.internals.rows import mark_moved, mark_written
from leads.models import ANY_TIME, Lead, Transition, User, Verb, Via
from leads.moments import storable
from sla import clocks
from sla.clocks import Plan
from sla.metrics import IN_SALES, Move
from sla.models import Alarm, Clock, Policy

_FIELDS = {field.name: field for field in Lead._meta.concrete_fields}
_LOCKED = Composed(lambda pk: Lead.objects.select_for_update(no_key=True).filter(pk=pk))

# As the ORM would, but composed once, and with the answer to what every act asks next.
_COLUMNS = [field for field in Transition._meta.concrete_fields if not field.primary_key]
_WRITE = f"""INSERT INTO "leads_transition" ({", ".join(str(field.column) for field in _COLUMNS)})
VALUES ({", ".join(["%s"] * len(_COLUMNS))}) RETURNING {alerts.IS_NOTIFIED}, "id"
"""  # noqa: S608 names of columns only


@dataclass
class Act:
    """One verb being done, in a transaction, with the lead locked and the actor judged."""

    verb: Verb
    lead: Lead
    by: User | None
    at: datetime
    door: Door
    facts: dict[str, Any]
    _held: list[Clock]
    recorded_at: datetime = field(init=False)
    before: dict[str, Any] = field(init=False, default_factory=dict)
    """What taking it back needs besides the columns of the lead, which `record` adds."""
    is_asked_for: bool = field(init=False, default=False)
    """Not part of another act, with which alone it could be taken back."""
    _from_state: str = field(init=False)
    _owner_before: int | None = field(init=False)
    _was_paused: bool = field(init=False)
    _stood: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.recorded_at, self._was_paused = self.at, self.lead.paused_at is not None
        self._from_state, self._owner_before = self.lead.state, self.lead.owner_id
        self._stood = dict(self.lead.__dict__)

    @property
    def today(self) -> date:
        """The day of the act where the actor is; for the system, in UTC."""
        return day_of(self.at, self.by)

    def happened(self, at: datetime | None) -> None:
        """Date the act; empty leaves it at now. It cannot be in the future, nor a move before the last one."""
        if at is None:
            return
        if at > self.at:
            raise _refused("This time is in the future.")
        if self.verb not in ANY_TIME and at < (last := settled_at(self.lead)):
            zone = self.by.zone if self.by else ZoneInfo("UTC")
            raise _refused(f"The lead was changed after that time: {moment(last, zone)}.")
        self.at = at

    def record(
        self, *changed: str, genuine_touch: bool = False, plan: Plan | None = None, announce: bool = True
    ) -> Transition:
        """Save what changed of the lead, write the history, move the clocks and the outbox, in this order."""
        changed = (*changed, *self._end_pause(), *self._end_snooze())
        if changed:
            _save(self.lead, (*changed, "updated_at"))
        move = self._move(genuine_touch)
        seen = clocks.as_it_stood(self.lead, move) if genuine_touch and self.at < self.recorded_at else move
        plan = plan or (Plan() if self.door.historical else clocks.choose(self.lead, seen, self._held))
        transition = self._as_history(move, plan, changed)
        is_subscribed = _write(transition)
        called_off = clocks.advance(self.lead, seen, transition, self._held, plan, paused=self._was_paused)
        if called_off:
            alerts.withdraw(self._called_off_alarms(called_off))
        if announce and (is_subscribed or alerts.needs_no_subscription(transition)):
            alerts.announce_act(transition, self.lead)
        return transition

    def hold_again(self) -> None:
        """Read the running clocks again, after another act on the lead in this transaction."""
        self._held = clocks.hold(self.lead.pk)

    def plan(self, applied: Policy | None) -> Plan:
        """What it changes of the running clocks, to be looked at before it is recorded."""
        return clocks.choose(self.lead, self._move(), self._held, applied)

    def _move(self, genuine_touch: bool = False) -> Move:
        return Move(
            verb=self.verb,
            at=self.at,
            from_state=self._from_state,
            to_state=self.lead.state,
            owner_before=self._owner_before,
            owner=self.lead.owner_id,
            cycle=self.lead.cycle,
            genuine_touch=genuine_touch,
        )

    def _called_off_alarms(self, clock_ids: list[int]) -> QuerySet[Alarm]:
        """The alarms of clocks that this act calls off; not the one whose own step does it, as that has its say."""
        alarms = Alarm.objects.filter(clock__in=clock_ids)
        return alarms.exclude(to_do=True) if self.door.via == Via.SWEEP else alarms

    def _end_pause(self) -> tuple[str, ...]:
        """A lead that moves on waits for nothing any more."""
        if not self._was_paused or self.lead.state == self._from_state or self.verb == Verb.UNDO:
            return ()
        self.lead.paused_at = self.lead.paused_until = None
        return "paused_at", "paused_until"

    def _end_snooze(self) -> tuple[str, ...]:
        """It is the reminder of its owner: it ends when the lead changes hands, or leaves those of sales."""
        is_theirs = self.lead.owner_id == self._owner_before and self.lead.state in IN_SALES
        if self.lead.snoozed_until is None or is_theirs or self.verb == Verb.UNDO:
            return ()
        self.lead.snoozed_until = None
        return ("snoozed_until",)

    def _is_undoable(self) -> bool:
        """A person did it: what the system does, or what is part of another act, is not taken back by itself."""
        return self.is_asked_for and self.by is not None and callable(CARDS[self.verb].undo)

    def _kept(self, changed: Iterable[str]) -> dict[str, Any] | None:
        """What taking it back needs: the columns of the lead as they were, and what the verb adds."""
        if not self._is_undoable():
            return None
        names = {_FIELDS[name].attname for name in changed} - {"state"}
        was = {name: self._stood[name] for name in names if self._stood[name] != getattr(self.lead, name)}
        return spelled(self.before | ({"lead": spelled(was)} if was else {}))

    def _as_history(self, move: Move, plan: Plan, changed: Iterable[str]) -> Transition:
        return Transition(
            lead=self.lead,
            verb=self.verb,
            from_state=move.from_state,
            to_state=move.to_state,
            cycle=move.cycle,
            owner_id=move.owner,
            team_id=self.lead.team_id,
            by=self.by,
            at=self.at,
            recorded_at=self.recorded_at,
            via=self.door.via,
            historical=self.door.historical,
            request_id=self.door.request_id,
            facts=as_json(self.facts) | plan.as_facts(),
            before=self._kept(changed),
        )


def begin(card: Card, request: Request) -> Act:
    """Lock the lead and judge: first whether the verb applies (409), then the person (403), then the facts (400).

    Call it in a transaction. `at` is for what really happened at another time; empty it is now, read under the lock.
    """
    verb, by, door = card.verb, request.by, request.door
    lead = lock(request.lead_id)
    held = clocks.hold(lead.pk)
    now = timezone.now()
    if not card.applies(lead, now):
        raise wrong_state(verb, lead, now)
    # Whoever did it in the past is not judged by the rights that they have today.
    if not card.permits(None if door.historical else by, lead, door.via):
        raise not_allowed(verb, lead)
    at = _storable(request.at) if request.at else None
    facts = check(card.facts, verb, lead, request.facts, by=by, at=at or now, historical=door.historical)
    act = Act(verb, lead, by, now, door, facts, held)
    act.is_asked_for = not door.historical
    act.happened(facts["at"] if card.is_dated_by_its_facts else at)
    return act


def _storable(at: datetime) -> datetime:
    try:
        return storable(at)
    except ValidationError as error:
        raise _refused(error.messages[0]) from error


def _refused(complaint: str) -> FactsRefused:
    return FactsRefused(complaint, {"at": [complaint]})


def _save(lead: Lead, names: Iterable[str]) -> None:
    """As the ORM would; that nobody else has moved the lead is sure under its lock."""
    fields = [_FIELDS[name] for name in names]
    values = [field.get_db_prep_save(field.pre_save(lead, add=False), connection) for field in fields]
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "leads_lead" SET {columns} WHERE "id" = %s', [*values, lead.pk])  # noqa: S608
    mark_moved(lead)


def _write(transition: Transition) -> bool:
    """Write a row of the history; say whether anybody at all is notified of such acts."""
    values = [field.get_db_prep_save(getattr(transition, field.attname), connection) for field in _COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        is_subscribed, transition.pk = cursor.fetchone()
    mark_written(transition, "taken_back")
    return bool(is_subscribed)


def settled_at(lead: Lead) -> datetime:
    """The moment before which nothing but a touch or a comment may be dated: that of the last other act."""
    last = lead.transitions.exclude(verb__in=ANY_TIME).aggregate(at=Max("at"))["at"]
    return max(last, lead.entered_at) if last else lead.entered_at


def lock(lead_id: int) -> Lead:
    """Take the lead's lock, and read it as it is once the lock is granted.

    Not the stronger lock that is the default: that one deadlocks with inserts that point at the lead.
    """
    # The row alone, and what it points at when asked for: a row joined to it would be the one from before the wait.
    leads = _LOCKED(lead_id)
    if not leads:
        raise NoSuchLead(f"There is no lead {lead_id}.")
    return leads[0]
