"""The form of a lead: its facts, spelled as every other door spells them, and what identifies it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from handoff.console.frame.facts import UNKNOWN, FactField
from handoff.workflow import rights
from leads.correct import email_taken, key_of, phone_taken
from leads.facts import built_in_facts, fact, seen_attributes
from leads.matching.finding import who_may_be
from leads.models import ExternalId, Lead, User
from leads.phones import SYSTEM as PHONE


class LeadForm(forms.ModelForm):  # type: ignore[type-arg]
    """The plain facts, spelled as every other door spells them."""

    # The column holds the code alone; a person writes Germany.
    country = forms.CharField(
        max_length=fact("country").longest,
        required=False,
        help_text=fact("country").help,
        widget=UnfoldAdminTextInputWidget,
    )
    preferred_channel = forms.ChoiceField(
        choices=[UNKNOWN, *((choice.key, choice.label) for choice in fact("preferred_channel").choices)],
        required=False,
        help_text=fact("preferred_channel").help,
        widget=UnfoldAdminSelectWidget,
    )
    editable: frozenset[str] | None = None
    """The facts that whoever looks may edit; None for all."""

    is_another_person = forms.BooleanField(
        required=False,
        label="Another person than those named",
        help_text="Leads that may be the same person are named here before a new one is saved.",
        widget=UnfoldBooleanWidget,
    )

    class Meta:
        model = Lead
        fields = [card.name for card in built_in_facts()]
        labels = {card.name: card.label for card in built_in_facts()}
        help_texts = {card.name: card.help for card in built_in_facts()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.disabled = self.editable is not None and name not in {*self.editable, "is_another_person"}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for card in built_in_facts():
            if card.name in values and not isinstance(values[card.name], Model):
                try:
                    values[card.name] = card.clean(values[card.name])
                except ValidationError as error:
                    self.add_error(card.name, error)
        if "email" in values:
            self._check_email(values["email"])
            self._check_phone(values)
        if self.instance.pk is None and not self.errors and not values["is_another_person"]:
            self._name_who_may_be_the_same(values)
        return values

    def _name_who_may_be_the_same(self, values: dict[str, Any]) -> None:
        for lead, score in who_may_be(values):
            link = reverse("admin:leads_lead_change", args=[lead.pk])
            words = format_html('This may be <a href="{}" class="underline">{}</a>', link, f"{lead} (lead {lead.pk})")
            self.add_error("is_another_person", format_html("{}: {}.", words, "; ".join(score.reasons)))

    def _check_email(self, email: str) -> None:
        if not email and self.instance.pk and not self.instance.external_ids.exists():
            self.add_error("email", "Give an email: without an external id, a lead is known by nothing else.")
        elif email and Lead.objects.filter(email=email).exclude(pk=self.instance.pk).exists():
            self.add_error("email", email_taken(email))

    def _check_phone(self, values: Mapping[str, Any]) -> None:
        """A new lead without an email is known by its phone."""
        if self.errors or values["email"] or self.instance.pk:
            return
        lead = Lead(**{name: values[name] for name in ("phone", "mobile_phone", "country")})
        if not (lead.phone or lead.mobile_phone):
            self.add_error("email", "Give an email, or at least a phone: by them a lead is known.")
            return
        try:
            if ExternalId.objects.filter(system=PHONE, value=key_of(lead)).exists():
                self.add_error("phone", phone_taken(lead.phone or lead.mobile_phone))
        except ValidationError as error:
            self.add_error("phone", error)


def form_for(user: User, lead: Lead | None) -> type[LeadForm]:
    """The form with the attributes that this person sees; what they may not edit is shown and cannot be changed."""
    known = lead.attributes if lead else {}
    fields = {each.name: FactField(each, known.get(each.key)) for each in seen_attributes(user.roles)}
    editable = frozenset(each.name for each in rights.editable_facts(user, lead))
    return type("LeadForm", (LeadForm,), {**fields, "editable": editable})
