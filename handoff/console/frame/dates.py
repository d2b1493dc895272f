"""Filters by days, in the time zone of who looks: from the first one to the end of the last."""

from datetime import datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.db import connection
from django.db.models import DateTimeField, Max, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.contrib.filters.admin import RangeDateFilter as PlainRangeDateFilter
from unfold.utils import parse_date_str

from handoff.console.frame.fields import DayInput
from handoff.console.frame.narrowing import title_of
from leads.sql import load

ONE_DAY = timedelta(days=1)
SMALL = 100_000
"""A table of fewer rows is read whole: of some, like the demo's, the numbers do not follow the time."""
LATE = timedelta(hours=1)
"""How much later a row may be written than one with a higher number."""
NEWEST = 100_000


class DaysForm(forms.Form):
    """The browser's own inputs: those of Django's admin warn of a server's time that nobody cares about."""

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for end, label in (("from", "From"), ("to", "To")):
            field = forms.DateField(required=False, label="", widget=DayInput({"aria-label": label, "title": label}))
            self.fields[f"{name}_{end}"] = field


class RangeDateFilter(PlainRangeDateFilter):  # type: ignore[misc]
    form_class = DaysForm

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 Django's shape
        name, (first, last) = self.parameter_name, self._days()
        asked = Q()
        try:
            if first:
                asked &= Q(**{f"{name}__gte": self._begin(first)})
            if last:
                asked &= Q(**{f"{name}__lt": self._begin(last + ONE_DAY)})
        except OverflowError:
            return queryset.none()
        return queryset.filter(asked)

    def _days(self) -> tuple[Any, Any]:
        first, last = (f"{self.parameter_name}_{end}" for end in ("from", "to"))
        return tuple(parse_date_str(self.used_parameters.get(name, "")) for name in (first, last))

    def _begin(self, day: Any) -> Any:
        if not isinstance(self.field, DateTimeField):
            return day
        return timezone.make_aware(datetime.combine(day, time()))


class NumberedDateFilter(RangeDateFilter):
    """Of a table whose rows are numbered as time goes by: the days become numbers, and need no index of their own."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().queryset(request, queryset)
        largest = queryset.model.objects.aggregate(number=Max("pk"))["number"] or 0
        if largest < SMALL:
            return rows
        first, last = self._days()
        if first:
            rows = rows.filter(pk__gte=self._number_since(self._begin(first) - LATE))
        return rows.filter(pk__lt=self._number_since(self._begin(last + ONE_DAY) + LATE)) if last else rows

    def _number_since(self, moment: datetime) -> int:
        column = {"table": self.field.model._meta.db_table, "column": self.field.column}
        with connection.cursor() as cursor:
            cursor.execute(load("handoff.console.frame", "numbers_since.sql").format(**column), {"moment": moment})
            (number,) = cast("tuple[int]", cursor.fetchone())
        return number


class NewestByChoice(ChoicesDropdownFilter):  # type: ignore[misc]
    """By a choice that no index knows: among the newest rows alone, as the others would all be read for a rare one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name: Any = getattr(self, "title", "")
        self.title = f"{title_of(str(name))} (of the newest {NEWEST:,})"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().queryset(request, queryset)
        if not self.used_parameters:
            return rows
        largest = queryset.model.objects.aggregate(number=Max("pk"))["number"] or 0
        return rows.filter(pk__gt=largest - NEWEST)


__all__ = ["NewestByChoice", "NumberedDateFilter", "RangeDateFilter"]
