"""Ask before an act of the settings pages, then do it: GET shows the question, POST acts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from handoff.console.frame.dialogs import is_in_dialog, leave
from handoff.console.frame.site import site
from handoff.refusals import Refused
from sla.versions import NeedsSignatures, Outdated


@dataclass(frozen=True)
class Question:
    """What is asked before it is done."""

    title: str
    explained: str
    submit: str
    tone: str = "danger"
    shown: Sequence[tuple[str, str]] = ()
    """What the answer is about, as pairs of a label and a text."""
    beside: Mapping[str, object] = field(default_factory=dict)
    """What else its template shows."""
    carried: Mapping[str, str] = field(default_factory=dict)
    """What travels with the question and comes back with the answer."""


def confirm(request: HttpRequest, question: Question, to: str, do: Callable[[], str]) -> HttpResponse:
    """Ask, or do it and say what `do` says. What it declines is a warning, and no error page."""
    if request.method != "POST":
        return _ask(request, question, to)
    try:
        messages.success(request, do())
    except (NeedsSignatures, Outdated, Refused) as declined:
        messages.warning(request, str(declined))
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    return leave(request, to)


def _ask(request: HttpRequest, question: Question, to: str) -> HttpResponse:
    context = {
        "title": question.title,
        "explained": question.explained,
        "submit": question.submit,
        "tone": question.tone,
        "shown": question.shown,
        "carried": question.carried,
        **question.beside,
        "action": request.get_full_path(),
        "back": to,
    }
    if is_in_dialog(request):
        return TemplateResponse(request, "handoff/console/dialog_body.html", context)
    return TemplateResponse(request, "handoff/console/dialog.html", site.each_context(request) | context)
