"""Definitions: what both sides mean by a stage. A draft comes into force when one person of each side has signed it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString

from handoff.agreement.definitions import discard, draft, edit, sign
from handoff.agreement.signing import SIGNATORIES, roles_to_sign, side_to_sign
from handoff.console.frame.conditions import ConditionsField
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.dialogs import back
from handoff.console.frame.page import Page, Tool
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import badge, conditions_of, moment
from handoff.console.settings.comparing import compare
from handoff.refusals import Refused
from leads.models import Definition, Role, Stage, User

DISCARDED = "Nobody has signed it. Whoever was notified of it is not notified again; the log keeps who discarded it."


TERMS = ("promotes", "receiver", "team")
"""What is signed besides the words and the criteria."""


class DefinitionForm(forms.ModelForm):  # type: ignore[type-arg]
    criteria = ConditionsField(initial=list)

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Definition
        fields = ["stage", "text", "criteria", *TERMS, "seen"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "receiver" in self.fields:  # of no use where marketing promotes
            self.fields["receiver"].required = False
        if self.instance.pk:
            self.initial["seen"] = self.instance.digest

    def clean_criteria(self) -> Any:
        return self.cleaned_data["criteria"] or []

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        stage = given.get("stage") or self.instance.stage
        given["receiver"] = given.get("receiver") or self.instance.receiver
        if given.get("promotes") and stage != Stage.MQL:
            self.add_error("promotes", "Only a definition of MQL promotes by itself.")
        elif given.get("promotes") and not given.get("team"):
            self.add_error("team", "Choose the team that gets the leads.")
        if stage == Stage.SAL and given.get("criteria"):
            self.add_error("criteria", "What sales owes at SAL is said in words: leave the criteria out.")
        return given


class DefinitionPage(Page):
    title = "Definitions"
    form = DefinitionForm
    list_display = ["__str__", "standing_shown", "marketing_signatory", "sales_signatory", "active_since"]
    list_select_related = ["marketing_signatory", "sales_signatory"]
    readonly_fields = ["version", "marketing_signatory", "sales_signatory", "active_from"]
    fieldsets = [
        (None, {"fields": ["stage", "version", "text", "criteria", *TERMS, "seen"]}),
        ("Signatures", {"fields": ["marketing_signatory", "sales_signatory", "active_from"]}),
    ]
    read_as = {"criteria": "criteria_shown", "marketing_signatory": "for_marketing", "sales_signatory": "for_sales"}
    read_as |= {"active_from": "active_since"}
    add_fieldsets = [(None, {"fields": ["stage", "text", "criteria", *TERMS]})]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.active_from is None)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["stage"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A draft that is edited must be signed again: nobody signed these words."""
        words = {"text": form.cleaned_data["text"], "criteria": form.cleaned_data["criteria"]}
        words |= {name: form.cleaned_data[name] for name in TERMS if name in form.cleaned_data}
        if not change:
            written = draft(obj.stage, **words)
            obj.pk, obj.version = written.pk, written.version
            return
        _, voided = edit(obj.pk, seen=form.cleaned_data["seen"], **words)
        if voided:
            messages.warning(request, "The signatures of this draft were given for other words: both sides sign again.")

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:
            messages.warning(request, refusal.message)
            return redirect(request.get_full_path())
        return response

    def get_urls(self) -> list[URLPattern]:
        own = [self.extra_path("sign", self.sign_view), self.extra_path("discard", self.discard_view)]
        return [*own, *super().get_urls()]

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        user, tools = viewer(request), []
        if obj.stage == Stage.MQL:
            tools.append(Tool("Replay", reverse("admin:replay", args=[obj.pk]), in_dialog=False))
        if side_to_sign(user, obj):
            tools.append(Tool("Sign this version", self.url("sign", obj.pk), "primary"))
        if roles_to_sign(obj) and user.has_role(Role.REVOPS):
            tools.append(Tool("Discard this draft", self.url("discard", obj.pk), "danger"))
        return tools

    def sign_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = viewer(request)
        if not user.has_role(*SIGNATORIES):
            raise PermissionDenied
        definition = get_object_or_404(Definition, pk=pk)
        in_force = Definition.active(definition.stage)
        question = Question(
            f"Sign the {definition}",
            "It comes into force as soon as one person of each side has signed these words, criteria and terms.",
            "Sign",
            "primary",
            beside={"compared": compare(in_force, definition, user.roles), "in_force": in_force},
            carried={"seen": definition.digest},
        )
        seen, to = request.POST.get("seen", ""), back(request, self.url("change", pk))
        return confirm(request, question, to, lambda: _sign(pk, user, seen))

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Remove a draft that nobody has signed."""
        user = viewer(request)
        if not user.has_role(Role.REVOPS):
            raise PermissionDenied
        definition = get_object_or_404(Definition, pk=pk)
        shown = [("Definition", definition.text), ("Criteria", conditions_of(definition.criteria))]
        question = Question(f"Discard the {definition}", DISCARDED, "Discard", shown=shown)
        return confirm(request, question, reverse("admin:signatures"), lambda: f"Discarded: {discard(pk, by=user)}.")

    @display(description="Status", ordering="active_from")
    def standing_shown(self, definition: Definition) -> SafeString:
        if definition.active_from is None:
            return badge("Draft", "warning")
        is_active = definition == Definition.active(definition.stage)
        return badge("In force", "success") if is_active else badge("Past")

    @display(description="Criteria")
    def criteria_shown(self, definition: Definition) -> str:
        return conditions_of(definition.criteria)

    @display(description="For marketing", empty_value="Not signed yet")
    def for_marketing(self, definition: Definition) -> str | None:
        return str(definition.marketing_signatory) if definition.marketing_signatory else None

    @display(description="For sales", empty_value="Not signed yet")
    def for_sales(self, definition: Definition) -> str | None:
        return str(definition.sales_signatory) if definition.sales_signatory else None

    @display(description="In force since", ordering="active_from")
    def active_since(self, definition: Definition) -> SafeString:
        return moment(definition.active_from)


def _sign(pk: int, by: User, seen: str) -> str:
    definition = sign(pk, by=by, seen=seen)
    return f"Signed. The {definition} is in force." if definition.active_from else "Signed. The other side signs next."


site.register(Definition, DefinitionPage)
