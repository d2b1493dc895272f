"""How a file was understood, for people and for programs: shown before anything is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from handoff.imports.dates import Order
from handoff.imports.encodings import NAMES
from handoff.imports.headers import How, listed, shown
from handoff.imports.mapping import Choice, Columns
from handoff.imports.table import Table

COLUMNS_SHOWN, CHARACTERS_SHOWN = 40, 40
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_MOMENTS = {
    "leads": (("created_at",), "leads are dated now"),
    "outcomes": (("won_at", "lost_at", "closed_at", "rejected_at"), "outcomes are dated now"),
    "campaigns": (("starts_on",), "campaigns have no dates"),
}
"""Of which moments it has to be said that no column has them."""


@dataclass(frozen=True, kw_only=True)
class Understanding:
    """What a file is taken for, and why."""

    kind: str
    system: str
    is_system_recognised: bool
    table: Table
    columns: Columns
    order: Order
    order_because: str
    zone: str
    amount: str = ""
    """The first amount that could be misread, and how it is read."""
    undated_rows: int = 0
    not_in_file: tuple[str, ...] = ()
    """Columns that are remembered of an earlier file and missing in this one."""

    @property
    def ignored(self) -> list[str]:
        read = {choice.at for choice in self.columns.choices} | set(self.columns.left_out)
        constant = [choice.at for choice in self.columns.choices if choice.field in self.columns.constants]
        return [
            header for at, header in enumerate(self.columns.headers) if header and (at not in read or at in constant)
        ]

    @property
    def guesses(self) -> list[Choice]:
        return [choice for choice in self.columns.choices if choice.how == How.CONTENT]

    @property
    def dated_now(self) -> str:
        """What has no moment in the file; the history needs one, so it gets that of the import."""
        names, consequence = _MOMENTS.get(self.kind, ((), ""))
        if names and not self.columns.has(names):
            return f"{names[0]}: no column says when, so {consequence}"
        if self.undated_rows and self.kind != "campaigns":
            return f"{names[0]}: empty in {self.undated_rows} rows, so these {consequence}"
        return ""

    def lines(self) -> Iterator[str]:
        by = " (recognised by its headers)" if self.is_system_recognised else ""
        yield f"Understood as {self.kind} of {self.system}{by}: {len(self.table.lines)} rows, {self._written}"
        yield from (_labelled("skipped", _row(line.values)) for line in self.table.skipped)
        if self.order_because or self.columns.has(_DATES):
            order = f"{self.order}{self.order_because}" if self.order_because else "in no doubt"
            yield _labelled("dates", f"{order}; times without a zone are in {self.zone}")
        if self.amount:
            yield _labelled("amounts", self.amount)
        yield from self._column_lines()
        yield from (_labelled("constant", f"{name} = {value}") for name, value in self.columns.constants.items())
        yield from (
            _labelled("constant", f"{name} = {value} (by the headers)") for name, value in self.columns.implied.items()
        )
        yield from (_labelled("value", text) for text in self._value_texts()[:COLUMNS_SHOWN])
        yield from (
            _labelled("not read", f"{shown(self.columns.headers[at])} ({why})")
            for at, why in list(self.columns.left_out.items())[:COLUMNS_SHOWN]
        )
        if self.ignored:
            yield _labelled("ignored", listed(self.ignored))
        if self.not_in_file:
            yield _labelled("missing", listed(self.not_in_file))
        if self.dated_now:
            yield _labelled("dated now", self.dated_now)

    @property
    def _written(self) -> str:
        if self.table.sheet:
            return f"sheet “{self.table.sheet}”"
        encoding = NAMES.get(self.table.encoding, self.table.encoding)
        return f"{encoding}, {_DELIMITERS.get(self.table.delimiter, self.table.delimiter)}"

    def _column_lines(self) -> Iterator[str]:
        choices = sorted(
            (choice for choice in self.columns.choices if choice.field in self.columns.positions), key=_place
        )
        for choice in choices[:COLUMNS_SHOWN]:
            first = self.columns.positions[choice.field][0]
            where = f", where {self._header(first)} is empty" if choice.at != first else ""
            yield _labelled("column", f"{self._header(choice.at)} -> {choice.field} ({choice.how}{where})")
        if len(choices) > COLUMNS_SHOWN:
            yield _labelled("column", f"and {len(choices) - COLUMNS_SHOWN} more")

    def _header(self, at: int) -> str:
        return shown(self.columns.headers[at]) or f"column {at + 1}"

    def _value_texts(self) -> list[str]:
        meanings: dict[tuple[int | None, str], list[str]] = {}
        for (at, value), meaning in self.columns.values.items():
            meanings.setdefault((at, meaning), []).append(value)
        return [
            f"{self._header(at) + ': ' if at is not None else ''}{', '.join(values)} -> {meaning or 'nothing'}"
            for (at, meaning), values in meanings.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        """The same for programs, whole."""
        headers, columns = self.columns.headers, self.columns
        return {
            "kind": self.kind,
            "system": self.system,
            "system_recognised": self.is_system_recognised,
            "rows": len(self.table.lines),
            "encoding": self.table.encoding,
            "delimiter": self.table.delimiter,
            "sheet": self.table.sheet,
            "skipped_rows": [line.number for line in self.table.skipped],
            "dates": {"order": str(self.order), "because": self.order_because, "zone": self.zone},
            "columns": [
                {"header": headers[choice.at], "column": choice.at + 1, "field": choice.field, "how": str(choice.how)}
                for choice in columns.choices
                if choice.field not in columns.constants
            ],
            "constants": {**columns.implied, **columns.constants},
            "values": [
                {"header": headers[at] if at is not None else None, "value": value, "meaning": meaning}
                for (at, value), meaning in columns.values.items()
            ],
            "not_read": {headers[at]: why for at, why in columns.left_out.items()},
            "ignored": self.ignored,
            "dated_now": self.dated_now,
        }


_DATES = ("created_at", "won_at", "lost_at", "closed_at", "rejected_at", "at", "from", "until", "starts_on", "ends_on")


def _place(choice: Choice) -> int:
    return choice.at


def _labelled(label: str, text: str) -> str:
    return f"  {label:<10}{text}"


def _row(values: Sequence[str]) -> str:
    text = " ".join(filter(None, (value.strip() for value in values)))
    return f"“{text[: 2 * CHARACTERS_SHOWN]}”, above the headers"


def moments_of(kind: str) -> Sequence[str]:
    """The fields of which one must not be empty if a row is to have a moment."""
    return _MOMENTS[kind][0] if kind in _MOMENTS and kind != "campaigns" else ()
