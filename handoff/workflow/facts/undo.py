"""Which act is taken back."""

from typing import Any, Required

from django import forms

from handoff.workflow.facts.base import Facts, Given
from leads.models import Transition


class UndoGiven(Given):
    transition: Required[Transition | int | str]


class UndoFacts(Facts):
    transition = forms.ModelChoiceField(
        Transition.written.all(),
        widget=forms.NumberInput,
        label="Act",
        help_text="Its number.",
        error_messages={"required": "Say which act.", "invalid_choice": "This lead has no act %(value)s."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_this_lead = Transition.written.filter(lead=self.lead).select_related("by")
        self.fields["transition"].queryset = of_this_lead  # type: ignore[attr-defined]
