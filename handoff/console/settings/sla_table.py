"""The SLA table: the values that change together, in versions that both sides sign. Other pages draft the changes."""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from handoff.agreement.sla_table import discard, sign, take_out
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.page import Kept
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import badge
from handoff.console.settings.comparing import NEVER
from handoff.console.settings.comparing_sla import IN_FORCE, compare_changes
from handoff.console.settings.signed import SignedPage
from handoff.models import SlaChange, SlaTable, Subject
from leads.models import Role, User

TAKEN_OUT = "The rest of the draft stays, and both sides sign it again. With its last change the draft is discarded."


class SlaTablePage(SignedPage, Kept):
    title = "SLA table"
    signing = (
        "These values come into force as soon as one person of each side has signed them, all at once. Clocks that run "
        "keep theirs, unless the new version of their policy is applied to them."
    )
    empty = (
        "No version has been signed. Where the handoff rules say so, each change of a policy or of a calendar is "
        "drafted, and both sides sign it here."
    )
    sign, discard = staticmethod(sign), staticmethod(discard)
    list_display = ["version_shown", "standing_shown", "changed", "marketing_signatory", "sales_signatory", "since"]
    list_select_related = ["marketing_signatory", "sales_signatory"]
    fieldsets = [(None, {"fields": ["standing_shown", "marketing_signatory", "sales_signatory", "since"]})]
    readonly_fields = ["standing_shown", "since"]
    change_form_outer_after_template = "handoff/console/sla_table.html"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Its changes are made on the pages of policies and calendars."""
        return False

    def get_urls(self) -> list[URLPattern]:
        return [self.extra_path("takeout", self.take_out_view), *super().get_urls()]

    def compared(self, version: SlaTable, user: User) -> dict[str, Any]:
        return {"compared": compare_changes(version.listed, user.roles), "heading": IN_FORCE}

    def words_of(self, version: SlaTable) -> list[tuple[str, Any]]:
        words = format_html_join("", "<li>{}</li>", ((change.in_words,) for change in version.listed))
        return [("Changes", format_html("<ul>{}</ul>", words))]

    def beside(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        if obj is None:
            return {}
        user = viewer(request)
        may_change = obj.active_from is None and user.has_role(Role.REVOPS)
        heading = IN_FORCE if obj.active_from is None else "Before"
        removable = [(change.name, self._out(obj, change)) for change in obj.listed] if may_change else []
        return {**self.compared(obj, user), "heading": heading, "removable": removable}

    def take_out_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Leave one of the changes out of a draft."""
        user = viewer(request)
        if not user.has_role(Role.REVOPS):
            raise PermissionDenied
        table, (about, _, key) = get_object_or_404(SlaTable, pk=pk), request.GET.get("of", "").partition(":")
        change = table.change_of(about, key)
        if change is None or table.active_from:
            raise Http404
        beside = {"compared": compare_changes([change], user.roles), "heading": IN_FORCE}
        carried = {"seen": table.digest}
        question = Question(f"Take out {change.name}", TAKEN_OUT, "Take out", beside=beside, carried=carried)
        is_last = len(table.changes) == 1
        to, seen = reverse("admin:signatures") if is_last else self.url("change", pk), request.POST.get("seen", "")
        return confirm(request, question, to, lambda: f"Taken out: {take_out(pk, about, key, by=user, seen=seen)}.")

    def _out(self, table: SlaTable, change: SlaChange) -> str:
        return f"{self.url('takeout', table.pk)}?of={Subject(change.about).value}:{change.key}"

    @display(description="Version", ordering="version")
    def version_shown(self, table: SlaTable) -> str:
        return f"Version {table.version}"

    @display(description="Changes")
    def changed(self, table: SlaTable) -> str:
        return table.summary

    @display(description="In force since", ordering="active_from")
    def since(self, table: SlaTable) -> SafeString | str:
        return self.active_since(table) if table.active_from else NEVER

    @display(description="Status", ordering="active_from")
    def standing_shown(self, table: SlaTable) -> SafeString:
        return badge("Draft", "warning") if table.active_from is None else badge("Signed", "success")


site.register(SlaTable, SlaTablePage)
