"""Disputes: both arguments side by side with the clock until the decision, and the decision of an arbiter."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from handoff import workflow
from handoff.console.frame.changelist import BoundedRows
from handoff.console.frame.counting import capped, counted
from handoff.console.frame.dialogs import back, dress, is_in_dialog, leave
from handoff.console.frame.page import REVOPS, Kept
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import ago, time_left
from handoff.console.leads.acting import refusal_in_advance
from handoff.console.leads.answer_rows import evidence_shown
from handoff.console.leads.answering import DECISIONS
from handoff.console.leads.verbs import LOOKS, past_tense
from handoff.doors import door
from handoff.models import Dispute, DisputeDecision, Rejection
from handoff.refusals import FactsRefused, Refused
from handoff.workflow import rights
from handoff.workflow.facts.marketing import DecisionFacts
from leads.models import Lead, State, User, Verb, Via
from sla.metrics import Metric
from sla.models import Clock
from sla.standing import with_warning

CLOCK = Clock.objects.filter(metric=Metric.TIME_TO_DECIDE, lead=OuterRef("rejection__lead"), stopped_at=None)
DECIDED_ALREADY = "This dispute is decided: {decision} by {by}, {when}."


def open_disputes() -> QuerySet[Dispute]:
    """Those that can be decided: marketing may have sent the lead on before anybody did."""
    later = Rejection.objects.filter(lead=OuterRef("rejection__lead"), pk__gt=OuterRef("rejection"))
    rejected = Dispute.objects.filter(decision="", rejection__lead__state=State.REJECTED)
    return rejected.filter(~Exists(later), rejection__lead__merged_into=None)


def waiting_for(user: User) -> int:
    """How many disputes this person may decide, up to a bound. A party of one does not decide it."""
    if not rights.arbitrates(user, None):  # type: ignore[arg-type] # the same for every lead
        return 0
    return counted(open_disputes().exclude(by=user).exclude(rejection__by=user))


class DecisionFilter(DropdownFilter):  # type: ignore[misc]
    """The open ones, unless others are asked for."""

    title = "decision"
    parameter_name = "decided"
    all_option = ("", "Open")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [*DisputeDecision.choices, ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Dispute]) -> QuerySet[Dispute]:  # noqa: ARG002
        wanted = self.value()
        if not wanted:
            return queryset.filter(pk__in=open_disputes().values("pk"))
        return queryset if wanted == "all" else queryset.filter(decision=wanted)


class DisputeRows(BoundedRows):
    """The rows of one page, each with its clock and, for an arbiter, the way to decide it."""

    def dress(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        _dress(request, rows)


def _dress(request: HttpRequest, disputes: Sequence[Any]) -> None:
    user, here = viewer(request), request.get_full_path()
    leads = [dispute.rejection.lead_id for dispute in disputes if not dispute.decision]
    running = Clock.objects.filter(metric=Metric.TIME_TO_DECIDE, lead__in=leads, stopped_at=None)
    clocks = {clock.lead_id: clock for clock in with_warning(running)}
    others = {dispute.rejection.duplicate_of_id for dispute in disputes} - {None}
    seen = Lead.objects.visible_to(user).in_bulk(others) if others else {}
    for dispute in disputes:
        lead = dispute.rejection.lead
        dispute.is_seen = rights.may(user, Verb.COMMENT, lead)
        dispute.evidence_shown = evidence_shown(dispute.rejection, seen)
        dispute.due_shown = time_left(clocks.get(lead.pk)) if lead.pk in clocks else ""
        dispute.ago_shown, dispute.decided_shown = ago(dispute.at), ago(dispute.decided_at)
        url = f"{reverse('admin:decide', args=[dispute.pk])}?{urlencode({'next': here})}"
        dispute.decide_url = url if not _hindrance(dispute, user) else ""


class DisputePage(Kept):
    title = "Disputes"
    acting = REVOPS
    acts = "decide these"
    empty = "No dispute waits for a decision. One is opened when marketing contests a rejection."
    change_list_template = "handoff/console/disputes.html"
    list_display = ["__str__"]
    list_display_links = None
    list_filter = [DecisionFilter]
    list_select_related = [
        "rejection__lead__campaign", "rejection__lead__owner", "rejection__reason", "rejection__by", "by", "decided_by",
    ]  # fmt: skip
    search_fields = ["rejection__lead__name", "rejection__lead__company", "argument", "rejection__note"]
    search_help_text = "Lead, company, argument or note"
    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_view_permission(request)  # a dispute is read in the list and in its dialog

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:  # noqa: ARG002
        return Dispute.objects.annotate(due=Subquery(CLOCK.values("due_at")[:1]))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """What is due first, where only open ones are listed; else the newest."""
        if request.GET.get("decided"):
            return ["-pk"]
        return [F("due").asc(nulls_last=True), "at", "pk"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002
        return DisputeRows

    def above(self, request: HttpRequest, changelist: ChangeList) -> Mapping[str, Any]:  # noqa: ARG002
        here = request.GET.get("decided", "")
        number = capped(counted(open_disputes()))
        tabs = [("", f"Open {number}"), *((value, label) for value, label in DisputeDecision.choices), ("all", "All")]
        return {"tabs": [{"query": f"?decided={key}", "label": label, "active": here == key} for key, label in tabs]}


def decide(request: HttpRequest, dispute_id: int) -> HttpResponse:
    """Show both arguments, and take one of the two decisions with its grounds."""
    related = ("rejection__lead__owner", "rejection__reason", "rejection__by", "by", "decided_by")
    seen = Dispute.objects.filter(rejection__lead__in=Lead.objects.visible_to(viewer(request)))
    dispute = get_object_or_404(seen.select_related(*related), pk=dispute_id)
    to = back(request, reverse("admin:handoff_dispute_changelist"))
    verb = request.POST.get("verb", "")
    if request.method != "POST" or verb not in DECISIONS or _hindrance(dispute, viewer(request)):
        return _ask(request, dispute, to)
    lead, facts = dispute.rejection.lead, {"decision": request.POST.get("decision", "")}
    try:
        workflow.perform(verb, lead.pk, by=viewer(request), door=door(Via.CONSOLE), facts=facts)
    except FactsRefused as refusal:
        return _ask(request, dispute, to, refusal)
    except Refused as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, f"{past_tense(verb)} {lead}.")
    return leave(request, to)


def _hindrance(dispute: Dispute, user: User) -> str:
    """Why this person cannot decide it; empty when they can."""
    if dispute.decision:
        decision, by = dispute.get_decision_display().lower(), dispute.decided_by or "the system"
        day = timezone.localtime(dispute.decided_at)
        return DECIDED_ALREADY.format(decision=decision, by=by, when=f"{day.day} {day:%b %Y}")
    if user in (dispute.by, dispute.rejection.by):
        return "You are a party of this dispute: another arbiter must decide it."
    return refusal_in_advance(user, Verb.UPHOLD, dispute.rejection.lead)


def _ask(request: HttpRequest, dispute: Dispute, to: str, refusal: FactsRefused | None = None) -> HttpResponse:
    user, rejection = viewer(request), dispute.rejection
    given = request.POST.dict() if request.method == "POST" else None
    form = DecisionFacts(given, lead=rejection.lead, by=user, auto_id="fact_%s")
    if refusal and form.is_valid():
        form.add_error(None, refusal.message)
    form.fields["decision"].label = "Grounds"
    dress(form)
    context: dict[str, Any] = {
        "title": f"Decide the dispute about {rejection.lead}",
        "dispute": dispute,
        "rejection": rejection,
        "lead_url": reverse("admin:leads_lead_change", args=[rejection.lead_id]),
        "evidence": evidence_shown(rejection, _seen(user, rejection)),
        "notice": _hindrance(dispute, user),
        "form": form,
        "decisions": [(verb, LOOKS[verb].label, LOOKS[verb].explained) for verb in DECISIONS],
        "action": request.get_full_path(),
        "back": to,
    }
    if is_in_dialog(request):
        return TemplateResponse(request, "handoff/console/decide_body.html", context)
    return TemplateResponse(request, "handoff/console/decide.html", site.each_context(request) | context)


def _seen(user: User, rejection: Rejection) -> dict[int, Lead]:
    return Lead.objects.visible_to(user).in_bulk([rejection.duplicate_of_id] if rejection.duplicate_of_id else [])


site.register(Dispute, DisputePage)
site.mount("decide/<int:dispute_id>/", decide, "decide")
