"""Whose a lead shall be."""

from django import forms

from handoff.workflow.facts.base import NoteFacts, NoteGiven
from leads.models import SALES, Team, User


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
