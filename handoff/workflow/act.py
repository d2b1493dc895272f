"""What every verb has in common: lock, judge, save, write history, move the clocks, tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.timesince import timesince

from handoff import alerts
from handoff.refusals import FactsRefused, NoSuchLead, NotAllowed, WrongState
from handoff.workflow import facts as facts_of
from handoff.workflow import rights
from leads.composed import Composed
from leads.models import Lead, State, Transition, User, Verb, Via
from sla import clocks
from sla.business_time import FIRST
from sla.clocks import Plan
from sla.history import ANY_TIME
from sla.metrics import Move
from sla.models import Alarm, Clock, Policy

DONE = {
    Verb.PROMOTE: "promoted",
    Verb.ACCEPT: "accepted",
    Verb.QUALIFY: "qualified",
    Verb.CONVERT: "converted",
    Verb.REJECT: "rejected",
    Verb.RECYCLE: "recycled",
    Verb.RESUBMIT: "resubmitted",
    Verb.OVERTURN: "returned to sales by the arbiter",
}


@dataclass(frozen=True, kw_only=True)
class Door:
    """How an act came in: through which door, in which request, and whether it is a backfill of the past.

    A historical act runs no clock, tells nobody, and need not meet what a stage demands today.
    """

    via: Via = Via.SYSTEM
    request_id: str = ""
    historical: bool = False


SHELL = Door()
_FIELDS = {field.name: field for field in Lead._meta.concrete_fields}
_LOCKED = Composed(lambda pk: Lead.objects.select_for_update(no_key=True).filter(pk=pk))

# As the ORM would, but composed once, and with the answer to what every act asks next.
_COLUMNS = [field for field in Transition._meta.concrete_fields if not field.primary_key]
_WRITE = f"""INSERT INTO "leads_transition" ({", ".join(str(field.column) for field in _COLUMNS)})
VALUES ({", ".join(["%s"] * len(_COLUMNS))}) RETURNING {alerts.IS_TOLD}, "id"
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
    _from_state: str = field(init=False)
    _owner_before: int | None = field(init=False)
    _was_paused: bool = field(init=False)

    def __post_init__(self) -> None:
        self.recorded_at, self._was_paused = self.at, self.lead.paused_at is not None
        self._from_state, self._owner_before = self.lead.state, self.lead.owner_id

    @property
    def today(self) -> date:
        """The day of the act where the actor is; for the system, in UTC."""
        return facts_of.day_of(self.at, self.by)

    def happened(self, at: datetime | None) -> None:
        """Date the act; empty leaves it at now. It cannot lie in the future, nor a move before the last one."""
        if at is None:
            return
        complaint = ""
        if at > self.at:
            complaint = "The moment lies in the future."
        elif at < FIRST:
            complaint = f"The moment lies before {FIRST:%Y}."
        elif self.verb not in ANY_TIME and at < (last := settled_at(self.lead)):
            complaint = f"Something else was done with the lead later, at {last.isoformat()}."
        if complaint:
            raise FactsRefused(complaint, {"at": [complaint]})
        self.at = at

    def record(self, *changed: str, genuine_touch: bool = False, plan: Plan | None = None) -> Transition:
        """Save what changed of the lead, write the history, move the clocks and the outbox, in this order."""
        changed = (*changed, *self._end_pause())
        if changed:
            _save(self.lead, (*changed, "updated_at"))
        move = self._move(genuine_touch)
        seen = clocks.as_it_stood(self.lead, move) if genuine_touch and self.at < self.recorded_at else move
        plan = plan or (Plan() if self.door.historical else clocks.choose(self.lead, seen, self._held))
        transition = self._as_history(move, plan)
        is_told = _write(transition)
        called_off = clocks.advance(self.lead, seen, transition, self._held, plan, paused=self._was_paused)
        if called_off:
            alerts.withdraw(self._called_off_alarms(called_off))
        if is_told:
            alerts.announce_act(transition, self.lead)
        return transition

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
        if not self._was_paused or self.lead.state == self._from_state:
            return ()
        self.lead.paused_at = self.lead.paused_until = None
        return "paused_at", "paused_until"

    def _as_history(self, move: Move, plan: Plan) -> Transition:
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
            facts=facts_of.as_json(self.facts) | plan.as_facts(),
        )


def begin(
    verb: Verb, lead_id: int, *, by: User | None, door: Door, at: datetime | None = None, given: Mapping[str, Any]
) -> Act:
    """Lock the lead and judge: first whether the verb applies (409), then the person (403), then the facts (400).

    Call it in a transaction. `at` is for what really happened at another time; empty it is now, read under the lock.
    """
    lead = lock(lead_id)
    held = clocks.hold(lead_id)
    now = timezone.now()
    if not rights.applies(verb, lead):
        raise wrong_state(verb, lead, now)
    # Whoever did it in the past is not judged by the rights that he has today.
    if not rights.may(None if door.historical else by, verb, lead, door.via):
        raise NotAllowed(f"You may not {verb} {lead}: {_WHO[verb]}.")
    facts = facts_of.check(verb, lead, given, by=by, at=at or now, historical=door.historical)
    act = Act(verb, lead, by, now, door, facts, held)
    act.happened(at)
    return act


def _save(lead: Lead, names: Iterable[str]) -> None:
    """As the ORM would; that nobody else has moved the lead is sure under its lock."""
    fields = [_FIELDS[name] for name in names]
    values = [field.get_db_prep_save(field.pre_save(lead, add=False), connection) for field in fields]
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "leads_lead" SET {columns} WHERE "id" = %s', [*values, lead.pk])  # noqa: S608
    lead._update_initial_state()  # noqa: SLF001 as django-fsm-2 does after it has saved


def _write(transition: Transition) -> bool:
    """Write a row of the history; say whether anybody at all is told of such acts."""
    values = [field.get_db_prep_save(getattr(transition, field.attname), connection) for field in _COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        is_told, transition.pk = cursor.fetchone()
    transition._state.adding, transition._state.db = False, connection.alias  # noqa: SLF001 as the ORM marks a row
    return bool(is_told)


def settled_at(lead: Lead) -> datetime:
    """The moment before which nothing but a touch or a comment may be dated: that of the last other act."""
    last = lead.transitions.exclude(verb__in=ANY_TIME).aggregate(at=Max("at"))["at"]
    return max(last, lead.entered_at) if last else lead.entered_at


def lock(lead_id: int) -> Lead:
    """Take the lead's lock, and read it as it stands once the lock is granted.

    Not the stronger lock that is the default: that one deadlocks with inserts that point at the lead.
    """
    # The row alone, and what it points at when asked for: a row joined to it would be the one from before the wait.
    leads = _LOCKED(lead_id)
    if not leads:
        raise NoSuchLead(f"There is no lead {lead_id}.")
    return leads[0]


def wrong_state(verb: str, lead: Lead, now: datetime) -> WrongState:
    """Say where the lead stands, and who brought it there when."""
    if lead.merged_into_id:
        return WrongState(f"Cannot {verb} {lead}: it was merged into lead {lead.merged_into_id}.", state=lead.state)
    if verb == Verb.RESUME and lead.state in rights.CLOCKED:
        return WrongState(f"Cannot resume {lead}: its clocks are not paused.", state=lead.state)
    standing = State(lead.state).label
    last = lead.transitions.filter(verb__in=DONE).select_related("by").order_by("-at", "-id").first()
    if last is None:
        return WrongState(f"Cannot {verb} {lead}: it is {standing} and has not been handed over yet.", state=lead.state)
    who = last.by or "the system"
    seconds = (now - last.at).total_seconds()
    when = f"{timesince(last.at, now, depth=1)} ago" if seconds >= 60 else "just now"
    return WrongState(
        f"Cannot {verb} {lead}: already {DONE[Verb(last.verb)]} by {who}, {when}. It is {standing} now.",
        state=lead.state,
    )


_WORKERS = "its owner or the manager of its team may"
_MARKETING = "marketing may"
_WHOEVER_OWES = f"{_WORKERS}, marketing once it is Rejected, and RevOps"
_WHO: dict[str, str] = {
    Verb.PROMOTE: _MARKETING,
    Verb.ACCEPT: _WORKERS,
    Verb.QUALIFY: _WORKERS,
    Verb.CONVERT: _WORKERS,
    Verb.REJECT: f"{_WORKERS}, and marketing while it is Raw",
    Verb.RECYCLE: _MARKETING,
    Verb.RESUBMIT: _MARKETING,
    Verb.OVERTURN: "an arbiter of RevOps may, who belongs to neither side",
    Verb.ASSIGN: "the manager of its team, marketing or RevOps may, and a rep takes from the queue of his own team",
    Verb.TOUCH: _WORKERS,
    Verb.ANSWER: _MARKETING,
    Verb.DISPUTE: _MARKETING,
    Verb.COMMENT: "whoever sees the lead may",
    Verb.MERGE: "marketing or RevOps may",
    Verb.UPHOLD: "an arbiter of RevOps may, who belongs to neither side",
    Verb.PAUSE: _WHOEVER_OWES,
    Verb.RESUME: _WHOEVER_OWES,
    Verb.ACKNOWLEDGE: _WHOEVER_OWES,
    Verb.EXCUSE: "RevOps may",
    Verb.REJUDGE: "RevOps may",
}
