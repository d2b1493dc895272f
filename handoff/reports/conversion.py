"""In which currency a report shows its amounts: each apart, or converted by the rates of a set that has a name."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from handoff.models import RateSet
from handoff.reports.measures import UNRATED
from handoff.reports.rows_form import RowsForm

APART = "Each currency apart"
EXAMPLE = "EUR/ECB month-end"


class MoneyForm(RowsForm):
    """Of a report that shows amounts."""

    convert = forms.CharField(
        label="Amounts",
        required=False,
        max_length=70,
        help_text=f"Like {EXAMPLE}: in that currency, by the rates of that name. Empty: each currency apart.",
    )

    def __init__(self, data: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """What is offered is read once something is asked: without data the form only says what it is."""
        super().__init__(data, **kwargs)
        self._offered: list[tuple[str, str]] = choices() if data is not None else []
        self.fields["convert"].widget = forms.Select(choices=[("", APART), *self._offered])

    def clean_convert(self) -> str:
        wanted: str = self.cleaned_data["convert"]
        if wanted and wanted not in dict(self._offered):
            raise ValidationError(f"{wanted} is not one of the available choices: write it like {EXAMPLE}.")
        return wanted


def choices() -> list[tuple[str, str]]:
    """Like EUR/ECB month-end, and “In EUR by ECB month-end”."""
    return [
        (f"{currency}/{each}", f"In {currency} by {each}")
        for each in RateSet.objects.only("name", "currencies")
        for currency in each.currencies
    ]


def values_of(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the SQL of amounts is asked with. The version is among it, so that figures which are kept never mix two."""
    wanted, _, name = (asked.get("convert") or "").partition("/")
    rates = RateSet.objects.filter(name=name).first() if wanted else None
    if rates is None:
        return {"wanted": "", "rates": 0, "version": 0}
    return {"wanted": wanted, "rates": rates.pk, "version": rates.version}


def in_words(asked: Mapping[str, Any]) -> str:
    """How the amounts were converted; empty where they were not."""
    wanted, _, name = (asked.get("convert") or "").partition("/")
    if not wanted:
        return ""
    return (
        f"Amounts are in {wanted} by {name}: each by the rate that held on the day on which its deal was won, the cost "
        f"of a campaign by that of its first day, rounded once, to the cent. An amount without a rate stands apart, as "
        f"{UNRATED}, and so does one without such a day."
    )
