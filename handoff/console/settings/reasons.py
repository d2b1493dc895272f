"""Reasons: the managed list. One that was used is retired, and stays readable on what it was used for."""

from typing import Any

from django import forms
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.counting import capped, counted_of_each
from handoff.console.frame.page import Page, Tool
from handoff.console.frame.site import site
from handoff.console.frame.words import badge, two_lines
from handoff.models import Rejection
from leads.conditions import field_of, fields, label_of
from leads.models import Evidence, Lead, Reason


class CriteriaFieldsField(forms.MultipleChoiceField):
    """What criteria may ask for. An archived attribute is not offered, and taken from the agreement's file."""

    def valid_value(self, value: str) -> bool:
        try:
            field_of(value)
        except KeyError:
            return super().valid_value(value)
        return True


class EditReasonForm(forms.ModelForm):  # type: ignore[type-arg]
    concerns = CriteriaFieldsField(
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        label="Is about",
        help_text="Facts that criteria may ask for. “Improve” then says which criterion let a lead through that was "
        "rejected for it. Where a rejection names the detail that was wrong, that counts instead.",
    )

    class Meta:
        model = Reason
        fields = [
            "label", "code", "route", "counts_against", "counts_as_valid", "evidence", "min_note_length", "min_touches",
            "concerns", "position",
        ]  # fmt: skip
        labels = {
            "evidence": "Demands",
            "min_note_length": "Shortest note",
            "min_touches": "Fewest touches",
            "position": "Place in the list",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "evidence" in self.fields:
            choices = [(value, capfirst(label)) for value, label in Evidence.choices]
            self.fields["evidence"].choices = choices  # type: ignore[attr-defined]
        if "concerns" in self.fields:
            self.fields["concerns"].choices = _offered(self.instance.concerns)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        if facts.get("evidence") == Evidence.NOTE and not facts.get("min_note_length"):
            self.add_error(
                "min_note_length", "This reason demands a note: say how many characters it must have, at least 1."
            )
        if facts.get("evidence") == Evidence.TOUCHES and not facts.get("min_touches"):
            self.add_error("min_touches", "It demands touches: say how many, at least 1.")
        return facts


def _offered(chosen: list[str]) -> list[tuple[str, str]]:
    """All that criteria may ask for, and what was chosen and is there no more, like an attribute that was archived."""
    names = dict.fromkeys((*fields(), *chosen))
    return [(name, label_of(name)) for name in names]


class ReasonPage(Page):
    title = "Reasons"
    form = EditReasonForm
    list_display = ["label_shown", "route", "counts_against", "evidence_shown", "times_used", "in_force"]
    search_fields = ["label", "code"]
    ordering = ["position", "label"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .annotate(used=counted_of_each(Rejection.objects.filter(reason=OuterRef("pk"))))
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:  # noqa: ARG002
        return ["code"] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, list[str]]:  # noqa: ARG002
        return {} if obj else {"code": ["label"]}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and self.has_change_permission(request) and not _is_used(obj)

    def get_urls(self) -> list[URLPattern]:
        return [
            self.extra_path("retire", self.retire_view),
            self.extra_path("restore", self.restore_view),
            *super().get_urls(),
        ]

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        if not self.has_change_permission(request):
            return []
        name, label = ("restore", "Restore") if obj.retired_at else ("retire", "Retire")
        return [Tool(label, self.url(name, obj.pk), "plain" if obj.retired_at else "danger")]

    def retire_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        explained = "It cannot be chosen any more, and stays readable on every rejection that it was given for."
        return self._set_retired(request, pk, Question("Retire “{}”", explained, "Retire"), "Retired “{}”.")

    def restore_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        question = Question("Restore “{}”", "It can be chosen again.", "Restore", "primary")
        return self._set_retired(request, pk, question, "“{}” can be chosen again.")

    def _set_retired(self, request: HttpRequest, pk: int, question: Question, message: str) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        reason = get_object_or_404(Reason, pk=pk)

        def do() -> str:
            reason.retired_at = timezone.now() if message.startswith("Retired") else None
            reason.save(update_fields=["retired_at"])
            return message.format(reason)

        asked = Question(question.title.format(reason), question.explained, question.submit, question.tone)
        return confirm(request, asked, self.url("changelist"), do)

    @display(description="Reason", ordering="label")
    def label_shown(self, reason: Reason) -> SafeString:
        return two_lines(reason.label, reason.code)

    @display(description="Demands", ordering="evidence")
    def evidence_shown(self, reason: Reason) -> str:
        more = {Evidence.NOTE: reason.min_note_length, Evidence.TOUCHES: reason.min_touches}.get(
            Evidence(reason.evidence)
        )
        evidence = reason.get_evidence_display().capitalize()
        unit = "characters" if reason.evidence == Evidence.NOTE else "touches"
        return f"{evidence}: at least {more} {unit}" if more and more > 1 else evidence

    @display(description="Used")
    def times_used(self, reason: Any) -> str:
        return capped(reason.used)

    @display(description="In force", ordering="retired_at")
    def in_force(self, reason: Reason) -> SafeString:
        return badge("Retired") if reason.retired_at else badge("In force", "success")


def _is_used(reason: Reason) -> bool:
    return Rejection.objects.filter(reason=reason).exists() or Lead.objects.filter(reason=reason).exists()


site.register(Reason, ReasonPage)
