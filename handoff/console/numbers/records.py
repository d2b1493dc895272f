"""What the engine keeps: history, handoffs, clocks and alarms, to be read by whoever sees the lead."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.admin import display
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from handoff.console.frame.changelist import BoundedRows
from handoff.console.frame.dates import NumberedDateFilter, RangeDateFilter
from handoff.console.frame.page import Kept
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import clock_state, moment, time_left
from handoff.console.leads.act_facts import facts_in_words
from handoff.models import Handoff
from leads.models import Lead, Reason, State, Transition
from leads.search import SEARCH_HELP
from sla.durations import in_words
from sla.models import Alarm, Clock, ClockState
from sla.standing import with_warning


class RecordPage(Kept):
    """Rows of leads. `lead_path` leads to the lead of a row."""

    lead_path = "lead"

    def get_queryset(self, request: HttpRequest) -> Any:
        seen = Lead.objects.visible_to(viewer(request))
        return self.model.objects.filter(**{f"{self.lead_path}__in": seen})

    def link(self, lead: Lead) -> SafeString:
        url = reverse("admin:leads_lead_change", args=[lead.pk])
        return format_html('<a href="{}" class="row-link">{}</a>', url, lead)


class TransitionPage(RecordPage):
    title = "History"
    list_display = ["moment_shown", "lead_shown", "verb", "moved", "who", "via"]
    list_filter = [("verb", ChoicesDropdownFilter), ("via", ChoicesDropdownFilter), ("at", RangeDateFilter)]
    list_select_related = ["lead", "by", "taken_back"]
    search_fields = ["lead__name"]
    search_help_text = SEARCH_HELP
    ordering = ["-at", "-pk"]
    sortable_by = ["moment_shown"]
    fields = [
        "lead_shown",
        "moved",
        "cycle",
        "who",
        "why",
        "moment_shown",
        "recorded",
        "via",
        "historical",
        "request_id",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """All that is written, also what was taken back."""
        seen = Lead.objects.visible_to(viewer(request))
        return Transition.written.filter(lead__in=seen)

    def title_of(self, obj: Any) -> str:
        return f"{obj.get_verb_display()}: {obj.lead}"

    @display(description="Why")
    def why(self, act: Transition) -> SafeString:
        reasons = dict(Reason.objects.values_list("code", "label"))
        return format_html_join("", "<div>{} {}</div>", facts_in_words(act.facts, reasons, roles=())) or SafeString("–")

    @display(description="Recorded")
    def recorded(self, act: Transition) -> SafeString:
        return moment(act.recorded_at)

    @display(description="When", ordering="at")
    def moment_shown(self, act: Transition) -> SafeString:
        return moment(act.at)

    @display(description="Lead")
    def lead_shown(self, act: Transition) -> SafeString:
        return self.link(act.lead)

    @display(description="Move")
    def moved(self, act: Transition) -> str:
        moves = act.from_state != act.to_state
        return f"{State(act.from_state).label} → {State(act.to_state).label}" if moves else "–"

    @display(description="By")
    def who(self, act: Transition) -> str:
        return str(act.by or "The system")


class ClockRows(BoundedRows):
    """What runs, by when it is due; then what has ended, the latest first."""

    def parts(self, request: HttpRequest) -> Sequence[Any]:
        running = self.queryset.filter(stopped_at=None).order_by("due_at", "pk")
        ended = self.queryset.filter(stopped_at__isnull=False)
        match request.GET.get("state__exact", ""):
            case "":
                return [running, ended]
            case ClockState.RUNNING:
                return [running]
        return [ended]


class ClockPage(RecordPage):
    title = "Clocks"
    empty = "No clock has run. A clock starts when a lead comes to a state that a policy measures."
    list_display = ["lead_shown", "metric", "policy", "owner", "stands", "started", "due", "left"]
    list_display_links = ["metric"]
    fields = ["lead_shown", "metric", "cycle", "round", "policy", "calendar", "target", "stands"]
    fields += ["started", "due", "stopped", "error"]
    list_filter = [("metric", ChoicesDropdownFilter), ("state", ChoicesDropdownFilter), ("due_at", RangeDateFilter)]
    list_select_related = ["lead", "policy", "owner"]
    search_fields = ["lead__name"]
    search_help_text = SEARCH_HELP

    ordering = ["-due_at", "-pk"]
    sortable_by: ClassVar[list[str]] = []  # what runs stands first, and no index knows that order of all
    sorted_first = "due"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedRows]:  # noqa: ARG002
        return ClockRows

    def get_queryset(self, request: HttpRequest) -> Any:
        return with_warning(super().get_queryset(request))

    @display(description="Lead")
    def lead_shown(self, clock: Clock) -> SafeString:
        return self.link(clock.lead)

    @display(description="State", ordering="state")
    def stands(self, clock: Clock) -> SafeString:
        return clock_state(clock)

    @display(description="Started", ordering="started_at")
    def started(self, clock: Clock) -> SafeString:
        return moment(clock.started_at)

    @display(description="Due", ordering="due_at")
    def due(self, clock: Clock) -> SafeString:
        return moment(clock.due_at)

    @display(description="Stopped")
    def stopped(self, clock: Clock) -> SafeString:
        return moment(clock.stopped_at)

    @display(description="Target")
    def target(self, clock: Clock) -> str:
        return in_words(clock.target_seconds, exact=True)

    @display(description="Time left")
    def left(self, clock: Clock) -> SafeString:
        return time_left(clock) if clock.stopped_at is None else SafeString("–")


class AlarmPage(RecordPage):
    title = "Alarms"
    lead_path = "clock__lead"
    list_display = ["due_shown", "lead_shown", "step_shown", "fired", "superseded"]
    list_filter = ["superseded", ("fired_at", NumberedDateFilter)]
    list_select_related = ["clock__lead", "step"]
    ordering = ["-pk"]  # as they fired
    sortable_by: ClassVar[list[str]] = []
    sorted_first = "-fired"
    fields = ["lead_shown", "step_shown", "due_shown", "fired", "superseded", "done"]

    @display(description="Due", ordering="due_at")
    def due_shown(self, alarm: Alarm) -> SafeString:
        return moment(alarm.due_at)

    @display(description="Lead")
    def lead_shown(self, alarm: Alarm) -> SafeString:
        return self.link(alarm.clock.lead)

    @display(description="Step")
    def step_shown(self, alarm: Alarm) -> str:
        return f"{alarm.step.get_kind_display()}: {alarm.clock.get_metric_display().lower()}"

    @display(description="Fired", ordering="fired_at")
    def fired(self, alarm: Alarm) -> SafeString:
        return moment(alarm.fired_at)

    @display(description="Done")
    def done(self, alarm: Alarm) -> str:
        """What its step did besides telling, or why it did nothing."""
        if alarm.to_do:
            return "Still to be done"
        given = f"Given to {alarm.done_by.owner or 'the queue'}." if alarm.done_by else ""
        return f"{given} {alarm.note}".strip() or "–"


class HandoffPage(RecordPage):
    title = "Handoffs"
    list_display = ["lead_shown", "cycle", "offered", "offered_to", "definition", "decision", "decided_by", "decided"]
    list_display_links = ["cycle"]
    list_filter = [("decision", ChoicesDropdownFilter), ("offered_at", RangeDateFilter)]
    list_select_related = ["lead", "offered_to", "decided_by", "definition"]
    search_fields = ["lead__name"]
    search_help_text = SEARCH_HELP
    ordering = ["-offered_at", "-pk"]
    sortable_by = ["offered"]
    fields = ["lead_shown", "cycle", "definition", "offered", "decision", "decided"]

    @display(description="Lead")
    def lead_shown(self, handoff: Handoff) -> SafeString:
        return self.link(handoff.lead)

    @display(description="Offered", ordering="offered_at")
    def offered(self, handoff: Handoff) -> SafeString:
        return moment(handoff.offered_at)

    @display(description="Decided", ordering="decided_at")
    def decided(self, handoff: Handoff) -> SafeString:
        return moment(handoff.decided_at)


site.register(Transition, TransitionPage)
site.register(Clock, ClockPage)
site.register(Alarm, AlarmPage)
site.register(Handoff, HandoffPage)
