"""The score of a lead as its parts, on its page; and the dialog in which sales doubts one."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from handoff.agreement import score_flags
from handoff.console.frame.dialogs import back, dress, is_in_dialog, leave
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import moment
from handoff.models import ScoreFlag
from handoff.refusals import Refused
from leads.finding import is_id
from leads.models import Lead, User
from leads.scoring import Part, PartKind, parts_of

EXPLAINED = "A marketing lead and a sales manager see it with all that is said of this rule, and answer."


class FlagForm(forms.Form):
    """Why a part is not indicative."""

    reason = forms.CharField(
        max_length=2000, label="Why it is not indicative", widget=forms.Textarea(attrs={"rows": 3})
    )


def score_of(lead: Lead, user: User, here: str) -> dict[str, Any] | None:
    """The score with its parts; None where it is from outside."""
    if lead.scored_by_id is None:
        return None
    parts = parts_of([lead], user.roles)[lead.pk]
    flags = ScoreFlag.objects.filter(lead=lead, decision="").values_list("rule", "touchpoint")
    flagged: set[tuple[str, int | None]] = {*flags}
    may_flag = score_flags.may_flag(user) and lead.merged_into_id is None
    total = sum(part.points for part in parts)
    return {
        "total": total,
        "is_late": total != lead.score,
        "grade": {"X": "excluded"}.get(lead.fit_grade, lead.fit_grade),
        "model": lead.scored_by,
        "at": moment(lead.scored_at),
        "stated": lead.stated_score,
        "parts": [_row(part, lead, flagged, here if may_flag else "") for part in parts],
    }


def _row(part: Part, lead: Lead, flagged: set[tuple[str, int | None]], here: str) -> dict[str, Any]:
    is_flagged = (part.rule, part.touchpoint) in flagged
    asked = {"rule": part.rule, "touchpoint": part.touchpoint or "", "next": here}
    can_flag = here and not is_flagged and part.kind != PartKind.EXCLUSION
    return {
        "part": part,
        "points": f"{part.points:+d}" if part.kind != PartKind.EXCLUSION else "–",
        "at": moment(part.at),
        "is_flagged": is_flagged,
        "flag_url": f"{reverse('admin:flag_score', args=[lead.pk])}?{urlencode(asked)}" if can_flag else "",
    }


def flag_view(request: HttpRequest, lead_id: int) -> HttpResponse:
    """Ask why a part is not indicative, or keep it."""
    user = viewer(request)
    if not score_flags.may_flag(user):
        raise PermissionDenied
    lead = get_object_or_404(Lead.objects.visible_to(user), pk=lead_id)
    to = back(request, reverse("admin:leads_lead_change", args=[lead.pk]))
    form = FlagForm(request.POST if request.method == "POST" else None, auto_id="fact_%s")
    if form.is_bound and form.is_valid() and _is_flagged(request, form, lead):
        return leave(request, to)
    dress(form)
    context = {"title": "Not indicative", "submit": "Flag it", "tone": "primary", "form": form, "back": to}
    context |= {"action": request.get_full_path(), "explained": EXPLAINED}
    if is_in_dialog(request):
        return TemplateResponse(request, "handoff/console/dialog_body.html", context)
    return TemplateResponse(request, "handoff/console/dialog.html", site.each_context(request) | context)


def _is_flagged(request: HttpRequest, form: FlagForm, lead: Lead) -> bool:
    number = request.GET.get("touchpoint", "")
    asked: dict[str, Any] = {"touchpoint": int(number) if is_id(number) else None}
    asked |= {"rule": request.GET.get("rule", "")}
    try:
        flag = score_flags.flag(lead, **asked, by=viewer(request), reason=form.cleaned_data["reason"])
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return False
    messages.success(request, f"Flagged: {flag}. A marketing lead and a sales manager will answer.")
    return True


site.mount("score/<int:lead_id>/flag/", flag_view, "flag_score")
