"""The review of a month or quarter: what both sides look at together, and what they agree on."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.dialogs import dress
from handoff.console.frame.fields import DayInput
from handoff.console.frame.site import site
from handoff.console.frame.words import moment
from handoff.console.numbers.review_links import Links
from handoff.console.numbers.sheet import around, asked_period, reader
from handoff.models import Firm, ReviewAction
from handoff.refusals import Refused
from handoff.reviewing import agreeing
from handoff.reviewing.drawing import as_csv
from handoff.reviewing.packing import carried_actions, data_of, pdf_of
from handoff.reviewing.sections import head, sections
from leads.finding import is_id
from leads.models import Role, User


class ActionForm(forms.Form):
    """What is agreed: who does what, until when."""

    text = forms.CharField(label="Action", max_length=300)
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True, groups__name__in=Role.values).distinct().order_by("username"),
        label="Owner",
    )
    due_on = forms.DateField(label="Due on", widget=DayInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)
        self.fields["owner"].empty_label = "Choose a person"  # type: ignore[attr-defined]


def page(request: HttpRequest, form: ActionForm | None = None) -> HttpResponse:
    user, firm = reader(request), Firm.of_now()
    period, complaint = asked_period(request, firm, timezone.now())
    data, format_number, pack = data_of(period)
    title, about = head(data)
    is_ended = pack is not None and pack.ended_at is not None
    links = Links(data, period, user)
    first, *others, last = [links.shown(section) for section in sections(data, format_number)]
    context = {
        **site.each_context(request),
        "title": "Review",
        "pack_title": title,
        "about": about,
        "pack": pack,
        "ended_at": moment(pack.ended_at) if pack and pack.ended_at else "",
        "first": first,
        "sections": others,
        "last": last,
        "open_actions": [action for action in carried_actions(period) if action.done_at is None],
        "own_actions": ReviewAction.objects.filter(period=period.key, done_at=None).select_related("owner"),
        "may_agree": user.has_role(*agreeing.LEADING) and not is_ended,
        "may_end": user.has_role(*agreeing.LEADING) and pack is not None and not is_ended,
        "may_finish": user.has_role(*agreeing.LEADING),
        "form": form or ActionForm(),
        "viewer": user,
        **around("review", period, firm, complaint),
    }
    return TemplateResponse(request, "handoff/console/review.html", context)


def pdf_view(request: HttpRequest) -> HttpResponse:
    reader(request)
    period, _ = asked_period(request, Firm.of_now(), timezone.now())
    return _file(pdf_of(period), "application/pdf", f"review-{period.key}.pdf")


def csv_view(request: HttpRequest) -> HttpResponse:
    reader(request)
    period, _ = asked_period(request, Firm.of_now(), timezone.now())
    data, format_number, _ = data_of(period)
    return _file(as_csv(data, format_number), "text/csv; charset=utf-8", f"review-{period.key}.csv")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@require_POST
def agree_view(request: HttpRequest) -> HttpResponse:
    user, form = reader(request), ActionForm(request.POST)
    period, _ = asked_period(request, Firm.of_now(), timezone.now())
    if not form.is_valid():
        return page(request, form)
    try:
        action = agreeing.agree(period.key, **form.cleaned_data, by=user)
    except Refused as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, f"Agreed: {action.owner} does it until {action.due_on:%-d %B %Y}.")
    return _back(period.key)


@require_POST
def finish_view(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    period, _ = asked_period(request, Firm.of_now(), timezone.now())
    number = request.POST.get("action", "")
    try:
        agreeing.finish(int(number) if is_id(number) else 0, by=user)
    except Refused as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, "The action is done. The next review shows it.")
    return _back(period.key)


def end_view(request: HttpRequest) -> HttpResponse:
    """Ask, and end the review."""
    user = reader(request)
    period, _ = asked_period(request, Firm.of_now(), timezone.now())

    def do() -> str:
        agreeing.end(period.key, by=user)
        return "The review has ended: its pack stays as it is now."

    explained = "What was agreed becomes part of its pack, which nobody can change afterwards."
    question = Question(f"End the review of {period.label}", explained, "End it", carried={"period": period.key})
    return confirm(request, question, _page_of(period.key), do)


def _page_of(key: str) -> str:
    return f"{reverse('admin:review')}?{urlencode({'period': key})}"


def _back(key: str) -> HttpResponse:
    return redirect(_page_of(key))


site.mount("review/", page, "review")
site.mount("review/pdf/", pdf_view, "review_pdf")
site.mount("review/csv/", csv_view, "review_csv")
site.mount("review/agree/", agree_view, "review_agree")
site.mount("review/finish/", finish_view, "review_finish")
site.mount("review/end/", end_view, "review_end")
