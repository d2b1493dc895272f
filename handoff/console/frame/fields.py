"""Form fields of the settings pages: lengths of time in words, and JSON that one can read."""

import calendar
import json
import math
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    INPUT_CLASSES,
    TEXTAREA_CLASSES,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from sla.business_time import WEEKDAYS
from sla.durations import InvalidDuration, in_business_days, parse

DEEPEST = 10


class SpanField(forms.CharField):
    """A length of time in seconds, written like `4 h 30 min`, or like `2 business days` once a calendar is known."""

    widget = UnfoldAdminTextInputWidget
    business_day: int | None = None
    """How long one is by the calendar that the form is about, in seconds."""

    def __init__(self, *, if_empty: int | None = 0, least: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.if_empty = if_empty
        self.least = least

    def prepare_value(self, value: Any) -> Any:
        return in_business_days(value, self.business_day) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, int):
            return value
        if value in (None, ""):
            return self.if_empty
        try:
            return parse(str(value), least=self.least, business_day=self.business_day)
        except InvalidDuration as error:
            raise ValidationError(str(error)) from error


class MomentField(forms.DateTimeField):
    """A moment, in the time zone of who looks."""

    def __init__(self, **kwargs: Any) -> None:
        classes = " ".join(INPUT_CLASSES)
        widget = forms.DateTimeInput({"type": "datetime-local", "class": classes}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """As it is shown, to the minute: one that nobody touched keeps its seconds."""
        shown = self.widget.format_value(self.prepare_value(initial)) if initial else ""
        return (data or "") != (shown or "")


class DayInput(forms.DateInput):
    """A day, by the calendar that the browser brings along."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"type": "date", "class": " ".join(INPUT_CLASSES), **(attrs or {})}, format="%Y-%m-%d")


class TimeOfDayInput(forms.TimeInput):
    """A time by the clock on the wall."""

    def __init__(self) -> None:
        super().__init__({"type": "time", "class": " ".join(INPUT_CLASSES)}, format="%H:%M")


class DaysField(forms.MultipleChoiceField):
    """Days of the week, kept as their numbers in a row: 1 is Monday."""

    def __init__(self, **kwargs: Any) -> None:
        names = [(str(number), name) for number, name in enumerate(calendar.day_name, 1)]
        super().__init__(choices=names, widget=UnfoldAdminCheckboxSelectMultipleWidget, **kwargs)

    def clean(self, value: Any) -> Any:
        return "".join(sorted(super().clean(value)))


class KeepableJSON(json.JSONDecoder):
    """JSON that PostgreSQL keeps too: no NaN or infinity, no NUL or half a character, and no endless nesting."""

    def decode(self, text: str, *args: Any) -> Any:
        try:
            value = super().decode(text, *args)
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), text, 0) from error
        if not _can_be_kept(value, DEEPEST):
            raise json.JSONDecodeError("This cannot be stored", text, 0)
        return value


def _can_be_kept(value: Any, depth: int) -> bool:
    match value:
        case float():
            return math.isfinite(value)
        case str():
            return "\0" not in value and value.encode(errors="ignore").decode() == value
        case dict():
            return depth > 0 and all(_can_be_kept(part, depth - 1) for pair in value.items() for part in pair)
        case list():
            return depth > 0 and all(_can_be_kept(part, depth - 1) for part in value)
    return True


class ReadableJSONField(forms.JSONField):
    """JSON with one line for each entry."""

    def __init__(self, *, rows: int = 4, **kwargs: Any) -> None:
        classes = " ".join([*TEXTAREA_CLASSES, "code-input"])
        widget = forms.Textarea({"rows": rows, "class": classes, "spellcheck": "false"})
        super().__init__(decoder=KeepableJSON, **{"widget": widget} | kwargs)

    def prepare_value(self, value: Any) -> Any:
        if value is None:
            return ""
        if isinstance(value, dict) and value:
            keys = [*(day for day in WEEKDAYS if day in value), *(key for key in value if key not in WEEKDAYS)]
            return "{\n" + ",\n".join(f"  {json.dumps(key)}: {json.dumps(value[key])}" for key in keys) + "\n}"
        if isinstance(value, list) and value:
            return "[\n" + ",\n".join(f"  {json.dumps(entry, ensure_ascii=False)}" for entry in value) + "\n]"
        return super().prepare_value(value)


class ZoneInput(UnfoldAdminSelectWidget):  # type: ignore[misc]
    """The page's script suggests the zone of the browser where none is chosen."""

    class Media:
        css = {"all": ["handoff/settings.css"]}
        js = ["handoff/settings.js"]


class ZoneField(forms.ChoiceField):
    """An IANA time zone. It is asked for: one that nobody chose would be wrong without a word."""

    def __init__(self, **kwargs: Any) -> None:
        zones = [(zone, zone) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]
        super().__init__(
            choices=[("", "Choose the time zone"), *zones],
            widget=ZoneInput({"data-zone": "", "data-theme": "admin-autocomplete"}),
            label="Time zone",
            error_messages={"required": "Choose the time zone, like Europe/Berlin."},
            **kwargs,
        )
