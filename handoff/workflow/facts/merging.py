"""Into which lead another is merged and which of its facts go along; and why a merge is undone."""

from collections.abc import Sequence
from typing import Any, Required

from django import forms
from django.core.exceptions import ValidationError

from handoff.workflow.facts.base import LONGEST, Facts, Given, NoteFacts, NoteGiven
from leads.facts import Fact, FactType, built_in_facts, fact, facts, kept
from leads.models import Lead, User
from leads.permission import BLOCK


class MergeGiven(NoteGiven, total=False):
    into: Required[Lead | int | str]
    take: list[str]


class UnmergeGiven(Given):
    reason: Required[str]


def choosable(by: User | None) -> list[Fact]:
    """The facts of which this person may choose; without one, which is the system, all.

    Of attributes those that they may edit. That a buyer must not be contacted is nobody's choice.
    """
    return [
        each
        for each in facts()
        if each.name not in BLOCK and (by is None or not each.key or each.is_edited_by(by.roles))
    ]


def _choices(cards: Sequence[Fact]) -> list[tuple[str, str]]:
    return [(each.name, each.label) for each in cards]


def kept_in(each: Fact) -> str:
    """The attribute of a lead that holds a fact."""
    return f"{each.name}_id" if each.type == FactType.CAMPAIGN else each.name


class MergeFacts(NoteFacts):
    into = forms.ModelChoiceField(
        Lead.objects.filter(merged_into=None),
        widget=forms.NumberInput,
        help_text="The number of the lead that stays.",
        error_messages={
            "required": "Give the number of the lead that stays.",
            "invalid_choice": "There is no lead %(value)s to merge into: give the number of another lead that you see.",
        },
    )
    take = forms.MultipleChoiceField(
        choices=_choices([each for each in built_in_facts() if each.name not in BLOCK]),  # attributes: see __init__
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Facts that the lead that stays takes from the other. Of the rest it keeps its own.",
        error_messages={
            "invalid_choice": "“%(value)s” is not a fact that you may choose: use one of {names}.",
            "invalid_list": "Give the names of facts, as a list.",
        },
    )
    field_order = ["into", "take", "note"]

    def __init__(self, *args: Any, by: User | None = None, historical: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, by=by, historical=historical, **kwargs)
        offered = choosable(None if historical else by)  # nobody is judged today for what they did in the past
        take = self.fields["take"]
        take.choices = _choices(offered)  # type: ignore[attr-defined]
        names = ", ".join(each.name for each in offered)
        take.error_messages["invalid_choice"] = take.error_messages["invalid_choice"].replace("{names}", names)

    def clean_into(self) -> Lead:
        survivor: Lead = self.cleaned_data["into"]
        if survivor == self.lead:
            raise ValidationError("A lead cannot be merged into itself.")
        return survivor

    def clean_take(self) -> list[str]:
        names: list[str] = sorted(set(self.cleaned_data["take"]))
        for name in names:
            if kept(self.lead, kept_in(fact(name))) in ("", None):
                raise ValidationError(f"Lead {self.lead.pk} has no {fact(name).label.lower()} to take.")
        return names


class UnmergeFacts(Facts):
    reason = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Give the reason: it is recorded in the history of both leads."},
    )
