"""Bulk acts: who changed many clocks at once, when and why, and how far it has come."""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from handoff.amending import bulk
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.dates import RangeDateFilter
from handoff.console.frame.page import REVOPS, Kept, Tool
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import badge, moment
from handoff.models import BulkAct, WorkState
from leads.models import Lead, Role

TONES = {
    WorkState.WAITING: "info",
    WorkState.RUNNING: "info",
    WorkState.DONE: "success",
    WorkState.STOPPED: "warning",
}
EXPLAINED = "What is done stays. What is left can be asked for again, with the same page."


class BulkActPage(Kept):
    title = "Bulk acts"
    empty = "No bulk act yet. Applying a policy to running clocks is one, and excusing the breaches of a period."
    readers = REVOPS
    change_form_template = "handoff/console/bulk_act.html"
    list_display = ["act", "by", "asked", "state_badge", "progress", "refused", "finished"]
    list_display_links = ["act"]
    list_filter = [("kind", ChoicesDropdownFilter), ("state", ChoicesDropdownFilter), ("created_at", RangeDateFilter)]
    list_select_related = ["by", "policy"]
    search_fields = ["by__username", "by__first_name", "reason", "policy__name"]
    fields = ["act", "due_from", "due_before", "reason", "by", "asked", "started", "finished"]

    def get_urls(self) -> list[URLPattern]:
        return [self.extra_path("stop", self.stop_view), *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:  # noqa: ARG002
        asks_for_period = obj is None or obj.start is not None
        return [name for name in self.fields if asks_for_period or name not in ("due_from", "due_before")]

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:  # noqa: ARG002
        return [Tool("Stop", self.url("stop", obj.pk), "danger")] if obj.is_unfinished else []

    def beside(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:  # noqa: ARG002
        leads = Lead.objects.in_bulk([lead for lead, _words in obj.refusals])
        refusals = [(leads[lead], words) for lead, words in obj.refusals if lead in leads]
        return {"state": self.state_badge(obj), "refusals": refusals}

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not viewer(request).has_role(Role.REVOPS):
            raise PermissionDenied
        act = get_object_or_404(BulkAct.objects.select_related("policy"), pk=pk)

        def do() -> str:
            return f"Stopped: {act}." if bulk.stop(act, by=viewer(request)) else f"It had finished already: {act}."

        return confirm(request, Question(f"Stop: {act}", EXPLAINED, "Stop"), self.url("change", pk), do)

    @display(description="Act", ordering="kind")
    def act(self, act: BulkAct) -> str:
        return str(act)

    @display(description="Due from")
    def due_from(self, act: BulkAct) -> SafeString:
        return moment(act.start)

    @display(description="Due before")
    def due_before(self, act: BulkAct) -> SafeString:
        return moment(act.end)

    @display(description="Asked for", ordering="created_at")
    def asked(self, act: BulkAct) -> SafeString:
        return moment(act.created_at)

    @display(description="Started")
    def started(self, act: BulkAct) -> SafeString:
        return moment(act.started_at)

    @display(description="Finished", ordering="finished_at")
    def finished(self, act: BulkAct) -> SafeString:
        return moment(act.finished_at)

    @display(description="State", ordering="state")
    def state_badge(self, act: BulkAct) -> SafeString:
        return badge(act.get_state_display(), TONES[WorkState(act.state)])

    @display(description="How far")
    def progress(self, act: BulkAct) -> str:
        return f"{act.counted:,} of {act.total:,}"


site.register(BulkAct, BulkActPage)
