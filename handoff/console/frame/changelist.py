"""The rows of one page of a list: where a page ends, how many are counted, and what each row needs from beside it."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.views import ChangeList

from handoff.console.frame.counting import MOST_COUNTED, capped


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """It reads the keys of the first rows, up to a bound, and of the rows themselves those of one page.

    A page that has gone, because its last row was dealt with, leads to the last one that is there.
    """

    parts: Sequence[QuerySet[Any]] = ()
    """The rows in order, if no index has all of them in it: those of the first part come first."""

    @cached_property
    def keys(self) -> list[Any]:
        keys: list[Any] = []
        rows: Any = self.object_list
        for part in self.parts or [rows]:
            if len(keys) <= MOST_COUNTED:
                keys += part.values_list("pk", flat=True)[: MOST_COUNTED + 1 - len(keys)]
        return keys

    @cached_property
    def count(self) -> int:
        return len(self.keys)

    def validate_number(self, number: Any) -> int:
        return min(max(1, int(number)), self.num_pages)

    def page(self, number: Any) -> Page[Any]:
        number = self.validate_number(number)
        rows: Any = self.object_list
        keys = self.keys[(number - 1) * self.per_page : number * self.per_page]
        by_key = {row.pk: row for row in rows.order_by().filter(pk__in=keys)} if keys else {}
        return Page([by_key[key] for key in keys if key in by_key], number, self)


class BoundedRows(ChangeList):  # type: ignore[misc]
    """A list that reads the rows of its page and no others, sorted only by what its page offers."""

    page_num: int
    result_list: list[Any]
    result_count: Any

    def get_ordering_field(self, field_name: Any) -> Any:
        """Django hides the link of a sort that is not offered, and still sorts by it for whoever writes the address."""
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Rows that are equal follow the direction of the rest: both are then read from one index."""
        ordering: list[Any] = super().get_ordering(request, queryset)
        first = ordering[0]
        if getattr(first, "descending", False) or str(first).startswith("-"):
            return ordering
        return ["pk" if each == "-pk" else each for each in ordering]

    def get_results(self, request: HttpRequest) -> None:
        page = self.model_admin
        self.paginator = page.get_paginator(request, self.queryset, self.list_per_page)
        self.paginator.parts = self.parts(request)
        self.page_num = self.paginator.validate_number(self.page_num)
        self.result_list = list(self.paginator.page(self.page_num).object_list)
        number = self.paginator.count
        self.result_count = number if number <= MOST_COUNTED else capped(number)
        self.multi_page, self.can_show_all = number > self.list_per_page, False
        self.show_full_result_count, self.full_result_count = False, None
        self.show_admin_actions = True
        self.dress(request, self.result_list)

    def parts(self, request: HttpRequest) -> Sequence[QuerySet[Any]]:  # noqa: ARG002
        """The rows in order; of several parts if no index has all of them in it."""
        return [self.queryset]

    def sorted_by(self) -> tuple[str, bool]:
        """The column that somebody has asked to sort by, and whether the largest is first; empty if nobody has."""
        asked = str(self.params.get(ORDER_VAR, "")).split(".")[0]
        place = asked.removeprefix("-")
        if not (place.isascii() and place.isdigit() and len(place) < 4 and int(place) < len(self.list_display)):
            return "", False
        name = self.list_display[int(place)]
        return (str(name), asked.startswith("-")) if self.get_ordering_field(name) else ("", False)

    def dress(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Give each row what it shows, read for all of them together."""
