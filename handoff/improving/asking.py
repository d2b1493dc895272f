"""Which handoffs a replay is asked of, in the same words at every door."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from handoff.improving.cases import Filter
from handoff.models import Firm
from handoff.reports.period import PeriodForm
from leads.models import Definition, Stage

DAYS = 365
"""How far back a replay goes by default. What was handed over earlier says little of today's leads."""
BY_DEFAULT = f"Without a choice: the last {DAYS} days."


class HandoffsForm(PeriodForm):
    """Which handoffs are looked at."""

    campaign = forms.CharField(max_length=200, required=False, help_text="Its name, as it was at the handoff.")
    source = forms.CharField(max_length=200, required=False, help_text="As it was at the handoff.")
    of_what = "Handed over"

    def chosen(self) -> Filter:
        asked = self.cleaned_data
        return Filter(asked["from"], asked["to"], asked["campaign"] or None, asked["source"] or None)

    def query(self) -> dict[str, str]:
        return {name: str(self.data[name]) for name in self.fields if self.data.get(name)}


class ReplayForm(HandoffsForm):
    """Of the last year, where nothing is said of a start; all that there are, where it is said to be empty."""

    def __init__(self, data: Mapping[str, Any], *args: Any, **kwargs: Any) -> None:
        self.is_by_default = "from" not in data
        super().__init__({"from": first_day(), **{name: data[name] for name in data}}, *args, **kwargs)
        self.fields["from"].help_text += f" {BY_DEFAULT}"

    def query(self) -> dict[str, str]:
        """With the start also where it is empty, which is not the same as none."""
        return {"from": str(self.data["from"] or ""), **super().query()}


def definition_of(version: int) -> Definition:
    """A version of the MQL definition, be it a draft. Raise Definition.DoesNotExist, with words for whoever asked."""
    versions = Definition.objects.filter(stage=Stage.MQL).order_by("version")
    definition = versions.filter(version=version).first()
    if definition is None:
        latest = versions.last()
        advice = f"the latest is version {latest.version}" if latest else "draft one first"
        raise Definition.DoesNotExist(f"Version {version} of the MQL definition does not exist: {advice}.")
    return definition


def first_day() -> str:
    """By the firm's calendar: all who ask on one day ask the same."""
    today = timezone.now().astimezone(Firm.of_now().zone).date()
    return (today - timedelta(days=DAYS)).isoformat()
