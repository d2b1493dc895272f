"""What all facts have in common: the lead they are about, the person who states them, and the day where he is."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils import timezone

from leads.models import Lead, LeadQuerySet, User

LONGEST = 10_000  # characters that a person writes about a lead at once


class Facts(forms.Form):
    """What somebody says about a lead as he does a verb."""

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
        self.lead = lead
        self.now = at or timezone.now()
        self.today = day_of(self.now, by)
        self._offer_visible_leads(by, historical)
        for name in self.unknown_in_the_past if historical else ():
            self.fields[name].required = False

    def _offer_visible_leads(self, by: User | None, historical: bool) -> None:
        """Another lead can be named only by somebody who may see it; any other is one that does not exist."""
        if by is None or historical:
            return
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and isinstance(field.queryset, LeadQuerySet):
                field.queryset = field.queryset.visible_to(by)


class NoteFacts(Facts):
    note = forms.CharField(max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 3}))


def day_of(at: datetime, by: User | None) -> date:
    """The calendar day of a moment where a person is; for the system, in UTC."""
    return at.astimezone(by.zone if by else UTC).date()
