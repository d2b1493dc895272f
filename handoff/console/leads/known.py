"""What is known of a lead: each fact once, in words, with where it is from and what it was at the handoff."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from babel import Locale

from handoff.console.frame.words import moment, source_of
from handoff.console.leads.provenance import BEFORE, Origin, origins
from handoff.models import Handoff
from leads.facts import Fact, FactType, seen_facts, value_of
from leads.models import Lead
from leads.phones import SYSTEM as PHONE
from leads.provenance import CAPTURE

IN_THE_HEAD = ("name", "first_name", "last_name", "email", "company", "title", "phone", "mobile_phone")
"""What the head of the page shows: below it only says where these are from."""
USUAL = 3


@dataclass(frozen=True)
class Known:
    """One fact: its value now, where it is from, and the value that sales was given if that was another one."""

    label: str
    value: Any
    origin: Origin | None = None
    then: str = ""

    @property
    def is_erased(self) -> bool:
        """Somebody took the value away: that is not the same as never having known it."""
        return self.origin is not None and bool(self.origin.by) and not self.value


def known_facts(lead: Lead, roles: Collection[str], handoff: Handoff | None) -> dict[str, Any]:
    """The facts to be read first, those that the head of the page shows, and what the system keeps."""
    where = origins(lead)
    packet = handoff.packet if handoff else {}
    rows = {card.name: _known(lead, card, where, packet) for card in seen_facts(roles)}
    rows = {name: row for name, row in rows.items() if row.value or row.then or row.is_erased}
    usual = _usual([row.origin for row in rows.values() if row.origin])
    first = [replace(row, origin=None) if row.origin == usual else row for row in rows.values()]
    placed = list(zip(rows, first, strict=True))
    return {
        "facts": [row for name, row in placed if name not in IN_THE_HEAD],
        "of_head": [row for name, row in rows.items() if name in IN_THE_HEAD],
        "usual": usual,
        "kept": _kept(lead, where.get(CAPTURE)),
    }


def _usual(origins: Sequence[Origin]) -> Origin | None:
    """Where most facts are from, which is said once and not at each."""
    most = Counter(origins).most_common(1)
    return next((origin for origin, number in most if number >= USUAL), None)


def _known(lead: Lead, card: Fact, where: Mapping[str, Origin], packet: Mapping[str, Any]) -> Known:
    value = _shown(card, value_of(lead, card))
    then = _shown(card, packet[card.name]) if card.name in packet else value
    return Known(card.label, value, where.get(card.name, BEFORE), then if then != value else "")


def _shown(card: Fact, value: Any) -> str:
    text: str = card.shown(value)
    if card.type == FactType.COUNTRY:
        return str(Locale("en").territories.get(text, text))
    return source_of(text) if card.name == "source" else text


def _kept(lead: Lead, capture: Origin | None) -> list[Known]:
    """What nobody states: of that, what there is."""
    rows = [
        Known("Number", str(lead.pk)),
        Known("Captured", moment(lead.created_at), capture),
        Known("Reason", lead.reason and str(lead.reason)),
        Known("May be contacted again from", lead.reenter_on and f"{lead.reenter_on.day} {lead.reenter_on:%b %Y}"),
        Known("Last touch", lead.last_touch_at and moment(lead.last_touch_at)),
        *(Known(each.system, each.value) for each in lead.external_ids.exclude(system=PHONE).order_by("pk")[:20]),
    ]
    return [row for row in rows if row.value]
