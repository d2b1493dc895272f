"""One list of an inbox: whose leads, narrowed by filters and a search, and as an address that leads back to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from django.db import connection
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from handoff.console.frame.words import source_of
from handoff.console.leads import sections
from handoff.console.leads.sections import Moment
from handoff.models import InboxEntry
from handoff.workflow.rights import WITH_SALES
from leads.finding import is_id
from leads.models import Lead, LeadQuerySet, Role, State, User
from leads.normalise import quoted
from leads.search import search
from leads.sql import load
from sla.metrics import Metric

SCOPES = {"mine": "Mine", "queue": "In the queue", "team": "Whole team"}
DUE = {"overdue": "Overdue", "running": "Running, not yet due", "paused": "Paused or snoozed", "none": "No clock runs"}
FILTERS = {"state": "State", "source": "Source", "metric": "Clock", "owner": "Owner", "due": "Time"}
NO_SOURCE = "-"
LONGEST_SEARCH = 200
MOST_CHOICES = 2000
"""How many leads are looked at for what the filters offer."""
MOST_COMPARED, LEAST_COMPARED = 1000, 200
"""How many leads before and after now are looked at for a change; of each part of a list that is of many owners."""


def inbox_title(user: User) -> str:
    """The name of the page: a manager looks at those of the team."""
    return "Team" if user.has_role(Role.SALES_MANAGER) else "My leads"


class NotOffered(Exception):
    """The address asks for a filter that no list has, or a value that none offers."""


@dataclass(frozen=True)
class InboxList:
    """What one looks at, as of a moment."""

    user: User
    scope: str
    filters: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    at: Moment = field(default_factory=lambda: Moment(timezone.now()))

    @classmethod
    def of(cls, user: User, query: QueryDict) -> "InboxList":
        """The list that an address asks for."""
        if unknown := set(query) - {*FILTERS, "whose", "q", "e", "p"}:
            names = ", ".join(map(quoted, sorted(unknown)))
            raise NotOffered(f"{names} is not a valid filter: use {', '.join(FILTERS)}.")
        scope = query.get("whose", "")
        filters = {name: str(query[name]) for name in FILTERS if query.get(name)}
        for name, value in filters.items():
            if not _is_offered(name, value):
                raise NotOffered(f"“{value[:40]}” is not a choice of {FILTERS[name]}.")
        words = " ".join(query.get("q", "").split())[:LONGEST_SEARCH]
        return cls(user, scope if scope in SCOPES else first_scope(user), filters, words)

    @classmethod
    def behind(cls, user: User, address: str) -> "InboxList | None":
        """The list that an address of ours leads back to; None where it is another page."""
        parts = urlsplit(address)
        if not parts.path.startswith(reverse("admin:my_leads")):
            return None
        try:
            return cls.of(user, QueryDict(parts.query))
        except NotOffered:
            return None

    @cached_property
    def query(self) -> str:
        return urlencode(self._parameters())

    @property
    def url(self) -> str:
        return f"{reverse('admin:my_leads')}?{self.query}"

    @property
    def title(self) -> str:
        return inbox_title(self.user)

    def without(self, *names: str) -> "InboxList":
        """The same without some of its filters; `q` stands for the search."""
        kept = {name: value for name, value in self.filters.items() if name not in names}
        return replace(self, filters=kept, words="" if "q" in names else self.words)

    def of_scope(self, scope: str) -> "InboxList":
        return replace(self.without("owner"), scope=scope)

    def parts(self, ranges: Sequence[Q] = (Q(),)) -> list[QuerySet[InboxEntry]]:
        """The entries of the list, each part by an index of its own."""
        narrowed = self._narrowed()
        return [InboxEntry.objects.filter(part & wanted & narrowed) for part in self._of_whom() for wanted in ranges]

    def section(self, section: str, most: int) -> list[tuple[int, Any]]:
        """The first leads of a section with the moments they are due."""
        parts = self.parts(sections.standing_in(section, self.user, self.at))
        return list(sections.union(parts, sections.order_of(section), most))

    def count_of(self, section: str) -> int:
        ranges = sections.standing_in(section, self.user, self.at)
        return sections.count(self.parts(ranges), apart=len(ranges))

    def count(self) -> int:
        return sections.count(self.parts())

    def digest(self) -> str:
        """Another one after each change of whose leads these are, however they are filtered."""
        parts = max(len(self._owners) + len(self._teams) + len(self._queues), 1)
        most = max(MOST_COMPARED // parts, LEAST_COMPARED)
        wanted: dict[str, Any] = {"owners": self._owners, "teams": self._teams, "queues": self._queues}
        wanted |= {"now": self.at.now, "most": most}
        with connection.cursor() as cursor:
            cursor.execute(load("handoff.models", "inbox_digest.sql"), wanted)
            number, total = cast("tuple[int, int]", cursor.fetchone())
        return f"{number:x}.{int(total) % 2**64:x}"

    def leads(self) -> LeadQuerySet:
        """All leads of the list, for a file."""
        either = Q()
        for part in self.parts():
            either |= Q(pk__in=part.values("lead_id"))
        return Lead.objects.filter(either)

    def choices(self) -> dict[str, list[tuple[str, str]]]:
        """What each filter offers: what occurs among the leads of whoever it is."""
        whole = replace(self, filters={}, words="")
        parts = whole.parts()
        seen = sections.sample(parts, ("state", "source", "metric"), MOST_CHOICES // len(parts))
        states, sources, metrics = ({row[column] for row in seen} for column in range(3))
        offered: dict[str, list[tuple[str, str]]] = {
            "state": [(value, State(value).label) for value in WITH_SALES if value in states],
            "source": [(value or NO_SOURCE, source_of(value) or "None") for value in sorted(sources)],
            "metric": [(metric.value, metric.label) for metric in Metric if metric.value in metrics],
            "due": list(DUE.items()),
        }
        if self.scope == "team":
            offered["owner"] = [(str(member.pk), str(member)) for member in self.members]
        return offered

    @cached_property
    def members(self) -> list[User]:
        """The people of the teams that this person works with."""
        team_ids = self.user.team_ids
        return sorted(User.objects.filter(team__in=team_ids, is_active=True), key=str) if team_ids else []

    def chips(self) -> list[tuple[str, str]]:
        """What narrows the list, in words, each with the address without it."""
        words = [(f"{FILTERS[name]}: {self._in_words(name, value)}", name) for name, value in self.filters.items()]
        if self.words:
            words.append((f"Search: {self.words}", "q"))
        return [(text, self.without(name).url) for text, name in words]

    def _in_words(self, name: str, value: str) -> str:
        match name:
            case "state":
                return State(value).label
            case "metric":
                return Metric(value).label
            case "due":
                return DUE[value]
            case "owner":
                return next((str(member) for member in self.members if str(member.pk) == value), "Another person")
        return "None" if value == NO_SOURCE else source_of(value)

    def _parameters(self) -> dict[str, str]:
        wanted = {"whose": self.scope, **self.filters}
        return wanted | ({"q": self.words} if self.words else {})

    @cached_property
    def _owners(self) -> list[int]:
        if self.scope == "mine":
            return [self.user.pk]
        if self.scope == "queue" or not self.user.team_ids:
            return []
        return list(User.objects.filter(team__in=self.user.team_ids).order_by("pk").values_list("pk", flat=True))

    @property
    def _teams(self) -> list[int]:
        return sorted(self.user.team_ids) if self.scope == "team" else []

    @property
    def _queues(self) -> list[int]:
        return sorted(self.user.team_ids) if self.scope == "queue" else []

    def _of_whom(self) -> list[Q]:
        if owner := self.filters.get("owner"):
            theirs = Q(owner=int(owner))
            in_team = Q(team__in=self._teams) | Q(owner__in=self._owners)
            return [theirs & in_team]
        wanted = [Q(team=pk) for pk in self._teams]
        wanted += [Q(owner=pk) for pk in self._owners]
        wanted += [Q(owner=None, team=pk) for pk in self._queues]
        return wanted or [Q(lead__in=())]

    def _narrowed(self) -> Q:
        asked = Q()
        for name in ("state", "metric"):
            if name in self.filters:
                asked &= Q(**{name: self.filters[name]})
        if source := self.filters.get("source"):
            asked &= Q(source="" if source == NO_SOURCE else source)
        return asked & self._of_due() & (Q(lead__in=self._matches) if self.words else Q())

    @cached_property
    def _matches(self) -> list[int]:
        """The leads that the search means."""
        return search(Lead.objects.visible_to(self.user), self.words).ids

    def _of_due(self) -> Q:
        match self.filters.get("due"):
            case "overdue":
                return Q(next_due__lt=self.at.now)
            case "running":
                return Q(next_due__gte=self.at.now)
            case "paused":
                return Q(held_until__gt=self.at.now)
            case "none":
                return Q(metric="")
        return Q()


def first_scope(user: User) -> str:
    """A manager begins with those of the team, a rep with their own."""
    return "team" if user.has_role(Role.SALES_MANAGER) else "mine"


def _is_offered(name: str, value: str) -> bool:
    match name:
        case "state":
            return value in WITH_SALES
        case "metric":
            return value in Metric.values
        case "due":
            return value in DUE
        case "owner":
            return is_id(value)
    return len(value) <= LONGEST_SEARCH
