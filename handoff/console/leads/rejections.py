"""Rejections, open to both sides: every one with its reason, and marketing's answer from the row."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin import display
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter

from handoff import workflow
from handoff.console.frame import export
from handoff.console.frame.changelist import BoundedRows
from handoff.console.frame.counting import MOST_COUNTED, capped, counted
from handoff.console.frame.dialogs import back
from handoff.console.frame.page import Kept
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import ago, badge, clock_state, source_of, time_left, two_lines, with_block
from handoff.console.leads.answer_rows import dress_rows
from handoff.console.leads.answering import dispute_of, last_rejection, prefill, unanswered
from handoff.console.leads.rejection_filters import (
    ANSWER_CLOCK,
    OVERDUE,
    RUNNING,
    WAITING,
    AnswerFilter,
    DayFilter,
    PersonFilter,
    SourceFilter,
    in_parts,
)
from handoff.doors import door
from handoff.models import AnswerKind, Rejection
from handoff.refusals import Refused
from handoff.workflow import rights
from leads.models import MARKETING, Lead, State, User, Verb, Via
from leads.search import MOST_MATCHES, READ, search
from sla.durations import in_words
from sla.metrics import Metric
from sla.models import Clock
from sla.standing import with_warning

LATER = Rejection.objects.filter(lead=OuterRef("lead"), pk__gt=OuterRef("pk"))
MOST_GROUPS = 6

GROUPS = (
    ("By reason", "reason__label", "reason__id"),
    ("By campaign", "lead__campaign__name", "lead__campaign__id"),
)

EXPORTED: dict[str, export.Column] = {
    "lead_id": lambda rejection: rejection.lead_id,
    "lead": lambda rejection: str(rejection.lead),
    "company": lambda rejection: rejection.lead.company,
    "rejected_at": lambda rejection: rejection.at,
    "rejected_by": lambda rejection: rejection.by.username if rejection.by else "",
    "from_state": lambda rejection: rejection.from_state,
    "cycle": lambda rejection: rejection.cycle,
    "reason": lambda rejection: rejection.reason.code,
    "counts_against": lambda rejection: rejection.reason.counts_against,
    "note": lambda rejection: rejection.note,
    "campaign": lambda rejection: rejection.lead.campaign.name if rejection.lead.campaign else "",
    "source": lambda rejection: rejection.lead.source,
    "answer": lambda rejection: rejection.answer,
    "answer_note": lambda rejection: rejection.answer_note,
    "answered_by": lambda rejection: rejection.answered_by.username if rejection.answered_by else "",
    "answered_at": lambda rejection: rejection.answered_at,
    "answer_due_at": lambda rejection: rejection.answer_due,
}


class RejectionRows(BoundedRows):
    """The rows of one page, each with its answer clock and what its viewer may do."""

    def parts(self, request: HttpRequest) -> Sequence[Any]:
        asked = request.GET.get("answer_state", "")
        return in_parts(self.queryset, is_overdue=asked == OVERDUE) if asked in WAITING else [self.queryset]

    def dress(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        acts = [rejection.transition_id for rejection in rows]
        clocks = with_warning(Clock.objects.filter(metric=Metric.TIME_TO_ANSWER, started_by__in=acts))
        dress_rows(request, rows, clocks)
        for rejection in rows:
            rejection.due_shown, rejection.answer_shown = _due(rejection), _answer(rejection)
            rejection.ago_shown, rejection.source_shown = ago(rejection.at), source_of(rejection.lead.source)


class RejectionPage(Kept):
    title = "Rejections"
    acting = MARKETING
    acts = "answer these"
    empty = "No rejection matches. A rejected lead is listed here with its reason until marketing answers."
    change_list_template = "handoff/console/rejections.html"
    list_display = ["__str__"]
    list_display_links = None
    list_per_page = 25  # a row has its evidence, its answer and what one may do
    list_select_related = ["lead__campaign", "lead__owner", "reason", "by", "answered_by", "dispute"]
    list_filter = [
        AnswerFilter,
        ("reason", RelatedDropdownFilter),
        ("lead__campaign", RelatedDropdownFilter),
        SourceFilter,
        ("by", PersonFilter),
        ("at", DayFilter),
    ]
    search_fields = ["note"]
    search_help_text = "Name, company, email, phone or note"
    actions = None
    fields = [
        "who",
        "cycle",
        "from_state",
        "reason",
        "note",
        "duplicate",
        "rejected",
        "answer_shown",
        "answer_note",
    ]
    export_name = "admin:handoff_rejection_export"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """By their lead, and the newest by what was written."""
        words = search_term.split()
        if not words:
            return queryset, False
        written = Rejection.objects.filter(pk__in=Rejection.objects.order_by("-at").values("pk")[:READ])
        for word in words:
            written = written.filter(Q(note__icontains=word) | Q(answer_note__icontains=word))
        notes = list(written.order_by().values_list("pk", flat=True)[:MOST_MATCHES])
        return queryset.filter(Q(lead__in=self.leads_like(request, search_term)) | Q(pk__in=notes)), False

    def leads_like(self, request: HttpRequest, text: str) -> list[int]:
        """By email and phone only for who may see them of every lead."""
        return search(Lead.objects.all(), text, by_contact=rights.sees_all(viewer(request))).ids

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rejection]:  # noqa: ARG002
        due = Subquery(ANSWER_CLOCK.values("due_at")[:1])
        return Rejection.objects.annotate(is_last=~Exists(LATER), answer_due=due)

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The rejection, knowing which of its leads the viewer may see."""
        rejection = super().get_object(request, *args, **kwargs)
        if rejection is not None:
            seen = Lead.objects.visible_to(viewer(request))
            rejection.is_seen = seen.filter(pk=rejection.lead_id).exists()
            rejection.is_duplicate_seen = seen.filter(pk=rejection.duplicate_of_id).exists()
        return rejection

    def get_ordering(self, request: HttpRequest) -> list[Any]:  # noqa: ARG002
        return ["-at", "-pk"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002
        return RejectionRows

    def get_urls(self) -> list[URLPattern]:
        export_url = path("export/", self.admin_site.admin_view(self.export_view), name="handoff_rejection_export")
        return [export_url, *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        return self.as_csv(request, EXPORTED, "rejections")

    def above(self, request: HttpRequest, changelist: ChangeList) -> Mapping[str, Any]:
        rows = Rejection.objects.filter(pk__in=changelist.paginator.keys[:MOST_COUNTED])
        return {
            "groups": [{"title": title, "rows": _grouped(rows, changelist, *by)} for title, *by in GROUPS],
            "tabs": _tabs(request),
            "may_answer": viewer(request).has_role(*MARKETING),
        }

    @display(description="Lead", ordering="lead__name")
    def who(self, rejection: Any) -> SafeString:
        lead: Lead = rejection.lead
        shown = with_block(_link(lead) if rejection.is_seen else lead, lead)
        return two_lines(shown, lead.company if lead.company != str(lead) else "")

    @display(description="Duplicate of")
    def duplicate(self, rejection: Any) -> SafeString | str | None:
        """The other lead; only its number for who may not see it, as it can belong to another team."""
        if rejection.duplicate_of is None:
            return None
        return _link(rejection.duplicate_of) if rejection.is_duplicate_seen else f"lead {rejection.duplicate_of_id}"

    @display(description="Rejected", ordering="at")
    def rejected(self, rejection: Rejection) -> SafeString:
        return two_lines(ago(rejection.at), rejection.by or "The system")

    @display(description="Answer", ordering="answer")
    def answer_shown(self, rejection: Rejection) -> SafeString:
        return _answer(rejection)


def _due(rejection: Any) -> SafeString:
    clock: Clock | None = rejection.clock
    if clock is None:
        return SafeString("")
    if clock.stopped_at is None:
        return time_left(clock)
    if clock.due_at is None:
        return clock_state(clock)
    gap = in_words(clock.stopped_at - clock.due_at)
    return two_lines(clock_state(clock), f"{gap} late" if clock.stopped_at > clock.due_at else f"{gap} to spare")


def _answer(rejection: Rejection) -> SafeString:
    if not rejection.answer:
        return badge("Not answered", "warning") if rejection.from_state != State.RAW else SafeString("–")
    kind, dispute = AnswerKind(rejection.answer).label, dispute_of(rejection)
    if dispute:
        kind = f"Dispute: {dispute.get_decision_display().lower() or 'not decided'}"
    return two_lines(badge(kind, "success", rejection.answer_note), rejection.answered_by or "The system")


def _tabs(request: HttpRequest) -> list[Mapping[str, Any]]:
    """What waits and what is overdue, each with its number up to a bound; and all."""
    now, here = timezone.now(), request.GET.get("answer_state", "") or "open"
    waiting, overdue = capped(counted(unanswered())), capped(counted(RUNNING.filter(due_at__lt=now)))
    tabs = [("open", f"To answer {waiting}"), ("overdue", f"Overdue {overdue}"), ("all", "All")]
    return [{"query": f"?answer_state={key}", "label": label, "active": here == key} for key, label in tabs]


def reroute(request: HttpRequest, rejection_id: int) -> HttpResponse:
    """Send a lead to whom sales has named, in one click: resubmit and reassign are one act."""
    user = viewer(request)
    rejection = get_object_or_404(Rejection.objects.select_related("lead"), pk=rejection_id)
    to = back(request, reverse("admin:handoff_rejection_changelist"))
    said = prefill(Verb.RESUBMIT, rejection.lead)
    is_named = bool(said.get("owner") or said.get("team"))
    if request.method == "POST" and is_named and last_rejection(rejection.lead) == rejection:
        whose = User.objects.filter(username=said["owner"]).first() or said["team"]
        facts = {name: said[name] or "" for name in ("owner", "team")}
        facts["fixed"] = f"Given to {whose}, as sales has asked."
        try:
            workflow.perform(Verb.RESUBMIT, rejection.lead_id, by=user, door=door(Via.CONSOLE), facts=facts)
            messages.success(request, f"{rejection.lead} went to {whose}.")
        except Refused as refusal:
            messages.warning(request, refusal.message)
    return redirect(to)


def _link(lead: Lead) -> SafeString:
    url = reverse("admin:leads_lead_change", args=[lead.pk])
    return format_html('<a href="{}" class="row-link">{}</a>', url, lead)


def _grouped(rows: QuerySet[Rejection], changelist: ChangeList, label: str, key: str) -> Sequence[Mapping[str, Any]]:
    """How many of the filtered rejections fall to each value, counted by the database."""
    groups = list(
        rows.order_by().values(label, key).annotate(number=Count("pk")).order_by("-number", label)[:MOST_GROUPS]
    )
    most = groups[0]["number"] if groups else 1
    parameter = f"{key.removesuffix('__id')}__id__exact"
    return [
        {
            "label": group[label] or "No campaign",
            "number": group["number"],
            "share": round(100 * group["number"] / most),
            "query": changelist.get_query_string({parameter: group[key]}, ["p"]) if group[key] else "",
        }
        for group in groups
    ]


site.register(Rejection, RejectionPage)
site.mount("reroute/<int:rejection_id>/", reroute, "reroute")
