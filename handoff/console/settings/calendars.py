"""Calendars: when time counts, with the holidays as they were written and the next openings."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.admin import display
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from handoff.agreement.ladders import revise_calendar
from handoff.console.frame.fields import ReadableJSONField, ZoneField
from handoff.console.frame.site import site
from handoff.console.frame.versioned import InForceFilter, VersionedPage
from sla import versions
from sla.business_time import WEEKDAYS, NeverOpen
from sla.models import Calendar

OFFICE = {day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]}
OPENINGS, HOLIDAYS = 6, 12


class CalendarForm(forms.ModelForm):  # type: ignore[type-arg]
    zone = ZoneField()
    weekly = ReadableJSONField(
        label="Weekly hours",
        rows=9,
        initial=OFFICE,
        help_text="For each day the intervals that are open. 24:00 is allowed; an interval that ends at or before its "
        "start ends the next day; a day that is left out is closed.",
    )
    overrides = ReadableJSONField(
        label="Special days",
        required=False,
        initial=dict,
        help_text='Like {"2026-12-24": [["09:00", "13:00"]]}; an empty list closes the day. A holiday closes it too.',
    )

    class Meta:
        model = Calendar
        fields = ["name", "key", "zone", "weekly", "overrides", "holiday_country", "holiday_subdivision"]

    def clean_overrides(self) -> Any:
        return self.cleaned_data["overrides"] or {}

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if Calendar.objects.filter(key=key).exists():
            raise forms.ValidationError("A calendar with this key exists: open it to write its next version.")
        return key


class CalendarPage(VersionedPage):
    title = "Calendars"
    empty = "No calendar yet. Add one with your office hours: policies count time by it."
    form = CalendarForm
    list_display = ["name", "key", "zone", "open_days", "holidays_shown", "version_badge"]
    list_filter = [InForceFilter]
    read_as = {"weekly": "weekly_shown", "overrides": "overrides_shown"}
    search_fields = ["name", "key", "zone"]
    change_form_outer_after_template = "handoff/console/calendar_preview.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["key"] if obj else [])]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, list[str]]:  # noqa: ARG002
        return {} if obj else {"key": ["name"]}

    def publish(self, form: Any, formsets: list[Any]) -> Calendar:  # noqa: ARG002
        return versions.publish_calendar(form.instance)

    def revise(self, form: Any, formsets: list[Any]) -> Calendar:  # noqa: ARG002
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        return revise_calendar(Calendar.objects.get(pk=form.instance.pk), changes)

    def beside(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        return {**super().beside(request, obj), **(_preview(obj) if obj else {})}

    @display(description="Open on")
    def open_days(self, calendar: Calendar) -> str:
        return ", ".join(day.capitalize() for day in WEEKDAYS if calendar.weekly.get(day))

    @display(description="Weekly hours")
    def weekly_shown(self, calendar: Calendar) -> SafeString:
        days = [(day.capitalize(), _intervals(calendar.weekly.get(day))) for day in WEEKDAYS]
        return format_html_join("", "<div>{}: {}</div>", days)

    @display(description="Special days", empty_value="None")
    def overrides_shown(self, calendar: Calendar) -> SafeString | None:
        days = [(day, _intervals(hours)) for day, hours in sorted(calendar.overrides.items())]
        return format_html_join("", "<div>{}: {}</div>", days) if days else None

    @display(description="Holidays")
    def holidays_shown(self, calendar: Calendar) -> str:
        where = "-".join(part for part in (calendar.holiday_country, calendar.holiday_subdivision) if part)
        return f"{where}, {calendar.holidays_from} to {calendar.holidays_through}" if where else "No holidays"


def _intervals(hours: Any) -> str:
    return ", ".join(f"{opens} to {closes}" for opens, closes in hours or []) or "closed"


def _preview(calendar: Calendar) -> dict[str, Any]:
    now, zone = timezone.now(), ZoneInfo(calendar.zone)
    try:
        stretches = calendar.hours.stretches(now, now + timedelta(days=21))[:OPENINGS]
    except NeverOpen:
        stretches = []
    today = timezone.localdate(timezone=zone)
    return {
        "openings": [(opens.astimezone(zone), closes.astimezone(zone)) for opens, closes in stretches],
        "next_holidays": calendar.holidays.filter(day__gte=today)[:HOLIDAYS],
        "used_by": calendar.policies.filter(retired_at=None),
        "zone": calendar.zone,
    }


site.register(Calendar, CalendarPage)
