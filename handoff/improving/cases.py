"""Which handoffs are looked at, and the statement that has them with what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from leads.conditions.fragments import Sql, compose, joined, value
from leads.sql import load


@dataclass(frozen=True)
class Filter:
    """Handoffs offered in [start, end), of a campaign and a source as they were then; `reasons` by their ids."""

    start: datetime | None = None
    end: datetime | None = None
    campaign: str | None = None
    source: str | None = None
    reasons: Sequence[int] = ()
    """Of rejections that are looked into; empty for those that count against marketing."""


CAMPAIGN, SOURCE = (f"COALESCE(frozen.packet ->> '{name}', '')" for name in ("campaign", "source"))
DECIDED = Sql("frozen.decision <> ''")


def cases(
    chosen: Filter,
    columns: Mapping[str, Sql] | None = None,
    only: Sequence[Sql] = (),
    read: Sequence[Mapping[str, Sql]] = (),
) -> Sql:
    """Rows called `handed`, one for each handoff (see cases.sql), with these columns of the row `frozen` besides.

    `only` are further conditions on that row. `read` are further columns of it, for those that need one several times;
    the second ones may be made of the first.
    """
    given = (
        ("frozen.offered_at >= {}", chosen.start, "timestamptz"),
        ("frozen.offered_at < {}", chosen.end, "timestamptz"),
        (CAMPAIGN + " = {}", chosen.campaign, "text"),
        (SOURCE + " = {}", chosen.source, "text"),
    )
    asked = [compose(text, value(wanted, kind)) for text, wanted, kind in given if wanted is not None]
    frozen = compose(load(__package__, "frozen.sql"), joined(" AND ", [Sql("TRUE"), *asked, *only]))
    for more in read:
        frozen = compose("(SELECT frozen.*{} FROM {} OFFSET bigint '0') frozen", _named(more), frozen)
    # Without the offset, PostgreSQL would compute the columns after the joins, and carry the packets through them. With
    # a plain 0, which it has to convert, it would not compute them in parallel.
    handed = compose(
        "SELECT id, lead_id, cycle, offered_at, decision, {} AS campaign, {} AS source{} FROM {} OFFSET bigint '0'",
        Sql(CAMPAIGN),
        Sql(SOURCE),
        _named(columns or {}),
        frozen,
    )
    return compose(f"({load(__package__, 'cases.sql')}) handed", handed)


def _named(columns: Mapping[str, Sql]) -> Sql:
    named = [compose(f", {{}} AS {name}", column) for name, column in columns.items()]
    return compose("{}" * len(named), *named)
