"""Which system wrote a file, by the headers that no other one has."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from handoff.imports.headers import key
from handoff.imports.synonyms import load_words

ENOUGH = 3  # usual headers of a system, of which a telling one counts for three


@dataclass(frozen=True)
class _Signature:
    """Headers that tell a system by themselves, and those that it usually has."""

    telling: frozenset[str]
    usual: frozenset[str]
    pattern: re.Pattern[str]
    """What its headers look like; two of them tell it."""

    def evidence(self, headers: Sequence[str]) -> int:
        keys = {key(header) for header in headers}
        alike = sum(bool(self.pattern.match(header.strip())) for header in headers)
        return ENOUGH * (len(self.telling & keys) + alike // 2) + len(self.usual & keys)


_PATTERNS = {"pipedrive": r"(lead|person|deal|organization|activity) - \S", "dynamics": r"\(do not modify\)"}
_SYSTEMS = (
    *("hubspot", "salesforce", "dynamics", "pipedrive", "zoho", "mailchimp", "brevo", "mautic"),
    *("meta", "linkedin", "typeform", "google_ads"),
)
_SALESFORCE_ID = re.compile(r"(?:00Q|003|006|701|00v|00T|00U)[A-Za-z0-9]{12}(?:[A-Z0-5]{3})?")


def recognise(headers: Sequence[str], rows: Sequence[Sequence[str]] = ()) -> str:
    """The system that the headers tell, or else the ids; empty where none is clear."""
    evidence = {system: signature.evidence(headers) for system, signature in _signatures().items()}
    if _has_salesforce_ids(rows):
        evidence["salesforce"] += ENOUGH
    best = max(evidence.values())
    likely = [system for system, weight in evidence.items() if weight == best]
    return likely[0] if best >= ENOUGH and len(likely) == 1 else ""


@cache
def _signatures() -> Mapping[str, _Signature]:
    words = load_words("systems.txt")

    def keys(kind: str, system: str) -> frozenset[str]:
        return frozenset(map(key, words.get(f"{kind}.{system}", ())))

    return {
        system: _Signature(
            keys("telling", system), keys("usual", system), re.compile(_PATTERNS.get(system, r"(?!)"), re.IGNORECASE)
        )
        for system in _SYSTEMS
    }


def _has_salesforce_ids(rows: Sequence[Sequence[str]]) -> bool:
    cells = [{cell.strip() for cell in row} for row in rows[:20] if len(row) > 1]
    return bool(cells) and all(any(map(_SALESFORCE_ID.fullmatch, row)) for row in cells)
