"""The verbs of marketing and of the arbiter: promote, answer, recycle, resubmit, dispute, overturn, uphold."""

from typing import Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from handoff.agreement.briefs import must_be_acknowledged
from handoff.agreement.packet import beside, snapshot
from handoff.models import AnswerKind, Dispute, DisputeDecision, Handoff, Rejection
from handoff.refusals import FactsRefused, NotAllowed, WrongState
from handoff.workflow import gates
from handoff.workflow.act import Act
from handoff.workflow.before import columns_of, put_back
from handoff.workflow.cards import Card
from handoff.workflow.facts.marketing import (
    AnswerFacts,
    AnswerGiven,
    DecisionFacts,
    DecisionGiven,
    DisputeFacts,
    DisputeGiven,
    RecycleFacts,
    RecycleGiven,
    ResubmitFacts,
    ResubmitGiven,
)
from handoff.workflow.facts.ownership import OwnerFacts, OwnerGiven
from handoff.workflow.ownership import take_owner
from handoff.workflow.rights import ARBITERS, MARKETERS, arbitrates, markets
from handoff.workflow.verb import verb
from leads import correct as correcting
from leads.facts import FactType, built_in_facts, fact, value_of
from leads.identity import IdentityConflict
from leads.models import Definition, HandoffRules, Stage, State, Transition, Verb

_CORRECTABLE = {"provenance", "attributes", *(each.name for each in built_in_facts() if each.type != FactType.CAMPAIGN)}

__all__ = ["answer", "dispute", "overturn", "promote", "recycle", "resubmit", "uphold"]


def _withdraw_offer(act: Act, done: Transition) -> None:
    """The offer was not made, and the rejection that it replied to waits for its answer again."""
    Handoff.objects.filter(transition=done).delete()
    _unanswer(act, done)


def _withdraw_fix(act: Act, done: Transition) -> None:
    """The detail that was corrected by it is as it was, unless somebody has corrected it again since."""
    _withdraw_offer(act, done)
    was, became = (done.kept.get(name, {}) for name in ("detail", "corrected"))
    same = [name for name, value in columns_of(act.lead, became).items() if name != "id" and value == became[name]]
    if not same:
        return
    try:
        with transaction.atomic():
            act.lead.save(update_fields=put_back(act.lead, {name: was[name] for name in same}))
    except IntegrityError as error:
        raise WrongState("Another lead has the former email by now: correct the two by hand.") from error


def _unanswer(act: Act, done: Transition) -> None:
    """The rejection has the answer that it had before, or none."""
    if was := done.kept.get("rejection"):
        rejection = act.lead.rejections.get(pk=was["id"])
        rejection.save(update_fields=put_back(rejection, was))


def _withdraw_dispute(act: Act, done: Transition) -> None:
    Dispute.objects.filter(rejection=_rejection(act)).delete()
    _unanswer(act, done)


def _reopen(act: Act, done: Transition) -> None:
    """The dispute waits for its decision again."""
    _withdraw_offer(act, done)
    reopened = Dispute.objects.filter(rejection=_rejection(act))
    reopened.update(decision="", decision_note="", decided_by=None, decided_at=None)


@verb(Card(Verb.PROMOTE, facts=OwnerFacts, may=markets, who=MARKETERS, system_may=True, undo=_withdraw_offer))
def promote(act: Act, **_: Unpack[OwnerGiven]) -> Transition:
    """Hand a raw lead over to sales, with its packet, to an owner or to the queue of a team."""
    definition = Definition.active(Stage.MQL)
    if not act.door.historical:
        gates.meets(act, definition)
        gates.cooled_off(act)
        gates.requalified(act)
        must_be_acknowledged(act.lead)
    take_owner(act)
    if not act.door.historical:
        gates.goes_to_another(act)
    act.lead.promote(act.at)
    return _offer(act, definition, "owner", "team")


@verb(Card(Verb.ANSWER, facts=AnswerFacts, may=markets, who=MARKETERS, states=(State.REJECTED,), undo=_unanswer))
def answer(act: Act, **_: Unpack[AnswerGiven]) -> Transition:
    """Accept a rejection as it is: acknowledge it, or retire the lead."""
    rejection = _rejection(act)
    if rejection.answer:
        raise FactsRefused(f"{rejection.answered_by or 'The system'} has already answered this rejection.")
    if act.facts["kind"] == AnswerKind.RETIRE:
        act.lead.reenter_on = None  # nobody comes back to it
    _answer(act, AnswerKind(act.facts["kind"]), act.facts["note"])
    return act.record("reenter_on")


@verb(Card(Verb.RECYCLE, facts=RecycleFacts, may=markets, who=MARKETERS, undo=_unanswer))
def recycle(act: Act, **_: Unpack[RecycleGiven]) -> Transition:
    """Take a rejected lead back to nurture, until a date from which it may be promoted again."""
    if not act.door.historical:
        gates.may_recycle_again(act)
    _answer(act, AnswerKind.RECYCLE, act.facts["note"])
    act.lead.recycle(act.at, act.facts["reenter_on"])
    act.lead.owner = None
    return act.record("state", "entered_at", "reason", "reenter_on", "owner")


@verb(Card(Verb.RESUBMIT, facts=ResubmitFacts, may=markets, who=MARKETERS, undo=_withdraw_fix))
def resubmit(act: Act, **_: Unpack[ResubmitGiven]) -> Transition:
    """Send a rejected lead back to sales with what was fixed: a new cycle with a new packet.

    A detail that is corrected by it, and another owner, are part of the same act.
    """
    _correct(act)
    _answer(act, AnswerKind.FIX, act.facts["fixed"])
    if act.facts["team"] and not act.facts["owner"]:
        act.lead.owner = None
    take_owner(act)
    act.lead.resubmit(act.at)
    return _offer(act, Definition.active(Stage.MQL), "reason", "owner", "team")


@verb(
    Card(
        Verb.DISPUTE,
        facts=DisputeFacts,
        may=markets,
        who=MARKETERS,
        states=(State.REJECTED,),
        undo=_withdraw_dispute,
    )
)
def dispute(act: Act, **_: Unpack[DisputeGiven]) -> Transition:
    """Contest a rejection before the arbiter."""
    rejection = _rejection(act)
    if Dispute.objects.filter(rejection=rejection).exists():
        raise FactsRefused("This rejection has already been disputed.")
    if not act.door.historical:
        gates.may_still_dispute(act, rejection)
    _answer(act, AnswerKind.DISPUTE, act.facts["argument"])
    transition = act.record()
    Dispute.objects.create(rejection=rejection, argument=act.facts["argument"], by=act.by, at=act.at)
    return transition


@verb(
    Card(
        Verb.OVERTURN,
        facts=DecisionFacts,
        may=arbitrates,
        who=ARBITERS,
        passive="returned to sales",
        undo=_reopen,
    )
)
def overturn(act: Act, **_: Unpack[DecisionGiven]) -> Transition:
    """Decide a dispute for marketing: the rejection is overturned, and the lead goes back to sales."""
    dispute = _open_dispute(act)
    act.lead.overturn(act.at)
    transition = _offer(act, Definition.active(Stage.MQL), "reason")
    _decide(dispute, DisputeDecision.OVERTURNED, act)
    return transition


@verb(Card(Verb.UPHOLD, facts=DecisionFacts, may=arbitrates, who=ARBITERS, states=(State.REJECTED,), undo=_reopen))
def uphold(act: Act, **_: Unpack[DecisionGiven]) -> Transition:
    """Decide a dispute for sales: the rejection is confirmed, and marketing recycles or retires the lead."""
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
        rules_id=HandoffRules.active().pk,
        packet=snapshot(act.lead),
        facts=beside(act.lead),
        offered_to=act.lead.owner,
        offered_at=act.at,
    )
    return transition


def _correct(act: Act) -> None:
    """Correct the detail, and keep in the history what it was: sales reads there what has changed."""
    name = act.facts["corrects"]
    if not name:
        return
    detail, before, stood = fact(name), value_of(act.lead, fact(name)), columns_of(act.lead, _CORRECTABLE)
    try:
        correcting.correct(act.lead.pk, {name: act.facts["corrected"]}, by=act.by)
    except ValidationError as error:
        raise FactsRefused(" ".join(error.messages), {"corrected": error.messages}) from error
    except IdentityConflict as conflict:
        raise FactsRefused(str(conflict), {"corrected": [str(conflict)]}) from conflict
    act.lead.refresh_from_db()
    after = value_of(act.lead, detail)
    # Unchanged, it corrects nothing: the history says only what has happened.
    act.facts["corrects"] = name if after != before else ""
    act.facts["corrected"] = detail.shown(after) if after != before else ""
    act.facts["was"] = detail.shown(before) if after != before else ""
    became = columns_of(act.lead, _CORRECTABLE)
    changed = [column for column in _CORRECTABLE if stood[column] != became[column]]
    act.before["detail"] = {column: stood[column] for column in changed}
    act.before["corrected"] = {column: became[column] for column in changed}


def _rejection(act: Act) -> Rejection:
    return act.lead.rejections.select_related("answered_by").order_by("-at", "-id")[0]


def _answer(act: Act, kind: AnswerKind, note: str) -> None:
    """Keep marketing's answer on the rejection; what marketing does later replaces an acknowledgement."""
    rejection = _rejection(act)
    act.before["rejection"] = columns_of(rejection, ("answer", "answer_note", "answered_by_id", "answered_at"))
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
