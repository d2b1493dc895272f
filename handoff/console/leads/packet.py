"""The packet of a lead's handoff, as people read it."""

from typing import Any

from django.utils.dateparse import parse_datetime

from handoff.console.frame.words import moment
from handoff.models import Handoff
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
    return {"handoff": handoff, "offered": moment(handoff.offered_at), "facts": shown, "touchpoints": points, **brief}


def _read(text: Any) -> Any:
    return parse_datetime(text) if isinstance(text, str) else text
