"""One import, from the file to the outcome of every row."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from handoff.imports import campaigns, leads, outcomes, pauses, touches
from handoff.imports.dates import Order, decide_order
from handoff.imports.kind import Kind, Reading, Result, Row, refused
from handoff.imports.mapping import Columns, map_columns
from handoff.imports.table import Line, Table, Unreadable, read
from leads.identity import normalise_system

KINDS: dict[str, Kind] = {
    "campaigns": campaigns.KIND,
    "leads": leads.KIND,
    "touches": touches.KIND,
    "outcomes": outcomes.KIND,
    "pauses": pauses.KIND,
}
CHUNK = 250  # rows that are looked up, locked and committed at once
OUTCOMES = ("created", "updated", "unchanged", "refused")
SYSTEM_LENGTH = 40


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the user asks for: which kind of file, of which system, and how it is to be read."""

    kind: str
    system: str
    mappings: Sequence[str] = ()
    dates: Order | None = None
    zone: tzinfo = UTC
    historical: bool = False
    dry_run: bool = False


@dataclass
class Tally:
    """How many rows came to which outcome."""

    outcomes: Counter[str] = field(default_factory=Counter)
    warnings: int = 0

    def count(self, result: Result) -> None:
        self.outcomes[result.outcome] += 1
        self.warnings += bool(result.reason) and result.outcome != "refused"

    def as_dict(self) -> dict[str, int]:
        return {name: self.outcomes[name] for name in OUTCOMES} | {"warnings": self.warnings}


@dataclass(frozen=True)
class Import:
    """A file that was read and can be brought in."""

    wish: Wish
    rows: Sequence[Row]
    reading: Reading

    def write(self) -> Iterator[Result]:
        """Bring the rows in, chunk by chunk, and say of each what became of it.

        Each chunk is committed by itself: killed at any point, the import is run again, and finds what it has done.
        A dry run does the same, and takes it all back.
        """
        with transaction.atomic() if self.wish.dry_run else nullcontext():
            for start in range(0, len(self.rows), CHUNK):
                yield from self._write(self.rows[start : start + CHUNK])
            if self.wish.dry_run:
                transaction.set_rollback(True)

    def _write(self, rows: Sequence[Row]) -> list[Result]:
        done = iter(KINDS[self.wish.kind].write([row for row in rows if not row.complaint], self.reading))
        return [refused(row, ValidationError(row.complaint)) if row.complaint else next(done) for row in rows]


def prepare(path: Path, wish: Wish) -> Import:
    """Read the file and decide how to understand it; Unreadable says why that is impossible."""
    kind, table = KINDS[wish.kind], read(path)
    system = normalise_system(wish.system)
    if not system or len(system) > SYSTEM_LENGTH:
        raise Unreadable(f"--system names the system of the file, in at most {SYSTEM_LENGTH} characters, like hubspot.")
    columns = map_columns(table.headers, kind.aliases, wish.mappings)
    if not columns.has(kind.identities):
        raise Unreadable(_no_identity(table, kind))
    rows = [_row(line, columns) for line in table.lines]
    order = wish.dates or decide_order(
        (row.number, text) for row in rows for name in sorted(kind.dates) if (text := row.get(name))
    )
    fields = frozenset(columns.positions)
    return Import(wish, rows, Reading(system, fields, order, wish.zone, wish.historical))


def _no_identity(table: Table, kind: Kind) -> str:
    wanted, found = " or ".join(kind.identities), ", ".join(filter(None, table.headers))
    return f"No column says who or what a row is about. Name it with --map HEADER={wanted}; the file has {found}."


def _row(line: Line, columns: Columns) -> Row:
    surplus = [value for value in line.values[columns.width :] if value.strip()]
    complaint = ""
    if surplus:
        complaint = (
            f"The row has {len(line.values)} values for {columns.width} columns: "
            "put quotation marks around a value that holds the delimiter."
        )
    return Row(line.number, columns.cells(line.values), complaint)
