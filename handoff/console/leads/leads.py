"""All leads, and the page of one: its facts, its packet, its clocks and its timeline."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, MultipleRelatedDropdownFilter, RelatedDropdownFilter

from handoff import workflow
from handoff.console.frame.dates import RangeDateFilter
from handoff.console.frame.site import site, viewer
from handoff.console.leads.inbox_place import came_from
from handoff.console.leads.lead_form import LeadForm, form_for
from handoff.console.leads.lead_list import DueFilter, LeadListPage
from handoff.console.leads.lead_page import shown
from handoff.console.leads.sections import mark_viewed
from handoff.doors import door
from handoff.workflow import rights
from leads.correct import enter
from leads.facts import built_in_facts, keep, seen_attributes
from leads.finding import is_id
from leads.identity import IdentityConflict
from leads.models import Lead, Via


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
    fieldsets = [(None, {"fields": _in_pairs([card.name for card in built_in_facts()])})]
    add_fieldsets = [(None, {"fields": [*(card.name for card in built_in_facts()), "is_another_person"]})]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever works a lead corrects how the buyer is reached, and what attributes their roles edit.

        Nobody corrects one that was merged: what it says of the buyer is read on the lead that stays.
        """
        if isinstance(obj, Lead) and obj.merged_into_id:
            return False
        return super().has_change_permission(request) or (obj is not None and rights.edits(viewer(request), obj))

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
            return HttpResponseRedirect(request.get_full_path())
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        seen = Lead.objects.visible_to(viewer(request)).select_related("owner", "team", "campaign", "reason")
        lead = seen.filter(pk=object_id).first() if is_id(object_id) else None
        if lead is None:
            messages.warning(request, f"There is no lead {object_id} that you may see.")
            return site.index(request)
        came_from(request, lead)  # as the list was before one looked at the lead
        if request.method == "GET":
            mark_viewed(viewer(request), lead.pk)
        response: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        return response

    def beside(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        return shown(request, obj) if obj else {}

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:  # noqa: ARG002 Django's
        """Whoever corrects a fact goes on with the lead; and from there to the list that they came from."""
        return HttpResponseRedirect(request.get_full_path())

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


site.register(Lead, LeadPage)
