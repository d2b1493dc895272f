"""Find leads by whatever one has of them, so quickly that it can be asked with each key, however many there are."""

import re
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat, Lower
from django.db.models.lookups import Contains

from leads.external_ids import spellings
from leads.matching.profile import Profile
from leads.models import Lead, LeadQuerySet, MatchKey
from leads.models.orders import COMPANY, LAST_WORD, NAME

LONGEST = 200
READ = 10_000
"""How many of the newest leads are read for a part of a text: no index knows a part of one."""
MOST_BEGINNING = 1_000
"""How many leads are read that begin in one way: of a very common name not all are."""
MOST_MATCHES = 1_000
SHORTEST_PHONE = 4
SEARCH_HELP = "Name, company, email, phone or number"
_SPACE = Value(" ")
NAMES = Lower(Concat("name", _SPACE, "company"))
FACTS = Lower(Concat("name", _SPACE, "company", _SPACE, "email", _SPACE, "phone", _SPACE, "mobile_phone"))
# One look into the index for each system, as it is sorted by system first.
BY_EXTERNAL_ID = """
WITH RECURSIVE systems AS (
    (SELECT system FROM leads_externalid ORDER BY system LIMIT 1)
    UNION ALL
    SELECT (SELECT next.system FROM leads_externalid next WHERE next.system > systems.system ORDER BY 1 LIMIT 1)
    FROM systems WHERE systems.system IS NOT NULL
)
SELECT lead_id FROM systems JOIN leads_externalid USING (system) WHERE value = ANY(%s) LIMIT 20
"""


@dataclass(frozen=True)
class Matches:
    """The leads that fit."""

    ids: list[int]
    """The surest first, then the newest."""
    is_whole: bool
    """Every lead was looked at for every part of the text."""


def search(seen: LeadQuerySet, text: str, most: int = MOST_MATCHES, *, by_contact: bool = True) -> Matches:
    """By number, email, phone or external id among all that are seen; by how a name, its last word or a company begins,
    among all as well; and by any part of these facts among the newest. Without `by_contact` no email or phone tells."""
    text = " ".join(text[:LONGEST].split())
    if not text:
        return Matches([], is_whole=True)
    ids = dict.fromkeys(_surely(seen, text, by_contact=by_contact)[:most])
    facts, since = FACTS if by_contact else NAMES, _newest_since()
    fits = Q()
    for word in text.lower().split():
        fits &= Q(Contains(facts, word))
    rows = seen.filter(fits | _of_digits(text) if by_contact else fits).order_by("-created_at", "-pk")
    newest = rows if since is None else rows.filter(created_at__gte=since)
    ids |= dict.fromkeys(newest.values_list("pk", flat=True)[:most])
    if since is not None and len(ids) < most:
        ids |= dict.fromkeys(rows.filter(pk__in=_beginning(text.lower())).values_list("pk", flat=True)[:most])
    return Matches(list(ids)[:most], is_whole=since is None)


def _of_digits(text: str) -> Q:
    """A part of a phone, however it is written: with or without a country, or the zero that stands for it."""
    digits = re.sub(r"[^0-9]", "", text)
    if len(digits) < SHORTEST_PHONE or re.search(r"[^0-9 ()/+.-]", text):
        return Q()
    digits = digits.lstrip("0")
    return Q(phone__contains=digits) | Q(mobile_phone__contains=digits)


def number_of(text: str) -> int | None:
    """The number that somebody has typed, also as `#12`."""
    digits = text.strip().removeprefix("#")
    is_number = digits.isascii() and digits.isdigit() and len(digits) < 19
    return int(digits) if is_number else None


def _surely(seen: LeadQuerySet, text: str, *, by_contact: bool) -> list[int]:
    """Those that an index knows by the text as a whole, the lead of that number first."""
    number = number_of(text)
    ids = {*_of_external_id(text), *(_of_phone(text) if by_contact else ()), *([number] if number else ())}
    matches = set(seen.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    if by_contact and "@" in text:
        matches |= set(seen.filter(email=text.lower()).values_list("pk", flat=True))
    return sorted(matches, key=lambda pk: (pk != number, -pk))


def _of_external_id(text: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(BY_EXTERNAL_ID, [[text, text.upper(), text.lower(), *spellings("salesforce", text)]])
        return [lead for (lead,) in cursor.fetchall()]


def _of_phone(text: str) -> list[int]:
    """Leads with this phone, however it is written."""
    blocks = Profile.of(0, {"phone": text}).blocks()
    return list(MatchKey.objects.filter(value__in=blocks).values_list("lead", flat=True)[:20]) if blocks else []


def _newest_since() -> Any:
    """Since when the newest leads were captured; None where they are all."""
    return Lead.objects.order_by("-created_at", "-id").values_list("created_at", flat=True)[READ : READ + 1].first()


def _beginning(text: str) -> list[int]:
    """Leads whose name or company begins with the text or with its rarest word, or whose name ends with such a word."""
    word = max(reversed(text.split()), key=len)
    starts = [(NAME, text), (COMPANY, text), (LAST_WORD, word)]
    starts += [(NAME, word), (COMPANY, word)] if word != text else []
    parts: list[QuerySet[Any]] = [
        Lead.objects.order_by().annotate(start=of).filter(start__startswith=start).values_list("pk")[:MOST_BEGINNING]
        for of, start in starts
    ]
    return [pk for (pk,) in parts[0].union(*parts[1:])]
