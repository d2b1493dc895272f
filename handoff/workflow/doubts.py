"""Why two leads are hardly one and the same buyer: said before one is called a duplicate of the other, or merged."""

from leads.matching.people import Likeness, likeness
from leads.matching.places import is_alike
from leads.matching.profile import FACTS, Profile
from leads.models import Lead, State


def doubts(lead: Lead, other: Lead) -> list[str]:
    """Sentences about the other lead; none where nothing speaks against it."""
    mine, theirs = _profile(lead), _profile(other)
    same_mailbox = bool(mine.mailbox) and mine.mailbox == theirs.mailbox
    said = []
    if likeness(mine.name, theirs.name) == Likeness.DIFFERENT and not same_mailbox:
        said.append(f"Another person: {other}, not {lead}.")
    if _are_two_companies(mine, theirs):
        said.append(f"Another company: {other.company}, not {lead.company}.")
    if other.state == State.REJECTED:
        reason = f" ({other.reason})" if other.reason else ""
        said.append(f"Rejected{reason}: nobody works on it.")
    return said


def _are_two_companies(mine: Profile, theirs: Profile) -> bool:
    if not mine.company or not theirs.company or mine.company == theirs.company:
        return False
    same_domain = bool(mine.workplace) and mine.workplace == theirs.workplace
    return not same_domain and not is_alike(mine.company, theirs.company)


def _profile(lead: Lead) -> Profile:
    return Profile.of(lead.pk, {name: getattr(lead, name) for name in FACTS})
