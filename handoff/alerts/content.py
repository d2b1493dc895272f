"""What a message says, before it has a form."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from handoff.models import Delivery, Notice
from leads.facts import facts, value_of
from leads.models import Lead, Purpose, User
from leads.permission import BLOCKED, may_use, warnings_of

# Control characters, line ends, and those that turn the direction of writing.
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
LONGEST = 500
ADDRESSES = {Purpose.PHONE: ("phone", "mobile_phone"), Purpose.EMAIL: ("email",)}
"""Where the buyer is reached: not shown where they do not want to be."""
SIGNATURE, DISPUTE, REVIEW, REPORT = "signature", "dispute", "score review", "scheduled report"
"""With these words the keys of notices begin that are about them."""


@dataclass(frozen=True)
class Entry:
    """One line of a digest: when it was due or happened, what it is, and what has become of it."""

    at: datetime
    when: str
    summary: str
    now: str
    url: str
    is_open: bool


@dataclass(frozen=True)
class Offers:
    """What can be done from the message itself: verbs, and the alarm that one of them answers."""

    verbs: tuple[str, ...] = ()
    alarm_id: int | None = None


@dataclass(frozen=True)
class Picture:
    """A chart that goes with a message, in words for whoever cannot see it, and where it is fetched from."""

    png: bytes
    alt: str
    url: str


@dataclass(frozen=True)
class Content:
    """The parts of a message, in plain text; names and notes in it were written by anybody. A digest has entries.

    The kind and what it is `about` are for programs that receive it, like the key, which is the same at every attempt.
    """

    key: UUID
    kind: str
    at: datetime
    lead_id: int | None
    subject: str
    headline: str
    lines: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    zone: str
    entries: tuple[Entry, ...] = ()
    about: Mapping[str, str | int | None] = field(default_factory=dict)
    offers: Offers | None = None
    picture: Picture | None = None

    def tamed(self) -> Self:
        """The same with every text in one line of bounded length: no second header, no forged paragraph."""
        return replace(
            self,
            subject=one_line(self.subject, 200),
            headline=one_line(self.headline),
            lines=tuple(one_line(line) for line in self.lines if line),
            facts=tuple((label, one_line(value)) for label, value in self.facts if value),
            entries=tuple(
                replace(entry, summary=one_line(entry.summary), now=one_line(entry.now)) for entry in self.entries
            ),
        )


def one_line(text: str, longest: int = LONGEST) -> str:
    line = _UNPRINTABLE.sub(" ", text).strip()
    return line if len(line) <= longest else line[: longest - 1] + "…"


def title(lead: Lead) -> str:
    """Like `Grace Hopper (Navy)`; of a buyer who must not be contacted it says so, and gives no address."""
    called = f"{lead.name} ({lead.company})" if lead.name and lead.company else _called(lead)
    return f"{called} [{BLOCKED.lower()}]" if lead.do_not_contact else called


def _called(lead: Lead) -> str:
    """Its name, and else its email, unless nobody may write to it."""
    if lead.do_not_contact:
        return lead.name or lead.company or f"Lead {lead.pk}"
    return str(lead)


def name(person: User | None, nobody: str = "Handoff") -> str:
    """Who did or has something; when nobody did, the system."""
    return str(person) if person else nobody


def sentence(text: str) -> str:
    """With a capital; the rest of a name or an abbreviation stays as it is."""
    return text[:1].upper() + text[1:]


def facts_of(lead: Lead) -> tuple[tuple[str, str], ...]:
    """Which lead it is and its state as the message is sent."""
    return (
        ("Attention", " ".join(warnings_of(lead))),
        ("Lead", lead.name),
        *_shown(lead, contact=True),
        ("State now", lead.get_state_display()),
        ("Owner now", name(lead.owner, nobody="nobody")),
        *_shown(lead, contact=False),
    )


def _shown(lead: Lead, *, contact: bool) -> list[tuple[str, str]]:
    hidden = [name for purpose, names in ADDRESSES.items() if not may_use(lead, purpose) for name in names]
    wanted = [fact for fact in facts() if fact.in_messages and fact.is_contact == contact and fact.name not in hidden]
    return [(fact.label, fact.shown(value_of(lead, fact))) for fact in wanted]


def lead_link(lead: Lead) -> tuple[str, str]:
    return ("Open the lead", f"{settings.BASE_URL}/console/leads/lead/{lead.pk}/change/")


def inbox_link() -> tuple[str, str]:
    return ("Open the console", f"{settings.BASE_URL}/console/")


def rejections_link() -> tuple[str, str]:
    return ("Open the rejections", f"{settings.BASE_URL}/console/handoff/rejection/")


def disputes_link() -> tuple[str, str]:
    return ("Open the disputes", f"{settings.BASE_URL}/console/handoff/dispute/")


def link_of(notice: Notice) -> tuple[str, str]:
    """Where what a notice is about can be seen and done."""
    if notice.key.startswith(SIGNATURE):
        return ("Open the signatures", f"{settings.BASE_URL}/console/signatures/")
    if notice.key.startswith(REVIEW):
        return ("Open the scoring model", f"{settings.BASE_URL}/console/leads/scoringmodel/")
    if notice.key.startswith(DISPUTE):
        return disputes_link()
    if notice.lead:
        return lead_link(notice.lead)
    return inbox_link() if notice.entries else engine_link()


def engine_link() -> tuple[str, str]:
    return ("Open the Engine page", f"{settings.BASE_URL}/console/engine/")


def zone_of(delivery: Delivery, lead: Lead) -> ZoneInfo:
    """The recipient's time zone; that of the team where the recipient is not a person; else UTC."""
    if delivery.recipient:
        return delivery.recipient.zone
    team = lead.team or (lead.owner.team if lead.owner else None)
    return ZoneInfo(team.time_zone if team else "UTC")
