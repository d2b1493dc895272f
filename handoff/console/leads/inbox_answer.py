"""What a verb answers that was done from a row: what became of it, and the list as it is now. No page is loaded."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from handoff.console.frame.dialogs import back
from handoff.console.frame.site import viewer
from handoff.console.leads import inbox_changes
from handoff.console.leads.inbox_place import list_behind
from handoff.console.leads.sections import Moment
from leads.models import Lead, Transition


def is_in_place(request: HttpRequest) -> bool:
    """The script of an inbox asks, which puts the answer into its list."""
    return "X-Handoff-In-Place" in request.headers


def answer_in_place(
    request: HttpRequest, lead: Lead, message: str, warnings: Sequence[str] = (), done: Transition | None = None
) -> JsonResponse:
    """`transition` is the act that could be undone; without one the verb was refused."""
    answer: dict[str, Any] = {"lead": lead.pk, "message": message, "warnings": list(warnings)}
    answer["transition"] = done.pk if done else None
    listing = list_behind(viewer(request), back(request, ""))
    if listing:
        listing = replace(listing, at=Moment(timezone.now()))
        answer["list"] = inbox_changes.changes(listing, request.POST, inbox_changes.token_before(listing))
    return inbox_changes.as_answer(answer)
