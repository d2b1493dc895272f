"""Where the facts of a lead are from: which system, when, and by whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from handoff.console.frame.words import moment
from leads.models import PERSON, Lead, Via
from leads.provenance import names_of

_DOORS = {Via.API: "the API", Via.CONSOLE: "the console"}


@dataclass(frozen=True)
class Origin:
    """Whose one fact is."""

    source: str
    by: str
    at: SafeString | str


BEFORE = Origin("from before this was recorded", "", "")


def origins(lead: Lead) -> dict[str, Origin]:
    """By the name of the fact, and of the first capture; one query for the names of the people."""
    names = names_of(entry["by"] for entry in lead.provenance.values())
    return {name: _origin(entry, names) for name, entry in lead.provenance.items()}


def _origin(entry: dict[str, Any], names: dict[int, str]) -> Origin:
    by = names.get(entry["by"], "a user who is gone") if entry["by"] else ""
    return Origin(_source(entry), by, moment(datetime.fromisoformat(entry["at"])))


def _source(entry: dict[str, Any]) -> str:
    if entry["system"] == PERSON:
        return "a person"
    return _DOORS.get(entry["system"], entry["system"]) or "no named system"
