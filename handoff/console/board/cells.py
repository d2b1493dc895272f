"""The cells of the board: how many leads stand where, and which those of one cell are. One statement each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from handoff.workflow.rights import WITH_SALES
from leads.sql import load

MOST_COUNTED = 100
"""Of each state of one person: beyond it a count says `100+`."""
MOST_READ = 2000
"""Altogether, when the leads of a cell are put in order: of each state of each person an equal part."""
OPEN, AT_RISK, OVERDUE = "open", "at_risk", "overdue"
COLUMNS = {**{state.value: state.label for state in WITH_SALES}, AT_RISK: "At risk", OVERDUE: "Overdue"}
OF = (OPEN, *COLUMNS)
_STANDING = load("handoff.console.board", "standing.sql")
_COUNTS = f"""{_STANDING}
SELECT owner_id, state, COUNT(*), COUNT(*) FILTER (WHERE is_at_risk), COUNT(*) FILTER (WHERE is_overdue)
FROM standing GROUP BY owner_id, state
"""  # noqa: S608 a file of ours
_CELL = f"""{_STANDING}
SELECT id FROM standing
WHERE CASE %(of)s WHEN 'open' THEN TRUE WHEN 'at_risk' THEN is_at_risk WHEN 'overdue' THEN is_overdue
    ELSE state = %(of)s END
ORDER BY is_overdue, due_at NULLS LAST, id LIMIT %(shown)s
"""  # noqa: S608 a file of ours


@dataclass(frozen=True)
class Count:
    """A number of leads; `is_capped` where there are more."""

    number: int = 0
    is_capped: bool = False

    def __add__(self, other: "Count") -> "Count":
        return Count(self.number + other.number, self.is_capped or other.is_capped)

    def __bool__(self) -> bool:
        return self.number > 0

    def __str__(self) -> str:
        return f"{self.number}+" if self.is_capped else str(self.number)


Cells = dict[str, Count]
NOTHING: Cells = dict.fromkeys(OF, Count())


def counts(owners: Sequence[int], queues: Sequence[int], now: datetime) -> dict[int | None, Cells]:
    """Of each person, and under None of the queues, how many leads are open, by state, and by urgency."""
    cells: dict[int | None, Cells] = {}
    for owner, state, number, at_risk, overdue in _rows(_COUNTS, owners, queues, now, most=MOST_COUNTED + 1):
        is_capped = number > MOST_COUNTED
        seen = {state: number, OPEN: number, AT_RISK: at_risk, OVERDUE: overdue}
        row = cells.setdefault(owner, dict(NOTHING))
        for name, many in seen.items():
            row[name] += Count(min(many, MOST_COUNTED), is_capped)
    return cells


def leads_of(owners: Sequence[int], queues: Sequence[int], of: str, shown: int, now: datetime) -> list[int]:
    """The leads of one cell: what can still be kept first, by when it is due."""
    states = [of] if of in WITH_SALES else list(map(str, WITH_SALES))
    most = max(MOST_READ // max(1, len(states) * (len(owners) + len(queues))), MOST_COUNTED)
    rows = _rows(_CELL, owners, queues, now, states=states, most=most, of=of, shown=shown)
    return [row[0] for row in rows]


def _rows(
    statement: str, owners: Sequence[int], queues: Sequence[int], now: datetime, **more: Any
) -> list[tuple[Any, ...]]:
    words: dict[str, Any] = {"owners": list(owners), "queues": list(queues), "now": now}
    words["states"] = list(map(str, WITH_SALES))
    with connection.cursor() as cursor:
        cursor.execute(statement, words | more)
        return list(cursor.fetchall())


def label_of(of: str) -> str:
    return COLUMNS.get(of, "Open leads")
