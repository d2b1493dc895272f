"""What is stated about a deal: by a person who opens another one or brings one up to date, or by an import."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from handoff.workflow.facts.base import LONGEST, DayField, Facts, Given, MomentField
from leads.models import SALES, DealState, Opportunity, User

IMPORTED = ("system", "external_id", "opened_at")
"""What comes with an import only."""
MAY_BE_BLANK = ("amount", "currency", "expected_close", "stage", "lost_reason", "deal_owner")
"""What a blank field takes away. One that is not given at all leaves things as they are."""


class AmountField(forms.DecimalField):
    """An amount of money, not below zero and in cents."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_digits=14, decimal_places=2, **kwargs)


class CurrencyField(forms.RegexField):
    """A currency by its three letters."""

    default_error_messages = {"invalid": "Give the currency by its three letters, like EUR."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[A-Z]{3}$", **kwargs)


class DealGiven(Given, total=False):
    """What any verb may be given of a deal."""

    amount: Decimal | int | float | str | None
    currency: str
    expected_close: date | str | None
    stage: str
    state: str
    closed_at: datetime | str | None
    lost_reason: str
    deal_owner: User | str | None
    system: str
    external_id: str
    opened_at: datetime | None


class UpdateDealGiven(DealGiven, total=False):
    deal: Opportunity | int | str | None
    name: str


class UpdateDealFacts(Facts):
    """A deal of the lead, and what is to change of it; without one, what is known of another deal."""

    deal = forms.ModelChoiceField(
        Opportunity.objects.all(),
        required=False,
        widget=forms.NumberInput,
        help_text="Its number. Empty: another deal is opened.",
        error_messages={
            "invalid_choice": "This lead has no deal %(value)s: give the number of one of its deals, or leave it empty "
            "to open another one."
        },
    )
    name = forms.CharField(max_length=200, required=False)
    state = forms.ChoiceField(choices=[("", "—"), *DealState.choices], required=False)
    stage = forms.CharField(max_length=200, required=False, help_text="In your own words, like Negotiation.")
    amount = AmountField(required=False)
    currency = CurrencyField(required=False)
    expected_close = DayField(required=False)
    closed_at = MomentField(required=False, label="Won or lost on", help_text="Empty: now, when it is closed.")
    lost_reason = forms.CharField(
        max_length=LONGEST, required=False, label="Why it was lost", widget=forms.Textarea(attrs={"rows": 2})
    )
    deal_owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True, groups__name__in=SALES).distinct(),
        to_field_name="username",
        required=False,
        error_messages={
            "invalid_choice": "“%(value)s” is not an active salesperson: give a username of the sales team."
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["deal"].queryset = Opportunity.objects.filter(lead=self.lead)  # type: ignore[attr-defined]
        if kwargs.get("by") is None:  # a file knows deals of people who have left since
            self.fields["deal_owner"].queryset = User.objects.all()  # type: ignore[attr-defined]

    def clean_closed_at(self) -> datetime | None:
        closed_at: datetime | None = self.cleaned_data["closed_at"]
        if closed_at is not None and closed_at > self.now:
            raise ValidationError("This time is in the future: give when the deal was won or lost, or leave it empty.")
        return closed_at

    def clean(self) -> dict[str, Any]:
        """Only what was given, so that the rest of the deal stays as it is."""
        facts = super().clean() or self.cleaned_data
        deal: Opportunity | None = facts.get("deal")
        if deal is None and not facts.get("name") and "deal" not in self.errors:
            self.add_error("name", "Name the deal, or give the number of one to update.")
        state = facts.get("state") or (deal.state if deal else DealState.OPEN)
        if facts.get("closed_at") and state == DealState.OPEN:
            self.add_error("closed_at", "An open deal has not ended yet: say whether it is won or lost.")
        given = {name: value for name, value in facts.items() if name in self.data}
        return {"deal": deal} | {
            name: value for name, value in given.items() if name in MAY_BE_BLANK or value not in ("", None)
        }
