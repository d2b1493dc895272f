"""How a file was understood, kept so that its import can go on in any process: nothing is decided a second time."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from handoff.imports.dates import Order
from handoff.imports.headers import How
from handoff.imports.kind import Kind, Reading, Row
from handoff.imports.mapping import Choice, Columns
from handoff.imports.run import Import, in_order, row_of
from handoff.imports.table import Layout, Line, read_again
from handoff.workflow.backfill import Clocks

Opening = Callable[[], AbstractContextManager[Callable[[], bool]]]
"""Around the opening of a file, which may take long. What it gives is called for each line meanwhile."""


def unhurried() -> AbstractContextManager[Callable[[], bool]]:
    """Of a file that is opened while nobody waits."""
    return nullcontext(lambda: True)


@dataclass(frozen=True)
class Plan:
    """Where the rows of a file are, which column is which field, and how values are read."""

    layout: Layout
    columns: Columns
    reading: Reading

    def rows(self, data: bytes) -> Iterator[tuple[Line, Row]]:
        """The rows of the file, as they are and by field."""
        return ((line, row_of(line, self.columns)) for line in read_again(data, self.layout))

    def rows_left(
        self, data: bytes, kind: Kind, done: int, keep: Callable[[], object] = lambda: None
    ) -> Iterator[tuple[Line, Row]]:
        """The same in the order in which they are imported, without the first ones that are done.

        Those are passed over at once.
        """
        lines = (line for line in read_again(data, self.layout) if (keep(), True)[1])
        pairs = in_order(lines, self.columns, kind, self.reading)
        deque(islice(pairs, done), maxlen=0)
        return pairs

    @classmethod
    def of(cls, prepared: Import) -> "Plan":
        understanding = prepared.understanding
        return cls(understanding.table.layout, understanding.columns, prepared.reading)

    def plain(self) -> dict[str, Any]:
        columns, reading = self.columns, self.reading
        return {
            "layout": asdict(self.layout),
            "headers": list(columns.headers),
            "choices": [[choice.at, choice.field, str(choice.how)] for choice in columns.choices],
            "constants": dict(columns.constants),
            "implied": dict(columns.implied),
            "values": [[at, value, meaning] for (at, value), meaning in columns.values.items()],
            "left_out": [[at, why] for at, why in columns.left_out.items()],
            "hidden": [[at, name] for at, name in columns.hidden.items()],
            "system": reading.system,
            "order": str(reading.order),
            "zone": str(reading.zone),
            "historical": reading.historical,
            "strict": reading.strict,
            "clocks": str(reading.clocks),
        }

    @classmethod
    def load(cls, plain: Mapping[str, Any]) -> "Plan":
        columns = Columns(
            headers=tuple(plain["headers"]),
            choices=tuple(Choice(at, name, How(how)) for at, name, how in plain["choices"]),
            constants=plain["constants"],
            implied=plain["implied"],
            values={(at, value): meaning for at, value, meaning in plain["values"]},
            left_out=dict(plain["left_out"]),
            hidden=dict(plain.get("hidden", ())),
        )
        zone = UTC if plain["zone"] == str(UTC) else ZoneInfo(plain["zone"])
        order = Order(plain["order"])
        clocks = Clocks(plain.get("clocks", Clocks.NONE))
        reading = Reading(
            plain["system"], columns.fields, order, zone, plain["historical"], plain["strict"], clocks=clocks
        )
        return cls(Layout(**plain["layout"]), columns, reading)
