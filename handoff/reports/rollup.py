"""Keep the figures of the funnel ready (see handoff.models.rollup): add the deltas up, prove the sum, and mend it."""

from collections.abc import Iterator

from django.db import connection, transaction

FIGURES = ("leads", "mql", "sal", "sql", "opportunity", "won", "priced", "amount")
_KEY = "month, campaign_id, source, currency"
_ALL, _SUMS, _LESS = (
    ", ".join(shape.format(figure) for figure in FIGURES) for shape in ("{0}", "sum({0}) AS {0}", "-{0}")
)
_ADDED = ", ".join(f"{figure} = known.{figure} + EXCLUDED.{figure}" for figure in FIGURES)
_WRONG = " OR ".join(f"sum({figure}) <> 0" for figure in FIGURES)

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('handoff_funnelcount'))"
_FOLD = f"""
WITH taken AS (DELETE FROM handoff_funneldelta RETURNING *)
INSERT INTO handoff_funnelcount AS known ({_KEY}, {_ALL})
SELECT {_KEY}, {_SUMS} FROM taken GROUP BY {_KEY}
ON CONFLICT ({_KEY}) DO UPDATE SET {_ADDED}
"""  # noqa: S608 all of it is written here
# What the tables say less what is kept, where the two differ. One statement is one snapshot: people go on meanwhile.
_MISSING = f"""
SELECT {_KEY}, {_SUMS}
FROM (
    SELECT {_KEY}, {_ALL} FROM handoff_funnelshare WHERE counts
    UNION ALL SELECT {_KEY}, {_LESS} FROM handoff_funnelcount
    UNION ALL SELECT {_KEY}, {_LESS} FROM handoff_funneldelta
) parts
GROUP BY {_KEY}
HAVING {_WRONG}
ORDER BY {_KEY}
"""  # noqa: S608


@transaction.atomic
def fold() -> None:
    """Add the deltas to the counts. Killed in the middle it has done nothing; two at once take turns."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        cursor.execute(_FOLD)


def disagreements() -> Iterator[str]:
    """Where the figures that are kept are not those of the leads. Read only."""
    with connection.cursor() as cursor:
        cursor.execute(_MISSING)
        for month, campaign, source, currency, *missing in cursor.fetchall():
            wrong = ", ".join(f"{name} {-n:+}" for name, n in zip(FIGURES, missing, strict=True) if n)
            where = f"{month:%Y-%m}, campaign {campaign}, source “{source}”" + f", {currency}" * bool(currency)
            yield f"The funnel of {where} is kept wrongly: {wrong}."


@transaction.atomic
def mend() -> int:
    """Write what is missing as deltas, and return how many. Nobody waits for it, and nobody reads a wrong number."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        cursor.execute(f"INSERT INTO handoff_funneldelta ({_KEY}, {_ALL}) {_MISSING}")
        mended: int = cursor.rowcount
    return mended
