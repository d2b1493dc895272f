"""The other lead of a pair, as it is picked: by name, company, email, phone or number, the likeliest first."""

from django.db import OperationalError, connection, transaction
from django.db.models import Q

from handoff.workflow import duplicates
from leads.finding import SEARCHED, is_id
from leads.models import Lead, LeadQuerySet, User

MOST_RESULTS = 10
LONGEST_SEARCH = 200
SHORTEST_SEARCH = 2
PATIENCE = "1500ms"
"""How long one search may keep the database busy: pickers ask again with every letter."""
SLOW = "That takes too long: type more of the name, or the whole email or number."


class TooSlow(Exception):
    """The search would have kept the database busy for too long."""


def likely(user: User, lead: Lead, asked: str = "") -> list[Lead]:
    """The leads that are meant by a text; without one, whom this lead may be. It may raise TooSlow."""
    suggested = [other for _pair, other in duplicates.pairs_of(lead, user)][:MOST_RESULTS]
    if len(asked) < SHORTEST_SEARCH and not is_id(asked):
        return suggested
    try:
        return _fitting(user, lead, asked, suggested)
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        raise TooSlow from error


def _fitting(user: User, lead: Lead, asked: str, suggested: list[Lead]) -> list[Lead]:
    first = {other.pk: place for place, other in enumerate(suggested)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
        # Two statements: the fitting suggestions must not be lost behind newer leads that fit as well.
        fitting = search(others(user, lead).filter(pk__in=first), asked)
        rest = search(others(user, lead).exclude(pk__in=first), asked).order_by("-created_at", "-pk")
        exact = others(user, lead).filter(pk=asked) if is_id(asked) else others(user, lead).filter(email__iexact=asked)
        rows = [*exact[:1], *sorted(fitting, key=lambda other: first[other.pk]), *rest[:MOST_RESULTS]]
        cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    return list({other.pk: other for other in rows}.values())[:MOST_RESULTS]


def others(user: User, lead: Lead) -> LeadQuerySet:
    """The leads that may be named beside one: those that this person sees, and that are still there."""
    seen = Lead.objects.visible_to(user).filter(merged_into=None).exclude(pk=lead.pk)
    return seen.select_related("owner", "reason")


def search(leads: LeadQuerySet, asked: str) -> LeadQuerySet:
    """The leads that every word of a search fits."""
    for word in asked.split():
        fits = Q()
        for column in SEARCHED:
            fits |= Q(**{f"{column}__icontains": word})
        leads = leads.filter(fits | Q(pk=word) if is_id(word) else fits)
    return leads
