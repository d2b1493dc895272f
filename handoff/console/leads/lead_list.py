"""Leads as rows: the columns, the buttons of each row, and the CSV of what is filtered."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from django.contrib.admin import display
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter

from handoff.console.frame import export
from handoff.console.frame.changelist import BoundedRows
from handoff.console.frame.page import EVERYBODY, Page
from handoff.console.frame.site import viewer
from handoff.console.frame.words import pause_of, snooze_of, source_of, state_of, time_left, two_lines, with_block
from handoff.console.leads import attributes, bulk
from handoff.console.leads.answering import last_rejections, still_open
from handoff.console.leads.row_acts import offered_at, row_acts
from handoff.console.leads.urgency import is_clocked, is_paused, with_clocks
from handoff.workflow import rights
from leads.facts import Fact, FactType, built_in_facts, value_of
from leads.finding import SEARCHED
from leads.models import MARKETING, Lead, LeadQuerySet, Role
from leads.models.orders import BY_SCORE
from leads.search import SEARCH_HELP
from sla.first_due import due, not_due

BY_FIRST_DUE = {False: ("first_due", "pk"), True: ("-first_due", "-pk")}


def _plain(lead: Lead, wanted: Fact) -> Any:
    """As an import reads it again."""
    value = value_of(lead, wanted)
    return wanted.as_text(value) if wanted.type == FactType.YES_NO else value


EXPORTED: dict[str, export.Column] = {
    "id": lambda lead: lead.pk,
    **{fact.name: partial(_plain, wanted=fact) for fact in built_in_facts()},
    "do_not_contact_since": lambda lead: lead.do_not_contact_since,
    "state": lambda lead: lead.state,
    "entered_at": lambda lead: lead.entered_at,
    "cycle": lambda lead: lead.cycle,
    "owner": lambda lead: lead.owner.username if lead.owner else "",
    "team": lambda lead: lead.team.name if lead.team else "",
    "reason": lambda lead: lead.reason.code if lead.reason else "",
    "next_due_at": lambda lead: lead.next_due,
    "last_touch_at": lambda lead: lead.last_touch_at,
    "created_at": lambda lead: lead.created_at,
}


class DueFilter(DropdownFilter):  # type: ignore[misc]
    title = "clock"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [
            ("overdue", "Overdue"),
            ("running", "Running, not yet due"),
            ("paused", "Paused"),
            ("none", "No clock runs"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        match self.value():
            case "overdue":
                return due(queryset).filter(first_due__lt=timezone.now())
            case "running":
                return due(queryset).filter(first_due__gte=timezone.now())
            case "paused":
                return queryset.filter(is_paused())
            case "none":
                return queryset.filter(~is_clocked())
        return queryset


class LeadRows(BoundedRows):
    """The rows of one page, each with the buttons of what its viewer may do with it."""

    def parts(self, request: HttpRequest) -> Sequence[Any]:
        """What is due first, then the newest of the others; what a filter leaves out is not looked for."""
        name, is_latest_first = self.sorted_by()
        if name not in ("", "due"):
            return [self.queryset]
        rows, asked = self.queryset.order_by(), request.GET.get("due", "")
        is_filtered = "first_due" in rows.query.annotations
        urgent = (rows if is_filtered else due(rows)).order_by(*BY_FIRST_DUE[is_latest_first])
        others = not_due(rows).order_by("-created_at", "-pk")
        return [others] if asked == "none" else [urgent] if is_filtered else [urgent, others]

    def dress(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        user, here = viewer(request), request.get_full_path()
        rejections, offers = last_rejections(rows), offered_at(rows)
        for lead in rows:
            verbs = still_open(rights.can(user, lead, timezone.now()), rejections.get(lead.pk))
            lead.buttons = row_acts(user, lead, verbs, offers.get(lead.pk), here)


class LeadListPage(Page):
    """What every list of leads has."""

    writers: ClassVar[frozenset[str]] = MARKETING | {Role.REVOPS}
    acting = EVERYBODY
    list_display: Sequence[Any] = ["who", "state_badge", "score_shown", "source_shown", "owner_shown", "due", "decide"]
    list_display_links = ["who"]
    sortable_by = ["score_shown", "due"]  # by what an index puts in order
    sorted_first = "due"
    lead_path = "pk"
    list_select_related = ["owner", "team", "campaign", "reason"]
    search_fields = SEARCHED
    search_help_text = SEARCH_HELP
    actions = [bulk.accept_selected, bulk.assign_selected]
    exports = "leads"
    export_name = "admin:leads_lead_export"

    def get_queryset(self, request: HttpRequest) -> LeadQuerySet:
        return with_clocks(Lead.objects.visible_to(viewer(request)))

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [*super().get_list_filter(request), *attributes.filters(viewer(request).roles)]

    def get_ordering(self, request: HttpRequest) -> list[Any]:  # noqa: ARG002
        return ["-created_at", "-pk"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002
        return LeadRows

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The filtered rows of all pages, as CSV."""
        return self.as_csv(request, EXPORTED | attributes.exported(viewer(request).roles), self.exports)

    @display(description="Lead")
    def who(self, lead: Lead) -> SafeString:
        job = ", ".join(part for part in (lead.title, lead.company) if part and part != str(lead))
        return two_lines(with_block(lead, lead), job)

    @display(description="Score", ordering=BY_SCORE)
    def score_shown(self, lead: Lead) -> int | str:
        return "–" if lead.score is None else lead.score

    @display(description="State")
    def state_badge(self, lead: Lead) -> SafeString:
        return two_lines(state_of(lead), pause_of(lead) or snooze_of(lead))

    @display(description="Source", empty_value="–")
    def source_shown(self, lead: Lead) -> Any:
        campaign = lead.campaign.name if lead.campaign else ""
        return two_lines(source_of(lead.source), campaign) if lead.source else campaign or None

    @display(description="Owner")
    def owner_shown(self, lead: Lead) -> SafeString:
        return two_lines(lead.owner or "No one yet", lead.team and lead.team.name)

    @display(description="Time left", ordering="next_due")
    def due(self, lead: Any) -> SafeString:
        clock = lead.running_clocks[0] if lead.running_clocks else None
        return two_lines(time_left(clock), clock.get_metric_display() if clock else "")

    @display(description="Decide")
    def decide(self, lead: Any) -> SafeString:
        done: SafeString = lead.buttons
        return done
