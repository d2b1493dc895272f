"""A filter for days: from the first moment of one to the last of another, by the clock of who looks."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter as UnfoldRangeDateFilter

DAY = timedelta(days=1)


class RangeDateFilter(UnfoldRangeDateFilter):  # type: ignore[misc]
    """Unfold's begins and ends at midnight in UTC, and so leaves out the last day."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 Django's
        start, end = (_day(self.used_parameters.get(f"{self.parameter_name}_{side}")) for side in ("from", "to"))
        if start:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": _midnight(start)})
        if end and end < date.max:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": _midnight(end + DAY)})
        return queryset


def _day(text: Any) -> date | None:
    """None for what is not a day: the page shows its own error beside the field."""
    try:
        return date.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())
