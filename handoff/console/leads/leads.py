"""All leads, and the page of one: its facts, its packet, its clocks and its timeline."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

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

from handoff import workflow
from handoff.console.frame.page import is_id
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import ago, moment, pause_of, state_of, time_left
from handoff.console.leads import attributes
from handoff.console.leads.answering import last_rejections, still_open
from handoff.console.leads.clocks import clocks_of, most_urgent, row
from handoff.console.leads.consents import consent_url, consents_of
from handoff.console.leads.deals import deals_of
from handoff.console.leads.duplicates import suggestions_of
from handoff.console.leads.lead_form import LeadForm, form_for
from handoff.console.leads.lead_list import DueFilter, LeadListPage
from handoff.console.leads.provenance import origins
from handoff.console.leads.timeline import timeline
from handoff.console.leads.verbs import buttons
from handoff.doors import door
from handoff.models import Handoff
from handoff.workflow import rights
from leads.correct import enter
from leads.facts import built_in_facts, keep, seen_attributes, seen_facts
from leads.identity import IdentityConflict
from leads.models import Lead, User, Via
from leads.permission import warnings_of


def _in_pairs(names: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(names[at : at + 2]) for at in range(0, len(names), 2)]


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
        ("Facts", {"fields": _in_pairs([card.name for card in built_in_facts()])}),
        ("System fields", {"fields": [("reason", "reentry"), ("last_touch", "captured"), ("merged",)]}),
    ]
    add_fieldsets = [(None, {"fields": [*(card.name for card in built_in_facts()), "is_another_person"]})]
    readonly_fields = ["reason", "reentry", "last_touch", "captured", "merged"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever works a lead corrects how the buyer is reached, and what attributes their roles edit.

        Nobody corrects one that was merged: what it says of the buyer is read on the lead that stays.
        """
        if isinstance(obj, Lead) and obj.merged_into_id:
            return False
        return super().has_change_permission(request) or (
            obj is not None and bool(rights.editable_facts(viewer(request), obj))
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            kwargs["form"] = form_for(viewer(request), obj)
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        first, *others = super().get_fieldsets(request, obj)
        names = [each.name for each in seen_attributes(viewer(request).roles)]
        if not names or (obj is not None and not self.has_change_permission(request, obj)):
            return [first, *others]
        return [first, ("Attributes", {"fields": _in_pairs(names)}), *others]

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

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        # The form has checked all this; someone else may have taken the email since.
        if not change:
            lead = cast("Lead", obj)
            _complete(lead, form.cleaned_data)
            enter(lead, by=viewer(request), door=Via.CONSOLE)
        elif form.changed_data:
            # Only what was edited: a verb may have moved the rest since the form was loaded.
            edited = {name: form.cleaned_data[name] for name in form.changed_data}
            workflow.correct(obj.pk, edited, by=viewer(request), door=door(Via.CONSOLE))

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


def _complete(lead: Any, values: Mapping[str, Any]) -> None:
    """What a new lead has besides the columns of the form."""
    for name, value in values.items():
        if "." in name and value not in ("", None):
            keep(lead, name, value)


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
        "packet": _packet(lead, user),
        "warnings": warnings_of(lead),
        "consents": consents_of(lead),
        "consent_url": consent_url(lead, user, back),
        "attributes": [] if rights.editable_facts(user, lead) else attributes.rows_of(lead, user.roles),
        "clocks": [row(clock, lead, user, back) for clock in clocks],
        "deals": deals_of(lead, user, back),
        "suggestions": suggestions_of(lead, user, back),
        "origins": origins(lead, user.roles),
        "events": timeline(lead, user.roles),
    }


def _packet(lead: Lead, user: User) -> dict[str, Any] | None:
    """The packet of the current handoff, with labels and moments in the place of raw values."""
    handoff = Handoff.objects.filter(lead=lead).select_related("definition", "offered_to").order_by("-cycle").first()
    if handoff is None:
        return None
    packet = handoff.packet
    points = [
        {**point, "kind": point["kind"].replace("_", " ").capitalize(), "at": moment(_read(point["at"]))}
        for point in packet.get("touchpoints", [])
    ]
    rows = [(card.label, card.shown(packet.get(card.name))) for card in seen_facts(user.roles)]
    rows.append(("Promise", packet.get("promise", "")))
    shown = [(label, text) for label, text in rows if text]
    return {"handoff": handoff, "offered": moment(handoff.offered_at), "facts": shown, "touchpoints": points}


def _read(text: Any) -> Any:
    return parse_datetime(text) if isinstance(text, str) else text


site.register(Lead, LeadPage)
