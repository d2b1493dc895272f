"""How a file was understood, kept so that its import can go on in any process: nothing is decided a second time."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from handoff.imports.dates import Order
from handoff.imports.headers import How
from handoff.imports.kind import Reading, Row
from handoff.imports.mapping import Choice, Columns
from handoff.imports.run import Import, row_of
from handoff.imports.table import Layout, Line, read_again


@dataclass(frozen=True)
class Plan:
    """Where the rows of a file are, which column is which field, and how values are read."""

    layout: Layout
    columns: Columns
    reading: Reading

    def rows(self, data: bytes, after: int = 0) -> Iterator[tuple[Line, Row]]:
        """The rows of the file beyond one, as they are and by field."""
        lines = (line for line in read_again(data, self.layout) if line.number > after)
        return ((line, row_of(line, self.columns)) for line in lines)

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
            "system": reading.system,
            "order": str(reading.order),
            "zone": str(reading.zone),
            "historical": reading.historical,
            "strict": reading.strict,
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
        )
        zone = UTC if plain["zone"] == str(UTC) else ZoneInfo(plain["zone"])
        order = Order(plain["order"])
        reading = Reading(plain["system"], columns.fields, order, zone, plain["historical"], plain["strict"])
        return cls(Layout(**plain["layout"]), columns, reading)
