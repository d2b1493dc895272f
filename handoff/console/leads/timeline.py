"""All that happened to a lead, in one order: acts, contacts, what the buyer did, alarms and edits."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, F, OuterRef, Prefetch
from django.urls import reverse

from handoff.console.leads.act_facts import facts_in_words
from handoff.console.leads.pieces import PIECE, Asked, Event, Numbered, Piece, Place
from handoff.console.leads.verbs import LOOKS, past_of_this_lead
from handoff.models import Delivery, PacketView, Rejection
from leads.catalogue import attributes
from leads.merged import family
from leads.models import GIVING, Lead, Reason, State, Touch, Transition, Verb, Via
from sla.metrics import Metric
from sla.models import Alarm, Policy

OTHER_LEAD: Mapping[str, tuple[str, ...]] = {
    Verb.MERGE: ("into",),
    Verb.UNMERGE: ("from", "separated"),
    Verb.REJECT: ("duplicate_of",),
}
"""Where an act that is about two leads names the other one."""
CHANGES = {"reevaluated": "Re-evaluated", "restarted": "Started again"}
VIA = {Via.CONSOLE: "console", Via.API: "API", Via.SLACK: "Slack", Via.IMPORT: "import", Via.SWEEP: "sweep"}

# A clock that was changed, or an alarm that was answered there, says nothing of the lead that stays.
_NOT_OF_MERGED = (Verb.TOUCH, Verb.ACKNOWLEDGE, Verb.EXCUSE, Verb.REEVALUATE)


def timeline(lead: Lead, roles: Collection[str] | None = None) -> list[Event]:
    """All of it, newest first: one query for each kind of event, however many there are."""
    return piece(lead, roles, most=None).events


def piece(
    lead: Lead, roles: Collection[str] | None = None, before: Place | None = None, most: int | None = PIECE
) -> Piece:
    """Up to `most` events, newest first, from the end or from before a place: no kind is read further than that."""
    asked = Asked(lead, before, None if most is None else most + 1)
    reasons = dict(Reason.objects.values_list("code", "label"))
    kinds: tuple[Callable[[Asked], Numbered], ...] = (
        partial(_acts, reasons=reasons, roles=roles),
        partial(_of_merged, reasons=reasons, roles=roles),
        _touches,
        _touchpoints,
        _alarms,
        _consents,
        partial(_edits, roles=roles),
        _duplicates,
        _packet_views,
    )
    placed = [
        (Place(event.at, rank, pk), event) for rank, events in enumerate(kinds) for pk, event in events(asked.of(rank))
    ]
    # What happened at one moment stands in the order of its causes, turned round.
    placed.sort(key=lambda pair: pair[0], reverse=True)
    shown = placed if most is None else placed[:most]
    older = str(shown[-1][0]) if len(shown) < len(placed) else ""
    return Piece([event for _place, event in shown], older)


def _acts(asked: Asked, reasons: Mapping[str, str], roles: Collection[str] | None) -> Numbered:
    # A contact is read from its own row, which has gone where it was taken back.
    written = Transition.written.filter(lead=asked.lead).exclude(verb=Verb.TOUCH, taken_back=None)
    acts = asked.rows(written.select_related("by", "owner", "taken_back"), "at")
    policies = _policies(acts)
    for act in acts:
        yield act.pk, _act(act, reasons, policies, roles)


def _of_merged(asked: Asked, reasons: Mapping[str, str], roles: Collection[str] | None) -> Numbered:
    """What was done with the leads that were merged into this one; their contacts have come along."""
    others = [pk for pk in family(asked.lead.pk) if pk != asked.lead.pk]
    if others:
        acts = Transition.written.filter(lead__in=others).exclude(verb__in=_NOT_OF_MERGED)
        for act in asked.rows(acts.select_related("by", "owner", "lead", "taken_back"), "at"):
            event = _act(act, reasons, {}, roles)
            yield act.pk, replace(event, other=f"{act.lead} (lead {act.lead_id})", other_url=_url(act.lead_id))


def _duplicates(asked: Asked) -> Numbered:
    """Other leads that were rejected as duplicates of this one: by number, as not everyone may see them."""
    rejections = Rejection.objects.filter(duplicate_of=asked.lead).select_related("by", "transition")
    for rejection in asked.rows(rejections, "at"):
        why = (("Note", rejection.note),) if rejection.note else ()
        headline, other = "Rejected another lead as a duplicate of this one", f"Lead {rejection.lead_id}"
        event = Event(rejection.at, LOOKS[Verb.REJECT].icon, "plain", _who(rejection.by), headline, why)
        door = _door(rejection.transition)
        yield rejection.pk, replace(event, door=door, other=other, other_url=_url(rejection.lead_id))


def _url(lead_id: int) -> str:
    return reverse("admin:leads_lead_change", args=[lead_id])


def _act(
    act: Transition, reasons: Mapping[str, str], policies: Mapping[int, Policy], roles: Collection[str] | None
) -> Event:
    moves = act.from_state != act.to_state
    headline = f"Took back: {Verb(act.facts['act']).label}" if act.verb == Verb.UNDO else past_of_this_lead(act.verb)
    if act.verb in GIVING:
        headline += f" to {act.owner}" if act.owner else " to the queue"
    if moves:
        headline += f": {State(act.from_state).label} → {State(act.to_state).label}"
    tone = "danger" if act.verb == Verb.REJECT else "primary" if moves else "plain"
    why = (*facts_in_words(act.facts, reasons, roles), *_judged_by(act, policies))
    event = Event(act.at, LOOKS[act.verb].icon, tone, _who(act.by), headline, why, _door(act))
    event = replace(event, is_taken_back=act.taken_back_by is not None)
    other = next((act.facts[name] for name in OTHER_LEAD.get(act.verb, ()) if name in act.facts), None)
    return replace(event, other=f"Lead {other}", other_url=_url(other)) if other else event


def _policies(acts: Iterable[Transition]) -> dict[int, Policy]:
    """The policies that verbs chose for running clocks, in one query."""
    ids = {policy for act in acts for name in CHANGES for policy in act.facts.get(name, {}).values()}
    return Policy.objects.in_bulk(ids) if ids else {}


def _judged_by(act: Transition, policies: Mapping[int, Policy]) -> Iterator[tuple[str, str]]:
    for name, label in CHANGES.items():
        for metric, policy in act.facts.get(name, {}).items():
            yield label, f"{Metric(metric).label}, by {policies.get(policy, 'a policy that is gone')}"


def _touches(asked: Asked) -> Numbered:
    """Contacts are read from their own rows: after a merge those of the other lead are here too."""
    touches = asked.rows(asked.lead.touches.select_related("by"), "at")
    acts = asked.lead.transitions.filter(verb=Verb.TOUCH, at__in=[touch.at for touch in touches]) if touches else ()
    doors = {(act.at, act.by_id): act for act in acts}
    for touch in touches:
        act = doors.get((touch.at, touch.by_id))
        kind = f"{touch.get_channel_display()}: {touch.get_outcome_display().lower()}"
        headline = f"{kind}{_aside(touch)}"
        why = (("Note", touch.note),) if touch.note else ()
        door = _door(act) if act else ""
        yield touch.pk, Event(touch.at, _touch_icon(touch), "success", _who(touch.by), headline, why, door)


def _aside(touch: Touch) -> str:
    if touch.automatic:
        return " (automatic, does not count)"
    return " (from the buyer)" if touch.inbound else ""


def _touch_icon(touch: Touch) -> str:
    return {"call": "call", "email": "mail", "meeting": "groups"}.get(touch.channel, "forum")


def _touchpoints(asked: Asked) -> Numbered:
    for point in asked.rows(asked.lead.touchpoints.select_related("campaign"), "at"):
        why = [("Source", point.source)] if point.source else []
        why += [("Campaign", point.campaign.name)] if point.campaign else []
        if point.detail:
            why.append(("", point.detail))
        kind = point.kind.replace("_", " ").capitalize()
        yield point.pk, Event(point.at, "ads_click", "info", "The buyer", kind, tuple(why), point.system)


def _packet_views(asked: Asked) -> Numbered:
    """A touch that was logged later may have been made before."""
    made = Touch.objects.filter(lead=asked.lead, automatic=False, at__gte=OuterRef("handoff__offered_at"))
    views = PacketView.objects.filter(handoff__lead=asked.lead).select_related("person")
    views = views.annotate(cycle=F("handoff__cycle"), is_late=Exists(made.filter(at__lt=OuterRef("at"))))
    for view in asked.rows(views, "at"):
        why = () if view.is_late else (("", "Seen before the first touch"),)
        headline = f"Saw the packet of handoff {view.cycle}"
        yield view.pk, Event(view.at, "visibility", "plain", _who(view.person), headline, why)


def _alarms(asked: Asked) -> Numbered:
    deliveries = Prefetch("deliveries", Delivery.objects.select_related("recipient", "destination"))
    related = ("clock__policy", "step", "acknowledged_by__by", "done_by__owner")
    alarms = Alarm.objects.filter(clock__lead=asked.lead).select_related(*related).prefetch_related(deliveries)
    for alarm in asked.rows(alarms, "due_at"):
        headline = f"{alarm.step.get_kind_display()}: {alarm.clock.get_metric_display().lower()}"
        tone = "warning" if alarm.step.percent < 100 else "danger"
        why = tuple(_of_alarm(alarm))
        yield alarm.pk, Event(alarm.due_at, "notifications", tone, "The clock", headline, why, "sweep")


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
    return f"The lead went to {act.owner or 'the queue'}." if act else ""


def _consents(asked: Asked) -> Numbered:
    lead = asked.lead
    for consent in asked.rows(lead.consents.select_related("by"), "at") if lead.consent else ():
        about = consent.get_purpose_display().lower()
        headline = f"{'Agreed to be contacted' if consent.granted else 'Withdrew consent'}: {about}"
        who = "The buyer"
        if consent.is_inferred:
            headline, who = f"Consent withdrawn by a merge: {about}", _who(consent.by)
        why = [(label, text) for label, text in (("On record", consent.source), ("Wording", consent.wording)) if text]
        tone = "success" if consent.granted else "danger"
        door = VIA.get(Via(consent.via), "")
        yield consent.pk, Event(consent.at, "privacy_tip", tone, who, headline, tuple(why), door)


def _edits(asked: Asked, roles: Collection[str] | None) -> Numbered:
    """Changes of plain facts, as the console has logged them; of those that may be seen with these roles."""
    kind = ContentType.objects.get_for_model(Lead)
    hidden = {each.label for each in attributes() if roles is not None and not each.is_seen_by(roles)}
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(asked.lead.pk)).select_related("user")
    for entry in asked.rows(entries, "action_time"):
        if hidden:
            entry.change_message = _without(entry.change_message, hidden)
        edit = Event(entry.action_time, "edit", "plain", _who(entry.user), entry.get_change_message(), (), "console")
        yield entry.pk, edit


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
