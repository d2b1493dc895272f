"""My leads, or those of the team: where a salesperson's day begins, what can still be kept first."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST

from handoff.console.frame import export
from handoff.console.frame.site import site, viewer
from handoff.console.leads import attributes, bulk, inbox_changes
from handoff.console.leads.inbox_list import SCOPES, InboxList, NotOffered
from handoff.console.leads.inbox_place import page_of
from handoff.console.leads.inbox_rows import MOST_SHOWN, PAGE, SectionRows, read_sections, rows_of
from handoff.console.leads.lead_list import EXPORTED
from handoff.console.leads.sections import Section
from handoff.console.leads.urgency import FIRST_DUE, with_clocks
from leads.finding import is_id
from leads.models import SALES, Lead

EMPTY = {
    "mine": "Nothing is waiting for you. Look into the queue of your team, and take a lead that has no owner yet.",
    "queue": "The queue is empty: every lead of your team has an owner.",
    "team": "No lead waits on your team. Leads come here when marketing promotes them.",
}
BULK = {"accept_selected": bulk.accept_selected, "assign_selected": bulk.assign_selected}
KEYS = {
    "j": "Next lead",
    "k": "Previous lead",
    "Enter": "Open beside the list",
    "o": "Open its page",
    "a": "Accept",
    "r": "Reject",
    "t": "Log a touch",
    "q": "Qualify",
    "c": "Comment",
    "s": "Snooze",
    "e": "Go to the next lead",
    "x": "Select",
    "/": "Search",
    "?": "Show these keys",
}


def my_leads(request: HttpRequest) -> HttpResponse:
    listing = _asked(request)
    if listing is None:
        return redirect(request.path)
    if request.method == "POST":
        return _act_on_chosen(request)
    token = inbox_changes.token_before(listing)
    most = {name: _number(request.GET.get(f"more-{name}"), PAGE) for name in Section.values}
    sections = sections_of(listing, most)
    context = {
        **site.each_context(request),
        "title": listing.title,
        "list": listing,
        "sections": sections,
        "token": inbox_changes.finished(token, listing, sections),
        "tabs": _tabs(listing),
        "filters": _filters(listing),
        "chips": listing.chips(),
        "is_empty": not any(section.number for section in sections),
        "empty": EMPTY[listing.scope],
        "keys": KEYS,
        "page_of_none": page_of(0, listing),
    }
    return TemplateResponse(request, "handoff/console/inbox.html", context)


def sections_of(listing: InboxList, most: dict[str, int]) -> list[SectionRows]:
    """The sections with the rows that are shown."""
    read = read_sections(listing, most)
    rows = rows_of(listing, (pk for _name, _number, first in read for pk, _due in first))
    return [
        SectionRows(
            name=name,
            label=Section(name).label,
            number=number,
            rows=[rows[pk] for pk, _due in first if pk in rows],
            due_of_first=first[0][1] if first else None,
        )
        for name, number, first in read
    ]


@require_POST
def changes(request: HttpRequest) -> HttpResponse:
    """What has changed of a list since its token; no content where nothing has."""
    listing = _asked(request)
    if listing is None:
        return HttpResponse(status=400)
    token = inbox_changes.token_before(listing)
    if inbox_changes.is_current(request.POST.get("_token", ""), token, listing):
        return HttpResponse(status=204)
    return inbox_changes.as_answer(inbox_changes.changes(listing, request.POST, token))


def export_view(request: HttpRequest) -> HttpResponseBase:
    """The filtered leads of all sections, as CSV."""
    listing = _asked(request)
    if listing is None:
        return redirect("../?e=1")
    columns = EXPORTED | attributes.exported(viewer(request).roles)
    leads = with_clocks(listing.leads()).select_related("owner", "team", "campaign", "reason")
    return export.as_csv(leads.order_by(FIRST_DUE, "pk"), columns, "my-leads")


def _asked(request: HttpRequest) -> InboxList | None:
    """The list of the address; None where it asks for what is not offered. Only sales has one."""
    user = viewer(request)
    if not user.has_role(*SALES):
        raise PermissionDenied
    query = request.GET.copy()
    for name in Section.values:
        query.pop(f"more-{name}", None)
    try:
        return InboxList.of(user, query)
    except NotOffered:
        return None


def _act_on_chosen(request: HttpRequest) -> HttpResponse:
    """Do with the chosen leads what is asked, each with a result of its own."""
    chosen = BULK.get(request.POST.get("action", ""))
    if chosen is None:
        return redirect(request.get_full_path())
    ids = [int(text) for text in request.POST.getlist("_selected_action") if is_id(text)]
    leads = Lead.objects.visible_to(viewer(request)).filter(pk__in=ids)
    answer: HttpResponse = chosen(None, request, leads)
    return answer


def _tabs(listing: InboxList) -> list[dict[str, Any]]:
    """Each list with how many leads are in it."""
    tabs = []
    for name, label in SCOPES.items():
        number = inbox_changes.number_of(listing, name)
        url = listing.of_scope(name).url
        tabs.append({"name": name, "label": label, "number": number, "url": url, "active": name == listing.scope})
    return tabs


def _filters(listing: InboxList) -> list[dict[str, Any]]:
    labels = {"state": "All states", "source": "All sources", "metric": "All clocks", "owner": "All owners"}
    filters = []
    for name, choices in listing.choices().items():
        chosen = listing.filters.get(name, "")
        filters.append({"name": name, "all": labels.get(name, "Any time"), "choices": choices, "chosen": chosen})
    return filters


def _number(text: str | None, otherwise: int) -> int:
    return min(max(int(text), otherwise), MOST_SHOWN) if text and is_id(text) else otherwise


site.mount("my-leads/", my_leads, "my_leads")
site.mount("my-leads/export/", export_view, "my_leads_export")
site.mount("my-leads/changes/", changes, "my_leads_changes")
