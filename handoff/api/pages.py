"""Pages that stay stable while rows come and go: a cursor holds the position of a row, not a number of rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from django.core import signing
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

PAGE_SIZE, MAX_PAGE_SIZE = 50, 200
SALT = "handoff.api.cursor"


@dataclass(frozen=True)
class Part:
    """The rows of a list that come before those of the next part: which these are, and how they are ordered."""

    of: Callable[[QuerySet[Any]], QuerySet[Any]]
    by: Combinable


class Paged(Protocol):
    """A view in pages: by what its rows can be ordered (never null), and how they are unless asked otherwise.

    Where no index has all rows in an order, it is one of parts that have one each.
    """

    orderings: Mapping[str, Combinable | Sequence[Part]]
    default_ordering: str


@dataclass(frozen=True)
class Cursor:
    """The rows beyond the one at this position, or with `backward` those before it."""

    ordering: str
    position: str | int
    pk: int
    backward: bool

    def encode(self) -> str:
        return signing.dumps([self.ordering, self.position, self.pk, self.backward], salt=SALT)

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        # It is signed, so what is in it was once written here and needs no further check.
        return cls(*signing.loads(text, salt=SALT))


class KeysetPagination(BasePagination):
    """Pages in the order of `Paged`; the primary key decides between equals."""

    ordering: str
    cursor: Cursor | None
    rows: list[Any]
    goes_on: bool

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        paged = cast("Paged", view)
        self.url = request.build_absolute_uri()
        self.ordering = _ordering(request, paged)
        self.cursor = _cursor(request, self.ordering)
        size = _size(request)
        rows = self._in_order(cast("QuerySet[Any]", queryset), paged, size + 1)
        self.goes_on, self.rows = len(rows) > size, rows[:size]
        if self._is_backward:
            self.rows.reverse()
        return self.rows

    def get_paginated_response(self, data: Any) -> Response:
        has_next = self._is_backward or self.goes_on
        has_previous = self.goes_on if self._is_backward else self.cursor is not None
        return Response(
            {
                "next": self._link(self.rows[-1], backward=False) if self.rows and has_next else None,
                "previous": self._link(self.rows[0], backward=True) if self.rows and has_previous else None,
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        paged = cast("Paged", view)
        choices = [sign + name for name in paged.orderings for sign in ("", "-")]
        return [
            _parameter("cursor", "From a link of another page.", {"type": "string"}),
            _parameter(
                "page_size",
                "How many on a page.",
                {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
            ),
            _parameter(
                "ordering",
                "With - the highest or latest is first.",
                {"type": "string", "enum": choices, "default": paged.default_ordering},
            ),
        ]

    @property
    def _is_backward(self) -> bool:
        return self.cursor is not None and self.cursor.backward

    def _in_order(self, queryset: QuerySet[Any], paged: Paged, most: int) -> list[Any]:
        ordering = paged.orderings[self.ordering.removeprefix("-")]
        parts = list(ordering) if isinstance(ordering, Sequence) else [Part(lambda rows: rows, ordering)]
        descends = self.ordering.startswith("-") != self._is_backward
        if len(parts) == 1:
            return list(self._of_part(parts[0].of(queryset).annotate(position=parts[0].by), descends)[:most])
        # The keys first, so that what belongs to the rows is read once for those of all parts.
        positions: dict[int, Any] = {}
        for part in reversed(parts) if descends else parts:
            if len(positions) < most:
                keys = self._of_part(part.of(queryset).annotate(position=part.by), descends)
                positions |= keys.values_list("pk", "position")[: most - len(positions)]
        rows = queryset.in_bulk(list(positions))
        for pk, row in rows.items():
            row.position = positions[pk]
        return [rows[pk] for pk in positions if pk in rows]

    def _of_part(self, queryset: QuerySet[Any], descends: bool) -> QuerySet[Any]:
        if self.cursor:
            queryset = queryset.filter(_beyond(self.cursor, "lt" if descends else "gt"))
        keys = (F("position"), F("pk"))
        return queryset.order_by(*(key.desc() if descends else key.asc() for key in keys))

    def _link(self, row: Any, *, backward: bool) -> str:
        position = row.position.isoformat() if isinstance(row.position, datetime) else row.position
        cursor = Cursor(self.ordering, position, row.pk, backward)
        return replace_query_param(remove_query_param(self.url, "cursor"), "cursor", cursor.encode())


def _beyond(cursor: Cursor, side: str) -> Q:
    # The first condition follows from the second; it is what an index understands.
    near = Q(**{f"position__{side}e": cursor.position})
    return near & (Q(**{f"position__{side}": cursor.position}) | Q(**{f"pk__{side}": cursor.pk}))


def _ordering(request: Request, paged: Paged) -> str:
    ordering = request.query_params.get("ordering") or paged.default_ordering
    if ordering.removeprefix("-") not in paged.orderings:
        names = ", ".join(paged.orderings)
        raise ValidationError({"ordering": f"Order by one of {names}, or by one of them with - before it."})
    return ordering


def _cursor(request: Request, ordering: str) -> Cursor | None:
    text = request.query_params.get("cursor")
    if not text:
        return None
    try:
        cursor = Cursor.decode(text)
    except signing.BadSignature as error:
        raise ValidationError({"cursor": "This is not a valid cursor: follow the links of a page."}) from error
    if cursor.ordering != ordering:
        raise ValidationError({"cursor": f"This cursor belongs to the ordering {cursor.ordering}."})
    return cursor


def _size(request: Request) -> int:
    text = request.query_params.get("page_size") or str(PAGE_SIZE)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise ValidationError({"page_size": f"Give a number from 1 to {MAX_PAGE_SIZE}."})
    return min(int(text), MAX_PAGE_SIZE)


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
