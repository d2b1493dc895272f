"""My leads: where a salesperson's day begins, most urgent on top."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, ChoicesDropdownFilter, DropdownFilter

from handoff.console.frame.site import site, viewer
from handoff.console.leads import urgency
from handoff.console.leads.lead_list import DueFilter, LeadListPage
from leads.models import SALES, Lead, LeadQuerySet, Role, User

SCOPES = {
    "mine": ("Mine", urgency.own),
    "queue": ("In the queue", urgency.queue),
    "team": ("Whole team", urgency.of_teams),
}
EMPTY = {
    "mine": "Nothing is waiting for you. Look into the queue of your team, and take a lead that has no owner yet.",
    "queue": "The queue is empty: every lead of your team has an owner.",
    "team": "No lead waits on your team. Leads come here when marketing promotes them.",
}


class ScopeFilter(DropdownFilter):  # type: ignore[misc]
    """Whose leads: a rep begins with their own, a manager with those of the team."""

    title = "whose"
    parameter_name = "whose"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(name, label) for name, (label, _leads) in SCOPES.items()]

    def queryset(self, request: HttpRequest, queryset: LeadQuerySet) -> LeadQuerySet:  # noqa: ARG002
        return queryset  # get_queryset has begun with it, so that every count is of it


class MyLeadsPage(LeadListPage):
    title = "My leads"
    readers = SALES
    writers = frozenset[str]()
    list_display = ["who", "state_badge", "score", "source_shown", "due", "decide"]
    list_filter = [ScopeFilter, ("state", ChoicesDropdownFilter), DueFilter, ("source", AllValuesCheckboxFilter)]
    exports = "my-leads"
    export_name = "admin:my_leads_export"

    def get_queryset(self, request: HttpRequest) -> LeadQuerySet:
        user = viewer(request)
        return urgency.with_clocks(SCOPES[scope(request, user)][1](user))

    def above(self, request: HttpRequest, changelist: ChangeList) -> dict[str, Any]:
        user = viewer(request)
        chosen = scope(request, user)
        tabs = [
            {"label": label, "query": changelist.get_query_string({"whose": name}, ["p"]), "active": name == chosen}
            for name, (label, _leads) in SCOPES.items()
        ]
        return {"tabs": tabs, "empty": EMPTY[chosen]}


def scope(request: HttpRequest, user: User) -> str:
    asked = request.GET.get("whose", "")
    return asked if asked in SCOPES else "team" if user.has_role(Role.SALES_MANAGER) else "mine"


# Not registered: the page of the model is the list of all leads. The site mounts it at /my-leads/.
page = MyLeadsPage(Lead, site)


site.mount("my-leads/", page.changelist_view, "my_leads")
site.mount("my-leads/export/", page.export_view, "my_leads_export")
