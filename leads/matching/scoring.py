"""How likely it is that two leads are one person: a score from 0 to 100, and the reasons in plain words.

The points were chosen on a made set of leads with known twins (`benchmarks/twins.py`), and measured on others.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from leads.matching.people import Likeness, likeness
from leads.matching.places import is_alike, is_domain_of
from leads.matching.profile import Profile
from leads.matching.spelling import folded, is_slip

SUGGESTED = 62
"""From this score on a pair is suggested."""
FEW = 3
"""Holders of one phone beyond whom it is that of an office or a family."""
_NAMES = {Likeness.SAME: 40, Likeness.ALIKE: 36, Likeness.INITIAL: 22, Likeness.UNKNOWN: 10, Likeness.DIFFERENT: 0}
_CAPS = {Likeness.DIFFERENT: 40, Likeness.UNKNOWN: 60}
"""What the rest may add up to at most: two names are two people, and without names nothing else is sure."""
_SAME_MAILBOX = 92


@dataclass(frozen=True)
class Score:
    """The points of a pair, and why it has them."""

    points: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Sign:
    """One thing that speaks for it, or against."""

    points: int
    words: str = ""


def compare(one: Profile, other: Profile, *, holders: int = 2) -> Score:
    """Score two leads. `holders` are the leads that have the same phone; of several, the one that fewest have."""
    alike = likeness(one.name, other.name)
    signs = [_name(one, other, alike), *_contact(one, other, holders), *_place(one, other), *_against(one, other)]
    points = min(sum(sign.points for sign in signs), _CAPS.get(alike, 100))
    if one.mailbox and one.mailbox == other.mailbox and alike != Likeness.DIFFERENT:
        points = max(points, _SAME_MAILBOX)
    reasons = tuple(sign.words for sign in signs if sign.words)
    return Score(max(0, min(100, points)), reasons)


def _name(one: Profile, other: Profile, alike: Likeness) -> _Sign:
    both = f"“{one.shown_name or one.email}” and “{other.shown_name or other.email}”"
    worded = {
        Likeness.SAME: f"same name: {both}" if one.shown_name != other.shown_name else "same name",
        Likeness.ALIKE: f"names alike: {both}",
        Likeness.INITIAL: f"initials agree: {both}",
    }
    return _Sign(_NAMES[alike], worded.get(alike, ""))


def _contact(one: Profile, other: Profile, holders: int) -> Iterator[_Sign]:
    if one.shared_tails(other):
        if holders > FEW:
            yield _Sign(12, f"same phone, which {holders} leads have")
        else:
            yield _Sign(40, "same phone")
    if one.mailbox and one.mailbox == other.mailbox:
        yield _Sign(40, "same mailbox")
    elif one.own_local and one.own_local == other.own_local:
        yield _Sign(35, f"same address before the @: “{one.local}”")
    elif one.workplace and one.workplace == other.workplace and _is_mistyped(one.local, other.local):
        yield _Sign(26, "emails alike")


def _place(one: Profile, other: Profile) -> Iterator[_Sign]:
    same_domain = bool(one.workplace) and one.workplace == other.workplace
    if same_domain:
        yield _Sign(30, "same company domain")
    if one.company and one.company == other.company:
        yield _Sign(8 if same_domain else 27, "same company")
    elif same_domain:
        return
    elif one.company and other.company and is_alike(one.company, other.company):
        yield _Sign(25, f"companies alike: “{one.company_name}” and “{other.company_name}”")
    elif any(
        mine.company and theirs.workplace and not theirs.company and is_domain_of(mine.company, theirs.workplace)
        for mine, theirs in ((one, other), (other, one))
    ):
        yield _Sign(25, "the company domain is named like the company")


def _against(one: Profile, other: Profile) -> Iterator[_Sign]:
    """What two leads of one person would hardly have. It is not told: the reasons are those for it."""
    if one.country and other.country and one.country != other.country:
        yield _Sign(-6)
    if one.number and other.number and one.number != other.number and not one.shared_tails(other):
        yield _Sign(-3)
    if _works_elsewhere(one, other):
        yield _Sign(-12)
    if one.title and other.title and folded(one.title) == folded(other.title):
        yield _Sign(3, "same title")


def _works_elsewhere(one: Profile, other: Profile) -> bool:
    is_elsewhere = one.company and other.company and one.company != other.company
    is_one_domain = one.workplace and one.workplace == other.workplace
    return bool(is_elsewhere) and not is_one_domain and not is_alike(one.company, other.company)


def _is_mistyped(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= 6 and is_slip(one, other)
