"""Imports: who brought which file, what became of it; and the page of each."""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from handoff.console.frame.dates import RangeDateFilter
from handoff.console.frame.page import Kept
from handoff.console.frame.site import site
from handoff.console.frame.words import badge, moment, two_lines
from handoff.console.imports import bringing, ending, fixing, mappings, result, reviewing
from handoff.console.imports.access import IMPORTERS
from handoff.imports import kinds
from handoff.models import Import, ImportState
from leads.finding import is_id

TONES = {
    ImportState.DRAFT: "plain",
    ImportState.WAITING: "info",
    ImportState.RUNNING: "info",
    ImportState.DONE: "success",
    ImportState.STOPPED: "warning",
    ImportState.FAILED: "danger",
    ImportState.UNDOING: "info",
    ImportState.UNDONE: "plain",
}
ACTS = {
    "start": reviewing.start,
    "discard": reviewing.discard,
    "forget": reviewing.forget,
    "stop": ending.stop,
    "undo": ending.undo,
    "fix": fixing.fix,
    "again": fixing.again,
    "refused": fixing.download,
    "mapping": mappings.of_import,
}


class ImportPage(Kept):
    title = "Imports"
    empty = "No import yet. Bring an export of your CRM or of a marketing tool: CSV, XLSX, or rows that you paste."
    readers = IMPORTERS
    list_display = ["file", "by", "brought", "state_badge", "rows_shown", "created", "updated", "unchanged", "refused"]
    list_display_links = ["file"]
    list_filter = [("state", ChoicesDropdownFilter), ("created_at", RangeDateFilter)]
    list_select_related = ["by"]
    search_fields = ["file_name", "system", "kind", "by__username", "by__first_name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        records: QuerySet[Any] = super().get_queryset(request)
        return records.defer("content")

    def empty_link(self, request: HttpRequest) -> tuple[str, str] | None:  # noqa: ARG002
        return "Bring a file", reverse("admin:handoff_import_add")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        acts = [self.extra_path(name, view) for name, view in ACTS.items()]
        remembered = path(
            "mappings/<int:pk>/", self.admin_site.admin_view(mappings.remembered), name="handoff_import_remembered"
        )
        return [*acts, remembered, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        return bringing.page(request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 Django's
        extra_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not is_id(object_id):
            raise Http404
        record = get_object_or_404(Import.objects.select_related("by").defer("content"), pk=object_id)
        if record.state == ImportState.DRAFT:
            return reviewing.page(request, record)
        return result.page(request, record, self.state_badge(record))

    @display(description="File", ordering="file_name")
    def file(self, record: Import) -> SafeString:
        system = f" of {record.system}" if record.system else ""
        return two_lines(record.file_name, f"{kinds.label(record.kind)}{system}")

    @display(description="Brought", ordering="created_at")
    def brought(self, record: Import) -> SafeString:
        return moment(record.created_at)

    @display(description="State", ordering="state")
    def state_badge(self, record: Import) -> SafeString:
        return badge(record.get_state_display(), TONES[ImportState(record.state)])

    @display(description="Rows", ordering="total")
    def rows_shown(self, record: Import) -> str:
        return f"{record.done:,} of {record.total:,}" if record.is_in_progress else f"{record.total:,}"


site.register(Import, ImportPage)
