"""Many rejections answered at once: each in its own transaction, with its own result."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from handoff import workflow
from handoff.console.frame.dialogs import back, dress
from handoff.console.frame.site import site, viewer
from handoff.console.leads.answering import last_rejections, retry_on
from handoff.console.leads.bulk import MOST
from handoff.doors import door
from handoff.models import AnswerKind, Rejection
from handoff.refusals import Refused
from handoff.workflow.facts.base import NoteFacts
from handoff.workflow.facts.marketing import RecycleFacts
from leads.finding import is_id
from leads.models import Lead, Verb, Via

LABELS = {"acknowledge": "Acknowledge", "recycle": "Recycle", "retire": "Retire"}
PAST = {"acknowledge": "Acknowledged", "recycle": "Recycled", "retire": "Retired"}


class RecycleAllFacts(RecycleFacts):
    """One date for all that have none of their own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reenter_on"].help_text = "For those to which sales has given no date to try again."


def answer_all(request: HttpRequest) -> HttpResponse:
    """Ask once for what all answers have in common, then give each and say what became of it."""
    to = back(request, reverse("admin:handoff_rejection_changelist"))
    answer = request.POST.get("answer", "")
    if request.method != "POST" or answer not in LABELS:
        return redirect(to)
    ids = [int(value) for value in request.POST.getlist("lead") if is_id(value)][:MOST]
    seen = Lead.objects.visible_to(viewer(request)).in_bulk(ids)
    leads = [seen[pk] for pk in ids if pk in seen]
    rejections = last_rejections(leads)
    if leads and "sent" not in request.POST:
        return _ask(request, answer, leads, _form(request, answer, leads), to)
    form = _form(request, answer, leads, request.POST) if leads else None
    if form is not None and not _is_valid(form, rejections):
        return _ask(request, answer, leads, form, to)
    rows = [(lead, *_attempt(request, answer, lead, rejections.get(lead.pk))) for lead in leads]
    title = f"{PAST[answer]} {sum(ok for _lead, ok, _said in rows)} of {_count(rows)}"
    context = {"title": title, "rows": rows, "back": to}
    return TemplateResponse(request, "handoff/console/results.html", site.each_context(request) | context)


def _form(
    request: HttpRequest, answer: str, leads: Sequence[Lead], given: Mapping[str, Any] | None = None
) -> NoteFacts:
    kind = RecycleAllFacts if answer == "recycle" else NoteFacts
    form = kind(given, lead=leads[0], by=viewer(request), auto_id="fact_%s")
    dress(form)
    return form


def _is_valid(form: NoteFacts, rejections: Mapping[int, Rejection]) -> bool:
    """No date is asked for where every rejection has its own."""
    if "reenter_on" in form.fields and all(map(retry_on, rejections.values())):
        form.fields["reenter_on"].required = False
    return form.is_valid()


def _attempt(request: HttpRequest, answer: str, lead: Lead, rejection: Rejection | None) -> tuple[bool, str]:
    facts: dict[str, Any] = {"note": request.POST.get("note", "")}
    verb = Verb.RECYCLE if answer == "recycle" else Verb.ANSWER
    if verb == Verb.RECYCLE:
        own = retry_on(rejection) if rejection else None
        facts["reenter_on"] = own.isoformat() if own else request.POST.get("reenter_on", "")
    else:
        facts["kind"] = AnswerKind.RETIRE if answer == "retire" else AnswerKind.ACKNOWLEDGE
    try:
        workflow.perform(verb, lead.pk, by=viewer(request), door=door(Via.CONSOLE), facts=facts)
    except Refused as refusal:
        return False, refusal.message
    until = f" until {facts['reenter_on']}" if verb == Verb.RECYCLE else ""
    return True, f"{PAST[answer]}{until}."


def _ask(request: HttpRequest, answer: str, leads: Sequence[Lead], form: NoteFacts, to: str) -> HttpResponse:
    context = {
        "title": f"{LABELS[answer]} {_count(leads)}",
        "form": form,
        "leads": leads,
        "back": to,
        "submit": LABELS[answer],
        "carried": {"answer": answer, "sent": "1"},
        "action": f"{reverse('admin:answer_all')}?{urlencode({'next': to})}",
    }
    return TemplateResponse(request, "handoff/console/assign_all.html", site.each_context(request) | context)


def _count(rows: Sequence[Any]) -> str:
    return f"{len(rows)} rejection{'' if len(rows) == 1 else 's'}"


site.mount("answer-all/", answer_all, "answer_all")
