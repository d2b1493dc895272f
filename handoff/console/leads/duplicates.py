"""Possible duplicates: the queue of pairs that wait for a decision, and those of one lead."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import display
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from handoff.console.frame.changelist import BoundedRows
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.dialogs import back
from handoff.console.frame.page import Kept
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import ago, badge, two_lines
from handoff.console.leads.picking import two_lines_of
from handoff.workflow import duplicates, rights
from handoff.workflow.merge_rules import STAGES
from leads.models import Lead, PairState, PossibleDuplicate, State, User, Verb
from leads.search import SEARCH_HELP

LIKELY = 85  # of 100: from there on it is shown as almost certain
_IN_DIALOG = '<a href="{}" class="act act-plain" data-dialog aria-haspopup="dialog" aria-label="{}">{}</a>'
EXPLAINED = "The two stay as they are, and are never suggested again."
_FAR = {**STAGES, State.OPPORTUNITY: 4}


class PairRows(BoundedRows):
    """The rows of one page, each with the buttons of what its viewer may do."""

    def dress(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        user, here = viewer(request), request.get_full_path()
        for pair in rows:
            pair.buttons = buttons(pair, user, here)


class PossibleDuplicatePage(Kept):
    title = "Possible duplicates"
    empty = "No possible duplicates. New leads are compared with all others within seconds."
    list_display = ["score_shown", "one", "other", "why", "seen", "decide"]
    list_display_links = None
    list_filter = [("state", ChoicesDropdownFilter)]
    search_fields = ["first__name"]
    search_help_text = SEARCH_HELP
    list_select_related = ["first__owner", "first__team", "second__owner", "second__team", "decided_by"]
    actions = None
    ordering = ["-score", "-pk"]
    sortable_by = ["score_shown"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_view_permission(request)  # a pair has no page: its two leads have

    def get_urls(self) -> list[URLPattern]:
        return [self.extra_path("not_the_same", self.not_the_same_view), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PossibleDuplicate]:
        """Those that are open, unless another state is asked for."""
        user = viewer(request)
        states = [request.GET.get("state__exact", ""), *request.GET.get("state__in", "").split(",")]
        if any(states):
            return duplicates.likeliest(user, PossibleDuplicate.objects.filter(state__in=states))
        return duplicates.likeliest(user, duplicates.waiting())

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002
        return PairRows

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """By either of the two leads."""
        if not search_term.strip():
            return queryset, False
        ids = self.leads_like(request, search_term)
        return queryset.filter(Q(first__in=ids) | Q(second__in=ids)), False

    def not_the_same_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether the two are two people, or decide it."""
        pairs = PossibleDuplicate.objects.select_related("first", "second")
        pair = duplicates.visible(viewer(request), pairs).filter(pk=pk).first()
        if pair is None:
            raise Http404(f"Possible duplicate {pk} was not found: choose one from the list.")

        def do() -> str:
            duplicates.not_the_same(pk, by=viewer(request))
            return f"Not the same: {pair}."

        shown = [(f"Lead {lead.pk}", f"{lead}\n{two_lines_of(lead)['reached']}") for lead in (pair.first, pair.second)]
        question = Question(f"Not the same: {pair}", EXPLAINED, "Not the same", "primary", shown)
        return confirm(request, question, back(request, self.url("changelist")), do)

    @display(description="Score", ordering="score")
    def score_shown(self, pair: PossibleDuplicate) -> SafeString:
        return score_of(pair)

    @display(description="Lead")
    def one(self, pair: PossibleDuplicate) -> SafeString:
        return _told(pair.first)

    @display(description="Other lead")
    def other(self, pair: PossibleDuplicate) -> SafeString:
        return _told(pair.second)

    @display(description="Why")
    def why(self, pair: PossibleDuplicate) -> SafeString:
        return format_html_join("", '<span class="note">{}</span>', ((reason,) for reason in pair.reasons))

    @display(description="Suggested", ordering="created_at")
    def seen(self, pair: PossibleDuplicate) -> SafeString:
        return ago(pair.created_at)

    @display(description="Decide")
    def decide(self, pair: Any) -> SafeString:
        if pair.state != PairState.OPEN:
            return two_lines(PairState(pair.state).label, f"by {pair.decided_by}" if pair.decided_by else "")
        shown: SafeString = pair.buttons
        return shown or SafeString("–")


def score_of(pair: PossibleDuplicate) -> SafeString:
    return badge(str(pair.score), "danger" if pair.score >= LIKELY else "warning", "; ".join(pair.reasons))


def suggestions_of(lead: Lead, user: User, here: str) -> list[dict[str, Any]]:
    """Whom a lead may be, for its own page."""
    return [
        {
            "score": score_of(pair),
            "other": two_lines_of(other),
            "reasons": "; ".join(pair.reasons),
            "buttons": buttons(pair, user, here),
        }
        for pair, other in duplicates.pairs_of(lead, user)
    ]


def buttons(pair: PossibleDuplicate, user: User, here: str) -> SafeString:
    """Merge the two, or say that they are two people."""
    gone, stays = _direction(pair)
    shown = []
    if rights.may(user, Verb.MERGE, gone):
        url = f"{reverse('admin:act', args=[Verb.MERGE, gone.pk])}?{urlencode({'into': stays.pk})}"
        label = f"Compare and merge {gone} and {stays}"
        shown.append(format_html('<a href="{}" class="act act-primary" aria-label="{}">Compare</a>', url, label))
    if duplicates.may_decide(user, pair):
        url = reverse("admin:leads_possibleduplicate_not_the_same", args=[pair.pk])
        label, link = f"Not the same: {pair}", f"{url}?{urlencode({'next': here})}"
        shown.append(format_html(_IN_DIALOG, link, label, "Not the same"))
    return SafeString(" ".join(shown))


def _direction(pair: PossibleDuplicate) -> tuple[Lead, Lead]:
    """Which of the two vanishes, and which stays: the one with which sales has come further, else the older one."""
    far = {lead: (_FAR.get(State(lead.state), 0), lead.owner_id is not None) for lead in (pair.first, pair.second)}
    return (pair.first, pair.second) if far[pair.second] > far[pair.first] else (pair.second, pair.first)


def _told(lead: Lead) -> SafeString:
    shown = two_lines_of(lead)
    name = format_html('<a href="{}" class="row-link">{}</a> {}', shown["url"], lead, shown["state"])
    parts = [(shown[part],) for part in ("job", "reached") if shown[part]]
    return two_lines(name, format_html_join(SafeString("<br>"), "{}", parts))


site.register(PossibleDuplicate, PossibleDuplicatePage)
