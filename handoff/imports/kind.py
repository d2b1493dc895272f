"""What every kind of file has in common: rows with fields, read as the file demands, and an outcome for each."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import Literal

from django.core.exceptions import ValidationError
from django.utils import timezone

from handoff.imports.dates import Order, read_day, read_moment
from handoff.refusals import Refused
from handoff.workflow import Door
from leads.identity import IdentityConflict, normalise_text
from leads.models import Via
from leads.moments import storable, storable_day

Outcome = Literal["created", "updated", "unchanged", "refused"]
REFUSALS = (ValidationError, IdentityConflict, Refused)


@dataclass(frozen=True)
class Row:
    """One row of a file by field; a complaint is about the row as a whole, and refuses it."""

    number: int
    cells: Mapping[str, str]
    complaint: str = ""

    def get(self, name: str) -> str:
        """The text of a field; empty where there is none, or only a word for nothing."""
        return normalise_text(self.cells.get(name, ""))

    def prose(self, name: str) -> str:
        """The same of a longer text, with its lines."""
        return self.cells.get(name, "") if self.get(name) else ""

    @property
    def identity(self) -> str:
        """What distinguishes this row from the others, for people."""
        known_by = (self.get(name) for name in ("touch_id", "external_id", "email", "name"))
        return next(filter(None, known_by), "")


@dataclass(frozen=True)
class Result:
    """What became of a row; the reason says why it was refused, or what was strange though it was kept."""

    row: Row
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True)
class Reading:
    """How one file is read: whose ids it has, in which order its dates are, where its clocks are."""

    system: str
    fields: frozenset[str]
    order: Order = Order.DMY
    zone: tzinfo = UTC
    historical: bool = False
    _first: dict[object, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def first_row(self, key: object, row: Row) -> int:
        """The number of the first row of this import that is about a thing: this row, unless another one was."""
        return self._first.setdefault(key, row.number)

    def earlier_row(self, key: object, row: Row) -> int:
        """The number of another row of this import that was about it before; 0 if none was."""
        number = self._first.get(key, row.number)
        return 0 if number == row.number else number

    @property
    def door(self) -> Door:
        return Door(via=Via.IMPORT, historical=self.historical)

    def moment(self, row: Row, name: str, *, may_lie_ahead: bool = False) -> datetime | None:
        """The moment in a field, which must not be in the future unless that makes sense."""
        if not (text := row.get(name)):
            return None
        with named(name):
            moment = read_moment(text, self.order, self.zone)
            if moment > timezone.now() and not may_lie_ahead:
                raise ValidationError(f"“{text}” is in the future.")
            return storable(moment)

    def day(self, row: Row, name: str) -> date | None:
        if not (text := row.get(name)):
            return None
        with named(name):
            return storable_day(read_day(text, self.order))


@contextmanager
def named(field: str) -> Iterator[None]:
    """Say of an error in a value in which field it is."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from error


Write = Callable[[Sequence[Row], Reading], list[Result]]
Keys = Callable[[Sequence[Row], Reading], list[Collection[object]]]


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


def reason_of(error: Exception) -> str:
    """The words of a refusal, on one line."""
    if isinstance(error, ValidationError) and hasattr(error, "error_dict"):
        return " ".join(f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return str(error)


def refused(row: Row, error: Exception) -> Result:
    return Result(row, "refused", reason_of(error))
