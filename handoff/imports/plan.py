"""How a file was understood, kept so that its import can go on in any process: nothing is decided a second time."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from handoff.imports.dates import Order
from handoff.imports.headers import How
from handoff.imports.kind import Reading, Row
from handoff.imports.mapping import Choice, Columns
from handoff.imports.run import Import, row_of
from handoff.imports.table import Layout, Line, read_again
from handoff.workflow.backfill import Clocks


@dataclass(frozen=True)
class Plan:
    """Where the rows of a file are, which column is which field, and how values are read."""

    layout: Layout
    columns: Columns
    reading: Reading

    def rows(self, data: bytes, done: int = 0, chronological: str = "") -> Iterator[tuple[Line, Row]]:
        """The rows of the file, as they are and by field, without the first ones that are done.

        Chronological is the field by whose moments they are taken: a lead that is at a stage cannot come to an earlier
        one any more, and many exports begin with the newest event.
        """
        lines = read_again(data, self.layout)
        pairs: Iterable[tuple[Line, Row]] = ((line, row_of(line, self.columns)) for line in lines)
        if chronological:
            pairs = sorted(pairs, key=lambda pair: self._moment(pair[1], chronological))
        return islice(pairs, done, None)

    def _moment(self, row: Row, name: str) -> float:
        """What cannot be read comes first: it is refused wherever it stands."""
        with suppress(ValidationError):
            moment = self.reading.moment(row, name)
            return moment.timestamp() if moment else float("-inf")
        return float("-inf")

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
        )
        zone = UTC if plain["zone"] == str(UTC) else ZoneInfo(plain["zone"])
        order = Order(plain["order"])
        clocks = Clocks(plain.get("clocks", Clocks.NONE))
        reading = Reading(
            plain["system"], columns.fields, order, zone, plain["historical"], plain["strict"], clocks=clocks
        )
        return cls(Layout(**plain["layout"]), columns, reading)
