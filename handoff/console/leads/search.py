"""What the palette and the page Find show of leads: those that a text fits, as one types it."""

from dataclasses import dataclass

from leads.models import Lead, User
from leads.search import search


@dataclass(frozen=True)
class Findings:
    """The leads that fit, the surest first."""

    leads: list[Lead]
    is_whole: bool
    """Every lead was looked at for every part of the text; else for its beginnings, and the newest for the rest."""


def find(user: User, text: str, most: int) -> Findings:
    seen = Lead.objects.visible_to(user)
    matches = search(seen, text, most)
    leads = seen.select_related("owner", "team").in_bulk(matches.ids)
    return Findings([leads[pk] for pk in matches.ids if pk in leads], matches.is_whole)
