"""One import, from the file to the outcome of every row."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import partial
from itertools import islice
from pathlib import Path

from django.core.exceptions import ValidationError

from handoff.imports import (
    attributes,
    campaigns,
    dry_run,
    outcomes,
    pauses,
    records,
    stage_events,
    stated,
    systems,
    touches,
    touchpoints,
)
from handoff.imports.dates import Order
from handoff.imports.evidence import Survey
from handoff.imports.footers import footer_complaint
from handoff.imports.headers import Vocabulary, check_field, key, listed
from handoff.imports.kind import FirstRows, Kind, Place, Reading, Result, Row, refused, with_remarks
from handoff.imports.mapping import SETTLED, Columns, map_columns, position
from handoff.imports.memory import NOTHING, Remembered
from handoff.imports.rows import write_as_author
from handoff.imports.sorting import in_places
from handoff.imports.table import Line, Source, Table, parse, read_bytes
from handoff.imports.understanding import Understanding
from handoff.imports.unreadable import Unreadable
from handoff.models import Import as Record
from handoff.workflow.backfill import Clocks
from leads.identity import normalise_system
from leads.models import User
from leads.repeats import Repeats

KINDS: dict[str, Kind] = {
    "campaigns": campaigns.KIND,
    "leads": records.KIND,
    "touchpoints": touchpoints.KIND,
    "touches": touches.KIND,
    "outcomes": outcomes.KIND,
    "stages": stage_events.KIND,
    "pauses": pauses.KIND,
}
CHUNK = 2000  # rows that are looked up, locked and committed at once, at most
OUTCOMES = ("created", "updated", "unchanged", "refused")
SYSTEM_LENGTH = 40
SAMPLE = 200  # rows whose values help to understand the columns


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the user asks for: which kind of file, of which system, and how it is to be read."""

    kind: str
    system: str = ""
    """Empty: as the headers tell."""
    mappings: Sequence[str] = ()
    constants: Sequence[str] = ()
    values: Sequence[str] = ()
    remembered: Remembered = NOTHING
    encoding: str = ""
    sheet: str = ""
    dates: Order | None = None
    zone: tzinfo = UTC
    historical: bool = False
    strict: bool = False
    clocks: Clocks = Clocks.NONE
    roles: frozenset[str] | None = None
    """Of whoever brings the file; None for the shell, from which nothing is hidden."""


class UnknownSystem(Unreadable):
    """Nothing tells which system a file is from, and nobody has said it."""


@dataclass
class Tally:
    """How many rows came to which outcome."""

    outcomes: Counter[str] = field(default_factory=Counter)
    warnings: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> "Tally":
        return cls(Counter({name: counts[name] for name in OUTCOMES}), counts["warnings"])

    def count(self, result: Result) -> None:
        self.outcomes[result.outcome] += 1
        self.warnings += bool(result.reason) and result.outcome != "refused"

    def as_dict(self) -> dict[str, int]:
        return {name: self.outcomes[name] for name in OUTCOMES} | {"warnings": self.warnings}


class Rows(Iterable[Row]):
    """The rows of a file by field, made again each time they are read: a file may have more than memory holds."""

    def __init__(self, lines: Sequence[Line], columns: Columns) -> None:
        self._lines, self._columns = lines, columns

    def __iter__(self) -> Iterator[Row]:
        return (row_of(line, self._columns) for line in self._lines)

    def __len__(self) -> int:
        return len(self._lines)


@dataclass(frozen=True)
class Import:
    """A file that was read and can be brought in."""

    wish: Wish
    rows: Rows
    reading: Reading
    understanding: Understanding

    @property
    def lines(self) -> Sequence[Line]:
        """The rows as they are in the file, one for each of `rows`."""
        return self.understanding.table.lines

    def remembered(self) -> Remembered:
        """All that was stated or understood, for the next file of this system."""
        wish, columns, reading = self.wish, self.understanding.columns, self.reading
        headers = columns.headers
        hidden = {headers[at] for at in columns.hidden}
        ignored = (*self.understanding.ignored, *(headers[at] for at in columns.left_out))
        return Remembered(
            kind=wish.kind,
            system=reading.system,
            dates=str(reading.order) if wish.dates or self.understanding.order_because else "",
            time_zone=str(wish.zone) if wish.zone is not UTC else "",
            encoding=wish.encoding,
            sheet=wish.sheet,
            historical=wish.historical,
            clocks="" if wish.clocks == Clocks.NONE else wish.clocks.value,
            columns=self._of_others() | {headers[each.at]: each.field for each in columns.choices if headers[each.at]},
            ignore=tuple(dict.fromkeys(header for header in ignored if header not in hidden)),
            set=dict(columns.constants),
            values=tuple(stated.spelled(columns.values, headers)),
        )

    def _of_others(self) -> dict[str, str]:
        """What others have stated of columns that are hidden from whoever brings this file."""
        hidden = attributes.unseen(self.wish.roles)
        return {header: name for header, name in self.wish.remembered.columns.items() if name in hidden}

    def try_out(self, by: User | None = None) -> Iterator[tuple[Line, Result]]:
        """Say of each row what would become of it, in the order in which an import takes them."""
        kind, record = KINDS[self.wish.kind], Record(kind=self.wish.kind, by=by)
        trial = replace(kind, write=lambda rows, reading: write_as_author(record, rows, kind, reading))
        # What rows stated is forgotten between one try and the next: else every row would repeat itself.
        reading = replace(self.reading, repeats=Repeats(), first_rows=FirstRows())
        pairs = in_order(self.lines, self.understanding.columns, kind, reading)
        # No more rows are in memory than are tried together.
        while chunk := list(islice(pairs, dry_run.WINDOW)):
            results = written([row for _, row in chunk], lambda sound: dry_run.write(sound, trial, reading))
            yield from zip((line for line, _ in chunk), results, strict=True)


def in_order(lines: Iterable[Line], columns: Columns, kind: Kind, reading: Reading) -> Iterator[tuple[Line, Row]]:
    """The rows, as they are and by field, in the order in which their kind takes them."""
    if (place := kind.order(reading)) is not None:
        lines = in_places(lines, partial(_place_of, place, columns))
    return ((line, row_of(line, columns)) for line in lines)


def _place_of(place: Place, columns: Columns, line: Line) -> object:
    return place(row_of(line, columns))


def written(chunk: Sequence[Row], write: Callable[[Sequence[Row]], Iterable[Result]]) -> Iterator[Result]:
    """Write those rows that are records; the others are refused for what they are."""
    results = iter(write([row for row in chunk if not row.complaint]))
    for row in chunk:
        yield refused(row, ValidationError(row.complaint)) if row.complaint else with_remarks(next(results))


def prepare(path: Path, wish: Wish) -> Import:
    """Read the file and decide how to understand it; Unreadable says why that is impossible."""
    return understand(read_bytes(path), path.name, wish)


def understand(data: bytes, name: str, wish: Wish) -> Import:
    """The same of the bytes of a file."""
    kind = KINDS[wish.kind]
    table = _table(data, name, wish, kind)
    system, is_recognised = _system(wish, table)
    columns = columns_of(wish, kind, table)
    if not columns.has(kind.identities):
        raise Unreadable(_no_identity(table, kind))
    dates = sorted((kind.dates | attributes.dates()) & columns.fields)
    survey = Survey.of(table.lines, wish.kind, columns, dates)
    order = wish.dates or survey.orders.decide()
    reading = Reading(system, columns.fields, order, wish.zone, wish.historical, wish.strict, clocks=wish.clocks)
    understanding = Understanding(
        kind=wish.kind,
        system=system,
        is_system_recognised=is_recognised,
        table=table,
        columns=columns,
        order=order,
        order_because=" (stated)" if wish.dates else survey.order,
        zone=str(wish.zone),
        amount=survey.amount,
        undated_rows=survey.undated,
        not_in_file=tuple(header for header in wish.remembered.columns if position(header, table.headers) is None),
    )
    return Import(wish, Rows(table.lines, columns), reading, understanding)


def _table(data: bytes, name: str, wish: Wish, kind: Kind) -> Table:
    """The file as rows. Headers that the user names are as good as those that are recognised."""
    vocabulary = Vocabulary(wish.kind, kind.aliases)
    named = (*wish.remembered.by_header, *(text.rpartition("=")[0] for text in wish.mappings))
    stated_keys = set(map(key, named)) - {""}

    def recognised(headers: Sequence[str]) -> int:
        return vocabulary.recognised(headers) + len(stated_keys & {key(header) for header in headers if header})

    return parse(data, name, Source(encoding=wish.encoding, sheet=wish.sheet), recognised)


def _system(wish: Wish, table: Table) -> tuple[str, bool]:
    """The stated system, else the one that the headers tell."""
    stated_one = normalise_system(wish.system)
    system = stated_one or systems.recognise(table.headers, [line.values for line in table.lines[:20]])
    if not system and not wish.system:
        raise UnknownSystem(
            "The headers do not tell which system the file is from. Say with --system whose ids it has, like hubspot; "
            f"it has the columns {listed(table.headers)}."
        )
    if not system or len(system) > SYSTEM_LENGTH:
        raise Unreadable(f"--system names the system of the file, in at most {SYSTEM_LENGTH} characters, like hubspot.")
    return system, not stated_one


def columns_of(wish: Wish, kind: Kind, table: Table) -> Columns:
    unseen = attributes.unseen(wish.roles)
    remembered, aliases = wish.remembered.without(unseen), attributes.without(unseen, kind.aliases)
    columns = map_columns(
        table.headers,
        aliases,
        wish.mappings,
        kind=wish.kind,
        rows=[line.values for line in table.lines[:SAMPLE]],
        remembered=remembered.by_header,
    )
    constants = {**remembered.set, **stated.constants(wish.constants, aliases)}
    for name in {*constants, *wish.remembered.columns.values()} - unseen:
        check_field(name, aliases)
    columns = _hide(unseen & set(kind.aliases), replace(columns, constants=constants), wish.remembered)
    of_hidden = tuple(f"{table.headers[at]}:" for at in columns.hidden)
    texts = [text for text in remembered.values if not text.startswith(of_hidden)]
    values = stated.values([*texts, *wish.values], columns) if texts or wish.values else {}
    return replace(columns, values={**columns.values, **values})


def _hide(unseen: Collection[str], columns: Columns, remembered: Remembered) -> Columns:
    """Take no column of a hidden attribute for anything else, unless somebody says what it is."""
    if not unseen:
        return columns
    places = {position(header, columns.headers): name for header, name in remembered.columns.items() if name in unseen}
    of_headers = attributes.columns_of(unseen, columns.headers)
    hidden = of_headers | {at: name for at, name in places.items() if at is not None}
    settled = {each.at for each in columns.choices if each.how in SETTLED}
    hidden = {at: name for at, name in hidden.items() if at not in settled}
    return replace(
        columns,
        choices=tuple(each for each in columns.choices if each.at not in hidden),
        left_out={at: why for at, why in columns.left_out.items() if at not in hidden},
        hidden=hidden,
    )


def _no_identity(table: Table, kind: Kind) -> str:
    return (
        f"No column says who or what a row is about. Name it with --map HEADER={' or '.join(kind.identities)}; "
        f"the file has {listed(table.headers)}."
    )


def row_of(line: Line, columns: Columns) -> Row:
    surplus = [value for value in line.values[columns.width :] if value.strip()]
    complaint = footer_complaint(line.values)
    if surplus and not complaint:
        complaint = (
            f"The row has {len(line.values)} values for {columns.width} columns: "
            "put quotation marks around a value that contains the delimiter."
        )
    return Row(line.number, columns.cells(line.values), complaint)
