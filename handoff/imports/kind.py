"""What every kind of file has in common: rows with fields, read as the file demands, and an outcome for each."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.utils import timezone

from handoff.imports.dates import Order, doubt_of, read_day, read_moment
from handoff.refusals import Refused
from handoff.reports.cells import unguarded
from handoff.workflow import Door
from handoff.workflow.backfill import Clocks
from leads.identity import IdentityConflict, normalise_text
from leads.models import Lead, Via
from leads.moments import storable, storable_day
from leads.normalise import normalise_name, without_formula
from leads.repeats import Repeats

Outcome = Literal["created", "updated", "unchanged", "refused"]
REFUSALS = (ValidationError, IdentityConflict, Refused)


@dataclass(frozen=True)
class Row:
    """One row of a file by field; a complaint is about the row as a whole, and refuses it.

    Remarks are what was strange or left out though the row was kept; whoever reads the row adds them.
    """

    number: int
    cells: Mapping[str, str]
    complaint: str = ""
    remarks: list[str] = field(default_factory=list, compare=False)

    def get(self, name: str) -> str:
        """The text of a field; empty where there is none, or only a word for nothing."""
        return normalise_text(self._plain(name))

    def name(self, name: str) -> str:
        """The same of a person's name: people are called Null and Blank."""
        return normalise_name(self._plain(name))

    def prose(self, name: str) -> str:
        """The same of a longer text, with its lines."""
        return self._plain(name) if self.get(name) else ""

    def remark(self, text: str) -> None:
        """Add a remark, once: a row may be read in a dry run first, and again when it is written."""
        if text not in self.remarks:
            self.remarks.append(text)

    def _plain(self, name: str) -> str:
        """A cell without what stops a spreadsheet from computing it: our apostrophe, or Excel's ="00123"."""
        cell: str = self.cells.get(name, "")
        if not cell or cell[0] not in "'=":
            return cell
        return unguarded(cell) if cell[0] == "'" else without_formula(cell)

    @property
    def identity(self) -> str:
        """What distinguishes this row from the others, for people."""
        known_by = (self.get(name) for name in ("touch_id", "touchpoint_id", "external_id", "email", "name"))
        return next(filter(None, known_by), "")


@dataclass(frozen=True)
class Result:
    """What became of a row; the reason says why it was refused, or what was strange though it was kept."""

    row: Row
    outcome: Outcome
    reason: str = ""


class FirstRows:
    """The first row of a file about each thing, by number."""

    def __init__(self) -> None:
        self._first: dict[object, int] = {}

    def setdefault(self, key: object, row: int) -> int:
        return self._first.setdefault(key, row)

    def get(self, key: object, default: int) -> int:
        return self._first.get(key, default)


@dataclass(frozen=True)
class Reading:
    """How one file is read: whose ids it has, in which order its dates are, where its clocks are."""

    system: str
    fields: frozenset[str]
    order: Order = Order.DMY
    zone: tzinfo = UTC
    historical: bool = False
    strict: bool = False
    roles: frozenset[str] | None = None
    """Of whoever imports; None for the shell, which may do everything."""
    by: int | None = None
    """The user who imports."""
    clocks: Clocks = Clocks.NONE
    """From when the clocks run of leads that come in with their stages."""
    repeats: Repeats = field(default_factory=Repeats, compare=False)
    first_rows: FirstRows = field(default_factory=FirstRows, repr=False, compare=False)
    held: Mapping[int, Lead] = field(default_factory=dict, repr=False, compare=False)
    """The leads of the rows that are being written, by the numbers of the rows: locked, and read since."""

    def first_row(self, key: object, row: Row) -> int:
        """The number of the first row of this import that is about a thing: this row, unless another one was."""
        return self.first_rows.setdefault(key, row.number)

    def earlier_row(self, key: object, row: Row) -> int:
        """The number of another row of this import that was about it before; 0 if none was."""
        number = self.first_rows.get(key, row.number)
        return 0 if number == row.number else number

    def of_deals(self, fields: frozenset[str]) -> "Reading":
        """The same file read for the deals in it, which are of the past; which row was first is asked of both."""
        return replace(self, fields=fields, historical=True)

    @property
    def door(self) -> Door:
        return Door(via=Via.IMPORT, historical=self.historical)

    @property
    def past(self) -> Door:
        """For what happened elsewhere, whatever else the file is: it is not judged by the evidence of today."""
        return replace(self.door, historical=True)

    def moment(self, row: Row, name: str, *, may_lie_ahead: bool = False) -> datetime | None:
        """The moment in a field, which must not be in the future unless that makes sense."""
        if not (text := row.get(name)):
            return None
        with named(name):
            moment = read_moment(text, self.order, self.zone)
            if moment > timezone.now() and not may_lie_ahead:
                raise ValidationError(f"“{text}” is in the future.")
            moment = storable(moment)
            self.note(row, name, doubt_of(text, moment.astimezone(self.zone).date()))
            return moment

    def day(self, row: Row, name: str) -> date | None:
        if not (text := row.get(name)):
            return None
        with named(name):
            day = storable_day(read_day(text, self.order))
            self.note(row, name, doubt_of(text, day))
            return day

    def side(self, row: Row, name: str, read: Callable[[], Any]) -> Any:
        """A side value; where it cannot be read it is left out with a remark, and its row comes in all the same."""
        try:
            return read()
        except ValidationError as error:
            refusal = _in_field(name, error)
            if self.strict:
                raise refusal from error
            row.remark(f"{reason_of(refusal)} It was left out.")
            return None

    def note(self, row: Row, name: str, doubt: str) -> None:
        """Remark on what was read by a convention; where nothing may be in doubt, refuse it."""
        if doubt and self.strict:
            raise ValidationError(f"{doubt} With --strict, such a value is refused.")
        if doubt:
            row.remark(f"{name}: {doubt}")


@contextmanager
def named(name: str) -> Iterator[None]:
    """Say of an error in a value in which field it is."""
    try:
        yield
    except ValidationError as error:
        raise _in_field(name, error) from error


def _in_field(name: str, error: ValidationError) -> ValidationError:
    return error if hasattr(error, "error_dict") else ValidationError({name: error.messages})


Write = Callable[[Sequence[Row], Reading], list[Result]]
Keys = Callable[[Sequence[Row], Reading], list[Collection[object]]]
Place = Callable[[Row], Any]
"""By what rows are sorted."""


def as_they_stand(reading: Reading) -> Place | None:  # noqa: ARG001 as the orders of other kinds
    """The order of most kinds."""
    return None


def never(reading: Reading) -> bool:  # noqa: ARG001 as those of other kinds
    """Of most kinds the leads must be locked in one order before the rows are written."""
    return False


def nothing_of(row: Row, reading: Reading) -> Row | None:  # noqa: ARG001 as those of other kinds
    """Of a lead that sales works with, most kinds of rows are for RevOps."""
    return None


@dataclass(frozen=True)
class Kind:
    """One kind of file: the fields and what other systems call them, and how a chunk of rows is written.

    At least one of `identities` must have a column. Two rows that share one of their `keys` are about the same thing.
    """

    aliases: Mapping[str, tuple[str, ...]]
    identities: tuple[str, ...]
    dates: frozenset[str]
    write: Write
    keys: Keys
    order: Callable[[Reading], Place | None] = as_they_stand
    """In which order the rows are taken; None: as they stand in the file."""
    locks_itself: Callable[[Reading], bool] = never
    """It locks what it writes in one order, and changes nothing that is with sales."""
    of_taken: Callable[[Row, Reading], Row | None] = nothing_of
    """What marketing may bring of a row about a lead that sales works with; None: the row is refused."""


def reason_of(error: Exception) -> str:
    """The words of a refusal, on one line."""
    if isinstance(error, ValidationError) and hasattr(error, "error_dict"):
        return " ".join(f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return str(error)


def refused(row: Row, error: Exception) -> Result:
    return Result(row, "refused", reason_of(error))


def with_remarks(result: Result) -> Result:
    """A row that was kept, with what was strange in it."""
    if result.outcome == "refused" or not result.row.remarks:
        return result
    return replace(result, reason=" ".join(filter(None, (result.reason, *result.row.remarks))))
