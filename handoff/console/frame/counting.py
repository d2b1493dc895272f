"""Numbers that are counted up to a bound: to know how many there are beyond it, one would have to read them all."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, QuerySet

MOST_COUNTED = 1000


def counted(rows: QuerySet[Any], most: int = MOST_COUNTED) -> int:
    """How many rows there are, up to one more than is ever shown as a number."""
    return rows.order_by().values("pk")[: most + 1].count()


def counted_of_each(rows: QuerySet[Any]) -> Func:
    """The same for each row of another list, which `rows` point to by OuterRef."""
    keys = ArraySubquery(rows.order_by().values("pk")[: MOST_COUNTED + 1])
    return Func(keys, function="CARDINALITY", output_field=IntegerField())


def capped(number: int) -> str:
    """Like `12`, or `1000+` beyond the bound."""
    return str(number) if number <= MOST_COUNTED else f"{MOST_COUNTED}+"
