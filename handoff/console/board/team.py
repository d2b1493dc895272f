"""A team as the board shows it: who is there, who is away until when, and how much each carries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from handoff.console.board.cells import COLUMNS, NOTHING, OPEN, Cells, Count, counts
from handoff.console.frame.words import due_in_words
from handoff.console.leads.presence import away_until, opens_at
from leads.models import SALES, Role, Team, User

QUEUE, EVERYONE = "queue", "all"
MOST_PEOPLE = 200


@dataclass(frozen=True)
class Row:
    """One person of the board, or its queue, or all together."""

    key: str
    """The person's username, or `queue`, or `all`."""
    label: str
    cells: Cells
    person: User | None = None
    away_until: str = ""
    opens_at: str = ""

    @property
    def columns(self) -> list[tuple[str, str, Count]]:
        return [(name, label, self.cells[name]) for name, label in COLUMNS.items()]

    @property
    def load(self) -> Count:
        return self.cells[OPEN]

    @property
    def capacity(self) -> int | None:
        return self.person.capacity if self.person else None

    @property
    def is_full(self) -> bool:
        return self.capacity is not None and self.load.number >= self.capacity

    @property
    def takes_leads(self) -> bool:
        return self.person is None or self.person.is_active


def teams_of(user: User) -> QuerySet[Team]:
    """Whose boards this person sees."""
    everyone = Team.objects.all()
    return everyone if user.has_role(Role.REVOPS) else everyone.filter(pk__in=user.team_ids)


def rows_of(team: Team, now: datetime) -> list[Row]:
    """The queue, then the people by name; who has left is there as long as they still have leads."""
    people = _members(team)
    ids = [person.pk for person in people]
    cells, away, opening = counts(ids, [team.pk], now), away_until(ids, now), opens_at(ids, now)
    rows = [
        Row(
            person.username,
            str(person),
            cells.get(person.pk, NOTHING),
            person,
            due_in_words(away[person.pk], now) if person.pk in away else "",
            due_in_words(opening[person.pk], now) if person.pk in opening else "",
        )
        for person in people
        if person.is_active or person.pk in cells
    ]
    return [Row(QUEUE, "Unowned", cells.get(None, NOTHING)), *rows]


def total(rows: Sequence[Row]) -> Row:
    summed = {name: sum((row.cells[name] for row in rows), Count()) for name in NOTHING}
    return Row(EVERYONE, "Whole team", summed)


def _members(team: Team) -> list[User]:
    """Those who sell in it, and its manager; in one query, and few enough for a page."""
    belong = Q(team=team) | Q(pk=team.manager_id)
    people = User.objects.filter(belong & (Q(groups__name__in=SALES) | Q(is_active=False))).distinct()
    return sorted(people.select_related("team")[:MOST_PEOPLE], key=lambda person: str(person).lower())
