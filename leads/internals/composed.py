"""Querysets that the ORM composes once, for what is read at every act.

To compose a statement takes longer than PostgreSQL takes to answer a small one.
"""

from collections.abc import Callable
from copy import copy
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable

LARGEST = 2**63 - 1
M = TypeVar("M", bound=Model)
STAND_IN = -(2**61)  # for the value, which comes later: no key is negative, and no filter asks for this number


class Composed(Generic[M]):
    """A queryset of one value, a primary key: `Composed(lambda pk: Lead.objects.filter(pk=pk))` is called with the key.

    What it joins is read too; what it would prefetch is not. The value must not shape the statement.
    """

    def __init__(self, of: Callable[[int], QuerySet[M]]) -> None:
        self._of = of

    def __call__(self, value: int) -> list[M]:
        if not 0 < value <= LARGEST:
            return []  # as the ORM answers for what no column can hold
        compiler, converters, statement, parameters = self._statement
        with connection.cursor() as cursor:
            cursor.execute(statement, [value if parameter == STAND_IN else parameter for parameter in parameters])
            rows = cursor.fetchall()
        return list(ModelIterable(_answered(compiler, converters, rows)))

    @cached_property
    def _statement(self) -> tuple[Any, dict[int, Any], str, tuple[Any, ...]]:
        compiler = self._of(STAND_IN).query.get_compiler(connection=connection)
        statement, parameters = compiler.as_sql()
        return compiler, compiler.get_converters([column[0] for column in compiler.select]), statement, parameters


def _answered(compiler: Any, converters: dict[int, Any], rows: list[tuple[Any, ...]]) -> Any:
    """What Django makes models of: a queryset, of which it asks its compiler, which has the answer."""
    mine = copy(compiler)  # each thread reads by its own connection
    mine.connection, mine.execute_sql, mine.get_converters = connection, lambda **_: [rows], lambda _: converters
    query = SimpleNamespace(get_compiler=lambda using: mine)  # noqa: ARG005 Django names it
    return SimpleNamespace(db=connection.alias, query=query, _known_related_objects={})
