"""Whether a buyer may be contacted, and by what means: said at every door in the same words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from leads.conditions.consents import standing
from leads.models.consent import Purpose
from leads.models.lead import Lead

BLOCKED = "Do not contact"
BLOCK = ("do_not_contact", "do_not_contact_since", "do_not_contact_reason")
"""What a lead keeps of it. Nobody chooses of it, and it follows from nothing but what the buyer asked for."""
MEANS = {Purpose.EMAIL: "email", Purpose.PHONE: "calls"}


def block_of(lead: Lead) -> str:
    """Like “Do not contact, since 3 Mar 2026: asked us by phone”; empty where nothing forbids it."""
    if not lead.do_not_contact:
        return ""
    since = f", since {_day(lead.do_not_contact_since)}" if lead.do_not_contact_since else ""
    because = f": {lead.do_not_contact_reason}" if lead.do_not_contact_reason else ""
    return f"{BLOCKED}{since}{because}"


def may_use(lead: Lead, purpose: Purpose) -> bool:
    """The buyer may be contacted so: nothing was withdrawn since they last agreed to it."""
    return not lead.do_not_contact and agrees(lead.consent, purpose)


def agrees(consent: Mapping[str, Any], purpose: Purpose) -> bool:
    """Of a consent as a lead sums it up: nothing was withdrawn since. One without a moment gives nothing back."""
    return standing(consent, purpose, is_blocked=False) != "withdrawn"


def warnings_of(lead: Lead) -> list[str]:
    """All that whoever is about to contact the buyer must know, the strictest first."""
    if block := block_of(lead):
        return [sentence(block)]
    return [f"No {means}: consent was withdrawn." for purpose, means in MEANS.items() if not may_use(lead, purpose)]


def sentence(text: str) -> str:
    """With a point at its end, unless whoever wrote it has set one."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _day(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.day} {local:%b %Y}"
