"""What marketing and the arbiter must say of a rejected lead."""

from datetime import date
from typing import Required

from django import forms
from django.core.exceptions import ValidationError

from handoff.models import AnswerKind
from handoff.workflow.facts.base import LONGEST, DayField, Facts, Given, NoteFacts, NoteGiven


class RecycleGiven(NoteGiven):
    reenter_on: Required[date | str]


class RecycleFacts(NoteFacts):
    unknown_in_the_past = ("reenter_on",)

    reenter_on = DayField(
        label="Re-entry date",
        error_messages={"required": "Give the date from which the lead may be promoted again."},
    )

    def clean_reenter_on(self) -> date | None:
        day: date | None = self.cleaned_data["reenter_on"]
        if day and day <= self.today and not self.historical:
            raise ValidationError("The re-entry date must be in the future.")
        return day


class ResubmitGiven(Given):
    fixed: Required[str]


class ResubmitFacts(Facts):
    fixed = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="What was fixed",
        error_messages={"required": "Say what was fixed."},
    )


class DecisionGiven(Given):
    decision: Required[str]


class DecisionFacts(Facts):
    decision = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Give the grounds of the decision."},
    )


class AnswerGiven(NoteGiven):
    kind: Required[str]


class AnswerFacts(NoteFacts):
    kind = forms.ChoiceField(
        choices=[choice for choice in AnswerKind.choices if choice[0] in (AnswerKind.ACKNOWLEDGE, AnswerKind.RETIRE)],
        error_messages={
            "required": "Give the answer: acknowledge or retire. To fix, recycle or dispute, use that verb.",
            "invalid_choice": "Answer with acknowledge or retire. To fix, recycle or dispute, use that verb.",
        },
    )
    field_order = ["kind", "note"]


class DisputeGiven(Given):
    argument: Required[str]


class DisputeFacts(Facts):
    argument = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why the rejection is wrong."},
    )
