"""Rejections, open to both sides: every one with its reason, and marketing's answer from the row."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.admin import display
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, DropdownFilter, RangeDateFilter, RelatedDropdownFilter
from unfold.views import ChangeList as UnfoldChangeList

from handoff.console.frame import export
from handoff.console.frame.page import Kept
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import ago, badge, clock_state, source_of, time_left, two_lines, with_block
from handoff.console.leads.answering import dispute_of, still_open
from handoff.console.leads.verbs import ORDER, button
from handoff.models import AnswerKind, Rejection
from handoff.workflow import rights
from leads.finding import SEARCHED
from leads.models import Lead, User, Verb
from sla.durations import in_words
from sla.metrics import Metric
from sla.models import Clock, ClockState
from sla.standing import with_warning

ANSWER_CLOCK = Clock.objects.filter(metric=Metric.TIME_TO_ANSWER, started_by=OuterRef("transition"))
LATER = Rejection.objects.filter(lead=OuterRef("lead"), pk__gt=OuterRef("pk"))
ANSWERING = (Verb.ANSWER, Verb.RESUBMIT, Verb.RECYCLE, Verb.DISPUTE, Verb.OVERTURN)
MOST_GROUPS = 6

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


class AnswerFilter(DropdownFilter):  # type: ignore[misc]
    title = "answer"
    parameter_name = "answer_state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        ways = {"open": "Not answered", "overdue": "Not answered, overdue", "met": "Answered in time"}
        return [*ways.items(), ("late", "Answered late"), *AnswerKind.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Rejection]) -> QuerySet[Rejection]:  # noqa: ARG002
        wanted = self.value()
        if not wanted:
            return queryset
        running = ANSWER_CLOCK.filter(stopped_at=None)
        ways = {
            "open": Q(Exists(running)),
            "overdue": Q(Exists(running.filter(due_at__lt=timezone.now()))),
            "met": Q(Exists(ANSWER_CLOCK.filter(state=ClockState.MET))),
            "late": Q(Exists(ANSWER_CLOCK.filter(state=ClockState.BREACHED))),
        }
        return queryset.filter(ways.get(wanted, Q(answer=wanted)))


class RejectionRows(UnfoldChangeList):  # type: ignore[misc]
    """The rows of one page, each with its answer clock and the buttons of who looks."""

    page_num: int
    result_list: list[Any]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.page_num = min(self.page_num, self.paginator.num_pages)
        self.result_list = list(self.result_list)
        acts = [rejection.transition_id for rejection in self.result_list]
        clocks = with_warning(Clock.objects.filter(metric=Metric.TIME_TO_ANSWER, started_by__in=acts))
        by_act = {clock.started_by_id: clock for clock in clocks}
        user, here = viewer(request), request.get_full_path()
        for rejection in self.result_list:
            rejection.clock = by_act.get(rejection.transition_id)
            rejection.buttons = _buttons(user, rejection, here)
            rejection.is_seen = rights.may(user, Verb.COMMENT, rejection.lead)


def _buttons(user: User, rejection: Any, here: str) -> SafeString:
    """What may be answered from this row: only the last rejection of a lead can be, while the lead is rejected."""
    if not rejection.is_last:
        return SafeString("")
    verbs = [verb for verb in rights.can(user, rejection.lead, timezone.now()) if verb in ANSWERING]
    shown: list[SafeString] = []
    for verb in sorted(still_open(verbs, rejection), key=ORDER.index):
        if verb == Verb.ANSWER:
            shown.append(button(verb, rejection.lead, here, "Acknowledge", kind=AnswerKind.ACKNOWLEDGE))
            shown.append(button(verb, rejection.lead, here, "Retire", kind=AnswerKind.RETIRE))
        else:
            shown.append(button(verb, rejection.lead, here))
    return SafeString(" ".join(shown))


class RejectionPage(Kept):
    title = "Rejections"
    empty = "No rejection matches. A rejected lead is listed here with its reason until marketing answers."
    list_display = ["who", "why", "origin", "rejected", "answer_due_shown", "answer_shown", "decide"]
    list_display_links = None
    list_select_related = ["lead__campaign", "lead__owner", "reason", "by", "answered_by", "dispute"]
    list_filter = [
        AnswerFilter,
        ("reason", RelatedDropdownFilter),
        ("lead__campaign", RelatedDropdownFilter),
        ("lead__source", AllValuesCheckboxFilter),
        ("by", RelatedDropdownFilter),
        ("at", RangeDateFilter),
    ]
    search_fields = [*(f"lead__{column}" for column in SEARCHED), "note", "answer_note"]
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rejection]:  # noqa: ARG002
        running = ANSWER_CLOCK.filter(stopped_at=None)
        return Rejection.objects.annotate(
            is_last=~Exists(LATER),
            answer_due=Subquery(ANSWER_CLOCK.values("due_at")[:1]),
            open_due=Subquery(running.values("due_at")[:1]),
        )

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The rejection, knowing which of its leads the viewer may see."""
        rejection = super().get_object(request, *args, **kwargs)
        if rejection is not None:
            seen = Lead.objects.visible_to(viewer(request))
            rejection.is_seen = seen.filter(pk=rejection.lead_id).exists()
            rejection.is_duplicate_seen = seen.filter(pk=rejection.duplicate_of_id).exists()
        return rejection

    def get_ordering(self, request: HttpRequest) -> list[Any]:  # noqa: ARG002
        return [F("open_due").asc(nulls_last=True), "-at", "-pk"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002
        return RejectionRows

    def get_urls(self) -> list[URLPattern]:
        export_url = path("export/", self.admin_site.admin_view(self.export_view), name="handoff_rejection_export")
        return [export_url, *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        return self.as_csv(request, EXPORTED, "rejections")

    def above(self, request: HttpRequest, changelist: ChangeList) -> Mapping[str, Any]:  # noqa: ARG002
        rows = Rejection.objects.filter(pk__in=changelist.queryset.order_by().values("pk"))
        return {
            "groups": [
                {"title": "By reason", "rows": _counted(rows, changelist, "reason__label", "reason__id")},
                {
                    "title": "By campaign",
                    "rows": _counted(rows, changelist, "lead__campaign__name", "lead__campaign__id"),
                },
            ]
        }

    @display(description="Lead", ordering="lead__name")
    def who(self, rejection: Any) -> SafeString:
        lead: Lead = rejection.lead
        shown = with_block(_link(lead) if rejection.is_seen else lead, lead)
        return two_lines(shown, lead.company if lead.company != str(lead) else "")

    @display(description="Reason and note", ordering="reason__label")
    def why(self, rejection: Rejection) -> SafeString:
        return two_lines(
            rejection.reason, format_html('<span class="note">{}</span>', rejection.note) if rejection.note else ""
        )

    @display(description="Duplicate of", empty_value="–")
    def duplicate(self, rejection: Any) -> SafeString | str | None:
        """The other lead; only its number for who may not see it, as it can belong to another team."""
        if rejection.duplicate_of is None:
            return None
        return _link(rejection.duplicate_of) if rejection.is_duplicate_seen else f"lead {rejection.duplicate_of_id}"

    @display(description="Campaign and source", ordering="lead__campaign__name")
    def origin(self, rejection: Rejection) -> SafeString:
        campaign = rejection.lead.campaign
        return two_lines(campaign or "No campaign", source_of(rejection.lead.source))

    @display(description="Rejected", ordering="at")
    def rejected(self, rejection: Rejection) -> SafeString:
        return two_lines(ago(rejection.at), rejection.by or "The system")

    @display(description="Answer clock", ordering=F("answer_due").asc(nulls_last=True))
    def answer_due_shown(self, rejection: Any) -> SafeString:
        clock: Clock | None = rejection.clock
        if clock is None:
            return SafeString("–")
        if clock.stopped_at is None:
            return time_left(clock)
        if clock.due_at is None:
            return clock_state(clock)
        gap = in_words(clock.stopped_at - clock.due_at)
        return two_lines(clock_state(clock), f"{gap} late" if clock.stopped_at > clock.due_at else f"{gap} to spare")

    @display(description="Answer", ordering="answer")
    def answer_shown(self, rejection: Rejection) -> SafeString:
        if not rejection.answer:
            return badge("Not answered", "warning") if rejection.from_state != "raw" else SafeString("–")
        who = f"{rejection.answered_by or 'The system'}"
        kind = AnswerKind(rejection.answer).label
        dispute = dispute_of(rejection)
        if dispute and dispute.decision:
            kind = f"Dispute: {dispute.get_decision_display().lower()}"
        return two_lines(badge(kind, "success", rejection.answer_note), who)

    @display(description="Decide")
    def decide(self, rejection: Any) -> SafeString:
        shown: SafeString = rejection.buttons
        return shown or SafeString("–")


def _link(lead: Lead) -> SafeString:
    url = reverse("admin:leads_lead_change", args=[lead.pk])
    return format_html('<a href="{}" class="row-link">{}</a>', url, lead)


def _counted(rows: QuerySet[Rejection], changelist: ChangeList, label: str, key: str) -> Sequence[Mapping[str, Any]]:
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
