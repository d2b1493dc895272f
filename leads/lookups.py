"""Comparisons that Django has no lookup for."""

from collections.abc import Collection
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, F, Lookup, Value


class AnyOf(Lookup):
    """`lhs = ANY(array)`: an index serves it, also where the array comes from a subquery, as that is read once."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, of_left = self.process_lhs(compiler, connection)
        right, of_right = compiler.compile(self.rhs)
        return f"{left} = ANY({right})", (*of_left, *of_right)


def among(numbers: Collection[int]) -> AnyOf:
    """That the number of a row is one of many: `pk__in` makes a parameter of each, which takes longer to compose."""
    return AnyOf(F("pk"), Value(list(numbers), output_field=ArrayField(BigIntegerField())))
