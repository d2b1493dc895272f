"""Pages that show which leads lie behind each number of what is about to be done, and ask for the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from handoff.console.frame.dialogs import dress
from handoff.console.frame.site import site
from handoff.workflow.facts.base import LONGEST
from leads.models import Lead

SHOWN = 100


@dataclass(frozen=True)
class Section:
    """One number with the leads behind it, the first of them as rows. `description` follows the number."""

    name: str
    description: str
    count: int
    columns: Sequence[str]
    rows: Sequence[tuple[Lead, Sequence[Any]]]
    tone: str = "plain"


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It is recorded in the history of every lead.",
        error_messages={"required": "Give the reason: it is recorded in the history of every lead."},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="fact_%s")
        dress(self)


def answer(request: HttpRequest, title: str, **context: Any) -> HttpResponse:
    shown = {**site.each_context(request), "title": title, "action": request.get_full_path(), **context}
    return TemplateResponse(request, "handoff/console/listed.html", shown)
