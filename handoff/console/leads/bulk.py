"""Many leads at once: each in its own transaction, with its own result."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import action
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from handoff import workflow
from handoff.console.frame.dialogs import back, dress
from handoff.console.frame.site import site, viewer
from handoff.console.leads.acting import ask_only
from handoff.console.leads.assigning import decided, dress_owners
from handoff.console.leads.verbs import past_tense
from handoff.doors import door
from handoff.refusals import FactsRefused, Refused
from handoff.workflow.facts.ownership import OwnerFacts
from leads.finding import is_id
from leads.models import Lead, Verb, Via
from leads.permission import warnings_of

MOST = 500


class AssignForm(OwnerFacts):
    """The facts of an assignment, asked once for many leads."""


@action(description="Accept the selected leads")
def accept_selected(_page: Any, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
    return _results(request, Verb.ACCEPT, queryset.values_list("pk", flat=True)[:MOST], {}, request.get_full_path())


@action(description="Assign the selected leads …")
def assign_selected(_page: Any, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
    """Ask to whom; `assign_all` does it."""
    leads = list(queryset[:MOST])
    if not leads:
        return _results(request, Verb.ASSIGN, [], {}, request.get_full_path())
    return _ask_to_whom(request, leads, _form(request, leads), request.get_full_path())


def assign_all(request: HttpRequest) -> HttpResponse:
    """Assign the leads; what is wrong with the facts is wrong for every lead, so it is said once and asked again."""
    if request.method != "POST":
        return redirect("admin:leads_lead_changelist")
    ids = [int(value) for value in request.POST.getlist("lead") if is_id(value)][:MOST]
    to = back(request, reverse("admin:leads_lead_changelist"))
    leads = list(Lead.objects.visible_to(viewer(request)).filter(pk__in=ids))
    given = {name: request.POST[name] for name in AssignForm.base_fields if name in request.POST}
    try:
        facts = decided(Verb.ASSIGN, given, viewer(request))
    except FactsRefused as refusal:
        form = _form(request, leads, given) if leads else None
        for name, complaints in (refusal.fields if form else {}).items():
            form.add_error(name, complaints)  # type: ignore[union-attr]
        return _ask_to_whom(request, leads, form, to) if form else _results(request, Verb.ASSIGN, [], {}, to)
    form = _form(request, leads, facts) if leads else None
    if form is not None and not form.is_valid():
        return _ask_to_whom(request, leads, form, to)
    return _results(request, Verb.ASSIGN, ids, facts, to)


def _form(request: HttpRequest, leads: Sequence[Lead], given: Mapping[str, Any] | None = None) -> AssignForm:
    form = AssignForm(given, lead=leads[0], by=viewer(request), auto_id="fact_%s")
    ask_only(form, viewer(request))
    dress(form)
    dress_owners(form, viewer(request))
    return form


def _ask_to_whom(request: HttpRequest, leads: Sequence[Lead], form: AssignForm, to: str) -> HttpResponse:
    context = {"title": f"Assign {_count(leads)}", "form": form, "leads": leads, "back": to}
    context["action"] = f"{reverse('admin:assign_all')}?{urlencode({'next': to})}"
    return TemplateResponse(request, "handoff/console/assign_all.html", site.each_context(request) | context)


def _results(request: HttpRequest, verb: Verb, ids: Iterable[int], facts: dict[str, Any], to: str) -> HttpResponse:
    wanted = list(ids)
    leads = Lead.objects.visible_to(viewer(request)).in_bulk(wanted)
    rows = [(leads[pk], *_attempt(request, verb, leads[pk], facts)) for pk in wanted if pk in leads]
    done = sum(ok for _lead, ok, _said in rows)
    title = f"{past_tense(verb)} {done} of {_count(rows)}"
    context = {"title": title, "rows": rows, "back": to}
    return TemplateResponse(request, "handoff/console/results.html", site.each_context(request) | context)


def _attempt(request: HttpRequest, verb: Verb, lead: Lead, facts: dict[str, Any]) -> tuple[bool, str]:
    try:
        workflow.perform(verb, lead.pk, by=viewer(request), door=door(Via.CONSOLE), facts=facts)
    except Refused as refusal:
        return False, refusal.message
    return True, " ".join((past_tense(verb), *warnings_of(lead)))


def _count(leads: Any) -> str:
    return f"{len(leads)} lead{'' if len(leads) == 1 else 's'}"


site.mount("assign-all/", assign_all, "assign_all")
