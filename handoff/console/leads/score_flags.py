"""Flags on scores: what sales calls not indicative, by rule, and the answers of both sides."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import display
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handoff.agreement import score_flags
from handoff.console.frame.changelist import CappedPaginator
from handoff.console.frame.dialogs import back, dress, is_in_dialog, leave
from handoff.console.frame.page import Kept
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import moment
from handoff.models import FlagDecision, ScoreFlag
from handoff.refusals import Refused
from leads.models import MARKETING, Lead, Role


class AnswerForm(forms.Form):
    """What becomes of the rule."""

    decision = forms.ChoiceField(choices=FlagDecision.choices)
    note = forms.CharField(max_length=2000, label="Why", widget=forms.Textarea(attrs={"rows": 3}))


class FlagPage(Kept):
    title = "Flags on scores"
    readers = frozenset({*MARKETING, Role.SALES_MANAGER, Role.REVOPS})
    empty = "Nobody has flagged a part of a score. Sales does so on the page of a lead."
    paginator = CappedPaginator
    list_display = ["__str__", "lead_shown", "evidence", "reason", "by", "since", "answer_shown"]
    list_display_links = None
    list_filter = ["decision", "rule"]
    list_select_related = ["lead", "by", "decided_by"]
    change_list_template = "handoff/console/score_flags.html"
    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_view_permission(request)  # a flag is read in the list

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(lead__in=Lead.objects.visible_to(viewer(request)))

    def above(self, request: HttpRequest, changelist: ChangeList) -> Mapping[str, Any]:  # noqa: ARG002
        return {"counts": score_flags.counts()}

    def get_urls(self) -> list[URLPattern]:
        return [self.extra_path("answer", self.answer_view), *super().get_urls()]

    def answer_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask what becomes of the rule, or keep the answer."""
        user = viewer(request)
        if not user.has_role(*score_flags.ANSWERING):
            raise PermissionDenied
        flag, to = get_object_or_404(self.get_queryset(request), pk=pk), back(request, self.url("changelist"))
        form = AnswerForm(request.POST if request.method == "POST" else None, auto_id="fact_%s")
        if form.is_bound and form.is_valid() and _is_answered(request, form, flag):
            return leave(request, to)
        dress(form)
        context = {"title": f"Answer: {flag}", "submit": "Answer", "tone": "primary", "form": form, "back": to}
        context |= {"action": request.get_full_path(), "explained": f"{flag.by} writes: {flag.reason}"}
        if is_in_dialog(request):
            return TemplateResponse(request, "handoff/console/dialog_body.html", context)
        return TemplateResponse(request, "handoff/console/dialog.html", site.each_context(request) | context)

    @display(description="Lead")
    def lead_shown(self, flag: ScoreFlag) -> SafeString:
        url = reverse("admin:leads_lead_change", args=[flag.lead_id])
        return format_html('<a href="{}" class="row-link">{}</a>', url, flag.lead)

    @display(description="Since", ordering="created_at")
    def since(self, flag: ScoreFlag) -> SafeString:
        return moment(flag.created_at)

    @display(description="Answer")
    def answer_shown(self, flag: ScoreFlag) -> SafeString | str:
        if flag.decision:
            return f"{flag.get_decision_display()}: {flag.note} ({flag.decided_by})"
        url = self.url("answer", flag.pk)
        return format_html('<a href="{}" class="act act-plain" data-dialog aria-haspopup="dialog">Answer</a>', url)


def _is_answered(request: HttpRequest, form: AnswerForm, flag: ScoreFlag) -> bool:
    try:
        score_flags.answer(flag.pk, by=viewer(request), **form.cleaned_data)
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return False
    messages.success(request, f"Answered: {flag}.")
    return True


site.register(ScoreFlag, FlagPage)
