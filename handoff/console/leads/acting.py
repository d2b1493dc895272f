"""The page of a verb: GET asks for its facts, POST does it."""

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from handoff import workflow
from handoff.agreement.packet_views import note_view
from handoff.console.frame.dialogs import back, dress, is_in_dialog, leave
from handoff.console.frame.site import site, viewer
from handoff.console.leads.answering import dress_resubmission, in_reply, prefill
from handoff.console.leads.assigning import as_facts, decided, dress_owners, initial_owner
from handoff.console.leads.deals import as_it_stands
from handoff.console.leads.inbox_answer import answer_in_place, is_in_place
from handoff.console.leads.inbox_place import lead_after, list_behind, page_of
from handoff.console.leads.merging import merge_page
from handoff.console.leads.packet import packet_of
from handoff.console.leads.rejecting import confirmed, dress_rejection, evidence_of, unconfirmed
from handoff.console.leads.sections import mark_viewed
from handoff.console.leads.urgency import next_lead
from handoff.console.leads.verbs import LOOKS, label_for, past_tense
from handoff.doors import door
from handoff.refusals import FactsRefused, Refused
from handoff.workflow import rights
from handoff.workflow.facts import Facts
from handoff.workflow.merge_outlook import undone
from handoff.workflow.other_leads import likely
from handoff.workflow.refusing import not_allowed, wrong_state
from handoff.workflow.snoozing import NO_CLOCK_WAITS
from handoff.workflow.undo import in_words
from leads.models import Lead, Role, Transition, User, Verb, Via
from leads.permission import warnings_of

BEFORE_CONTACT = (Verb.PROMOTE, Verb.ASSIGN, Verb.ACCEPT, Verb.RESUBMIT, Verb.OVERTURN)
"""After these somebody is about to contact the buyer."""
SAID_BY_THE_BUTTON = ("clock", "alarm", "deal")
"""What needs no field where the button that was pressed stands beside it."""


def act(request: HttpRequest, verb: str, lead_id: int) -> HttpResponse:
    """Ask for the facts of a verb, or do it."""
    lead = get_object_or_404(Lead.objects.select_related("owner", "team", "campaign"), pk=lead_id)
    sees = rights.sees_or_acted_last if verb == Verb.UNDO else rights.sees
    if not sees(viewer(request), lead):
        raise Http404
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
    given = {name: request.POST[name] for name in workflow.CARDS[verb].facts.base_fields if name in request.POST}
    if doubt := unconfirmed(request, verb, lead):
        return _ask(request, verb, lead, doubt)
    following = None if is_in_place(request) else _following(request, user, lead)
    try:
        facts = decided(verb, given, user)
        done = workflow.perform(verb, lead.pk, by=user, door=door(Via.CONSOLE), facts=facts)
    except FactsRefused as refusal:
        return _ask(request, verb, lead, refusal)
    except Refused as refusal:
        if _typed(request, verb):
            return _ask(request, verb, lead, refusal)
        # Most often someone was faster: that is not an error, and the list that we go back to is up to date.
        if is_in_place(request):
            return answer_in_place(request, lead, refusal.message)
        messages.warning(request, refusal.message)
        return leave(request, back(request, _page_of(lead)))
    warnings = _acted_on(verb, user, lead)
    if is_in_place(request):
        return answer_in_place(request, lead, _done(done, lead), warnings, done)
    following = following or next_lead(user, after=lead)
    messages.success(request, _with_next(_done(done, lead), following, request))
    for warning in warnings:
        messages.warning(request, warning)
    return leave(request, back(request, _page_of(lead)))


def _acted_on(verb: str, user: User, lead: Lead) -> list[str]:
    """Whoever has worked on a lead has seen it, but for one that is to come back as new; what they should know now."""
    if verb != Verb.SNOOZE:
        mark_viewed(user, lead.pk)
    return [f"{lead}: {warning}" for warning in warnings_of(lead)] if verb in BEFORE_CONTACT else []


def _following(request: HttpRequest, user: User, lead: Lead) -> Lead | None:
    """The lead below this one in the list that one works in, before it leaves its place."""
    following = lead_after(user, back(request, ""), lead.pk)
    return Lead.objects.visible_to(user).filter(pk=following).first() if following else None


def _done(done: Transition, lead: Lead) -> str:
    if done.verb == Verb.UNDO:
        return f"Taken back: {Verb(done.facts['act']).label}, {lead}. {in_words(done)}".strip()
    words = f"{past_tense(done.verb)} {lead}."
    return f"{words} {NO_CLOCK_WAITS}" if done.verb == Verb.SNOOZE else words


def _with_next(message: str, following: Lead | None, request: HttpRequest) -> str:
    if following is None:
        return message
    address = page_of(following.pk, list_behind(viewer(request), back(request, "")))
    return format_html('{} Next: <a href="{}" class="underline">{}</a>', message, address, following)


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
        evidence = evidence_of(form)
        context |= {"form": form, "evidence": evidence and json.dumps(evidence), "carried": confirmed(request, verb)}
        context["candidates"] = likely(user, lead) if verb == Verb.REJECT else []
        context["answered"] = in_reply(verb, lead)
        context["shown"] = undone(lead, user.roles) if verb == Verb.UNMERGE else ()
        context["packet"] = _packet(request, lead, user) if verb == Verb.ACCEPT else None
    if is_in_dialog(request):
        return TemplateResponse(request, "handoff/console/dialog_body.html", context)
    return TemplateResponse(request, "handoff/console/dialog.html", site.each_context(request) | context)


def _packet(request: HttpRequest, lead: Lead, user: User) -> dict[str, Any] | None:
    """Whoever is about to accept a lead reads it first."""
    note_view(request, lead.pk, user)
    return packet_of(lead, user)


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
        form = workflow.CARDS[verb].facts(as_facts(request.POST.dict()), lead=lead, by=by, auto_id="fact_%s")
        # The form refuses in the words of the workflow. What it does not know of is said above its fields.
        if form.is_valid():
            _add_refusal(form, refusal)
    ask_only(form, by)
    dress(form)
    for name in SAID_BY_THE_BUTTON:
        if name in form.fields and name in request.GET:
            form.fields[name].widget = forms.HiddenInput()
    dress_owners(form, by, lead if verb == Verb.RESUBMIT else None)
    if verb == Verb.REJECT:
        dress_rejection(form, lead)
    if verb == Verb.RESUBMIT:
        dress_resubmission(form, lead)
    return form


def _add_refusal(form: Facts, refusal: Refused) -> None:
    """Say at its fields what is wrong with them, and above them what they alone do not say."""
    errors: Any = refusal.fields if isinstance(refusal, FactsRefused) else {}
    at_fields = errors if errors.keys() <= form.fields.keys() else {}
    for name, messages_of_field in at_fields.items():
        form.add_error(name, messages_of_field)
    if refusal.message != " ".join(message for each in at_fields.values() for message in each):
        form.add_error(None, refusal.message)


def _suggested(request: HttpRequest, verb: str, lead: Lead) -> dict[str, Any]:
    """What is likely, so that it need not be typed."""
    user = viewer(request)
    prefilled: dict[str, Any] = prefill(verb, lead)
    if verb in (Verb.ASSIGN, Verb.PROMOTE):
        prefilled = {"owner": initial_owner(user, lead), "team": lead.team and lead.team.name}
    if verb == Verb.CONVERT:
        prefilled = {"name": lead.company or str(lead)}
    if verb == Verb.UPDATE_DEAL:
        prefilled = as_it_stands(lead, request.GET.get("deal", ""))
    return prefilled | {
        name: request.GET[name] for name in workflow.CARDS[verb].facts.base_fields if name in request.GET
    }


def _page_of(lead: Lead) -> str:
    return reverse("admin:leads_lead_change", args=[lead.pk])


site.mount("do/<slug:verb>/<int:lead_id>/", act, "act")
