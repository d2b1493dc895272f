"""What has changed since a period was closed: which figure by how much, of which lead, what happened, when, by whom.

It is the difference between what was counted then and what would be counted now, so that nothing can be forgotten: the
closed figures and the restatements add up to what every other report says today.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from handoff.models import PeriodClose
from handoff.reports.lines import OPENS
from handoff.reports.scorecard import LISTS
from handoff.reviewing.causes import Cause, causes_of
from handoff.reviewing.items import items_of

MOST = 20_000
"""Changed things that are looked at."""
_CHANGED = """
    SELECT COALESCE(frozen.item_id, current.item_id), COALESCE(frozen.lead_id, current.lead_id),
        COALESCE(frozen.figures, '{{}}'), COALESCE(current.figures, '{{}}')
    FROM (SELECT * FROM handoff_closeditem WHERE close_id = %(close)s AND kind = %(list)s) frozen
    FULL JOIN ({items}) current (close_id, kind, item_id, lead_id, at, figures) ON current.item_id = frozen.item_id
    WHERE frozen.figures IS DISTINCT FROM current.figures
    ORDER BY 2, 1 LIMIT {most}
"""


class Change(NamedTuple):
    """A thing that counts in other figures than when the period was closed."""

    list: str
    item_id: int
    lead_id: int
    before: Sequence[str]
    after: Sequence[str]

    @property
    def deltas(self) -> Mapping[str, int]:
        deltas = Counter(self.after)
        deltas.subtract(Counter(self.before))
        return {name: by for name, by in deltas.items() if by}


@dataclass
class Restatement:
    """What one event has changed in a closed scorecard."""

    cause: Cause
    deltas: Counter[str] = field(default_factory=Counter)

    @property
    def figures(self) -> list[tuple[str, int]]:
        return [(name, self.deltas[name]) for name in OPENS if self.deltas[name]]


def restatements(close: PeriodClose, now: datetime | None = None) -> list[Restatement]:
    """In the order in which it happened."""
    changes = changed(close, now or timezone.now())
    lines: dict[Cause, Restatement] = {}
    for change, cause in zip(changes, causes_of(changes, close), strict=True):
        line = lines.setdefault(cause, Restatement(cause))
        line.deltas.update(change.deltas)
    return sorted(lines.values(), key=_order)


def _order(line: Restatement) -> tuple[str, int]:
    """What has no moment comes last."""
    return (line.cause.at.isoformat() if line.cause.at else "~", line.cause.lead_id)


def restated(lines: Iterable[Restatement]) -> Counter[str]:
    """By how much each figure has changed, all in all."""
    total: Counter[str] = Counter()
    for line in lines:
        total.update(line.deltas)
    return total


def changed(close: PeriodClose, now: datetime) -> list[Change]:
    changes: list[Change] = []
    with connection.cursor() as cursor:
        for name in LISTS:
            items, values = items_of(name, close, now)
            cursor.execute(_CHANGED.format(items=items, most=MOST), values)
            changes += [Change(name, *row) for row in cursor.fetchall()]
    return changes[:MOST]
