"""What lies behind a figure: a lead for each thing that was counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection


class Entry(NamedTuple):
    """One thing that a figure counts, the lead that it is of, and when it was."""

    lead_id: int
    at: datetime | None


@dataclass(frozen=True)
class Behind:
    """As many entries as the figure says. A lead of which two things are counted, as two clocks, is there twice."""

    statement: str
    """Of the columns lead_id and at, in any order."""
    values: Mapping[str, Any]

    def page(self, offset: int, limit: int) -> list[Entry]:
        """Some of them, the newest first. It reads no more leads than it needs to come so far."""
        newest = f"{self.statement} ORDER BY at DESC NULLS LAST, lead_id DESC OFFSET %(offset)s LIMIT %(limit)s"
        return [Entry(*row) for row in self._ask(newest, {"offset": offset, "limit": limit})]

    def count(self) -> int:
        """All of them, read one by one."""
        [(number,)] = self._ask(f"SELECT count(*) FROM ({self.statement}) entry", {})  # noqa: S608 written here
        return int(number)

    def _ask(self, statement: str, more: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, {**self.values, **more})
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
