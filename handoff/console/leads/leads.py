"""All leads, and the page of one: its facts, its packet, its clocks and its timeline."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import display
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    MultipleRelatedDropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)
from unfold.widgets import UnfoldAdminTextInputWidget

from handoff import workflow
from handoff.console.frame.page import is_id
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import ago, moment, pause_of, state_of, time_left
from handoff.console.leads.answering import last_rejections, still_open
from handoff.console.leads.clocks import clocks_of, most_urgent, row
from handoff.console.leads.deals import deals_of
from handoff.console.leads.lead_list import DueFilter, LeadListPage
from handoff.console.leads.timeline import timeline
from handoff.console.leads.verbs import buttons
from handoff.doors import door
from handoff.models import Handoff
from handoff.workflow import rights
from leads.correct import email_taken, refusing_taken_email
from leads.facts import fact, facts
from leads.identity import IdentityConflict
from leads.models import Lead, Via


class LeadForm(forms.ModelForm):  # type: ignore[type-arg]
    """The plain facts, spelled as every other door spells them."""

    # The column holds the code alone; a person writes Germany.
    country = forms.CharField(
        max_length=fact("country").longest,
        required=False,
        help_text=fact("country").help,
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = Lead
        fields = [card.name for card in facts()]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for card in facts():
            if card.name in values and not isinstance(values[card.name], Model):
                try:
                    values[card.name] = card.clean(values[card.name])
                except ValidationError as error:
                    self.add_error(card.name, error)
        if "email" in values:
            self._check_email(values["email"])
        return values

    def _check_email(self, email: str) -> None:
        if not email and not (self.instance.pk and self.instance.external_ids.exists()):
            self.add_error("email", "Give an email: without an external id, a lead is known by nothing else.")
        elif email and Lead.objects.filter(email=email).exclude(pk=self.instance.pk).exists():
            self.add_error("email", email_taken(email))


class LeadPage(LeadListPage):
    title = "Leads"
    empty = "There are no leads yet. They come through imports, the API or “Add lead”."
    form = LeadForm
    list_filter = [
        ("state", ChoicesDropdownFilter),
        DueFilter,
        ("team", RelatedDropdownFilter),
        ("owner", RelatedDropdownFilter),
        ("campaign", MultipleRelatedDropdownFilter),
        ("reason", RelatedDropdownFilter),
        ("created_at", RangeDateFilter),
    ]
    change_form_template = "handoff/console/lead.html"
    fieldsets = [
        ("Facts", {"fields": [tuple(card.name for card in facts()[at : at + 2]) for at in range(0, len(facts()), 2)]}),
        ("System fields", {"fields": [("reason", "reentry"), ("last_touch", "captured"), ("merged",)]}),
    ]
    add_fieldsets = [(None, {"fields": [card.name for card in facts()]})]
    readonly_fields = ["reason", "reentry", "last_touch", "captured", "merged"]

    def empty_link(self, request: HttpRequest) -> tuple[str, str] | None:
        may_import = rights.may_capture(viewer(request))
        return ("Import a file", reverse("admin:handoff_import_add")) if may_import else None

    def get_urls(self) -> list[URLPattern]:
        export = path("export/", self.admin_site.admin_view(self.export_view), name="leads_lead_export")
        return [export, *super().get_urls()]

    @display(description="Re-entry date", empty_value="–")
    def reentry(self, lead: Lead) -> Any:
        return lead.reenter_on

    @display(description="Last touch")
    def last_touch(self, lead: Lead) -> Any:
        return moment(lead.last_touch_at)

    @display(description="Captured")
    def captured(self, lead: Lead) -> Any:
        return moment(lead.created_at)

    @display(description="Merged into", empty_value="–")
    def merged(self, lead: Lead) -> Any:
        return lead.merged_into

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:  # noqa: ARG002 Django's
        # The form has checked all this; someone else may have taken the email since.
        if not change:
            with refusing_taken_email(form.cleaned_data["email"]):
                obj.save()
        elif form.changed_data:
            # Only what was edited: a verb may have moved the rest since the form was loaded.
            edited = {name: form.cleaned_data[name] for name in form.changed_data}
            workflow.correct(obj.pk, edited, door=door(Via.CONSOLE))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say what someone else made impossible between the check of the form and its saving."""
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except (IdentityConflict, ValidationError) as error:
            messages.error(request, " ".join(getattr(error, "messages", [str(error)])))
            return redirect(request.get_full_path())
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        seen = Lead.objects.visible_to(viewer(request)).select_related("owner", "team", "campaign", "reason")
        lead = seen.filter(pk=object_id).first() if is_id(object_id) else None
        if lead is None:
            messages.warning(request, f"There is no lead {object_id} that you may see.")
            return site.index(request)
        context = {"title": str(lead), **_shown(request, lead)} if request.method == "GET" else {}
        response: HttpResponse = super().change_view(request, object_id, form_url, context | (extra_context or {}))
        return response

    def history_view(
        self,
        request: HttpRequest,  # noqa: ARG002
        object_id: str,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """The timeline of the page tells all; Django's own log knows of edits in the console alone."""
        return redirect(self.url("change", object_id))


def _shown(request: HttpRequest, lead: Lead) -> dict[str, Any]:
    user = viewer(request)
    verbs = still_open(rights.can(user, lead, timezone.now()), last_rejections([lead]).get(lead.pk))
    back, clocks = request.get_full_path(), clocks_of(lead)
    urgent = most_urgent(clocks)
    return {
        "lead": lead,
        "state_badge": state_of(lead),
        "since": ago(lead.entered_at),
        "most_urgent": urgent,
        "time_left": time_left(urgent),
        "paused": pause_of(lead),
        "buttons": buttons(user, lead, verbs, back),
        "packet": _packet(lead),
        "clocks": [row(clock, lead, user, back) for clock in clocks],
        "deals": deals_of(lead, user, back),
        "events": timeline(lead),
    }


def _packet(lead: Lead) -> dict[str, Any] | None:
    """The packet of the current handoff, with labels and moments in the place of raw values."""
    handoff = Handoff.objects.filter(lead=lead).select_related("definition", "offered_to").order_by("-cycle").first()
    if handoff is None:
        return None
    packet = handoff.packet
    points = [
        {**point, "kind": point["kind"].replace("_", " ").capitalize(), "at": moment(_read(point["at"]))}
        for point in packet.get("touchpoints", [])
    ]
    rows = [(card.label, card.shown(packet.get(card.name))) for card in facts()]
    rows.append(("Promise", packet.get("promise", "")))
    shown = [(label, text) for label, text in rows if text]
    return {"handoff": handoff, "offered": moment(handoff.offered_at), "facts": shown, "touchpoints": points}


def _read(text: Any) -> Any:
    return parse_datetime(text) if isinstance(text, str) else text


site.register(Lead, LeadPage)
