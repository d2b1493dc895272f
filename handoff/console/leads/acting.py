"""The page of a verb: GET asks for its facts, POST does it."""

import json
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from handoff import workflow
from handoff.console.frame.dialogs import back, dress, is_in_dialog, leave
from handoff.console.frame.site import site, viewer
from handoff.console.leads.deals import as_it_stands
from handoff.console.leads.merging import merge_page
from handoff.console.leads.urgency import next_lead
from handoff.console.leads.verbs import LOOKS, label_for, past_tense
from handoff.doors import door
from handoff.refusals import FactsRefused, Refused
from handoff.workflow import rights
from handoff.workflow.facts import Facts
from handoff.workflow.merge_outlook import undone
from handoff.workflow.refusing import not_allowed, wrong_state
from leads.models import Evidence, Lead, Reason, Role, User, Verb, Via
from leads.permission import warnings_of

EVIDENCE_FIELDS = {
    Evidence.OTHER_LEAD: "duplicate_of",
    Evidence.RETRY_ON: "retry_on",
    Evidence.WRONG_FIELD: "wrong_field",
}
"""Which field of the rejection shows the evidence that a reason demands."""
BEFORE_CONTACT = (Verb.PROMOTE, Verb.ASSIGN, Verb.ACCEPT, Verb.RESUBMIT, Verb.OVERTURN)
"""After these somebody is about to contact the buyer."""
SAID_BY_THE_BUTTON = ("clock", "alarm", "deal")
"""What needs no field where the button that was pressed stands beside it."""


def act(request: HttpRequest, verb: str, lead_id: int) -> HttpResponse:
    """Ask for the facts of a verb, or do it."""
    seen = Lead.objects.visible_to(viewer(request)).select_related("owner", "team", "campaign")
    lead = get_object_or_404(seen, pk=lead_id)
    if verb not in workflow.CARDS:
        raise Http404(f"“{verb}” is not a valid verb.")
    if verb == Verb.MERGE:
        return merge_page(request, lead, refusal_in_advance(viewer(request), verb, lead))
    return _do(request, verb, lead) if request.method == "POST" else _ask(request, verb, lead)


def ask_only(form: forms.Form, user: User) -> None:
    """Leave out what this person may not choose: a plain rep takes leads for their own team."""
    if user.roles == {Role.SALES_REP}:
        form.fields.pop("team", None)


def _do(request: HttpRequest, verb: str, lead: Lead) -> HttpResponse:
    user = viewer(request)
    facts = {name: request.POST[name] for name in workflow.CARDS[verb].facts.base_fields if name in request.POST}
    try:
        workflow.perform(verb, lead.pk, by=user, door=door(Via.CONSOLE), facts=facts)
    except FactsRefused as refusal:
        return _ask(request, verb, lead, refusal)
    except Refused as refusal:
        if _typed(request, verb):
            return _ask(request, verb, lead, refusal)
        # Most often someone was faster: that is not an error, and the list that we go back to is up to date.
        messages.warning(request, refusal.message)
    else:
        messages.success(request, _done(verb, lead, user))
        for warning in warnings_of(lead) if verb in BEFORE_CONTACT else ():
            messages.warning(request, f"{lead}: {warning}")
    return leave(request, back(request, _page_of(lead)))


def _done(verb: str, lead: Lead, user: User) -> str:
    message = format_html("{} {}.", past_tense(verb), lead)
    following = next_lead(user, after=lead)
    if following is None:
        return message
    return format_html('{} Next: <a href="{}" class="underline">{}</a>', message, _page_of(following), following)


def _typed(request: HttpRequest, verb: str) -> list[tuple[str, str]]:
    """The words that somebody wrote, which no refusal may lose, under the labels of their fields."""
    form = workflow.CARDS[verb].facts.base_fields
    words = [name for name, field in form.items() if isinstance(field.widget, forms.Textarea)]
    given = [(form[name].label or name.capitalize(), request.POST.get(name, "")) for name in words]
    return [(str(label), text) for label, text in given if text.strip()]


def _ask(request: HttpRequest, verb: str, lead: Lead, refusal: Refused | None = None) -> HttpResponse:
    user = viewer(request)
    label = label_for(verb, user, lead)
    title = " ".join(part for part in (label, LOOKS[verb].about, str(lead)) if part)
    context: dict[str, Any] = {
        "title": title,
        "submit": label,
        "verb": verb,
        "lead": lead,
        "explained": LOOKS[verb].explained,
        "tone": "danger" if LOOKS[verb].tone == "danger" else "primary",
        "action": request.get_full_path(),
        "back": back(request, _page_of(lead)),
        "notice": refusal_in_advance(user, verb, lead),
        "typed": _typed(request, verb),
        "warnings": warnings_of(lead),
    }
    if refusal and not isinstance(refusal, FactsRefused):
        context["notice"] = refusal.message
    if not context["notice"]:
        form = _form(request, verb, lead, refusal)
        evidence = _evidence(form)
        context |= {"form": form, "evidence": evidence and json.dumps(evidence)}
        context["candidates"] = _candidates(user, verb, lead)
        context["shown"] = undone(lead, user.roles) if verb == Verb.UNMERGE else ()
    if is_in_dialog(request):
        return TemplateResponse(request, "handoff/console/dialog_body.html", context)
    return TemplateResponse(request, "handoff/console/dialog.html", site.each_context(request) | context)


def refusal_in_advance(user: User, verb: str, lead: Lead) -> str:
    """Why there is nothing to ask; empty when the verb can be done."""
    now = timezone.now()
    if not rights.applies(verb, lead, now):
        return wrong_state(verb, lead, now).message
    return "" if rights.may(user, verb, lead) else not_allowed(verb, lead).message


def _form(request: HttpRequest, verb: str, lead: Lead, refusal: Refused | None) -> Facts:
    by = viewer(request)
    if refusal is None:
        form = workflow.CARDS[verb].facts(lead=lead, by=by, auto_id="fact_%s", initial=_suggested(request, verb, lead))
    else:
        form = workflow.CARDS[verb].facts(request.POST.dict(), lead=lead, by=by, auto_id="fact_%s")
        # The form refuses in the words of the workflow. What it does not know of is said above its fields.
        if form.is_valid():
            form.add_error(None, refusal.message)
    ask_only(form, by)
    dress(form)
    for name in SAID_BY_THE_BUTTON:
        if name in form.fields and name in request.GET:
            form.fields[name].widget = forms.HiddenInput()
    if "duplicate_of" in form.fields:
        form.fields["duplicate_of"].widget.attrs["list"] = "candidates"
    return form


def _suggested(request: HttpRequest, verb: str, lead: Lead) -> dict[str, Any]:
    """What is likely, so that it need not be typed."""
    user = viewer(request)
    likely: dict[str, Any] = {}
    if verb in (Verb.ASSIGN, Verb.PROMOTE):
        is_rep = user.roles == {Role.SALES_REP}
        likely = {"owner": user.username if is_rep else lead.owner and lead.owner.username}
        likely["team"] = lead.team and lead.team.name
    if verb == Verb.CONVERT:
        likely = {"name": lead.company or str(lead)}
    if verb == Verb.UPDATE_DEAL:
        likely = as_it_stands(lead, request.GET.get("deal", ""))
    return likely | {name: request.GET[name] for name in workflow.CARDS[verb].facts.base_fields if name in request.GET}


def _evidence(form: Facts) -> dict[str, Any]:
    """Which field each reason demands, and how long a note: the script shows no more than that."""
    if not isinstance(form.fields.get("reason"), forms.ModelChoiceField):
        return {}
    reasons = Reason.objects.filter(retired_at=None)
    return {
        reason.code: {"field": EVIDENCE_FIELDS.get(Evidence(reason.evidence), ""), "note": reason.min_note_length}
        for reason in reasons
    }


def _candidates(user: User, verb: str, lead: Lead) -> list[Lead]:
    """Leads that look like this one, to be offered where another lead is asked for."""
    if verb != Verb.REJECT:
        return []
    values = {field: getattr(lead, field) for field in ("company", "name", "phone") if getattr(lead, field)}
    if not values:
        return []
    alike = reduce(or_, (Q(**{f"{field}__iexact": value}) for field, value in values.items()))
    return list(Lead.objects.visible_to(user).filter(alike, merged_into=None).exclude(pk=lead.pk)[:10])


def _page_of(lead: Lead) -> str:
    return reverse("admin:leads_lead_change", args=[lead.pk])


site.mount("do/<slug:verb>/<int:lead_id>/", act, "act")
