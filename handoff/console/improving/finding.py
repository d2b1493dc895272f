"""The page Improve: what let rejected leads through, and which change of the definition would have withheld them."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST

from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import moment
from handoff.console.improving.wording import criterion_of, points, rate, with_amounts
from handoff.improving.asking import HandoffsForm
from handoff.improving.cases import Filter
from handoff.improving.drafting import DRAFTERS, draft_change
from handoff.improving.finder import Finding, find
from handoff.improving.intervals import difference
from handoff.improving.pointing import Let, Unasked
from handoff.improving.search import LEAST_REJECTED, Proposal
from handoff.refusals import Refused
from leads.conditions import in_words, is_hidden, label_of
from leads.models import Reason, Role, User

MOST = 20_000
"""Handoffs: with more, the page would keep people waiting. The command reads all."""


class FinderForm(HandoffsForm):
    """Which rejections are looked into."""

    reasons = forms.ModelMultipleChoiceField(
        Reason.objects.all(), required=False, help_text="Without any: those that count against marketing."
    )

    def chosen(self) -> Filter:
        asked, plain = self.cleaned_data, super().chosen()
        reasons = tuple(sorted(reason.pk for reason in asked["reasons"]))
        return Filter(plain.start, plain.end, plain.campaign, plain.source, reasons)


def page(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    if not user.roles:
        raise PermissionDenied
    form = FinderForm(request.GET)
    finding = find(form.chosen(), user.roles, MOST) if form.is_valid() else None
    context = {
        **site.each_context(request),
        "title": "Improve the definition",
        "question": form,
        "finding": finding,
        "least": LEAST_REJECTED,
        "may_draft": user.has_role(*DRAFTERS),
        "may_map": user.has_role(Role.REVOPS),
        **(_shown(finding, user) if finding else {}),
    }
    return TemplateResponse(request, "handoff/console/improving/finder.html", context)


def _shown(finding: Finding, user: User) -> dict[str, Any]:
    pairs = zip(finding.proposals, finding.lost, strict=True)
    labels = dict(Reason.objects.values_list("pk", "label"))
    return {
        "let_through": [_let(each, finding, user, labels) for each in finding.let_through],
        "unasked": [_unasked(each, user, labels) for each in finding.unasked],
        "proposals": [_proposal(proposal, lost, finding) for proposal, lost in pairs],
        "split": moment(finding.split),
        "since": moment(finding.since) if finding.since else "",
    }


def _let(let: Let, finding: Finding, user: User, labels: Mapping[int, str]) -> dict[str, Any]:
    tighter = [
        {"words": in_words(condition), "proposal": proposal.whole}
        for proposal in finding.proposals
        for condition in proposal.conditions
        if condition["field"] == let.condition["field"] and len(proposal.conditions) == 1
    ]
    shown = {"criterion": criterion_of(let.condition, user), "let": let, "tighter": tighter[:1]}
    return {**shown, "reasons": _reasons(let.reasons, labels)}


def _unasked(unasked: Unasked, user: User, labels: Mapping[int, str]) -> dict[str, Any]:
    is_seen = not is_hidden({"field": unasked.name}, user.roles)
    name = label_of(unasked.name) if is_seen else "A restricted fact"
    return {"label": name, "rejected": unasked.rejected, "reasons": _reasons(unasked.reasons, labels)}


def _reasons(reasons: Mapping[int, int], labels: Mapping[int, str]) -> str:
    return ", ".join(f"{labels[pk]} {rejected:,}" for pk, rejected in reasons.items())


def _proposal(proposal: Proposal, lost: Mapping[str, Decimal], finding: Finding) -> dict[str, Any]:
    in_force = {each["field"] for each in finding.definition.criteria} if finding.definition else set()
    return {
        "words": [in_words(each) for each in proposal.conditions],
        "is_new": [each["field"] not in in_force for each in proposal.conditions],
        "effect": proposal.whole,
        "before": rate(proposal.whole.acceptance),
        "after": rate(proposal.whole.kept),
        "gone": rate(proposal.whole.gone),
        "gap": points(difference(proposal.whole.kept, proposal.whole.gone)),
        "later": proposal.later,
        "later_gap": points(difference(proposal.later.kept, proposal.later.gone)),
        "lost": with_amounts({currency: f"{amount:.2f}" for currency, amount in lost.items()}),
        "tries": proposal.tries,
        "conditions": json.dumps(proposal.conditions),
    }


@require_POST
def draft_view(request: HttpRequest) -> HttpResponse:
    """Write the draft, and open its replay."""
    user = viewer(request)
    if not user.has_role(*DRAFTERS):
        raise PermissionDenied
    try:
        written = draft_change(_conditions(request), by=user, seen=request.POST.get("seen", ""))
    except Refused as refusal:
        messages.warning(request, refusal.message)
        return redirect("admin:finder")
    messages.success(request, f"The {written} is drafted. This is its replay; both sides sign it on its own page.")
    return redirect("admin:replay", written.pk)


def _conditions(request: HttpRequest) -> list[Any]:
    """Those of the proposal; what no page has sent is refused as no condition at all."""
    try:
        sent = json.loads(request.POST.get("conditions", ""))
    except ValueError:
        return []
    return sent if isinstance(sent, list) else []


site.mount("finder/", page, "finder")
site.mount("finder/draft/", draft_view, "finder_draft")
