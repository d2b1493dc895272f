"""Reports that are sent by themselves: each person keeps their own, RevOps those of everyone."""

from calendar import day_abbr
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib.admin import display
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget

from handoff.console.frame.fields import DaysField, TimeOfDayInput
from handoff.console.frame.page import EVERYBODY, Page
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import badge
from handoff.engine.scheduled_reports import begin_with_next, period_words
from handoff.models import Audience, Destination, Firm, ScheduledReport
from handoff.reports.registry import REPORTS
from handoff.reports.report import Report, choices
from leads.models import Role

PERIODS = (1, 7, 28, 90, 365)
BOUNDS = ("from", "to")


class PeriodField(forms.TypedChoiceField):
    """How far back a report looks, from the day on which it is sent."""

    def __init__(self) -> None:
        days = [(str(each), "Last day" if each == 1 else f"Last {each} days") for each in PERIODS]
        super().__init__(
            choices=[*days, ("", "All time")],
            coerce=int,
            empty_value=None,
            required=False,
            label="Period",
            widget=UnfoldAdminSelectWidget,
            help_text="Whole days of the firm's time zone, up to the day before it is sent.",
        )


class ScheduledReportForm(forms.ModelForm):  # type: ignore[type-arg]
    last_days = PeriodField()
    weekdays = DaysField(label="On", error_messages={"required": "Choose at least one day."})

    class Meta:
        model = ScheduledReport
        fields = ["last_days", "weekdays", "at", "destination", "active"]
        widgets = {"at": TimeOfDayInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "destination" in self.fields:
            kept = Q(pk=self.instance.destination_id)
            fixed = Q(audience=Audience.FIXED, active=True)
            self.fields["destination"].queryset = Destination.objects.filter(kept | fixed)  # type: ignore[attr-defined]


class ScheduledReportPage(Page):
    title = "Scheduled reports"
    empty = "No report is sent to you by itself yet. Open a report, and choose “Send regularly”."
    writers = EVERYBODY
    form = ScheduledReportForm
    fields = ["shown_report", "last_days", "weekdays", "at", "destination", "active"]
    readonly_fields = ["shown_report"]
    list_display = ["shown_report", "period", "days", "at", "to", "is_active"]
    list_select_related = ["owner", "destination"]

    def get_queryset(self, request: HttpRequest) -> Any:
        by = viewer(request)
        rows = super().get_queryset(request)
        return rows if by.has_role(Role.REVOPS) else rows.filter(owner=by)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """It begins on the page of a report, which says what is asked."""
        return super().has_add_permission(request) and request.GET.get("report") in REPORTS

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        by = viewer(request)
        is_theirs = obj is None or obj.owner_id == by.pk or by.has_role(Role.REVOPS)
        return super().has_change_permission(request, obj) and is_theirs

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and self.has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A channel is read by many: who posts into one is for RevOps to say."""
        hidden = set() if viewer(request).has_role(Role.REVOPS) else {"destination"}
        hidden |= set() if obj else {"shown_report"}  # the title says it
        return [name for name in self.fields if name not in hidden]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"last_days": _days_since(request.GET.get("from", "")), "weekdays": ["1"], "at": "08:00"}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.owner, obj.report = viewer(request), request.GET["report"]
            obj.asked = asked_of(REPORTS[obj.report], request.GET.dict())
        if {"at", "weekdays"} & set(form.changed_data):
            begin_with_next(obj, timezone.now())
        super().save_model(request, obj, form, change)

    def empty_link(self, request: HttpRequest) -> tuple[str, str] | None:  # noqa: ARG002
        first = next(iter(REPORTS.values()))
        return f"Open {first.title}", reverse(f"admin:{first.name}")

    def beside(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        if obj is not None:
            return {}
        report = REPORTS[request.GET["report"]]
        asked = asked_of(report, request.GET.dict())
        return {"title": f"Send regularly: {in_words(ScheduledReport(report=report.name, asked=asked))}"}

    @display(description="Report")
    def shown_report(self, scheduled: ScheduledReport) -> str:
        return in_words(scheduled)

    @display(description="Period")
    def period(self, scheduled: ScheduledReport) -> str:
        return period_words(scheduled).capitalize()

    @display(description="On")
    def days(self, scheduled: ScheduledReport) -> str:
        return ", ".join(day_abbr[int(day) - 1] for day in scheduled.weekdays)

    @display(description="To")
    def to(self, scheduled: ScheduledReport) -> str:
        return str(scheduled.destination or scheduled.owner)

    @display(description="Active")
    def is_active(self, scheduled: ScheduledReport) -> Any:
        return badge("Active", "success") if scheduled.active else badge("Switched off")


def in_words(scheduled: ScheduledReport) -> str:
    """Like `Attainment by team, Time to accept`."""
    report = REPORTS.get(scheduled.report)
    if report is None:
        return f"{scheduled.report}, which is not there any more"
    fields = report.form({**report.asked_first, **scheduled.asked}).fields
    chosen = {
        name: dict(choices(field)).get(scheduled.asked[name], scheduled.asked[name])
        for name, field in fields.items()
        if scheduled.asked.get(name)
    }
    by = chosen.pop("by", "")
    return ", ".join([f"{report.title} by {str(by).lower()}" if by else report.title, *map(str, chosen.values())])


def asked_of(report: Report, query: Mapping[str, str]) -> dict[str, str]:
    """What the page was asked, without its period; what it would not answer is left to its first answer."""
    asked = {**report.asked_first, **query}
    names = [name for name in report.form().fields if name in asked and name not in BOUNDS]
    errors = report.form(asked).errors
    return {name: asked[name] for name in names if name not in errors}


def _days_since(text: str) -> int | None:
    """The period that is offered and fits best what the page showed."""
    try:
        start = date.fromisoformat(text)
    except ValueError:
        return None
    days = (timezone.now().astimezone(Firm.of_now().zone).date() - start) // timedelta(days=1)
    return next((each for each in PERIODS if days <= each), None)


site.register(ScheduledReport, ScheduledReportPage)
