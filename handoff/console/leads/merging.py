"""The page of a merge: pick the lead that stays, look at the two side by side, choose the facts, and merge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from handoff import workflow
from handoff.console.frame.site import site, viewer
from handoff.console.leads.picking import two_lines_of
from handoff.doors import door
from handoff.refusals import Refused
from handoff.workflow import duplicates, merge_rules
from handoff.workflow.doubts import doubts
from handoff.workflow.facts.merging import choosable
from handoff.workflow.merge_outlook import carried_over, differing
from handoff.workflow.other_leads import LONGEST_SEARCH, SLOW, TooSlow, likely, others
from leads.facts import Fact
from leads.finding import is_id
from leads.models import Lead, User, Verb, Via

CHOICE = "choice_"
NOT_A_LEAD = "This is not the number of another lead: search by name, company, email, phone or number."


@dataclass(frozen=True)
class Row:
    """One fact of the two leads. Where both have it, whoever may edit it chooses."""

    fact: Fact
    of_gone: str
    of_stays: str
    is_taken: bool
    is_choice: bool


def merge_page(request: HttpRequest, lead: Lead, hindrance: str) -> HttpResponse:
    """Pick another lead, and merge this one into it. `hindrance` is why this one cannot be merged at all."""
    user = viewer(request)
    into = _other(user, lead, request.POST.get("into") or request.GET.get("into", ""))
    if request.method != "POST" or into is None or hindrance:
        return _show(request, lead, into, hindrance)
    note, take = request.POST.get("note", ""), _taken(request.POST)
    try:
        facts = {"into": into.pk, "take": take, "note": note}
        workflow.perform(Verb.MERGE, lead.pk, by=user, door=door(Via.CONSOLE), facts=facts)
    except Refused as refusal:
        return _show(request, lead, into, refusal.message, take, note)
    undo = f"{reverse('admin:act', args=[Verb.UNMERGE, lead.pk])}?{urlencode({'next': _page_of(into)})}"
    words = format_html('Merged {} into {}. <a href="{}" data-dialog class="underline">Undo</a>', lead, into, undo)
    messages.success(request, words)
    return redirect(_page_of(into))


def _other(user: User, lead: Lead, text: str) -> Lead | None:
    """The lead that is meant by a number, if this person may see it, and it is another one that is still there."""
    return others(user, lead).select_related("team", "campaign").filter(pk=text).first() if is_id(text) else None


def _taken(posted: Any) -> list[str]:
    """The facts for which the lead that vanishes was chosen."""
    chosen = (name.removeprefix(CHOICE) for name in posted if name.startswith(CHOICE) and posted[name] == "gone")
    return sorted(chosen)


def _show(
    request: HttpRequest,
    lead: Lead,
    into: Lead | None,
    complaint: str = "",
    take: Sequence[str] = (),
    note: str = "",
) -> HttpResponse:
    user, asked = viewer(request), request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    context: dict[str, Any] = {
        "title": f"Merge {lead}",
        "gone": two_lines_of(lead),
        "complaint": complaint,
        "asked": asked,
        "note": note,
        "back": _page_of(lead),
    }
    if into is None:
        if request.GET.get("into") or request.POST.get("into"):
            context["complaint"] = complaint or NOT_A_LEAD
        context["suggested"] = _suggested(user, lead)
        try:
            context["results"] = _results(user, lead, asked)
        except TooSlow:
            context |= {"results": None, "complaint": SLOW}
        context["picker"] = reverse("admin:find_leads", args=[lead.pk])
    else:
        context |= _side_by_side(user, lead, into, complaint, take)
    return TemplateResponse(request, "handoff/console/merge.html", site.each_context(request) | context)


def _side_by_side(user: User, lead: Lead, into: Lead, complaint: str, take: Sequence[str]) -> Mapping[str, Any]:
    in_advance = complaint or merge_rules.complaint(lead, into)
    choices = {each.name for each in choosable(user)}
    return {
        "complaint": in_advance,
        "doubts": doubts(lead, into),
        "stays": two_lines_of(into),
        "rows": [
            Row(
                fact,
                mine,
                theirs,
                is_taken or fact.name in take,
                fact.name in choices and bool(mine and theirs and mine != theirs),
            )
            for fact, mine, theirs, is_taken in differing(lead, into, user.roles)
        ],
        "outlook": carried_over(lead, into),
        "swapped": f"{reverse('admin:act', args=[Verb.MERGE, into.pk])}?{urlencode({'into': lead.pk})}",
    }


def _results(user: User, lead: Lead, asked: str) -> list[dict[str, Any]] | None:
    """The leads that every word of a search fits; None where nothing was asked."""
    return [_offered(lead, other) for other in likely(user, lead, asked)] if asked else None


def _suggested(user: User, lead: Lead) -> list[dict[str, Any]]:
    return [
        _offered(lead, other) | {"score": pair.score, "reasons": "; ".join(pair.reasons)}
        for pair, other in duplicates.pairs_of(lead, user)
    ]


def _offered(lead: Lead, other: Lead) -> dict[str, Any]:
    pick = f"{reverse('admin:act', args=[Verb.MERGE, lead.pk])}?into={other.pk}"
    return two_lines_of(other) | {"doubts": doubts(lead, other), "pick": pick}


def _page_of(lead: Lead) -> str:
    return reverse("admin:leads_lead_change", args=[lead.pk])
