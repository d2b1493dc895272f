"""From which system, when and by whom each fact of a lead is: written with the fact, and asked before it is replaced.

`Lead.provenance` has an entry for each fact that was stated since it exists, by its name: {system, at, by}. One for
`created_at` is about the first capture, and keeps the source and campaign that it named. A fact without an entry is
from before, and gives way to any other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from leads.facts import fact, keep, kept
from leads.models import PERSON, Lead, User
from leads.precedence import Precedence, Statement

CAPTURE = "created_at"


class Verdict(Enum):
    TAKEN = auto()
    CONFIRMED = auto()
    """The value stays; whose it is has changed."""
    UNCHANGED = auto()
    KEPT = auto()
    """Another value is stored, and stays."""


@dataclass(frozen=True)
class Kept:
    """A value that was refused, and the one that stays in its place."""

    fact: str
    stays: Any
    refused: Any
    because: Statement
    words: str = ""
    """Like “title: kept “CTO”, not “CEO”, because Ada Fox corrected it on 3 March 2026.”"""


def settle(lead: Lead, name: str, value: Any, statement: Statement, precedence: Precedence) -> Verdict:
    """Set a fact if the statement is stronger than what is stored, and note whose it is."""
    entry, present = lead.provenance.get(name), kept(lead, name)
    is_same = present == value
    if entry is not None:
        if is_same and (entry == statement.entry or _only_repeats(statement, entry)):
            return Verdict.UNCHANGED
        if not _wins(name, (statement, value), (Statement.read(entry), present), precedence):
            return Verdict.UNCHANGED if is_same else Verdict.KEPT
    lead.provenance[name] = statement.entry
    keep(lead, name, value)
    return Verdict.CONFIRMED if is_same else Verdict.TAKEN


def _wins(name: str, new: tuple[Statement, Any], stored: tuple[Statement, Any], precedence: Precedence) -> bool:
    """That a buyer opts out is said by the buyer: it stays against whoever lifted an earlier one, whatever their rank.

    A source that does not say when only repeats what it said before.
    """
    (statement, value), (earlier, present) = new, stored
    if name == "do_not_contact" and value != present and statement.is_dated and statement.at != earlier.at:
        is_later = statement.at > earlier.at
        if is_later == bool(value):
            return is_later
    return precedence.wins(name, new, stored)


def kept_instead(lead: Lead, name: str, refused: Any) -> Kept:
    return Kept(name, kept(lead, name), refused, Statement.read(lead.provenance[name]))


def names_of(ids: Iterable[int | None]) -> dict[int, str]:
    """Who the people are, by number; no query where no person is meant."""
    meant = set(filter(None, ids))
    return {user.pk: str(user) for user in User.objects.filter(pk__in=meant)} if meant else {}


def explained(refused: Sequence[Kept], names: Mapping[int, str]) -> list[Kept]:
    """The same with words."""
    return [replace(each, words=_words(each, names)) for each in refused]


def carry(gone: Lead, stays: Lead, names: Collection[str]) -> None:
    """Let facts that a merge took over bring along whose they are. The attribution is that of a capture, as before."""
    for name in names:
        if name in gone.provenance:
            stays.provenance[name] = gone.provenance[name]
        else:
            stays.provenance.pop(name, None)


def _words(each: Kept, names: Mapping[int, str]) -> str:
    stays, refused = (_shown(each.fact, value) for value in (each.stays, each.refused))
    return f"{each.fact}: kept {stays}, not {refused}, because {_why(each.because, names)}."


def _shown(name: str, value: Any) -> str:
    text = fact(name).shown(value)
    return f"“{text}”" if text else "nothing"


def _why(because: Statement, names: Mapping[int, str]) -> str:
    day = f"{because.at.day} {because.at:%B %Y}"
    if because.system != PERSON:
        return f"{because.system or 'another source'} said so on {day}"
    who = names.get(because.by, "a user who is gone") if because.by else "a user"
    return f"{who} corrected it on {day}"


def _only_repeats(statement: Statement, entry: Mapping[str, Any]) -> bool:
    """Without a moment of its own, the same from the same source is nothing new: a file may be imported every day."""
    return not statement.is_dated and (statement.system, statement.by) == (entry["system"], entry["by"])
