"""Seen before the first touch: whether whoever contacts a buyer has read what buyers need not repeat."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import Error, connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from handoff.doors import is_looked_at
from handoff.models import Handoff, PacketView
from leads.models import SALES, Role, User
from leads.sql import load

log = structlog.get_logger(__name__)
_SEEN = """
SELECT packet.contacted_at, packet.seen_before_contact, seen.person_id, seen.at
FROM reporting.packets packet LEFT JOIN handoff_packetview seen ON seen.handoff_id = packet.handoff_id
WHERE packet.handoff_id = %s ORDER BY seen.at, seen.id
"""


def note_view(request: HttpRequest, lead_id: int, person: User) -> None:
    """Keep that this person has the packet of a lead before them, if they owe its first touch."""
    if not (person.has_role(*SALES) and is_looked_at(request)):
        return
    teams = list(person.team_ids) if person.has_role(Role.SALES_REP) else []
    asked: dict[str, Any] = {"lead": lead_id, "person": person.pk, "teams": teams, "at": timezone.now()}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(load(__package__, "see_packet.sql"), asked)
    except Error as error:  # who reads a page needs the page, whatever becomes of this
        log.warning("packet_view_not_noted", lead=lead_id, error=str(error))


@dataclass(frozen=True)
class Seen:
    """Who has seen a packet, and how that stands to the first touch."""

    views: list[PacketView]
    contacted_at: datetime | None = None
    before_contact: bool | None = None
    """By whoever made the first touch. None without one, or where it was made before views were kept."""


def seen(handoff: Handoff) -> Seen:
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [handoff.pk])
        rows = cursor.fetchall()
    people = User.objects.in_bulk([person for _, _, person, _ in rows if person])
    views = [PacketView(handoff=handoff, person=people[person], at=at) for _, _, person, at in rows if person in people]
    return Seen(views, *rows[0][:2]) if rows else Seen([])
