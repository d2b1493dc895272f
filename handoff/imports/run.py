"""One import, from the file to the outcome of every row."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from pathlib import Path

from django.core.exceptions import ValidationError

from handoff.imports import campaigns, dry_run, leads, outcomes, pauses, touches
from handoff.imports.dates import Order, decide_order
from handoff.imports.footers import footer_complaint
from handoff.imports.kind import Kind, Reading, Result, Row, refused, with_remarks
from handoff.imports.mapping import Columns, listed, map_columns
from handoff.imports.table import Line, Table, Unreadable, read
from leads.identity import normalise_system
from leads.repeats import Repeats

KINDS: dict[str, Kind] = {
    "campaigns": campaigns.KIND,
    "leads": leads.KIND,
    "touches": touches.KIND,
    "outcomes": outcomes.KIND,
    "pauses": pauses.KIND,
}
CHUNK = 200  # rows that are looked up, locked and committed at once
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
    strict: bool = False


@dataclass
class Tally:
    """How many rows came to which outcome."""

    outcomes: Counter[str] = field(default_factory=Counter)
    warnings: int = 0
    complaints: int = 0
    """Refusals and warnings of rows."""

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
    warnings: tuple[str, ...] = ()

    def write(self) -> Iterator[Result]:
        """Import the rows, chunk by chunk, and say of each what became of it.

        Each chunk is committed by itself: killed at any point, the import is run again, and finds what it has done.
        A dry run does the same, and takes every chunk back at once.
        """
        kind, rows = KINDS[self.wish.kind], [row for row in self.rows if not row.complaint]
        write = dry_run.write if self.wish.dry_run else _write
        # What rows stated is forgotten between a dry run and the writing: else every row would repeat itself.
        results = write(rows, kind, replace(self.reading, repeats=Repeats()))
        for row in self.rows:
            yield refused(row, ValidationError(row.complaint)) if row.complaint else with_remarks(next(results))


def _write(rows: Sequence[Row], kind: Kind, reading: Reading) -> Iterator[Result]:
    for start in range(0, len(rows), CHUNK):
        yield from kind.write(rows[start : start + CHUNK], reading)


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
    reading = Reading(system, fields, order, wish.zone, wish.historical, wish.strict)
    return Import(wish, rows, reading, columns.warnings)


def _no_identity(table: Table, kind: Kind) -> str:
    wanted = " or ".join(kind.identities)
    return (
        f"No column says who or what a row is about. Name it with --map HEADER={wanted}; "
        f"the file has {listed(table.headers)}."
    )


def _row(line: Line, columns: Columns) -> Row:
    surplus = [value for value in line.values[columns.width :] if value.strip()]
    complaint = footer_complaint(line.values)
    if surplus and not complaint:
        complaint = (
            f"The row has {len(line.values)} values for {columns.width} columns: "
            "put quotation marks around a value that contains the delimiter."
        )
    return Row(line.number, columns.cells(line.values), complaint)
