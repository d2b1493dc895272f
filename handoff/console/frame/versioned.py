"""Pages of rows that are versions: saving writes the next one, and what is no longer in force is only read."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.admin import SimpleListFilter, display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString

from handoff.agreement import sla_table
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.page import Page, Tool
from handoff.console.frame.words import badge, when
from handoff.models import SlaTable
from handoff.refusals import Refused
from sla.models import Calendar, Policy
from sla.versions import NeedsSignatures, Outdated, needs_signatures

DRAFTED = "Nothing has changed yet: it is in the draft, which comes into force when both sides have signed it."
RETIRED = "New clocks no longer use it. Running clocks keep it, and past results stay."
SIGNED_FIRST = "Both sides sign it first: it is drafted."


class InForceFilter(SimpleListFilter):
    """The versions in force, unless somebody asks for the others."""

    title = "version"
    parameter_name = "versions"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("all", "All versions")]

    def choices(self, changelist: Any) -> Any:
        all_of_them = self.value() == "all"
        for label, chosen, query in (("In force", not all_of_them, None), ("All versions", all_of_them, "all")):
            yield {
                "selected": chosen,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: query} if query else None, [self.parameter_name]
                ),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        return queryset if self.value() == "all" else queryset.filter(retired_at=None)


class VersionedPage(Page):
    """Policies and calendars. Subclasses say how a version is written; it may be into the draft of the SLA table."""

    list_filter_submit = False
    change_form_before_template = "handoff/console/signed_values.html"

    def publish(self, form: Any, formsets: list[Any]) -> Any:
        raise NotImplementedError

    def revise(self, form: Any, formsets: list[Any]) -> Any:
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.retired_at is None)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing yet: the version is written with its rows, in `save_related`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: list[Any], change: bool) -> None:  # noqa: ARG002
        if change and not form.changed_data and not any(formset.has_changed() for formset in formsets):
            return
        written = (self.revise if change else self.publish)(form, formsets)
        # What follows, the log and the message, speaks of what was just written.
        form.instance.drafted = written if isinstance(written, SlaTable) else None
        if change and not form.instance.drafted:
            form.instance.pk, form.instance.version = written.pk, written.version

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:  # noqa: ARG002
        if drafted_of(form.instance):
            return f"Drafted a change of the {self.opts.verbose_name} {form.instance.name}."
        return f"Wrote version {form.instance.version}." if form.changed_data or not add else "Added."

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        draft = drafted_of(obj)
        return super().log_change(request, draft, message) if draft else super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_change(request, drafted_of(obj) or obj, message)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except (Outdated, NeedsSignatures) as declined:
            messages.warning(request, str(declined))
            return HttpResponseRedirect(self.url("changelist"))
        except Refused as refusal:
            messages.warning(request, refusal.message)
            return HttpResponseRedirect(request.get_full_path())
        return response

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        if draft := drafted_of(obj):
            return _show(request, draft)
        response: HttpResponse = super().response_add(request, obj, post_url_continue)
        return response

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if draft := drafted_of(obj):
            return _show(request, draft)
        messages.success(request, f"Version {obj.version} of “{obj.name}” is in force; running clocks keep theirs.")
        return HttpResponseRedirect(self.url("change", obj.pk))

    def beside(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:  # noqa: ARG002
        return {"show_save_and_add_another": False, "show_save_and_continue": False}

    def get_urls(self) -> list[URLPattern]:
        return [self.extra_path("retire", self.retire_view), *super().get_urls()]

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        return (
            [Tool("Retire", self.url("retire", obj.pk), "danger")] if self.has_change_permission(request, obj) else []
        )

    def retire_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row: Policy | Calendar = get_object_or_404(self.model, pk=pk)
        if not self.has_change_permission(request):
            raise PermissionDenied
        explained, carried, to = RETIRED, {}, self.url("changelist")
        if needs_signatures():
            explained, to = f"{RETIRED} {SIGNED_FIRST}", reverse("admin:signatures")
            carried = {"seen": sla_table.digest_of_draft()}

        def do() -> str:
            draft = sla_table.retire(row, seen=request.POST.get("seen"))
            return f"Drafted: retire {row}. {DRAFTED}" if draft else f"Retired {row}."

        return confirm(request, Question(f"Retire {row}", explained, "Retire", carried=carried), to, do)

    @display(description="Version", ordering="version")
    def version_badge(self, row: Any) -> SafeString:
        if getattr(row, "mistake_at", None):
            why = f"{when(row.mistake_at)}: {row.mistake_reason}"
            return badge(f"Version {row.version}, a mistake", "danger", why)
        return badge(
            f"Version {row.version}" + (", retired" if row.retired_at else ""), "plain" if row.retired_at else "success"
        )


def drafted_of(row: Any) -> SlaTable | None:
    """The draft that a row was just written into, instead of being changed itself."""
    draft: SlaTable | None = getattr(row, "drafted", None)
    return draft


def _show(request: HttpRequest, draft: SlaTable) -> HttpResponse:
    messages.success(request, DRAFTED)
    return HttpResponseRedirect(reverse("admin:handoff_slatable_change", args=[draft.pk]))
