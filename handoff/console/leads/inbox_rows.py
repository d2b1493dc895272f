"""The rows of an inbox: who it is, when what is due, how to reach them, and what one may do, the urgent verb first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.template.loader import get_template
from django.utils.safestring import SafeString

from handoff.console.frame.counting import capped
from handoff.console.frame.words import badge, due_in_words, source_of, time_left
from handoff.console.leads.inbox_list import InboxList
from handoff.console.leads.primary import primary_verb
from handoff.console.leads.row_acts import in_a_row
from handoff.console.leads.sections import Section
from handoff.console.leads.urgency import with_clocks
from handoff.console.leads.verbs import ORDER, row_button, row_menu
from handoff.models import Handoff, LeadView
from handoff.workflow import rights
from leads.models import Lead, Purpose, State, Verb
from leads.permission import BLOCKED, block_of, may_use
from sla.models import Clock

PAGE = 10
"""How many leads of a section are shown at first."""
MORE = 50
MOST_SHOWN = 500
ROW = "handoff/console/inbox_row.html"


@dataclass(frozen=True)
class Row:
    """One lead as its row shows it. `mark` is another one after each change of the row."""

    lead: Lead
    mark: str
    is_new: bool
    due: SafeString
    due_words: str
    clock: Clock | None
    primary: SafeString
    reject: SafeString
    menu: SafeString
    phone: str
    email: str
    warning: SafeString

    @property
    def held_until(self) -> datetime | None:
        """The end of its pause or snooze; far away without an end."""
        entry = getattr(self.lead, "inbox_entry", None)
        return entry and entry.held_until

    @property
    def where_from(self) -> str:
        campaign = self.lead.campaign.name if self.lead.campaign else ""
        return " · ".join(part for part in (source_of(self.lead.source), campaign) if part)

    @property
    def job(self) -> str:
        parts = (self.lead.title, self.lead.company)
        return ", ".join(part for part in parts if part and part != str(self.lead))

    @property
    def phone_link(self) -> str:
        return "".join(character for character in self.phone if character in "+0123456789")


def rows_of(listing: InboxList, lead_ids: Iterable[int]) -> dict[int, Row]:
    """The rows of these leads, in a few statements however many they are."""
    ids = list(lead_ids)
    offered = Handoff.objects.filter(lead=OuterRef("pk"), cycle=OuterRef("cycle")).values("offered_at")
    leads = with_clocks(Lead.objects.filter(pk__in=ids)).select_related("owner", "campaign", "inbox_entry")
    views = dict(LeadView.objects.filter(user=listing.user, lead__in=ids).values_list("lead", "at"))
    offered_leads = leads.annotate(offered_at=Subquery(offered[:1]))
    return {lead.pk: row_of(listing, lead, views.get(lead.pk)) for lead in offered_leads}


def row_of(listing: InboxList, lead: Any, viewed_at: datetime | None) -> Row:
    user, now = listing.user, listing.at.now
    verbs = in_a_row(rights.can(user, lead, now))
    clock = lead.running_clocks[0] if lead.running_clocks else None
    primary = primary_verb(lead, verbs, clock, offered_at=lead.offered_at)
    quick = Verb.REJECT if Verb.REJECT in verbs and lead.state == State.MQL and primary != Verb.REJECT else None
    rest = sorted((verb for verb in verbs if verb not in (primary, quick)), key=ORDER.index)
    is_new = _is_new(lead, viewed_at, now)
    return Row(
        lead=lead,
        mark=f"{_version(lead)}{'n' if is_new else ''}",
        is_new=is_new,
        due=time_left(clock, now) if clock else badge("No clock"),
        due_words=due_in_words(clock.due_at, now) if clock and clock.due_at else "",
        clock=clock,
        primary=row_button(primary, lead, user, "primary") if primary else SafeString(""),
        reject=row_button(quick, lead, user, "danger") if quick else SafeString(""),
        menu=row_menu(rest, lead, user),
        phone=(lead.phone or lead.mobile_phone) if may_use(lead, Purpose.PHONE) else "",
        email=lead.email if may_use(lead, Purpose.EMAIL) else "",
        warning=badge(BLOCKED, "danger", block_of(lead)) if lead.do_not_contact else SafeString(""),
    )


def as_html(listing: InboxList, row: Row) -> str:
    return get_template(ROW).render({"row": row, "list": listing}).strip()


@dataclass(frozen=True)
class SectionRows:
    """A section as it is shown: its count, its first leads, and whether there are more."""

    name: str
    label: str
    number: int
    rows: Sequence[Row]
    due_of_first: datetime | None

    @property
    def has_more(self) -> bool:
        return self.number > len(self.rows)

    @property
    def shown(self) -> str:
        return capped(self.number)

    @property
    def next_most(self) -> int:
        return len(self.rows) + MORE


def read_sections(listing: InboxList, most: dict[str, int]) -> list[tuple[str, int, list[tuple[int, Any]]]]:
    """Of each section its name, its count and its first leads: counted only where more are there than are shown."""
    sections = []
    for name in Section.values:
        wanted = most.get(name, PAGE)
        first = listing.section(name, wanted + 1)
        number = len(first) if len(first) <= wanted else listing.count_of(name)
        sections.append((name, number, first[:wanted]))
    return sections


def _is_new(lead: Any, viewed_at: datetime | None, now: datetime) -> bool:
    entry = getattr(lead, "inbox_entry", None)
    if entry is None or not entry.is_new or (entry.held_until and entry.held_until > now):
        return False
    return lead.owner_id is not None or viewed_at is None or viewed_at < entry.given_at


def _version(lead: Any) -> int:
    entry = getattr(lead, "inbox_entry", None)
    return entry.version if entry else 0
