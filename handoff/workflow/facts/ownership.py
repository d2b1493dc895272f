"""Whose a lead shall be, and into which other it is merged."""

from typing import Required

from django import forms
from django.core.exceptions import ValidationError

from handoff.workflow.facts.base import NoteFacts, NoteGiven
from leads.models import SALES, Lead, Team, User


class OwnerGiven(NoteGiven, total=False):
    owner: User | str | None
    team: Team | str | None


class OwnerFacts(NoteFacts):
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True, groups__name__in=SALES).distinct(),
        to_field_name="username",
        required=False,
        help_text="Empty: the lead waits in the queue of its team.",
        error_messages={
            "invalid_choice": "“%(value)s” is not an active salesperson: give a username of the sales team."
        },
    )
    team = forms.ModelChoiceField(
        Team.objects.all(),
        to_field_name="name",
        required=False,
        error_messages={"invalid_choice": "There is no team “%(value)s”."},
    )


class MergeGiven(NoteGiven):
    into: Required[Lead | int | str]


class MergeFacts(NoteFacts):
    into = forms.ModelChoiceField(
        Lead.objects.filter(merged_into=None),
        widget=forms.NumberInput,
        help_text="The number of the lead that stays.",
        error_messages={
            "required": "Give the number of the lead that stays.",
            "invalid_choice": "There is no lead %(value)s to merge into.",
        },
    )
    field_order = ["into", "note"]

    def clean_into(self) -> Lead:
        survivor: Lead = self.cleaned_data["into"]
        if survivor == self.lead:
            raise ValidationError("A lead cannot be merged into itself.")
        return survivor
