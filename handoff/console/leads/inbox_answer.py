"""What a verb answers that was done from a row: what became of it, and the list as it is now. No page is loaded."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone

from handoff.console.frame.dialogs import back
from handoff.console.frame.site import viewer
from handoff.console.leads import inbox_changes
from handoff.console.leads.inbox_place import list_behind
from handoff.console.leads.sections import Moment
from handoff.workflow.undo import hindrance
from leads.models import Lead, Transition, Verb


def is_in_place(request: HttpRequest) -> bool:
    """The script of an inbox asks, which puts the answer into its list."""
    return "X-Handoff-In-Place" in request.headers


def answer_in_place(
    request: HttpRequest, lead: Lead, message: str, warnings: Sequence[str] = (), done: Transition | None = None
) -> JsonResponse:
    """`transition` is the act that was done; without one the verb was refused. `undo` is where it is taken back."""
    user, now = viewer(request), timezone.now()
    answer: dict[str, Any] = {"lead": lead.pk, "message": message, "warnings": list(warnings)}
    answer["transition"] = done.pk if done else None
    if done and not hindrance(done, user, now):
        answer["undo"] = reverse("admin:act", args=[Verb.UNDO, lead.pk])
    listing = list_behind(user, back(request, ""))
    if listing:
        listing = replace(listing, at=Moment(now))
        answer["list"] = inbox_changes.changes(listing, request.POST, inbox_changes.token_before(listing))
    return inbox_changes.as_answer(answer)
