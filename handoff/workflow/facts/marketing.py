"""What marketing and the arbiter must say of a rejected lead."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError

from handoff.models import AnswerKind
from handoff.workflow.facts.base import LONGEST, Facts, NoteFacts


class RecycleFacts(NoteFacts):
    reenter_on = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}),
        label="Re-entry date",
        error_messages={"required": "Give the date from which the lead may be promoted again."},
    )

    def clean_reenter_on(self) -> date:
        wanted: date = self.cleaned_data["reenter_on"]
        if wanted <= self.today:
            raise ValidationError("The re-entry date must lie in the future.")
        return wanted


class ResubmitFacts(Facts):
    fixed = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="What was fixed",
        error_messages={"required": "Say what was fixed."},
    )


class DecisionFacts(Facts):
    decision = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Give the grounds of the decision."},
    )


class AnswerFacts(NoteFacts):
    kind = forms.ChoiceField(
        choices=[choice for choice in AnswerKind.choices if choice[0] in (AnswerKind.ACKNOWLEDGE, AnswerKind.RETIRE)],
        error_messages={
            "required": "Give the answer: acknowledge or retire. To fix, recycle or dispute, use that verb.",
            "invalid_choice": "Answer with acknowledge or retire. To fix, recycle or dispute, use that verb.",
        },
    )
    field_order = ["kind", "note"]


class DisputeFacts(Facts):
    argument = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why the rejection is wrong."},
    )
