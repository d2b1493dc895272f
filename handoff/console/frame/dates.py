"""Filters by days, in the time zone of who looks: from the first one to the end of the last."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import DateTimeField, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter as PlainRangeDateFilter
from unfold.utils import parse_date_str

from handoff.console.frame.fields import DayInput


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
        name = self.parameter_name
        first, last = (parse_date_str(self.used_parameters.get(f"{name}_{end}", "")) for end in ("from", "to"))
        asked = Q()
        try:
            if first:
                asked &= Q(**{f"{name}__gte": self._begin(first)})
            if last:
                asked &= Q(**{f"{name}__lt": self._begin(last + timedelta(days=1))})
        except OverflowError:
            return queryset.none()
        return queryset.filter(asked)

    def _begin(self, day: Any) -> Any:
        if not isinstance(self.field, DateTimeField):
            return day
        return timezone.make_aware(datetime.combine(day, time()))


__all__ = ["RangeDateFilter"]
