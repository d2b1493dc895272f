"""The form of a report whose rows can be chosen."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from handoff.reports.period import PeriodForm
from handoff.reports.rows import Rows, choices, offered


class RowsForm(PeriodForm):
    """A period, and what the rows are: those that the report offers, or an attribute of the leads."""

    offers: ClassVar[Mapping[str, Rows]] = {}
    has_attributes: ClassVar[bool] = True
    by = forms.ChoiceField(label="Rows", help_text="What the rows are.")

    def __init__(self, data: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Attributes are offered once something is asked: without data the form only says what it is."""
        super().__init__(data, **kwargs)
        names = choices(self.offers)
        self.fields["by"].choices = offered(names) if data is not None and self.has_attributes else names  # type: ignore[attr-defined]
