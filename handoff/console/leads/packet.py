"""The packet of a lead's handoff, as people read it."""

from collections.abc import Sequence
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from handoff.agreement.packet_views import Seen, seen
from handoff.console.frame.words import moment
from handoff.models import Handoff, PacketView
from leads.facts import seen_facts
from leads.models import Lead, User


def packet_of(lead: Lead, user: User) -> dict[str, Any] | None:
    """The packet of the current handoff, with labels and moments in the place of raw values."""
    handoff = Handoff.objects.filter(lead=lead).select_related("definition", "offered_to").order_by("-cycle").first()
    if handoff is None:
        return None
    packet = handoff.packet
    points = [
        {**point, "kind": point["kind"].replace("_", " ").capitalize(), "at": moment(_read(point["at"]))}
        for point in packet.get("touchpoints", [])
    ]
    rows = [(card.label, card.shown(packet.get(card.name))) for card in seen_facts(user.roles)]
    rows.append(("Promise", packet.get("promise", "")))
    shown = [(label, text) for label, text in rows if text]
    brief = {"brief": packet.get("brief"), "is_unbriefed": packet.get("brief_acknowledged") is False}
    stated = {"handoff": handoff, "offered": moment(handoff.offered_at), "seen": _seen(seen(handoff))}
    return {**stated, "facts": shown, "touchpoints": points, **brief}


def _seen(by: Seen) -> SafeString | str:
    """By whom, and before the first touch or not; nothing where nobody knows."""
    before = [view for view in by.views if by.contacted_at is None or view.at <= by.contacted_at]
    if by.before_contact is False:
        others = format_html(" (seen by {})", _people(before)) if before else ""
        return format_html("Not seen before the first touch by whoever made it{}", others)
    return format_html("Seen before the first touch: {}", _people(before)) if before else ""


def _people(views: Sequence[PacketView]) -> SafeString:
    return format_html_join(", ", "{} {}", ((view.person, moment(view.at)) for view in views))


def _read(text: Any) -> Any:
    return parse_datetime(text) if isinstance(text, str) else text
