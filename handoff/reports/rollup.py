"""Keep the figures of reports ready (see handoff.models.rollup): add the deltas up, prove the sums, and repair them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper


@dataclass(frozen=True)
class Rollup:
    """Figures that are kept under a key, as counts and as deltas to them, and what they are counted from."""

    counts: str
    deltas: str
    key: tuple[str, ...]
    figures: tuple[str, ...]
    source: str
    """Rows of the key and the figures, whose sum is what must be kept."""
    place: Callable[..., str]
    """What the figures of a key are of, in words."""

    def fold(self, cursor: CursorWrapper) -> None:
        added = ", ".join(f"{figure} = counted.{figure} + EXCLUDED.{figure}" for figure in self.figures)
        cursor.execute(f"""
            WITH taken AS (DELETE FROM {self.deltas} RETURNING *)
            INSERT INTO {self.counts} AS counted ({self._key}, {self._all()})
            SELECT {self._key}, {self._all("sum({0}) AS {0}")} FROM taken GROUP BY {self._key}
            ON CONFLICT ({self._key}) DO UPDATE SET {added}
        """)  # noqa: S608 all of it is written here

    def disagreements(self, cursor: CursorWrapper) -> Iterator[str]:
        cursor.execute(self._missing())
        for row in cursor.fetchall():
            key, missing = row[: len(self.key)], row[len(self.key) :]
            wrong = ", ".join(f"{name} {-n:+}" for name, n in zip(self.figures, missing, strict=True) if n)
            yield f"{self.place(*key)} is kept wrongly: {wrong}."

    def repair(self, cursor: CursorWrapper) -> int:
        """Write what is missing as deltas, and return how many."""
        cursor.execute(f"INSERT INTO {self.deltas} ({self._key}, {self._all()}) {self._missing()}")
        written: int = cursor.rowcount
        return written

    def _missing(self) -> str:
        """What there is less what is kept, where the two differ. One statement is one snapshot: people go on."""
        less = f"{self._key}, {self._all('-{0}')}"
        return f"""
            SELECT {self._key}, {self._all("sum({0}) AS {0}")}
            FROM (
                {self.source} UNION ALL SELECT {less} FROM {self.counts} UNION ALL SELECT {less} FROM {self.deltas}
            ) parts
            GROUP BY {self._key}
            HAVING {" OR ".join(f"sum({figure}) <> 0" for figure in self.figures)}
            ORDER BY {self._key}
        """  # noqa: S608

    @property
    def _key(self) -> str:
        return ", ".join(self.key)

    def _all(self, shape: str = "{0}") -> str:
        return ", ".join(shape.format(figure) for figure in self.figures)


def _of_the_funnel(month: Any, campaign: int, source: str, currency: str) -> str:
    in_currency = f", {currency}" if currency else ""
    return f"The funnel of {month:%Y-%m}, campaign {campaign}, source “{source}”{in_currency}"


def _of_the_attainment(metric: str, campaign: int, figure: str, bucket: int) -> str:
    in_bucket = f" {bucket}" if bucket else ""
    return f"The attainment of {metric}, campaign {campaign}, {figure}{in_bucket}"


ROLLUPS = (
    Rollup(
        counts="handoff_funnelcount",
        deltas="handoff_funneldelta",
        key=("month", "campaign_id", "source", "currency"),
        figures=("leads", "mql", "sal", "sql", "opportunity", "won", "priced", "amount"),
        source="""
            SELECT month, campaign_id, source, currency, leads, mql, sal, sql, opportunity, won, priced, amount
            FROM handoff_funnelshare WHERE counts
        """,
        place=_of_the_funnel,
    ),
    Rollup(
        counts="handoff_attainmentcount",
        deltas="handoff_attainmentdelta",
        key=("metric", "campaign_id", "figure", "bucket"),
        figures=("n",),
        # Clocks of the same buckets make the same figures: made once for all of them, it takes a third of the time.
        source="""
            SELECT metric, campaign_id, figure, bucket, n
            FROM (
                SELECT metric, campaign_id, outcome, min(business) AS business, min(wall) AS wall, count(*) AS n
                FROM handoff_clockshare
                GROUP BY metric, campaign_id, outcome, handoff_bucket(business), handoff_bucket(wall)
            ) alike, handoff_clock_figures(outcome, business, wall)
        """,
        place=_of_the_attainment,
    ),
)

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('handoff_rollup'))"
# Clocks that are not kept as they are, and those that are kept and are no more.
_STRAY = """
SELECT clock_id, kept.clock_id IS NOT NULL AS is_kept
FROM handoff_clockshare share FULL JOIN handoff_countedclock kept USING (clock_id)
WHERE (share.metric, share.campaign_id, share.outcome, share.business, share.wall)
    IS DISTINCT FROM (kept.metric, kept.campaign_id, kept.outcome, kept.business, kept.wall)
"""
_HOLD = f"""
SELECT count(*) FROM (
    SELECT FROM leads_lead
    WHERE id IN (SELECT lead_id FROM sla_clock WHERE id IN (SELECT clock_id FROM ({_STRAY}) stray))
    ORDER BY id FOR NO KEY UPDATE
) held
"""  # noqa: S608
_REMOVE = f"DELETE FROM handoff_countedclock WHERE clock_id IN (SELECT clock_id FROM ({_STRAY}) stray WHERE is_kept)"  # noqa: S608
_ADD = """
INSERT INTO handoff_countedclock (clock_id, metric, campaign_id, outcome, business, wall)
SELECT clock_id, metric, campaign_id, outcome, business, wall FROM handoff_clockshare share
WHERE NOT EXISTS (SELECT FROM handoff_countedclock kept WHERE kept.clock_id = share.clock_id)
"""


@transaction.atomic
def fold() -> None:
    """Add the deltas to the counts. Killed in the middle it has done nothing; two at once take turns."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        for rollup in ROLLUPS:
            rollup.fold(cursor)


def disagreements() -> Iterator[str]:
    """Where the figures that are kept are not those of the leads and their clocks. Read only."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_STRAY} ORDER BY clock_id")
        for clock_id, is_kept in cursor.fetchall():
            yield f"Clock {clock_id} is {'kept wrongly' if is_kept else 'lacking'} in the attainment of its campaign."
        for rollup in ROLLUPS:
            yield from rollup.disagreements(cursor)


@transaction.atomic
def repair() -> int:
    """Write what is missing, and return how many figures and clocks that were.

    Nobody reads a wrong number meanwhile, and nobody waits but for leads whose clocks were wrong.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        cursor.execute(_HOLD)
        cursor.execute(_REMOVE)
        removed: int = cursor.rowcount
        cursor.execute(_ADD)
        added: int = cursor.rowcount
        return max(removed, added) + sum(rollup.repair(cursor) for rollup in ROLLUPS)
