"""All that happened to a lead, in one order: acts, contacts, what the buyer did, alarms and edits."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Prefetch
from django.urls import reverse

from handoff.console.frame.words import moment
from handoff.console.leads.verbs import LOOKS, past_of_this_lead
from handoff.models import AnswerKind, Delivery
from handoff.workflow.facts.rejection import wrong_fields
from handoff.workflow.facts.timing import Cause
from handoff.workflow.rights import names_seen
from leads.catalogue import attributes
from leads.facts import fact
from leads.merged import family
from leads.models import GIVING, DealState, Lead, Reason, State, Touch, Transition, Verb, Via
from sla.metrics import Metric
from sla.models import Alarm, Policy

FACT_LABELS = {
    "metric": "Clock",
    "cause": "Cause",
    "until": "Until",
    "reason": "Reason",
    "duplicate_of": "Duplicate of lead",
    "retry_on": "Try again on",
    "wrong_field": "Wrong detail",
    "reenter_on": "Until",
    "kind": "Answer",
    "fixed": "Fixed",
    "argument": "Because",
    "decision": "Decision",
    "deal": "Deal",
    "name": "Opportunity",
    "state": "State",
    "stage": "Stage",
    "amount": "Amount",
    "currency": "Currency",
    "deal_owner": "Deal owner",
    "opened_at": "Opened",
    "expected_close": "Expected close",
    "closed_at": "Closed",
    "lost_reason": "Lost because",
    "into": "Into lead",
    "take": "Facts taken along",
    "from": "From lead",
    "separated": "Lead that was separated",
    "note": "Note",
    "text": "",
}
OTHER_LEAD: Mapping[str, tuple[str, ...]] = {Verb.MERGE: ("into",), Verb.UNMERGE: ("from", "separated")}
"""Where an act that is about two leads names the other one."""
MOMENTS = ("until", "opened_at", "closed_at")
CHANGES = {"reevaluated": "Re-evaluated", "restarted": "Started again"}
VIA = {Via.CONSOLE: "console", Via.API: "API", Via.SLACK: "Slack", Via.IMPORT: "import", Via.SWEEP: "sweep"}

# A clock that was changed, or an alarm that was answered there, says nothing of the lead that stays.
_NOT_OF_MERGED = (Verb.TOUCH, Verb.ACKNOWLEDGE, Verb.EXCUSE, Verb.REEVALUATE)


@dataclass(frozen=True)
class Event:
    """One line of the timeline: who did what, why, when and through which door."""

    at: datetime
    icon: str
    tone: str
    who: str
    headline: str
    why: tuple[tuple[str, str], ...] = ()
    door: str = ""
    other: str = ""
    """Another lead that it is about, and its page."""
    other_url: str = ""

    @property
    def when(self) -> str:
        return moment(self.at)


def timeline(lead: Lead, roles: Collection[str] | None = None) -> list[Event]:
    """Newest first. One query for each kind of event, however many there are."""
    acts = list(lead.transitions.select_related("by", "owner"))
    reasons = dict(Reason.objects.values_list("code", "label"))
    events = [
        *_acts(acts, reasons, roles),
        *_of_merged(lead, reasons, roles),
        *_touches(lead, acts),
        *_touchpoints(lead),
        *_alarms(lead),
        *_consents(lead),
        *_edits(lead, roles),
    ]
    # Sorting is stable: what happened at one moment stays in the order of its causes, turned round.
    events.sort(key=lambda event: event.at)
    return events[::-1]


def _acts(acts: list[Transition], reasons: Mapping[str, str], roles: Collection[str] | None) -> Iterator[Event]:
    policies = _policies(acts)
    yield from (_act(act, reasons, policies, roles) for act in acts if act.verb != Verb.TOUCH)


def _of_merged(lead: Lead, reasons: Mapping[str, str], roles: Collection[str] | None) -> Iterator[Event]:
    """What was done with the leads that were merged into this one; their contacts have come along."""
    others = [pk for pk in family(lead.pk) if pk != lead.pk]
    if others:
        acts = Transition.objects.filter(lead__in=others).exclude(verb__in=_NOT_OF_MERGED)
        for act in acts.select_related("by", "owner", "lead"):
            event = _act(act, reasons, {}, roles)
            yield replace(event, other=f"{act.lead} (lead {act.lead_id})", other_url=_url(act.lead_id))


def _url(lead_id: int) -> str:
    return reverse("admin:leads_lead_change", args=[lead_id])


def _act(
    act: Transition, reasons: Mapping[str, str], policies: Mapping[int, Policy], roles: Collection[str] | None
) -> Event:
    moves = act.from_state != act.to_state
    headline = past_of_this_lead(act.verb)
    if act.verb in GIVING:
        headline += f" to {act.owner}" if act.owner else " to the queue"
    if moves:
        headline += f": {State(act.from_state).label} → {State(act.to_state).label}"
    tone = "danger" if act.verb == Verb.REJECT else "primary" if moves else "plain"
    why = (*facts_in_words(act.facts, reasons, roles), *_judged_by(act, policies))
    event = Event(act.at, LOOKS[act.verb].icon, tone, _who(act.by), headline, why, _door(act))
    other = next((act.facts[name] for name in OTHER_LEAD.get(act.verb, ()) if name in act.facts), None)
    return replace(event, other=f"Lead {other}", other_url=_url(other)) if other else event


def facts_in_words(
    facts: Mapping[str, Any], reasons: Mapping[str, str], roles: Collection[str] | None
) -> Iterator[tuple[str, str]]:
    """Labels and values; of attributes only those that may be seen with these roles."""
    labels = {
        "metric": dict(Metric.choices),
        "cause": dict(Cause.choices),
        "reason": reasons,
        "kind": dict(AnswerKind.choices),
        "state": dict(DealState.choices),
        "wrong_field": dict(wrong_fields()),
    }
    for name, label in FACT_LABELS.items():
        if name in MOMENTS and name in facts:
            yield label, moment(datetime.fromisoformat(facts[name]))
        elif name == "take" and name in facts:
            if seen := [fact(each).label for each in facts[name] if names_seen(each, roles)]:
                yield label, ", ".join(seen)
        elif name in facts:
            value = ", ".join(facts[name]) if isinstance(facts[name], list) else facts[name]
            yield label, str(labels.get(name, {}).get(value, value))


def _policies(acts: Iterable[Transition]) -> dict[int, Policy]:
    """The policies that verbs chose for running clocks, in one query."""
    ids = {policy for act in acts for name in CHANGES for policy in act.facts.get(name, {}).values()}
    return Policy.objects.in_bulk(ids) if ids else {}


def _judged_by(act: Transition, policies: Mapping[int, Policy]) -> Iterator[tuple[str, str]]:
    for name, label in CHANGES.items():
        for metric, policy in act.facts.get(name, {}).items():
            yield label, f"{Metric(metric).label}, by {policies.get(policy, 'a policy that is gone')}"


def _touches(lead: Lead, acts: list[Transition]) -> Iterator[Event]:
    """Contacts are read from their own rows: after a merge those of the other lead are here too."""
    doors = {(act.at, act.by_id): act for act in acts if act.verb == Verb.TOUCH}
    for touch in lead.touches.select_related("by"):
        act = doors.get((touch.at, touch.by_id))
        kind = f"{touch.get_channel_display()}: {touch.get_outcome_display().lower()}"
        headline = f"{kind}{_aside(touch)}"
        why = (("Note", touch.note),) if touch.note else ()
        yield Event(touch.at, _touch_icon(touch), "success", _who(touch.by), headline, why, _door(act) if act else "")


def _aside(touch: Touch) -> str:
    if touch.automatic:
        return " (automatic, does not count)"
    return " (from the buyer)" if touch.inbound else ""


def _touch_icon(touch: Touch) -> str:
    return {"call": "call", "email": "mail", "meeting": "groups"}.get(touch.channel, "forum")


def _touchpoints(lead: Lead) -> Iterator[Event]:
    for point in lead.touchpoints.select_related("campaign"):
        why = [("Source", point.source)] if point.source else []
        why += [("Campaign", point.campaign.name)] if point.campaign else []
        if point.detail:
            why.append(("", point.detail))
        kind = point.kind.replace("_", " ").capitalize()
        yield Event(point.at, "ads_click", "info", "The buyer", kind, tuple(why), point.system)


def _alarms(lead: Lead) -> Iterator[Event]:
    deliveries = Prefetch("deliveries", Delivery.objects.select_related("recipient", "destination"))
    related = ("clock__policy", "step", "acknowledged_by__by", "done_by__owner")
    for alarm in Alarm.objects.filter(clock__lead=lead).select_related(*related).prefetch_related(deliveries):
        headline = f"{alarm.step.get_kind_display()}: {alarm.clock.get_metric_display().lower()}"
        tone = "warning" if alarm.step.percent < 100 else "danger"
        yield Event(alarm.due_at, "notifications", tone, "The clock", headline, tuple(_of_alarm(alarm)), "sweep")


def _of_alarm(alarm: Alarm) -> Iterator[tuple[str, str]]:
    yield "Policy", str(alarm.clock.policy)
    recipients = ", ".join(
        f"{delivery} ({delivery.get_state_display().lower()})" for delivery in alarm.deliveries.all()
    )
    if recipients:
        yield "Notified", recipients
    if alarm.superseded:
        yield "", "Overtaken by a later step, so no one was notified."
    if action := f"{_moved(alarm.done_by)} {alarm.note}".strip():
        yield "Its step", action
    if alarm.acknowledged_by:
        yield "Acknowledged by", _who(alarm.acknowledged_by.by)


def _moved(act: Transition | None) -> str:
    if act is None:
        return ""
    return f"The lead went to {act.owner}." if act.owner else "The lead went to the queue."


def _consents(lead: Lead) -> Iterator[Event]:
    for consent in lead.consents.select_related("by") if lead.consent else ():
        about = consent.get_purpose_display().lower()
        headline = f"{'Agreed to be contacted' if consent.granted else 'Withdrew consent'}: {about}"
        who = "The buyer"
        if consent.is_inferred:
            headline, who = f"Consent withdrawn by a merge: {about}", _who(consent.by)
        why = [(label, text) for label, text in (("On record", consent.source), ("Wording", consent.wording)) if text]
        tone = "success" if consent.granted else "danger"
        door = VIA.get(Via(consent.via), "")
        yield Event(consent.at, "privacy_tip", tone, who, headline, tuple(why), door)


def _edits(lead: Lead, roles: Collection[str] | None) -> Iterator[Event]:
    """Changes of plain facts, as the console has logged them; of those that may be seen with these roles."""
    kind = ContentType.objects.get_for_model(Lead)
    hidden = {each.label for each in attributes() if roles is not None and not each.is_seen_by(roles)}
    for entry in LogEntry.objects.filter(content_type=kind, object_id=str(lead.pk)).select_related("user"):
        if hidden:
            entry.change_message = _without(entry.change_message, hidden)
        yield Event(entry.action_time, "edit", "plain", _who(entry.user), entry.get_change_message(), (), "console")


def _without(message: str, hidden: Collection[str]) -> str:
    """A message of Django's log that names only facts that may be seen."""
    try:
        parts = json.loads(message)
    except ValueError:
        return message
    for part in parts if isinstance(parts, list) else ():
        changed = part.get("changed", {})
        if "fields" in changed:
            changed["fields"] = [label for label in changed["fields"] if label not in hidden] or ["Other facts"]
    return json.dumps(parts)


def _who(person: Any) -> str:
    return str(person) if person else "The system"


def _door(act: Transition) -> str:
    door = VIA.get(Via(act.via), "")
    return f"{door}, of the past".lstrip(", ") if act.historical else door
