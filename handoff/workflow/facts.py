"""The facts that each verb demands, and the words in which a missing or wrong one is refused.

They are Django forms: the console shows them as its dialogs, and every other door fills in the same fields.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone

from handoff.models import AnswerKind, Handoff
from handoff.refusals import FactsRefused
from leads.models import SALES, Channel, Evidence, Lead, LeadQuerySet, Outcome, Reason, Team, User, Verb

LONGEST = 10_000  # characters that a person writes about a lead at once
WRONG_FIELDS = [
    ("email", "Email"),
    ("phone", "Phone"),
    ("name", "Name"),
    ("company", "Company"),
    ("country", "Country"),
]


class Facts(forms.Form):
    """What somebody says about a lead as he does a verb."""

    unknown_in_the_past: tuple[str, ...] = ()

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        lead: Lead,
        by: User | None = None,
        at: datetime | None = None,
        historical: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.lead = lead
        self.today = day_of(at or timezone.now(), by)
        self._offer_visible_leads(by, historical)
        for name in self.unknown_in_the_past if historical else ():
            self.fields[name].required = False

    def _offer_visible_leads(self, by: User | None, historical: bool) -> None:
        """Another lead can be named only by somebody who may see it; any other is one that does not exist."""
        if by is None or historical:
            return
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and isinstance(field.queryset, LeadQuerySet):
                field.queryset = field.queryset.visible_to(by)


class NoteFacts(Facts):
    note = forms.CharField(max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class OwnerFacts(NoteFacts):
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True, groups__name__in=SALES).distinct(),
        to_field_name="username",
        required=False,
        help_text="Empty: the lead waits in the queue of its team.",
        error_messages={"invalid_choice": "“%(value)s” is no active salesperson: give a username of the sales team."},
    )
    team = forms.ModelChoiceField(
        Team.objects.all(),
        to_field_name="name",
        required=False,
        error_messages={"invalid_choice": "There is no team “%(value)s”."},
    )


class ReasonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generic when it runs
    """A choice among the reasons in force, that tells a retired one from an unknown one."""

    def to_python(self, value: Any) -> Reason | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            raise ValidationError(self._complaint(value), code="invalid_choice") from error

    def _complaint(self, value: Any) -> str:
        retired = Reason.objects.filter(code=str(value), retired_at__isnull=False).first()
        if retired:
            return f"The reason “{retired}” is retired: choose one of the list."
        known = ", ".join(Reason.objects.filter(retired_at=None).values_list("code", flat=True))
        return f"“{value}” is no reason of the list: choose one of {known}."


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
    retry_on = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="For “not now”: when to try again."
    )
    wrong_field = forms.ChoiceField(
        choices=[("", "—"), *WRONG_FIELDS], required=False, label="Wrong detail", help_text="For bad contact data."
    )
    field_order = ["reason", "duplicate_of", "retry_on", "wrong_field", "note"]

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        reason = facts.get("reason")
        if reason is not None:
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
            self.add_error("duplicate_of", "A lead is no duplicate of itself: give the number of the other one.")

    def _demand_retry_date(self, reason: Reason, facts: Mapping[str, Any]) -> None:
        if "retry_on" not in self.errors:
            self._demand_future("retry_on", facts.get("retry_on"), f"“{reason}” needs the date to try again.")

    def _demand_future(self, name: str, day: date | None, missing: str) -> None:
        if day is None:
            self.add_error(name, missing)
        elif day <= self.today:
            self.add_error(name, "The date must lie in the future.")

    def _demand_wrong_field(self, reason: Reason, facts: Mapping[str, Any]) -> None:
        if not facts.get("wrong_field") and "wrong_field" not in self.errors:
            self.add_error("wrong_field", f"“{reason}” needs the detail that is wrong, for example email.")

    def _demand_touches(self, reason: Reason, facts: Mapping[str, Any]) -> None:  # noqa: ARG002
        offered = Handoff.objects.filter(lead=self.lead, cycle=self.lead.cycle).values_list("offered_at", flat=True)
        since = offered.first() or self.lead.created_at
        logged = self.lead.touches.filter(automatic=False, at__gte=since).count()
        if logged < reason.min_touches:
            self.add_error(
                "reason",
                f"“{reason}” needs {reason.min_touches} logged touches; there are {logged}. Log the attempts first.",
            )


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


class OverturnFacts(Facts):
    decision = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Give the grounds of the decision."},
    )


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


class TouchFacts(NoteFacts):
    channel = forms.ChoiceField(choices=Channel.choices, error_messages={"required": "Say how: call, email, meeting …"})
    outcome = forms.ChoiceField(
        choices=Outcome.choices, error_messages={"required": "Say what came of it: reached, no_answer …"}
    )
    at = forms.DateTimeField(required=False, label="When", help_text="Empty: now.")
    automatic = forms.BooleanField(required=False, help_text="Sent by a machine: it is kept, and counts for nothing.")
    field_order = ["channel", "outcome", "note", "at", "automatic"]


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


class CommentFacts(Facts):
    text = forms.CharField(
        max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}), error_messages={"required": "Write the comment."}
    )


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


FORMS: dict[str, type[Facts]] = {
    Verb.PROMOTE: OwnerFacts,
    Verb.ACCEPT: NoteFacts,
    Verb.QUALIFY: NoteFacts,
    Verb.CONVERT: ConvertFacts,
    Verb.REJECT: RejectFacts,
    Verb.RECYCLE: RecycleFacts,
    Verb.RESUBMIT: ResubmitFacts,
    Verb.OVERTURN: OverturnFacts,
    Verb.ASSIGN: OwnerFacts,
    Verb.TOUCH: TouchFacts,
    Verb.ANSWER: AnswerFacts,
    Verb.DISPUTE: DisputeFacts,
    Verb.COMMENT: CommentFacts,
    Verb.MERGE: MergeFacts,
}


def check(
    verb: str,
    lead: Lead,
    given: Mapping[str, Any],
    *,
    by: User | None = None,
    at: datetime | None = None,
    historical: bool = False,
) -> dict[str, Any]:
    """The facts of an act at a moment, cleaned; or a refusal that says of each what is wrong with it."""
    form = FORMS[verb](_as_keys(given), lead=lead, by=by, at=at, historical=historical)
    unknown = {name: ["This is no fact of the verb."] for name in given if name not in form.fields}
    if unknown or not form.is_valid():
        errors = {name: [str(message) for message in messages] for name, messages in form.errors.items()} | unknown
        raise FactsRefused(" ".join(message for messages in errors.values() for message in messages), errors)
    return form.cleaned_data


def day_of(at: datetime, by: User | None) -> date:
    """The calendar day of a moment where a person is; for the system, in UTC."""
    return at.astimezone(by.zone if by else UTC).date()


def as_json(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as the history keeps them: named things by their key, and nothing that was left empty."""
    return {name: _key(value) for name, value in facts.items() if value not in (None, "", False)}


def _as_keys(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _key(value) for name, value in given.items()}


def _key(value: Any) -> Any:
    match value:
        case User():
            return value.username
        case Reason():
            return value.code
        case Team():
            return value.name
        case Model():
            return value.pk
    return value
