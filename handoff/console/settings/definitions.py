"""Definitions: what both sides mean by a stage. A draft comes into force when one person of each side has signed it."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import display
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from handoff.agreement.definitions import discard, draft, edit, sign
from handoff.console.frame.conditions import ConditionsField
from handoff.console.frame.page import Tool
from handoff.console.frame.site import site
from handoff.console.frame.words import badge, conditions_of
from handoff.console.settings.comparing import compare
from handoff.console.settings.signed import SeenForm, SignedPage
from leads.models import Definition, Stage, User

TERMS = ("promotes", "receiver", "team")
"""What is signed besides the words and the criteria."""


class DefinitionForm(SeenForm):
    criteria = ConditionsField(initial=list)

    class Meta:
        model = Definition
        fields = ["stage", "text", "criteria", *TERMS, "seen"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "receiver" in self.fields:  # of no use where marketing promotes
            self.fields["receiver"].required = False

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


class DefinitionPage(SignedPage):
    title = "Definitions"
    signing = "It comes into force as soon as one person of each side has signed these words, criteria and terms."
    sign, discard = staticmethod(sign), staticmethod(discard)
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

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        replay = [Tool("Replay", reverse("admin:replay", args=[obj.pk]), in_dialog=False)]
        return [*(replay if obj.stage == Stage.MQL else []), *super().tools(request, obj)]

    def compared(self, version: Definition, user: User) -> dict[str, Any]:
        in_force = Definition.active(version.stage)
        return {"compared": compare(in_force, version, user.roles), "in_force": in_force}

    def words_of(self, version: Definition) -> list[tuple[str, Any]]:
        return [("Definition", version.text), ("Criteria", conditions_of(version.criteria))]

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


site.register(Definition, DefinitionPage)
