"""Home: what waits on whoever looks, and the figures of outcomes that everyone shares."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from handoff.agreement.signing import SIGNATORIES
from handoff.agreement.waiting import number_to_sign
from handoff.console.frame.counting import capped, counted
from handoff.console.frame.site import site, viewer
from handoff.console.leads import disputes, urgency
from handoff.console.leads.answering import unanswered
from handoff.console.numbers.tiles import tiles
from handoff.reports.conversion import APART, choices, in_words
from leads.models import MARKETING, SALES, Role, User


@dataclass(frozen=True)
class Waiting:
    """Something that waits on a person, and where it is done."""

    label: str
    count: str
    url: str


def page(request: HttpRequest) -> HttpResponse:
    user, now = viewer(request), timezone.now()
    if not user.roles:
        raise PermissionDenied
    waiting = [Waiting(label, capped(count), url) for label, count, url in _waiting(user) if count]
    offered = choices()
    convert = next((name for name, _ in offered if name == request.GET.get("convert")), "")
    context = {
        **site.each_context(request),
        "title": "Home",
        "waiting": waiting,
        "tiles": tiles(now, convert),
        "currencies": [("", APART), *offered] if offered else [],
        "convert": convert,
        "conversion": in_words({"convert": convert}),
        "as_of": now,
    }
    return TemplateResponse(request, "handoff/console/home.html", context)


def _waiting(user: User) -> Iterator[tuple[str, int, str]]:
    """Counted up to a bound, as in the sidebar."""
    if user.has_role(*SALES):
        mine, counts = reverse("admin:my_leads"), urgency.counts(user)
        yield "Leads overdue", counts["overdue"], f"{mine}?due=overdue"
        yield "Leads waiting for you", counts["waiting"], mine
    if user.has_role(*MARKETING):
        yield "Rejections to answer", counted(unanswered()), reverse("admin:handoff_rejection_changelist")
    if user.has_role(Role.REVOPS):
        yield "Disputes to decide", disputes.waiting_for(user), reverse("admin:handoff_dispute_changelist")
    if user.has_role(*SIGNATORIES):
        yield "Drafts to sign", number_to_sign(user), reverse("admin:signatures")


site.mount("home/", page, "home")
