"""Find a lead by whatever one has of it, so quickly that it can be asked with each key."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q, Value
from django.db.models.functions import Concat, Lower
from django.db.models.lookups import Contains

from handoff.workflow.rights import WITH_SALES
from leads.finding import is_id
from leads.matching.profile import Profile
from leads.models import Lead, LeadQuerySet, MatchKey, User

LONGEST = 200
READ = 10_000
"""How many leads are read for a name: no index knows a part of one, and a million would take seconds."""
_SPACE = Value(" ")
FACTS = Lower(Concat("name", _SPACE, "company", _SPACE, "email", _SPACE, "phone", _SPACE, "mobile_phone"))
# One look into the index for each system, as it is sorted by system first.
BY_EXTERNAL_ID = """
WITH RECURSIVE systems AS (
    (SELECT system FROM leads_externalid ORDER BY system LIMIT 1)
    UNION ALL
    SELECT (SELECT next.system FROM leads_externalid next WHERE next.system > systems.system ORDER BY 1 LIMIT 1)
    FROM systems WHERE systems.system IS NOT NULL
)
SELECT lead_id FROM systems JOIN leads_externalid USING (system) WHERE value = %s LIMIT 20
"""


@dataclass(frozen=True)
class Findings:
    """The leads that fit, the surest first."""

    leads: list[Lead]
    is_whole: bool
    """Every lead was looked at; else a name was looked for among the newest alone."""


def find(user: User, text: str, most: int) -> Findings:
    """By number, email, phone or external id among all that this person sees; by a name among the newest."""
    text = " ".join(text[:LONGEST].split())
    if not text:
        return Findings([], is_whole=True)
    seen = Lead.objects.visible_to(user).select_related("owner", "team")
    sure = {lead.pk: lead for lead in _surely(seen, text)[:most]}
    since = _newest_since()
    for lead in _by_words(seen, user, text, since, most):
        sure.setdefault(lead.pk, lead)
    return Findings(list(sure.values())[:most], is_whole=since is None)


def _surely(seen: LeadQuerySet, text: str) -> list[Lead]:
    """Those that an index knows by the text as a whole, the lead of that number first."""
    ids = set(_holders(text))
    number = text.removeprefix("#")
    wanted = int(number) if is_id(number) else 0
    leads = list(seen.filter(pk__in={*ids, wanted}))
    leads += seen.filter(email=text.lower()) if "@" in text else []
    return sorted(leads, key=lambda lead: lead.pk != wanted)


def _holders(text: str) -> list[int]:
    """Leads with this external id or this phone, however it is written."""
    with connection.cursor() as cursor:
        cursor.execute(BY_EXTERNAL_ID, [text])
        ids = [lead for (lead,) in cursor.fetchall()]
    blocks = Profile.of(0, {"phone": text}).blocks()
    return [*ids, *MatchKey.objects.filter(value__in=blocks).values_list("lead", flat=True)[:20]] if blocks else ids


def _newest_since() -> datetime | None:
    """Since when the newest leads were captured; None where they are all."""
    return Lead.objects.order_by("-created_at", "-id").values_list("created_at", flat=True)[READ : READ + 1].first()


def _by_words(seen: LeadQuerySet, user: User, text: str, since: datetime | None, most: int) -> list[Lead]:
    """Each word stands in one of the facts. Of the leads that one works on also the old ones are read: they are few."""
    rows = seen.order_by("-created_at", "-id")
    for word in text.split():
        rows = rows.filter(Contains(FACTS, word.lower()))
    if since is None:
        return list(rows[:most])
    own = Q(owner=user, state__in=WITH_SALES)
    # One after the other: asked together, no index would serve.
    return [*rows.filter(created_at__gte=since)[:most], *rows.filter(own, created_at__lt=since)[:most]]
