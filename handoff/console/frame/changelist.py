"""The rows of one page of a list: where a page ends, how many are counted, and what each row needs from beside it."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.views import ChangeList

from handoff.console.frame.counting import MOST_COUNTED, capped, counted


class ForgivingPaginator(Paginator):  # type: ignore[type-arg]
    """A page that has gone, because its last row was dealt with, leads to the last one that is there."""

    def validate_number(self, number: Any) -> int:
        return min(max(1, int(number)), self.num_pages)


class CappedPaginator(ForgivingPaginator):
    """It counts up to a bound."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return counted(rows)


class DressedRows(ChangeList):  # type: ignore[misc]
    """A list whose rows carry what their columns show, read for all of them together."""

    page_num: int
    result_list: list[Any]
    result_count: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.page_num = min(self.page_num, self.paginator.num_pages)
        if isinstance(self.paginator, CappedPaginator) and self.result_count > MOST_COUNTED:
            self.result_count = capped(self.result_count)
        self.result_list = list(self.result_list)
        self.dress(request, self.result_list)

    def dress(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Give each row what it shows."""
        raise NotImplementedError
