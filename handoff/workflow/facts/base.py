"""What all facts have in common: the lead they are about, who states them, and the day where that person is."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Required, TypedDict

from django import forms
from django.utils import timezone

from handoff.doors import Door
from handoff.reports.report import choices
from leads.models import Lead, LeadQuerySet, User
from leads.moments import storable, storable_day

_WITHOUT_CHOICES = forms.ChoiceField.default_error_messages["invalid_choice"]
LONGEST = 10_000  # characters that a person writes about a lead at once


class Given(TypedDict, total=False):
    """What every verb is called with; what each form asks for besides is beside the form."""

    by: Required[User | None]
    door: Door
    at: datetime | None


def _moment_or_text(value: Any) -> Any:
    """Django's fields take any other thing for text, and fail at it."""
    return value if value is None or isinstance(value, date) else str(value)


class MomentField(forms.DateTimeField):
    """A moment that every time zone can show and the database can hold."""

    def clean(self, value: Any) -> datetime | None:
        moment: datetime | None = super().clean(_moment_or_text(value))
        return moment and storable(moment)


class DayField(forms.DateField):
    """The same for a day."""

    widget = forms.DateInput(attrs={"type": "date"})

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(_moment_or_text(value))
        return day and storable_day(day)


class Facts(forms.Form):
    """What a person states about a lead with a verb."""

    unknown_in_the_past: tuple[str, ...] = ()

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        lead: Lead,
        by: User | None = None,
        at: datetime | None = None,
        historical: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.lead, self.historical = lead, historical
        self.now = at or timezone.now()
        self.today = day_of(self.now, by)
        self._offer_visible_leads(by, historical)
        self._name_choices()
        for name in self.unknown_in_the_past if historical else ():
            self.fields[name].required = False

    def _name_choices(self) -> None:
        """Django's own words for a wrong choice name neither the field nor the choices."""
        for name, field in self.fields.items():
            if isinstance(field, forms.ChoiceField) and field.error_messages["invalid_choice"] is _WITHOUT_CHOICES:
                values = ", ".join(str(value) for value, _ in choices(field) if value)
                label = name.replace("_", " ")
                field.error_messages["invalid_choice"] = f"“%(value)s” is not a valid {label}: choose one of {values}."

    def _offer_visible_leads(self, by: User | None, historical: bool) -> None:
        """Another lead can be named only by someone who may see it; any other is one that does not exist."""
        if by is None or historical:
            return
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and isinstance(field.queryset, LeadQuerySet):
                field.queryset = field.queryset.visible_to(by)


class NoteGiven(Given, total=False):
    note: str


class NoteFacts(Facts):
    note = forms.CharField(max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 3}))


def day_of(at: datetime, by: User | None) -> date:
    """The calendar day of a moment where a person is; for the system, in UTC."""
    return at.astimezone(by.zone if by else UTC).date()
