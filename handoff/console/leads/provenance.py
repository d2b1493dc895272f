"""Where the facts of a lead are from: which system, when, and by whom."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from handoff.console.frame.words import moment
from leads.facts import seen_facts, value_of
from leads.models import PERSON, Lead, Via
from leads.provenance import CAPTURE, names_of

_DOORS = {Via.API: "the API", Via.CONSOLE: "the console"}
LONGEST = 60  # characters of a value; the whole one is in the form above


@dataclass(frozen=True)
class Origin:
    """One fact and whose it is."""

    label: str
    value: str
    source: str
    by: str
    at: SafeString | str


def origins(lead: Lead, roles: Collection[str]) -> list[Origin]:
    """Every fact that these roles see and that has a value or was erased, and the capture."""
    names = names_of(entry["by"] for entry in lead.provenance.values())
    rows = [
        _origin(card.label, card.shown(value_of(lead, card)), lead.provenance.get(card.name, {}), names)
        for card in seen_facts(roles)
        if card.name in lead.provenance or value_of(lead, card) not in ("", None)
    ]
    if CAPTURE in lead.provenance:
        rows.append(_origin("First capture", "", lead.provenance[CAPTURE], names))
    return rows


def _origin(label: str, value: str, entry: dict[str, Any], names: dict[int, str]) -> Origin:
    if not entry:
        return Origin(label, value[:LONGEST], "from before this was recorded", "", "–")
    by = names.get(entry["by"], "a user who is gone") if entry["by"] else ""
    return Origin(label, value[:LONGEST] or "–", _source(entry), by, moment(datetime.fromisoformat(entry["at"])))


def _source(entry: dict[str, Any]) -> str:
    if entry["system"] == PERSON:
        return "a person"
    return _DOORS.get(entry["system"], entry["system"]) or "no named system"
