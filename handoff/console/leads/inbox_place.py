"""The place of a lead in the list that one came from: which is before it, which is after, and the way back."""

from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpRequest
from django.urls import reverse

from handoff.console.frame.dialogs import back
from handoff.console.frame.site import viewer
from handoff.console.leads.inbox_list import InboxList
from handoff.console.leads.sections import Section
from leads.finding import is_id
from leads.models import SALES, Lead, User

AFTER = "after"
MOST_IN_SECTION = 200
"""How far one pages from lead to lead in a section: the list itself shows the rest."""


@dataclass(frozen=True)
class Place:
    """Where a lead stands in a list; the one before and the one after, if there are any."""

    listing: InboxList
    before: int | None
    after: int | None

    def page_of(self, lead_id: int | None) -> str:
        """The page of another lead, from which the same list is gone on with."""
        return page_of(lead_id, self.listing) if lead_id else ""

    @property
    def page_before(self) -> str:
        return self.page_of(self.before)

    @property
    def page_after(self) -> str:
        return self.page_of(self.after)


def list_behind(user: User, address: str) -> InboxList | None:
    """The inbox that an address leads back to, also by way of the page of a lead."""
    if not user.has_role(*SALES):
        return None
    listing = InboxList.behind(user, address)
    further = parse_qs(urlsplit(address).query).get("next")
    return listing or (InboxList.behind(user, further[0]) if further else None)


def place_of(listing: InboxList, lead_id: int) -> Place:
    ids = order_of(listing)
    if lead_id not in ids:
        return Place(listing, None, next(iter(ids), None))
    at = ids.index(lead_id)
    return Place(listing, ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None)


def order_of(listing: InboxList) -> list[int]:
    """The leads of a list as they stand below each other."""
    return [pk for name in Section.values for pk, _due in listing.section(name, MOST_IN_SECTION)]


def next_of(listing: InboxList, lead_id: int) -> int | None:
    """The lead to go on with after this one: the one below it, else the first of the list."""
    ids = order_of(listing)
    below = ids[ids.index(lead_id) + 1 :] if lead_id in ids else []
    return next((pk for pk in (*below, *ids) if pk != lead_id), None)


def page_of(lead_id: int, listing: InboxList | None = None) -> str:
    address = reverse("admin:leads_lead_change", args=[lead_id])
    return f"{address}?{urlencode({'next': listing.url})}" if listing else address


def came_from(request: HttpRequest, lead: Lead) -> Place | None:
    """The place of a lead in the inbox from which its page was opened; as it was before one looked at the lead, since
    what is no longer new stands elsewhere."""
    if not hasattr(request, "inbox_place"):
        listing = list_behind(viewer(request), back(request, ""))
        place = place_of(listing, lead.pk) if listing else None
        after = request.GET.get(AFTER, "")
        request.inbox_place = replace(place, after=int(after)) if place and is_id(after) else place  # type: ignore[attr-defined]
    kept: Place | None = request.inbox_place  # type: ignore[attr-defined]
    return kept


def way_back(request: HttpRequest, place: Place | None) -> str:
    """The address of a lead's page that still knows which lead comes after it, once an act has moved this one."""
    here = request.get_full_path()
    return f"{here}&{AFTER}={place.after}" if place and place.after and AFTER not in request.GET else here


def lead_after(user: User, address: str, lead_id: int) -> int | None:
    """The lead to go on with after an act: as the page knew it, else the one below in the list that one works in."""
    listing = list_behind(user, address)
    stated = parse_qs(urlsplit(address).query).get(AFTER, [""])[0]
    if listing is None or is_id(stated):
        return int(stated) if listing else None
    return next_of(listing, lead_id)
