"""Who is mentioned in a comment: by their username after an @, if they may see the lead."""

import re
from collections.abc import Sequence

from django.db.models import Q, QuerySet

from handoff.workflow.rights import sees
from leads.models import MARKETING, SALES, Lead, Role, User

MOST_MENTIONED = 20
"""People in one comment: what is longer than that is a list, and no one's name in it is meant."""
_MENTION = re.compile(r"(?<![\w@.+-])@([\w@.+-]{1,150})")


def mentioned_in(text: str, lead: Lead) -> tuple[list[User], list[User]]:
    """The people mentioned: those who see the lead, and those who do not; each once, in the order of the text."""
    names = _names(text)
    if not names:
        return [], []
    people = {user.username.lower(): user for user in _named([name for group in names for name in group])}
    meant = (next((people[name] for name in group if name in people), None) for group in names)
    unique = list(dict.fromkeys(person for person in meant if person))[:MOST_MENTIONED]
    seeing = [person for person in unique if sees(person, lead)]
    return seeing, [person for person in unique if person not in seeing]


def who_see(lead: Lead, beginning: str) -> QuerySet[User]:
    """The people who see a lead, as `rights.sees` says, by a beginning of their names."""
    teams = [pk for pk in (lead.team_id, lead.owner.team_id if lead.owner else None) if pk]
    of_team = Q(team__in=teams) | Q(managed_teams__in=teams) | Q(pk=lead.owner_id)
    sales = Q(groups__name__in=SALES) & of_team
    seeing = Q(is_superuser=True) | Q(groups__name__in=[*MARKETING, Role.REVOPS]) | sales
    people = User.objects.filter(seeing, is_active=True)
    for word in beginning.split():
        named = Q(username__istartswith=word) | Q(first_name__istartswith=word) | Q(last_name__istartswith=word)
        people = people.filter(named)
    return people.distinct().order_by("first_name", "last_name", "username")


def _names(text: str) -> list[Sequence[str]]:
    """For each @ the names that may be meant, the longest first: a sentence may end behind one."""
    groups = dict.fromkeys(match.lower() for match in _MENTION.findall(text))
    return [_readings(name) for name in list(groups)[: MOST_MENTIONED * 5]]


def _readings(name: str) -> Sequence[str]:
    readings = [name]
    while name and name[-1] in ".+-@":
        name = name[:-1]
        readings.append(name)
    return [reading for reading in readings if reading]


def _named(names: list[str]) -> QuerySet[User]:
    """By the username as it is written, in any case: they are few, and an index serves the first."""
    either = Q(username__in=names)
    for name in names:
        either |= Q(username__iexact=name)
    return User.with_rights().filter(either, is_active=True)
