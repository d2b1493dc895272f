"""Calendars: when time counts, with the holidays as they were written and the next openings."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.admin import display
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import slugify
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from handoff.agreement.sla_table import write_calendar
from handoff.console.frame.fields import ZoneField
from handoff.console.frame.site import site, viewer
from handoff.console.frame.versioned import InForceFilter, VersionedPage
from handoff.console.settings.comparing_sla import signed_values
from handoff.console.settings.holidays import countries, parts_of
from handoff.console.settings.hours import SpecialDaysField, WeekField
from handoff.models import SlaTable
from sla.business_time import WEEKDAYS, NeverOpen
from sla.models import Calendar

OFFICE = {day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]}
OPENINGS, HOLIDAYS = 6, 12


class CalendarForm(forms.ModelForm):  # type: ignore[type-arg]
    key = forms.SlugField(
        required=False,
        max_length=50,
        widget=UnfoldAdminTextInputWidget,
        help_text="The same for all versions, in lower case, like berlin-office. Empty: made from the name.",
    )
    zone = ZoneField()
    weekly = WeekField(
        label="Weekly hours",
        initial=OFFICE,
        error_messages={"required": "Give the hours of one day at least: a calendar that never opens counts no time."},
        help_text="Several intervals a day are possible. 00:00 as the end is the end of the day; an end at or "
        "before the start is on the next day. A day without times is closed.",
    )
    overrides = SpecialDaysField(
        label="Special days",
        required=False,
        initial=dict,
        help_text="Days with other hours. Leave both times empty if it is closed; use two rows for two intervals. "
        "A public holiday closes the day whatever stands here.",
    )
    holiday_country = forms.ChoiceField(label="Public holidays of", required=False)
    holiday_subdivision = forms.ChoiceField(
        label="State or region", required=False, help_text="Its holidays are added to those of the whole country."
    )

    class Meta:
        model = Calendar
        fields = ["name", "key", "zone", "weekly", "overrides", "holiday_country", "holiday_subdivision"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "overrides" in self.fields:
            self._special_days.names = self.instance.special_names
            self._offer_holidays()

    @property
    def _special_days(self) -> SpecialDaysField:
        return cast("SpecialDaysField", self.fields["overrides"])

    def _offer_holidays(self) -> None:
        """The parts are those of the country that is chosen; the page's script asks for those of another one."""
        country, part = self.instance.holiday_country, self.instance.holiday_subdivision
        chosen = str(self.data.get(self.add_prefix("holiday_country"), country))
        kept = [(country, country)] if country and country not in dict(countries()) else []
        self._choose("holiday_country", [("", "No public holidays"), *countries(), *kept], {"data-country": ""})
        of_country = parts_of(chosen)
        kept = [(part, part)] if part and chosen == country and part not in dict(of_country) else []
        self._choose("holiday_subdivision", [("", "The whole country"), *of_country, *kept], {"data-parts": ""})

    def _choose(self, name: str, choices: Any, attrs: dict[str, str]) -> None:
        field = cast("forms.ChoiceField", self.fields[name])
        if "data-parts" in attrs:
            attrs = {"data-parts": reverse("admin:holiday_parts")}
        field.widget = UnfoldAdminSelectWidget(attrs)
        field.choices = choices

    def clean_overrides(self) -> Any:
        return self.cleaned_data["overrides"] or {}

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"] or slugify(self.cleaned_data.get("name", ""))[:50]
        if not key:
            raise forms.ValidationError("Give a key, like berlin-office: none can be made from this name.")
        if Calendar.objects.filter(key=key).exists():
            raise forms.ValidationError("A calendar with this key exists: open it to write its next version.")
        return key

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if isinstance(data.get("overrides"), dict):
            field, name = self._special_days, self.add_prefix("overrides")
            written = field.widget.value_from_datadict(self.data, self.files, name)
            data["special_names"] = self.instance.special_names = field.names_in(written, data["overrides"])
        return data

    @cached_property
    def changed_data(self) -> list[str]:
        changed = super().changed_data
        is_renamed = self.cleaned_data.get("special_names", self._names_before) != self._names_before
        return [*changed, *(["special_names"] if is_renamed else [])]

    @property
    def _names_before(self) -> dict[str, str]:
        return self._special_days.names if "overrides" in self.fields else {}


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

    def publish(self, form: Any, formsets: list[Any]) -> Calendar | SlaTable:  # noqa: ARG002
        return write_calendar(form.instance, {}, seen=form.data.get("seen"))

    def revise(self, form: Any, formsets: list[Any]) -> Calendar | SlaTable:  # noqa: ARG002
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        return write_calendar(Calendar.objects.get(pk=form.instance.pk), changes, seen=form.data.get("seen"))

    def beside(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        signed = signed_values(obj or Calendar(), viewer(request).roles)
        return {**super().beside(request, obj), **(_preview(obj) if obj else {}), **signed}

    @display(description="Open on")
    def open_days(self, calendar: Calendar) -> str:
        return ", ".join(day.capitalize() for day in WEEKDAYS if calendar.weekly.get(day))

    @display(description="Weekly hours")
    def weekly_shown(self, calendar: Calendar) -> SafeString:
        days = [(day.capitalize(), _intervals(calendar.weekly.get(day))) for day in WEEKDAYS]
        return format_html_join("", "<div>{}: {}</div>", days)

    @display(description="Special days", empty_value="None")
    def overrides_shown(self, calendar: Calendar) -> SafeString | None:
        days = [
            (day, _intervals(hours), f" ({name})" if (name := calendar.special_names.get(day)) else "")
            for day, hours in sorted(calendar.overrides.items())
        ]
        return format_html_join("", "<div>{}: {}{}</div>", days) if days else None

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
