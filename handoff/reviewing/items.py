"""What a scorecard counts: each thing with the figures in which it counts."""

from datetime import datetime
from typing import Any

from handoff.models import PeriodClose
from handoff.reports.lines import counts_of
from handoff.reports.scorecard import LISTS


def items_of(name: str, close: PeriodClose, now: datetime) -> tuple[str, dict[str, Any]]:
    """The things of one list in a closed period as they are now: a statement and its values. What counts nowhere is not
    among them."""
    keyed, values = LISTS[name].keyed({"by": "all", "from": close.start, "to": close.end}, now)
    flags = ", ".join(f"CASE WHEN {sql} THEN '{column}' END" for column, sql in counts_of(name).items())
    statement = f"""
        {keyed}, flagged AS (
            SELECT id, lead_id, at, array_remove(ARRAY[{flags}]::varchar[], NULL) AS figures FROM keyed item
        )
        SELECT %(close)s::bigint, %(list)s, id, lead_id, at, figures FROM flagged WHERE figures <> '{{}}'
    """  # noqa: S608 written here
    return statement, {**values, "close": close.pk, "list": name}
