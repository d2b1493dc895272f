"""Comparisons that Django has no lookup for."""

from typing import Any

from django.db.models import Lookup


class AnyOf(Lookup):
    """`lhs = ANY(array)`: an index serves it, also where the array comes from a subquery, as that is read once."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, of_left = self.process_lhs(compiler, connection)
        right, of_right = compiler.compile(self.rhs)
        return f"{left} = ANY({right})", (*of_left, *of_right)
