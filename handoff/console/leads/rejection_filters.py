"""How the list of rejections is narrowed: by the answer, the source, the person and the day."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter, RelatedDropdownFilter

from handoff.console.frame.counting import MOST_COUNTED
from handoff.console.frame.words import source_of
from handoff.console.leads.answering import unanswered
from handoff.models import AnswerKind, Rejection
from leads.models import State
from sla.metrics import Metric
from sla.models import Clock, ClockState

ANSWER_CLOCK = Clock.objects.filter(metric=Metric.TIME_TO_ANSWER, started_by=OuterRef("transition"))
RUNNING = Clock.objects.filter(metric=Metric.TIME_TO_ANSWER, stopped_at=None)


class AnswerFilter(DropdownFilter):  # type: ignore[misc]
    """What waits for marketing, unless something else is asked for."""

    title = "answer"
    parameter_name = "answer_state"
    all_option = ("", "Not answered")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        ways = {"all": "All", "overdue": "Not answered, overdue", "met": "Answered in time"}
        return [*ways.items(), ("late", "Answered late"), *AnswerKind.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Rejection]) -> QuerySet[Rejection]:
        wanted, is_alone = self.value() or "open", not set(request.GET) - {self.parameter_name, "p"}
        if wanted == "all":
            return queryset
        if wanted in ("open", "overdue"):
            return _waiting(queryset, is_overdue=wanted == "overdue", is_alone=is_alone)
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
        newest = Rejection.objects.order_by("-at").values_list("lead__source", flat=True)[:MOST_COUNTED]
        return [(source, source_of(source)) for source in sorted(set(newest)) if source]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Rejection]) -> QuerySet[Rejection]:  # noqa: ARG002
        return queryset.filter(lead__source=self.value()) if self.value() else queryset


class PersonFilter(RelatedDropdownFilter):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "rejected by"


class DayFilter(RangeDateFilter):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "day of rejection"


def _waiting(rejections: QuerySet[Rejection], *, is_overdue: bool, is_alone: bool) -> QuerySet[Rejection]:
    """What marketing owes an answer to. Without another filter only the most urgent and the newest are looked at."""
    clocks = RUNNING.filter(due_at__lt=timezone.now()) if is_overdue else RUNNING
    if is_alone:
        urgent = Q(transition__in=clocks.order_by("due_at").values("started_by")[:MOST_COUNTED])
        newest = Q(pk__in=unanswered().order_by("-at").values("pk")[:MOST_COUNTED])
        return rejections.filter(urgent if is_overdue else urgent | newest)
    if is_overdue:
        return rejections.filter(Exists(clocks.filter(started_by=OuterRef("transition"))))
    return rejections.filter(answer="").exclude(from_state=State.RAW)
