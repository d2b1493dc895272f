"""What is known of a lead: each fact once, in words, with where it is from and what it was at the handoff."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from handoff.console.frame.words import moment, source_of
from handoff.console.leads.provenance import BEFORE, Origin, origins
from handoff.models import Handoff
from leads.facts import Fact, seen_facts, value_of
from leads.models import Lead
from leads.provenance import CAPTURE

IN_THE_HEAD = ("name", "first_name", "last_name", "email", "company", "title", "phone", "mobile_phone")
"""What the head of the page shows: below it only says where these are from."""


@dataclass(frozen=True)
class Known:
    """One fact: its value now, where it is from, and the value that sales was given if that was another one."""

    label: str
    value: Any
    origin: Origin | None = None
    then: str = ""


def known_facts(lead: Lead, roles: Collection[str], handoff: Handoff | None) -> dict[str, list[Known]]:
    """The facts to be read first, those that the head of the page shows, and what the system keeps."""
    where = origins(lead)
    packet = handoff.packet if handoff else {}
    first, of_head = [], []
    for card in seen_facts(roles):
        row = _known(lead, card, where, packet)
        if row.value or row.then or card.name in where:
            (of_head if card.name in IN_THE_HEAD else first).append(row)
    return {"facts": first, "of_head": of_head, "kept": _kept(lead, where.get(CAPTURE))}


def _known(lead: Lead, card: Fact, where: Mapping[str, Origin], packet: Mapping[str, Any]) -> Known:
    value = _shown(card, value_of(lead, card))
    then = _shown(card, packet[card.name]) if card.name in packet else value
    return Known(card.label, value, where.get(card.name, BEFORE), then if then != value else "")


def _shown(card: Fact, value: Any) -> str:
    text: str = card.shown(value)
    return source_of(text) if card.name == "source" else text


def _kept(lead: Lead, capture: Origin | None) -> list[Known]:
    """What nobody states: of that, what there is."""
    rows = [
        Known("Number", str(lead.pk)),
        Known("Captured", moment(lead.created_at), capture),
        Known("Reason", lead.reason and str(lead.reason)),
        Known("May be contacted again from", lead.reenter_on and f"{lead.reenter_on.day} {lead.reenter_on:%b %Y}"),
        Known("Last touch", lead.last_touch_at and moment(lead.last_touch_at)),
        *(Known(each.system, each.value) for each in lead.external_ids.order_by("system", "value")[:20]),
    ]
    return [row for row in rows if row.value]
