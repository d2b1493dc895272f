"""What is said of an act: who did what with which lead, why, and what is due now."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from handoff.alerts.content import Content, disputes_link, facts_of, lead_link, name, rejections_link, title, zone_of
from handoff.alerts.moments import moment
from handoff.alerts.offers import GIVEN, offers_of
from handoff.models import AnswerKind, Delivery, Rejection
from leads.facts import built_in_facts
from leads.models import Channel, DealState, Outcome, Reason, Transition, Verb
from sla.models import Clock

ABOUT_A_REJECTION = {Verb.REJECT, Verb.RECYCLE, Verb.RESUBMIT, Verb.OVERTURN, Verb.UPHOLD, Verb.ANSWER, Verb.DISPUTE}
LABELS = {
    "kind": "Answer",
    "fixed": "Fixed",
    "corrects": "Corrected",
    "was": "Before",
    "corrected": "Now",
    "argument": "Argument",
    "decision": "Decision",
    "reenter_on": "May be promoted again from",
    "retry_on": "Try again on",
    "wrong_field": "Wrong detail",
    "duplicate_of": "The other lead",
    "belongs_to": "Belongs to",
    "belongs_to_team": "Territory",
    "account": "Account",
    "into": "Merged into lead",
    "from": "Separated from lead",
    "separated": "Separated lead",
    "channel": "Channel",
    "outcome": "Outcome",
    "inbound": "From the buyer",
    "name": "Opportunity",
    "state": "State",
    "stage": "Stage",
    "amount": "Amount",
    "currency": "Currency",
    "expected_close": "Expected close",
    "lost_reason": "Lost because",
    "text": "Comment",
    "note": "Note",
}
CHOICES: dict[str, dict[str, str]] = {
    "kind": dict(AnswerKind.choices),
    "channel": dict(Channel.choices),
    "outcome": dict(Outcome.choices),
    "state": dict(DealState.choices),
    "inbound": {"True": "yes"},
    **{key: {each.name: each.label for each in built_in_facts()} for key in ("wrong_field", "corrects")},
}
LISTS: dict[str, Callable[[], tuple[str, str]]] = {Verb.REJECT: rejections_link, Verb.DISPUTE: disputes_link}
"""Where what the act asks for is done."""
BY_WHICH_REACHED = ("was", "corrected")
"""Of a buyer who must not be contacted no message says these."""


def with_details(acts: QuerySet[Transition]) -> QuerySet[Transition]:
    """Acts with everything that a message says of them."""
    return acts.select_related("by", "owner", "lead__owner__team", "lead__team", "lead__campaign")


def in_short(act: Transition) -> str:
    return f"{name(act.by)} {Verb(act.verb).past} {title(act.lead)}{_to_whom(act)}"


def about_act(delivery: Delivery) -> Content:
    act = delivery.act_in_full or with_details(Transition.written.filter(deliveries=delivery)).get()
    lead, zone = act.lead, zone_of(delivery, act.lead)
    links = (lead_link(lead),)
    return Content(
        key=delivery.key,
        kind=f"act.{act.verb}",
        at=act.at,
        lead_id=lead.pk,
        subject=subject_of(act, delivery),
        headline=f"{in_short(act)} on {moment(act.at, zone)}.",
        lines=(_reason(act), *_details(act), *_due(act, zone)),
        facts=facts_of(lead),
        links=(LISTS[act.verb](), *links) if act.verb in LISTS else links,
        zone=zone.key,
        about={"act": act.pk, "verb": act.verb, "by": act.by.username if act.by else None},
        offers=offers_of(delivery, lead) if act.verb in GIVEN else None,
    )


def subject_of(act: Transition, delivery: Delivery) -> str:
    """Known without asking the database, of an act with its details."""
    is_mine = delivery.recipient_id is not None and delivery.recipient_id == act.owner_id
    if is_mine and act.verb in GIVEN:
        return f"New lead for you: {title(act.lead)}"
    if delivery.recipient is not None and delivery.recipient.username in act.facts.get("mentions", ()):
        return f"{name(act.by)} mentioned you: {title(act.lead)}"
    return f"{name(act.by)} {Verb(act.verb).past} {title(act.lead)}"


def _to_whom(act: Transition) -> str:
    if act.verb == Verb.ASSIGN and not act.owner:
        return " to no one"
    return f" to {act.owner}" if act.owner and act.verb in (Verb.PROMOTE, Verb.ASSIGN, Verb.RESUBMIT) else ""


def _reason(act: Transition) -> str:
    """The reason given, or the one that the act replies to."""
    if act.verb not in ABOUT_A_REJECTION:
        return ""
    rejections = Rejection.objects.select_related("reason", "by").filter(lead=act.lead_id, at__lte=act.at)
    if act.verb == Verb.REJECT:
        rejection = rejections.filter(transition=act).first()
        reason = rejection.reason if rejection else Reason.objects.filter(code=act.facts.get("reason", "")).first()
        return f"Reason: {reason}." if reason else ""
    rejection = rejections.first()
    return f"{name(rejection.by)} had rejected it: {rejection.reason}." if rejection else ""


def _details(act: Transition) -> list[str]:
    """The facts that were given with it, as words."""
    unsaid = BY_WHICH_REACHED if act.lead.do_not_contact else ()
    given = {key: str(act.facts[key]) for key in LABELS if act.facts.get(key) and key not in unsaid}
    return [f"{LABELS[key]}: {CHOICES.get(key, {}).get(value, value)}" for key, value in given.items()]


def _due(act: Transition, zone: ZoneInfo) -> list[str]:
    """When the lead's running clocks are due, the most urgent first."""
    clocks = Clock.objects.filter(lead=act.lead_id, stopped_at=None, due_at__isnull=False).order_by("due_at")
    return [f"{clock.get_metric_display()}: due on {moment(clock.due_at, zone)}." for clock in clocks if clock.due_at]
