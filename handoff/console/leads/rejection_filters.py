"""How the list of rejections is narrowed: by the answer, the source, the person and the day."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter

from handoff.console.frame.counting import MOST_COUNTED
from handoff.console.frame.dates import RangeDateFilter
from handoff.console.frame.words import source_of
from handoff.models import AnswerKind, Rejection
from leads.models import State
from sla.metrics import Metric
from sla.models import Clock, ClockState

ANSWER_CLOCK = Clock.objects.filter(metric=Metric.TIME_TO_ANSWER, started_by=OuterRef("transition"))
RUNNING = Clock.objects.filter(metric=Metric.TIME_TO_ANSWER, stopped_at=None)
OVERDUE = "overdue"
WAITING = ("", "open", OVERDUE)
SAMPLED = 200
"""How many of the newest rejections are looked at for the sources that are offered."""


class AnswerFilter(DropdownFilter):  # type: ignore[misc]
    """What waits for marketing, unless something else is asked for."""

    title = "answer"
    parameter_name = "answer_state"
    all_option = ("", "Not answered")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        ways = {"all": "All", "overdue": "Not answered, overdue", "met": "Answered in time"}
        return [*ways.items(), ("late", "Answered late"), *AnswerKind.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Rejection]) -> QuerySet[Rejection]:  # noqa: ARG002
        wanted = self.value() or "open"
        if wanted == "all":
            return queryset
        if wanted in WAITING:
            return queryset.filter(answer="").exclude(from_state=State.RAW)
        ways = {
            "met": Q(Exists(ANSWER_CLOCK.filter(state=ClockState.MET))),
            "late": Q(Exists(ANSWER_CLOCK.filter(state=ClockState.BREACHED))),
        }
        return queryset.filter(ways.get(wanted, Q(answer=wanted)))


class SourceFilter(DropdownFilter):  # type: ignore[misc]
    """The sources of the newest rejections: to know all there are, it would have to read every lead."""

    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        newest = Rejection.objects.order_by("-at").values_list("lead__source", flat=True)[:SAMPLED]
        return [(source, source_of(source)) for source in sorted(set(newest)) if source]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Rejection]) -> QuerySet[Rejection]:  # noqa: ARG002
        return queryset.filter(lead__source=self.value()) if self.value() else queryset


class PersonFilter(RelatedDropdownFilter):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "rejected by"


class DayFilter(RangeDateFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "day of rejection"


def in_parts(rejections: QuerySet[Rejection], *, is_overdue: bool) -> list[QuerySet[Rejection]]:
    """What is due first, as far as a list is counted; then what else waits, the newest first."""
    late = {"due_at__lt": timezone.now()} if is_overdue else {}
    clocks = RUNNING.filter(due_at__isnull=False, **late)
    acts = list(clocks.order_by("due_at", "pk").values_list("started_by", flat=True)[: MOST_COUNTED + 1])
    urgent = rejections.filter(transition__in=acts).order_by(_place(acts))
    if is_overdue and len(acts) <= MOST_COUNTED:
        return [urgent]
    others = rejections.exclude(transition__in=acts).order_by("-at", "-pk")
    return [urgent, others.filter(Exists(clocks.filter(started_by=OuterRef("transition")))) if is_overdue else others]


def _place(acts: list[int]) -> Func:
    """Where a rejection stands among those that begin with these acts."""
    wanted = Value(acts, output_field=ArrayField(BigIntegerField()))
    return Func(wanted, F("transition"), function="ARRAY_POSITION", output_field=IntegerField())
