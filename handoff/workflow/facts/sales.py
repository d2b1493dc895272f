"""What touching and converting a lead demand."""

from django import forms

from handoff.workflow.facts.base import Facts, NoteFacts
from leads.models import Channel, Outcome


class TouchFacts(NoteFacts):
    channel = forms.ChoiceField(choices=Channel.choices, error_messages={"required": "Say how: call, email, meeting …"})
    outcome = forms.ChoiceField(
        choices=Outcome.choices, error_messages={"required": "Say what came of it: reached, no_answer …"}
    )
    at = forms.DateTimeField(required=False, label="When", help_text="Empty: now.")
    automatic = forms.BooleanField(required=False, help_text="Sent by a machine: it is kept, and counts for nothing.")
    field_order = ["channel", "outcome", "note", "at", "automatic"]


class ConvertFacts(Facts):
    unknown_in_the_past = ("amount", "currency", "expected_close")

    name = forms.CharField(max_length=200, error_messages={"required": "Name the opportunity."})
    amount = forms.DecimalField(
        min_value=0, max_digits=14, decimal_places=2, error_messages={"required": "Give the amount, like 12000.00."}
    )
    currency = forms.RegexField(
        r"^[A-Z]{3}$",
        initial="EUR",
        error_messages={
            "required": "Give the currency, like EUR.",
            "invalid": "Give the currency by its three letters, like EUR.",
        },
    )
    expected_close = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Give the date of the expected close."},
    )
