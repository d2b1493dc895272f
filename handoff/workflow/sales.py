"""The verbs of sales: accept, reject, touch, qualify, convert."""

from typing import Unpack

from django.db import connection

from handoff.models import Decision, Handoff, Rejection
from handoff.refusals import FactsRefused
from handoff.workflow import deals, gates
from handoff.workflow.act import Act, lock
from handoff.workflow.cards import CARDS, Card, Request, nothing_else
from handoff.workflow.facts import as_json, check
from handoff.workflow.facts.base import NoteFacts, NoteGiven
from handoff.workflow.facts.deals import IMPORTED
from handoff.workflow.facts.rejection import WHOSE, RejectFacts, RejectGiven
from handoff.workflow.facts.sales import ConvertFacts, ConvertGiven, TouchFacts, TouchGiven
from handoff.workflow.rights import WORKERS, rejects, works
from handoff.workflow.verb import verb
from leads.models import Definition, Stage, State, Touch, Transition, Verb
from leads.permission import block_of, sentence

__all__ = ["accept", "convert", "qualify", "reject", "touch"]

# By hand, as every acceptance sends it.
_DECIDE = """
UPDATE handoff_handoff SET decision = %s, decided_by_id = %s, decided_at = %s WHERE lead_id = %s AND cycle = %s
"""


def _undecide(act: Act, done: Transition) -> None:
    """The handoff waits for its decision again."""
    if done.from_state == State.MQL:
        decided = Handoff.objects.filter(lead=act.lead, cycle=done.cycle)
        decided.update(decision="", decided_by=None, decided_at=None)


def _take_rejection_back(act: Act, done: Transition) -> None:
    _undecide(act, done)
    Rejection.objects.filter(transition=done).delete()


def _forget_touch(act: Act, done: Transition) -> None:  # noqa: ARG001 the same shape as the others
    Touch.objects.filter(pk=done.kept["touch"]).delete()


@verb(Card(Verb.ACCEPT, facts=NoteFacts, may=works, who=WORKERS, undo=_undecide))
def accept(act: Act, **_: Unpack[NoteGiven]) -> Transition:
    """Take the lead on: sales answers for it from now."""
    act.lead.accept(act.at)
    _decide(act, Decision.ACCEPTED)
    return act.record("state", "entered_at")


@verb(
    Card(
        Verb.REJECT,
        facts=RejectFacts,
        may=rejects,
        who=f"{WORKERS}, and marketing while it is Raw",
        undo=_take_rejection_back,
    )
)
def reject(act: Act, **_: Unpack[RejectGiven]) -> Transition:
    """Refuse the lead, with a reason of the list and the evidence it demands. Marketing must answer."""
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
        evidence=as_json({name: facts[name] for name in ("retry_on", "wrong_field", *WHOSE)}),
        duplicate_of=facts["duplicate_of"],
        by=act.by,
        at=act.at,
        score=act.lead.score,
    )
    return transition


@verb(
    Card(
        Verb.TOUCH,
        facts=TouchFacts,
        may=works,
        who=WORKERS,
        states=tuple(State),
        system_may=True,
        aside=("system", "external_id"),
        undo=_forget_touch,
    )
)
def touch(act: Act, **given: Unpack[TouchGiven]) -> Transition:
    """Log a contact attempt, now or earlier. Only a human's counts; the earliest one counts."""
    facts = act.facts
    _refuse_blocked(act)
    made = Touch.objects.create(
        lead=act.lead,
        by=act.by,
        channel=facts["channel"],
        outcome=facts["outcome"],
        at=act.at,
        note=facts["note"],
        automatic=facts["automatic"],
        inbound=facts["inbound"],
        system=given.get("system", ""),
        external_id=given.get("external_id", ""),
    )
    act.before["touch"] = made.pk
    if facts["automatic"]:
        return act.record()
    act.lead.last_touch_at = max(act.at, act.lead.last_touch_at or act.at)
    return act.record("last_touch_at", genuine_touch=True)


def _refuse_blocked(act: Act) -> None:
    """Nobody contacts a buyer who must not be contacted. What happened before, and what the buyer did, is logged."""
    lead, since = act.lead, act.lead.do_not_contact_since
    is_ours = not act.facts["automatic"] and not act.facts["inbound"]
    if act.door.historical or not is_ours or not lead.do_not_contact or (since and act.at < since):
        return
    raise FactsRefused(
        f"{sentence(block_of(lead))} Do not call or write to {lead}. If the buyer contacted you, say so with "
        "“inbound”; if they may be contacted again, change that on the lead first.",
        {"inbound": ["Say whether the buyer contacted you."]},
    )


@verb(Card(Verb.QUALIFY, facts=NoteFacts, may=works, who=WORKERS, undo=nothing_else))
def qualify(act: Act, **_: Unpack[NoteGiven]) -> Transition:
    """Confirm the lead as one to sell to: it meets the SQL definition, and sales has contacted it."""
    if not act.door.historical:
        gates.meets(act, Definition.active(Stage.SQL))
        gates.touched(act)
    act.lead.qualify(act.at)
    return act.record("state", "entered_at")


def _same_conversion(request: Request) -> Transition | None:
    """The conversion that the same facts have made already."""
    lead, card = lock(request.lead_id), CARDS[Verb.CONVERT]
    first = lead.deals.order_by("pk").first()
    if first is None or not card.permits(request.by, lead, request.door.via):
        return None
    try:
        wanted = check(card.facts, card.verb, lead, request.facts, by=request.by, historical=request.door.historical)
    except FactsRefused:
        return None  # the state is refused first
    same = all(getattr(first, name) == value for name, value in wanted.items())
    return lead.transitions.get(verb=Verb.CONVERT) if same else None


# The form of a conversion asks for less than is known of a deal that comes in from a file.
OF_THE_DEAL = (*IMPORTED, "stage", "state", "closed_at", "lost_reason", "deal_owner")


@verb(
    Card(
        Verb.CONVERT,
        facts=ConvertFacts,
        may=works,
        who=WORKERS,
        before=_same_conversion,
        aside=OF_THE_DEAL,
        undo=deals.give_back,
    )
)
def convert(act: Act, **given: Unpack[ConvertGiven]) -> Transition:
    """Make an opportunity of the lead with its first deal. The same facts again find it made, and write nothing."""
    act.lead.convert(act.at)
    deals.keep(
        act, deals.new_deal(act), act.facts | {name: value for name, value in given.items() if name in OF_THE_DEAL}
    )
    return act.record("state", "entered_at")


def _decide(act: Act, decision: Decision) -> None:
    by = act.by.pk if act.by else None
    with connection.cursor() as cursor:
        cursor.execute(_DECIDE, [decision, by, act.at, act.lead.pk, act.lead.cycle])
