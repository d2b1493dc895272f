"""What a rejection demands: a reason of the list, and the evidence of that reason."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Required

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from handoff.agreement.handoff_rules import rules_of
from handoff.models import Handoff
from handoff.workflow.facts.base import DayField, NoteFacts, NoteGiven
from leads.facts import contact_facts
from leads.models import SALES, Evidence, Lead, Reason, Team, User

_WISHES = ("preferred_channel", "do_not_contact", "do_not_contact_reason")
"""What the buyer wants is no contact detail that could be wrong."""


def wrong_fields() -> list[tuple[str, str]]:
    """The details of a lead that a rejection may call wrong."""
    return [(fact.name, fact.label) for fact in contact_facts() if fact.name not in _WISHES]


def names_of_wrong_fields() -> list[str]:
    """The same by name, as the schema of the API calls them."""
    return [name for name, _label in wrong_fields()]


class ReasonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generic when it runs
    """A choice among the reasons in force, that distinguishes a retired one from an unknown one."""

    def to_python(self, value: Any) -> Reason | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            raise ValidationError(self._complaint(value), code="invalid_choice") from error

    def _complaint(self, value: Any) -> str:
        retired = Reason.objects.filter(code=str(value), retired_at__isnull=False).first()
        if retired:
            return f"The reason “{retired}” is retired: choose one of the list."
        codes = ", ".join(Reason.objects.filter(retired_at=None).values_list("code", flat=True))
        return f"“{value}” is not a reason of the list: choose one of {codes}."


class RejectGiven(NoteGiven, total=False):
    reason: Required[Reason | str]
    duplicate_of: Lead | int | str | None
    retry_on: date | str | None
    wrong_field: str
    belongs_to: User | str | None
    belongs_to_team: Team | str | None
    account: str


WHOSE = ("belongs_to", "belongs_to_team", "account")
"""Whose a lead is that somebody else should work: asked with reasons that reroute. Who does not know leaves it out."""


def salespeople() -> QuerySet[User]:
    """Those to whom a lead may belong."""
    return User.objects.filter(is_active=True, groups__name__in=SALES).distinct()


def attempts_needed(lead: Lead, reason: Reason) -> int:
    """What a reason demands that goes by touches: its own number, or that of the handoff rules if it is more."""
    return max(reason.min_touches, rules_of(lead).touches_to_give_up)


def logged_attempts(lead: Lead) -> int:
    """How many touches a reason counts that demands some: those of a person since the lead was handed over."""
    offered = Handoff.objects.filter(lead=lead, cycle=lead.cycle).values_list("offered_at", flat=True)
    return lead.touches.filter(automatic=False, at__gte=offered.first() or lead.created_at).count()


class RejectFacts(NoteFacts):
    """A reason from the list, and the evidence that it demands."""

    reason = ReasonField(
        Reason.objects.filter(retired_at=None),
        to_field_name="code",
        error_messages={"required": "Give a reason: choose one of the list."},
    )
    duplicate_of = forms.ModelChoiceField(
        Lead.objects.all(),
        required=False,
        widget=forms.NumberInput,
        label="The other lead",
        help_text="Its number; for a duplicate.",
        error_messages={"invalid_choice": "There is no lead %(value)s."},
    )
    retry_on = DayField(required=False, help_text="For “not now”: when to try again.")
    wrong_field = forms.ChoiceField(
        choices=lambda: [("", "—"), *wrong_fields()],
        required=False,
        label="Wrong detail",
        help_text="For bad contact data.",
    )
    belongs_to = forms.ModelChoiceField(
        salespeople(),
        to_field_name="username",
        required=False,
        label="Whose is it?",
        help_text="The colleague who owns it, if you know.",
        error_messages={
            "invalid_choice": "“%(value)s” is not an active salesperson: give a username of the sales team."
        },
    )
    belongs_to_team = forms.ModelChoiceField(
        Team.objects.all(),
        to_field_name="name",
        required=False,
        label="Which territory?",
        help_text="The team that works there, if you know.",
        error_messages={"invalid_choice": "There is no team “%(value)s”."},
    )
    account = forms.CharField(
        max_length=200,
        required=False,
        label="Which account?",
        help_text="The customer or deal that it belongs to, if you know.",
    )
    field_order = ["reason", "duplicate_of", "retry_on", "wrong_field", *WHOSE, "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.historical:  # leads were rejected for reasons that are retired since
            self.fields["reason"].queryset = Reason.objects.all()  # type: ignore[attr-defined]

    def clean_duplicate_of(self) -> Lead | None:
        other: Lead | None = self.cleaned_data["duplicate_of"]
        if other is not None and other.merged_into_id is not None and not self.historical:
            raise ValidationError(f"Lead {other.pk} was merged into lead {other.merged_into_id}: name that one.")
        return other

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        reason = facts.get("reason")
        if reason is not None and not self.historical:  # what nobody wrote down then, nobody knows now
            self._demand_evidence(reason, facts)
        return facts

    def _demand_evidence(self, reason: Reason, facts: Mapping[str, Any]) -> None:
        if len(facts.get("note", "").strip()) < reason.min_note_length:
            wanted = f"of at least {reason.min_note_length} characters " if reason.min_note_length > 1 else ""
            self.add_error("note", f"“{reason}” needs a note {wanted}that says what was wrong.")
        check = {
            Evidence.OTHER_LEAD: self._demand_other_lead,
            Evidence.RETRY_ON: self._demand_retry_date,
            Evidence.WRONG_FIELD: self._demand_wrong_field,
            Evidence.TOUCHES: self._demand_touches,
        }.get(Evidence(reason.evidence))
        if check:
            check(reason, facts)

    def _demand_other_lead(self, reason: Reason, facts: Mapping[str, Any]) -> None:
        other = facts.get("duplicate_of")
        if other is None and "duplicate_of" not in self.errors:
            self.add_error("duplicate_of", f"“{reason}” needs the other lead: give its number.")
        elif other == self.lead:
            self.add_error("duplicate_of", "A lead is not a duplicate of itself: give the number of the other one.")

    def _demand_retry_date(self, reason: Reason, facts: Mapping[str, Any]) -> None:
        if "retry_on" not in self.errors:
            self._demand_future("retry_on", facts.get("retry_on"), f"“{reason}” needs the date to try again.")

    def _demand_future(self, name: str, day: date | None, missing: str) -> None:
        if day is None:
            self.add_error(name, missing)
        elif day <= self.today:
            self.add_error(name, "The date must be in the future.")

    def _demand_wrong_field(self, reason: Reason, facts: Mapping[str, Any]) -> None:
        if not facts.get("wrong_field") and "wrong_field" not in self.errors:
            self.add_error("wrong_field", f"“{reason}” needs the detail that is wrong, for example email.")

    def _demand_touches(self, reason: Reason, facts: Mapping[str, Any]) -> None:  # noqa: ARG002
        logged, needed = logged_attempts(self.lead), attempts_needed(self.lead, reason)
        if logged < needed:
            self.add_error(
                "reason",
                f"“{reason}” needs {needed} logged touches; there are {logged}. Log the attempts first.",
            )
