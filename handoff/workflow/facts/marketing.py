"""What marketing and the arbiter must say of a rejected lead."""

from datetime import date
from typing import Any, Required

from django import forms
from django.core.exceptions import ValidationError

from handoff.models import AnswerKind, Rejection
from handoff.workflow.facts.base import LONGEST, DayField, Facts, Given, NoteFacts, NoteGiven
from handoff.workflow.facts.ownership import OwnerFacts
from handoff.workflow.facts.rejection import wrong_fields
from leads.models import Team, User


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


class ResubmitGiven(Given, total=False):
    fixed: Required[str]
    corrects: str
    corrected: str
    owner: User | str | None
    team: Team | str | None


class ResubmitFacts(Facts):
    """What was fixed; with a detail of the lead that is corrected by it, and another owner or team to send it to."""

    corrects = forms.ChoiceField(
        choices=lambda: [("", "—"), *wrong_fields()],
        required=False,
        label="Correct a detail",
        help_text="Empty: the detail that the rejection calls wrong.",
    )
    corrected = forms.CharField(
        max_length=254, required=False, label="The right value", help_text="Empty: the wrong value is taken away."
    )
    fixed = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="What was fixed",
        error_messages={"required": "Say what was fixed."},
    )
    owner = forms.ModelChoiceField(
        OwnerFacts.base_fields["owner"].queryset,  # type: ignore[attr-defined]
        to_field_name="username",
        required=False,
        label="Send it to",
        help_text="Empty: to its owner of before; with a team alone, to the queue of that team.",
        error_messages=OwnerFacts.base_fields["owner"].error_messages,
    )
    team = forms.ModelChoiceField(
        Team.objects.all(),
        to_field_name="name",
        required=False,
        error_messages=OwnerFacts.base_fields["team"].error_messages,
    )

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        if facts.get("corrects") and "corrected" not in self.data:
            self.add_error("corrected", "Give the right value of the detail; an empty one takes it away.")
        elif facts.get("corrected") and not facts.get("corrects"):
            facts["corrects"] = self._called_wrong()
        return facts

    def _called_wrong(self) -> str:
        last = Rejection.objects.filter(lead=self.lead).order_by("-at", "-pk").first()
        name = str(last.evidence.get("wrong_field", "")) if last else ""
        if not name:
            self.add_error("corrects", "The rejection calls no detail wrong: say which one this corrects.")
        return name


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
