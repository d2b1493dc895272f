"""Are the deals what the history says of them? Read only; every disagreement in words."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Min

from handoff.workflow.facts import as_json
from leads.merged import families
from leads.models import DealState, Opportunity, Transition, Verb
from leads.sql import load

CHUNK = 1000
MOMENTS = ("opened_at", "closed_at")
_COMPARED = tuple(name for name in Opportunity().as_facts() if name != "deal")


def disagreements() -> Iterator[str]:
    last = 0
    rows = Opportunity.objects.select_related("owner").order_by("pk")
    while deals := list(rows.filter(pk__gt=last)[:CHUNK]):
        last = deals[-1].pk
        stated = by_history(deals)
        for deal in deals:
            yield from _compare(deal, stated.get(deal.pk))
    with connection.cursor() as cursor:
        cursor.execute(load("handoff.amending", "missing_deals.sql"))
        for lead_id, act_id in cursor.fetchall():
            yield f"Lead {lead_id}: the deal of act {act_id} is missing."


def by_history(deals: Sequence[Opportunity]) -> dict[int, dict[str, Any]]:
    """How these deals are according to the acts on their leads, and on those that were merged into them.

    The last act that was written about a deal says all of it. A conversion recorded before deals were kept in the
    history names no deal, and opened the first one of its lead.
    """
    leads = {deal.lead_id for deal in deals}
    members = {member for of_lead in families(leads).values() for member in of_lead}
    first = dict(Opportunity.objects.filter(lead__in=members).values_list("lead").annotate(Min("pk")))
    acts = Transition.objects.filter(lead__in=members, verb__in=(Verb.CONVERT, Verb.UPDATE_DEAL)).order_by("pk")
    stated = {}
    for lead_id, facts in acts.values_list("lead", "facts"):
        stated[facts.get("deal") or first.get(lead_id, 0)] = _plain(facts)
    return stated


def _compare(deal: Opportunity, stated: Mapping[str, Any] | None) -> Iterator[str]:
    if stated is None:
        yield f"Lead {deal.lead_id}: no act of its history opened deal {deal.pk}."
        return
    stored = _plain(as_json(deal.as_facts()))
    wrong = [name for name in _COMPARED if stored.get(name) != stated.get(name)]
    if wrong:
        words = "; ".join(f"{name} is {stored.get(name)}, should be {stated.get(name)}" for name in wrong)
        yield f"Lead {deal.lead_id}: deal {deal.pk} is not as its history says: {words}."


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a deal with their types. An amount of nothing was not kept by the conversions of before."""
    plain = {name: facts[name] for name in _COMPARED if facts.get(name)}
    plain["state"] = facts.get("state") or DealState.OPEN.value
    if amount := Decimal(facts.get("amount") or 0):
        plain["amount"] = amount
    else:
        plain.pop("amount", None)
    for name in plain.keys() & set(MOMENTS):
        plain[name] = datetime.fromisoformat(plain[name])
    return plain
