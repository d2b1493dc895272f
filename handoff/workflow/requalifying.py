"""Whether a lead that sales rejected may be handed over again: what is new, the cool-off, and who may have it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from handoff.agreement.handoff_rules import rules_of
from handoff.models import Handoff, Rejection
from handoff.workflow.facts import as_json
from leads.facts import facts, value_of
from leads.models import HandoffRules, Lead, Opportunity, State, Touchpoint, User, Verb
from leads.provenance import CAPTURE

SHOWN = 20
"""Touchpoints that are named as evidence: more say no more."""
_NOT_NEWS = {CAPTURE, "score"}


@dataclass(frozen=True)
class Evidence:
    """One thing that is new since the rejection."""

    kind: str
    words: str
    at: datetime | None = None


def last_rejection(lead: Lead) -> Rejection | None:
    """By sales: whatever marketing has turned down itself was not handed over before."""
    theirs = lead.rejections.exclude(from_state=State.RAW).select_related("reason", "transition__owner", "by")
    return theirs.order_by("-at", "-id").first()


def times_recycled(lead: Lead) -> int:
    return lead.transitions.filter(verb=Verb.RECYCLE).count()


def evidence_since(lead: Lead, rejection: Rejection, rules: HandoffRules) -> list[Evidence]:
    """What counts as new: what the buyer did, a fact that is another one, and a score that has risen enough."""
    return [*_touchpoints(lead, rejection), *_changed_facts(lead, rejection), *_risen(lead, rejection, rules)]


def _touchpoints(lead: Lead, rejection: Rejection) -> Iterator[Evidence]:
    newest = Touchpoint.objects.filter(lead=lead, at__gt=rejection.at).order_by("-at", "-id")[:SHOWN]
    for point in newest:
        yield Evidence("touchpoint", point.kind.replace("_", " "), point.at)


def _changed_facts(lead: Lead, rejection: Rejection) -> Iterator[Evidence]:
    """Stated since, and not the same as in the packet that was rejected."""
    packet = Handoff.objects.filter(lead=lead, cycle=rejection.cycle).values_list("packet", flat=True).first() or {}
    for each in facts():
        entry = lead.provenance.get(each.name)
        if each.name in _NOT_NEWS or not entry or (at := datetime.fromisoformat(entry["at"])) <= rejection.at:
            continue
        value = value_of(lead, each)
        if not _is_same(value, packet.get(each.name), is_there=each.name in packet):
            yield Evidence("fact", f"{each.label}: {each.shown(value) or 'nothing'}", at)


def _is_same(value: Any, before: Any, *, is_there: bool) -> bool:
    """A fact that the packet left out was empty."""
    now = as_json({"value": value})["value"]
    return bool(now == before if is_there else now in (None, "", [], False))


def _risen(lead: Lead, rejection: Rejection, rules: HandoffRules) -> Iterator[Evidence]:
    if lead.score is None or rejection.score is None:
        return
    if lead.score - rejection.score >= rules.score_rise:
        yield Evidence("score", f"Score: {lead.score}, from {rejection.score}")


def former_reps(rejection: Rejection) -> set[int]:
    """Who had it, and who rejected it."""
    return {person for person in (rejection.by_id, rejection.transition.owner_id) if person}


def reps_to_avoid(lead: Lead) -> set[int]:
    """The former reps of a lead that is to be given to another one; none where any rep may have it."""
    rejection = last_rejection(lead) if _was_with_sales_before(lead) else None
    if rejection is None or not _is_handed_over_again(lead, rejection):
        return set()
    if not rules_of(lead, rejection.cycle).needs_other_rep:
        return set()
    people = User.objects.filter(pk__in=former_reps(rejection))
    return {each.pk for each in people if not owns_account(each, lead)}


def _was_with_sales_before(lead: Lead) -> bool:
    """Most leads were not, and cost no query."""
    return lead.cycle > (0 if lead.state == State.RAW else 1)


def _is_handed_over_again(lead: Lead, rejection: Rejection) -> bool:
    """It was recycled since. One that was fixed or whose rejection was overturned goes back to whoever had it."""
    recycled = lead.transitions.filter(verb=Verb.RECYCLE, cycle=rejection.cycle, at__gte=rejection.at)
    return recycled.exists()


def owns_account(rep: User, lead: Lead) -> bool:
    """They have another lead, or a deal, of the same company."""
    if not lead.company:
        return False
    # As the index has it: by the company in upper case, of those that have an owner.
    theirs = Lead.objects.filter(company__iexact=lead.company, owner__isnull=False, merged_into=None)
    if theirs.exclude(company="").exclude(pk=lead.pk).filter(owner=rep).exists():
        return True
    return Opportunity.objects.filter(owner=rep, lead__company__iexact=lead.company).exclude(lead__company="").exists()


def not_for(rep: User | None, lead: Lead) -> str:
    """Why this rep is not given the lead again; empty where they may have it."""
    if rep is None or rep.pk not in reps_to_avoid(lead):
        return ""
    return (
        f"{rep} had {lead} when it was rejected and does not own the account, and the handoff rules ask for another "
        "rep: choose somebody else, or leave it in the queue."
    )


def not_yet(lead: Lead, rules: HandoffRules, rejection: Rejection, today: date, rejected_on: date) -> str:
    """That it has not cooled off; empty once it has."""
    ready = rules.cooled_off_on(rejected_on)
    if not rules.cool_off_days or today >= ready:
        return ""
    days = f"{rules.cool_off_days} day{'' if rules.cool_off_days == 1 else 's'}"
    return (
        f"{lead} was rejected on {rejected_on} ({rejection.reason}), and the {rules} ask for {days} of cool-off: "
        f"promote it from {ready} on."
    )


def nothing_new(lead: Lead, rules: HandoffRules, rejection: Rejection, rejected_on: date) -> str:
    """That there is no evidence; empty where there is some, or none is asked for."""
    if not rules.needs_evidence or evidence_since(lead, rejection, rules):
        return ""
    rise = f"{rules.score_rise} point{'' if rules.score_rise == 1 else 's'}"
    return (
        f"Nothing is new about {lead} since it was rejected on {rejected_on} ({rejection.reason}), and the {rules} ask "
        f"for new evidence: record a touchpoint or a changed fact, or wait for its score to rise by {rise}."
    )
