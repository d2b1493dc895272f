"""The verbs of sales: accept, reject, touch, qualify, convert."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from handoff.models import Decision, Rejection
from handoff.refusals import FactsRefused
from handoff.workflow import facts as facts_of
from handoff.workflow import gates, rights
from handoff.workflow.act import SHELL, Act, Door, begin, lock
from leads.models import Definition, Opportunity, Stage, State, Touch, Transition, User, Verb

# By hand, as every acceptance sends it.
_DECIDE = """
UPDATE handoff_handoff SET decision = %s, decided_by_id = %s, decided_at = %s WHERE lead_id = %s AND cycle = %s
"""


@transaction.atomic
def accept(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Take the lead on: sales answers for it from now."""
    act = begin(Verb.ACCEPT, lead_id, by=by, door=door, at=at, given=given)
    act.lead.accept(act.at)
    _decide(act, Decision.ACCEPTED)
    return act.record("state", "entered_at")


@transaction.atomic
def reject(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Refuse the lead, with a reason of the list and the evidence it demands. Marketing must answer."""
    act = begin(Verb.REJECT, lead_id, by=by, door=door, at=at, given=given)
    from_state, facts = act.lead.state, act.facts
    if from_state == State.MQL:
        _decide(act, Decision.REJECTED)
    act.lead.reject(act.at, facts["reason"], facts["retry_on"])
    transition = act.record("state", "entered_at", "reason", "reenter_on")
    Rejection.objects.create(
        lead=act.lead,
        transition=transition,
        cycle=act.lead.cycle,
        from_state=from_state,
        reason=facts["reason"],
        note=facts["note"],
        evidence=facts_of.as_json({name: facts[name] for name in ("retry_on", "wrong_field")}),
        duplicate_of=facts["duplicate_of"],
        by=by,
        at=act.at,
    )
    return transition


@transaction.atomic
def touch(lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any) -> Transition:
    """Log a contact attempt, now or earlier. Only a human's counts; the earliest one counts."""
    identity = {name: given.pop(name) for name in ("system", "external_id") if name in given}
    act = begin(Verb.TOUCH, lead_id, by=by, door=door, given={**given, "at": at})
    facts = act.facts
    act.happened(facts["at"])
    Touch.objects.create(
        lead=act.lead,
        by=by,
        channel=facts["channel"],
        outcome=facts["outcome"],
        at=act.at,
        note=facts["note"],
        automatic=facts["automatic"],
        **identity,
    )
    if facts["automatic"]:
        return act.record()
    act.lead.last_touch_at = max(act.at, act.lead.last_touch_at or act.at)
    return act.record("last_touch_at", genuine_touch=True)


@transaction.atomic
def qualify(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Confirm the lead as one to sell to: it meets the SQL definition, and somebody has spoken to it."""
    act = begin(Verb.QUALIFY, lead_id, by=by, door=door, at=at, given=given)
    if not door.historical:
        gates.meets(act, Definition.active(Stage.SQL))
        gates.touched(act)
    act.lead.qualify(act.at)
    return act.record("state", "entered_at")


@transaction.atomic
def convert(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Make an opportunity of the lead. The same facts again find it made, and write nothing."""
    if repeated := _same_conversion(lead_id, by, door, given):
        return repeated
    act = begin(Verb.CONVERT, lead_id, by=by, door=door, at=at, given=given)
    act.lead.convert(act.at)
    Opportunity.objects.create(lead=act.lead, **act.facts)
    return act.record("state", "entered_at")


def _decide(act: Act, decision: Decision) -> None:
    by = act.by.pk if act.by else None
    with connection.cursor() as cursor:
        cursor.execute(_DECIDE, [decision, by, act.at, act.lead.pk, act.lead.cycle])


def _same_conversion(lead_id: int, by: User | None, door: Door, given: dict[str, Any]) -> Transition | None:
    lead = lock(lead_id)
    opportunity = Opportunity.objects.filter(lead=lead).first()
    if opportunity is None or not rights.may(by, Verb.CONVERT, lead, door.via):
        return None
    try:
        wanted = facts_of.check(Verb.CONVERT, lead, given, by=by, historical=door.historical)
    except FactsRefused:
        return None  # the state is refused first
    same = all(getattr(opportunity, name) == value for name, value in wanted.items())
    return lead.transitions.get(verb=Verb.CONVERT) if same else None
