"""The verbs of marketing and of the arbiter: promote, answer, recycle, resubmit, dispute, overturn, uphold."""

from datetime import datetime
from typing import Any

from django.db import transaction

from handoff.agreement.packet import snapshot
from handoff.models import AnswerKind, Dispute, DisputeDecision, Handoff, Rejection
from handoff.refusals import FactsRefused, NotAllowed
from handoff.workflow import gates
from handoff.workflow.act import SHELL, Act, Door, begin
from handoff.workflow.ownership import take_owner
from leads.models import Definition, Stage, Transition, User, Verb


@transaction.atomic
def promote(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Hand a raw lead over to sales, with its packet, to an owner or to the queue of a team."""
    act = begin(Verb.PROMOTE, lead_id, by=by, door=door, at=at, given=given)
    definition = Definition.active(Stage.MQL)
    if not door.historical:
        gates.meets(act, definition)
        gates.cooled_off(act)
    take_owner(act)
    act.lead.promote(act.at)
    return _offer(act, definition, "owner", "team")


@transaction.atomic
def answer(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Answer a rejection that stands as it is: acknowledge it, or retire the lead."""
    act = begin(Verb.ANSWER, lead_id, by=by, door=door, at=at, given=given)
    rejection = _rejection(act)
    if rejection.answer:
        raise FactsRefused(f"{rejection.answered_by or 'The system'} has already answered this rejection.")
    if act.facts["kind"] == AnswerKind.RETIRE:
        act.lead.reenter_on = None  # nobody comes back to it
    transition = act.record("reenter_on")
    _answer(act, AnswerKind(act.facts["kind"]), act.facts["note"])
    return transition


@transaction.atomic
def recycle(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Take a rejected lead back to nurture, until a date from which it may be promoted again."""
    act = begin(Verb.RECYCLE, lead_id, by=by, door=door, at=at, given=given)
    gates.may_recycle_again(act)
    _answer(act, AnswerKind.RECYCLE, act.facts["note"])
    act.lead.recycle(act.at, act.facts["reenter_on"])
    act.lead.owner = None
    return act.record("state", "entered_at", "reason", "reenter_on", "owner")


@transaction.atomic
def resubmit(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Send a rejected lead back to its owner with what was fixed: a new cycle with a new packet."""
    act = begin(Verb.RESUBMIT, lead_id, by=by, door=door, at=at, given=given)
    _answer(act, AnswerKind.FIX, act.facts["fixed"])
    act.lead.resubmit(act.at)
    return _offer(act, Definition.active(Stage.MQL), "reason")


@transaction.atomic
def dispute(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Contest a rejection before the arbiter."""
    act = begin(Verb.DISPUTE, lead_id, by=by, door=door, at=at, given=given)
    rejection = _rejection(act)
    if Dispute.objects.filter(rejection=rejection).exists():
        raise FactsRefused("This rejection has been disputed already.")
    transition = act.record()
    _answer(act, AnswerKind.DISPUTE, act.facts["argument"])
    Dispute.objects.create(rejection=rejection, argument=act.facts["argument"], by=by, at=act.at)
    return transition


@transaction.atomic
def overturn(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Decide a dispute for marketing: the rejection is overturned, and the lead goes back to sales."""
    act = begin(Verb.OVERTURN, lead_id, by=by, door=door, at=at, given=given)
    dispute = _open_dispute(act)
    act.lead.overturn(act.at)
    transition = _offer(act, Definition.active(Stage.MQL), "reason")
    _decide(dispute, DisputeDecision.OVERTURNED, act)
    return transition


@transaction.atomic
def uphold(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Decide a dispute for sales: the rejection stands, and marketing recycles or retires the lead."""
    act = begin(Verb.UPHOLD, lead_id, by=by, door=door, at=at, given=given)
    dispute = _open_dispute(act)
    _decide(dispute, DisputeDecision.UPHELD, act)
    return act.record()


def _offer(act: Act, definition: Definition | None, *changed: str) -> Transition:
    transition = act.record("state", "entered_at", "cycle", "reenter_on", *changed)
    Handoff.objects.create(
        lead=act.lead,
        cycle=act.lead.cycle,
        transition=transition,
        definition=definition,
        packet=snapshot(act.lead),
        offered_to=act.lead.owner,
        offered_at=act.at,
    )
    return transition


def _rejection(act: Act) -> Rejection:
    return act.lead.rejections.select_related("answered_by").order_by("-at", "-id")[0]


def _answer(act: Act, kind: AnswerKind, note: str) -> None:
    """Keep marketing's answer on the rejection; what marketing does later replaces an acknowledgement."""
    rejection = _rejection(act)
    rejection.answer, rejection.answer_note = kind, note
    if rejection.answered_at is None:
        rejection.answered_by, rejection.answered_at = act.by, act.at
    rejection.save(update_fields=["answer", "answer_note", "answered_by", "answered_at"])


def _decide(dispute: Dispute, decision: DisputeDecision, act: Act) -> None:
    dispute.decision, dispute.decision_note = decision, act.facts["decision"]
    dispute.decided_by, dispute.decided_at = act.by, act.at
    dispute.save()


def _open_dispute(act: Act) -> Dispute:
    rejection = _rejection(act)
    dispute = Dispute.objects.filter(rejection=rejection, decision="").first()
    if dispute is None:
        raise FactsRefused("There is no open dispute of this rejection: marketing must dispute it first.")
    if act.by in (dispute.by, rejection.by):
        raise NotAllowed("You are a party of this dispute: another arbiter must decide it.")
    return dispute
