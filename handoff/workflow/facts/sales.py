"""What touching and converting a lead demand."""

from typing import Required

from django import forms

from handoff.workflow.facts.base import DayField, Facts, MomentField, NoteFacts, NoteGiven
from handoff.workflow.facts.deals import AmountField, CurrencyField, DealGiven
from leads.models import Channel, Outcome


class TouchGiven(NoteGiven, total=False):
    channel: Required[str]
    outcome: Required[str]
    automatic: bool
    inbound: bool
    system: str
    external_id: str


class TouchFacts(NoteFacts):
    channel = forms.ChoiceField(
        choices=Channel.choices, error_messages={"required": "Give the channel: call, email, meeting …"}
    )
    outcome = forms.ChoiceField(
        choices=Outcome.choices, error_messages={"required": "Give the outcome: reached, no_answer …"}
    )
    at = MomentField(required=False, label="When", help_text="Empty: now.")
    automatic = forms.BooleanField(required=False, help_text="Sent automatically. Does not count as contact.")
    inbound = forms.BooleanField(
        required=False, label="The buyer contacted us", help_text="A reply, or a call that came in."
    )
    field_order = ["channel", "outcome", "note", "at", "inbound", "automatic"]


class ConvertGiven(DealGiven, total=False):
    name: Required[str]


class ConvertFacts(Facts):
    unknown_in_the_past = ("amount", "currency", "expected_close")

    name = forms.CharField(max_length=200, error_messages={"required": "Name the opportunity."})
    amount = AmountField(error_messages={"required": "Give the amount, like 12000.00."})
    currency = CurrencyField(initial="EUR", error_messages={"required": "Give the currency, like EUR."})
    expected_close = DayField(
        error_messages={"required": "Give the date of the expected close."},
    )
