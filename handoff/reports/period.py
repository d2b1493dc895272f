"""The period of a report: two bounds, read the same way at every door."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from handoff.reports.keeping import firm_of_now

YEARS = range(1970, 2200)
LONGEST_TEXT = 40
EXAMPLES = "2026-03-01 or 2026-03-01T09:30+01:00"
_FORMS = "A date, which begins in the firm's time zone, or a moment."
BACKWARDS = "The period ends before it starts."


def bound(text: str, zone: Callable[[], tzinfo] = lambda: UTC) -> datetime:
    """A date, which is its first moment in a zone, or a moment. Raise ValueError with an example."""
    quoted = f"“{text[:LONGEST_TEXT]}”"
    try:
        at = datetime.fromisoformat(text.strip())
        at = (at if at.tzinfo else at.replace(tzinfo=zone())).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{quoted} is not a valid date: write one like {EXAMPLES}.") from error
    if at.year not in YEARS:
        raise ValueError(f"{quoted} is too far away: give a year from {YEARS[0]} to {YEARS[-1]}.")
    return at


class BoundField(forms.CharField):
    """A bound of a period, empty where that side is open."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.DateInput({"type": "date"}), **kwargs)

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            return bound(str(value), lambda: firm_of_now().zone)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class HasPeriod(forms.Form):
    """A form with two bounds, whatever reads them."""

    first, last = "from", "to"
    """What the fields of the bounds are called."""

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        start, end = asked.get(self.first), asked.get(self.last)
        if start and end and end <= start:
            self.add_error(self.last, BACKWARDS)
        return asked


class PeriodForm(HasPeriod):
    """What happened in a period: days are those of the firm, so that two people never read two numbers."""

    of_what = "What happened"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= self.bounds()

    @classmethod
    def bounds(cls) -> dict[str, forms.Field]:
        """Fields named `from` and `to`, which no class can spell."""
        return {
            "from": BoundField(label="From", help_text=f"{cls.of_what} from then. {_FORMS}"),
            "to": BoundField(label="Until (exclusive)", help_text=f"{cls.of_what} before then. {_FORMS}"),
        }
