"""Pages of rows that are versions: saving writes the next one, and what is no longer in force is only read."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.admin import SimpleListFilter, display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.safestring import SafeString

from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.page import Page, Tool
from handoff.console.frame.words import badge, when
from sla import versions
from sla.models import Calendar, Policy
from sla.versions import Outdated


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
    """Policies and calendars. Subclasses say how a version is written."""

    list_filter_submit = False

    def publish(self, form: Any, formsets: list[Any]) -> Any:
        raise NotImplementedError

    def revise(self, form: Any, formsets: list[Any]) -> Any:
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.retired_at is None)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing yet: the version is written with its rows, in `save_related`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: list[Any], change: bool) -> None:  # noqa: ARG002
        if not change:
            self.publish(form, formsets)
        elif form.changed_data or any(formset.has_changed() for formset in formsets):
            written = self.revise(form, formsets)
            # What follows, the log and the message, speaks of the version just written.
            form.instance.pk, form.instance.version = written.pk, written.version

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:  # noqa: ARG002
        return f"Wrote version {form.instance.version}." if form.changed_data or not add else "Added."

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except Outdated as outdated:
            messages.warning(request, str(outdated))
            return HttpResponseRedirect(self.url("changelist"))
        return response

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
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
        explained = "New clocks no longer use it. Running clocks keep it, and past results stay."

        def do() -> str:
            versions.retire(row)
            return f"Retired {row}."

        return confirm(request, Question(f"Retire {row}", explained, "Retire"), self.url("changelist"), do)

    @display(description="Version", ordering="version")
    def version_badge(self, row: Any) -> SafeString:
        if getattr(row, "mistake_at", None):
            why = f"{when(row.mistake_at)}: {row.mistake_reason}"
            return badge(f"Version {row.version}, a mistake", "danger", why)
        return badge(
            f"Version {row.version}" + (", retired" if row.retired_at else ""), "plain" if row.retired_at else "success"
        )
