"""The whole name of a person, and its parts where they are known apart. Parts make a whole; a whole is never cut."""

from collections.abc import Mapping, Sequence
from typing import Any

from leads.normalise import normalise_name

PARTS = ("first_name", "last_name")


def composed(first: str, last: str) -> str:
    """Like `Grace Hopper`; empty for what only stands for nothing."""
    return normalise_name(f"{first} {last}")[:200]


def parts_of(person: Any) -> list[str]:
    return [getattr(person, name) for name in PARTS]


def follow_parts(lead: Any, before: Sequence[str]) -> bool:
    """Let the whole name of a lead follow its parts, which were others before, unless it was stated; True if it did.

    Who knew a whole that does not follow from the parts knew better.
    """
    whole, is_derived = composed(*parts_of(lead)), lead.name in ("", composed(*before))
    if not whole or whole == lead.name or not is_derived or "name" in lead.provenance:
        return False
    lead.name = whole
    return True


def without_placeholders(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same without parts that together say nothing: “None” and “None” is what a program writes."""
    first, last = (fields.get(name) for name in PARTS)
    is_nothing = first and last and not composed(first, last)
    return {name: value for name, value in fields.items() if not (is_nothing and name in PARTS)}
