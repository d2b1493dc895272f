"""What sales must know of a lead, so that buyers need not repeat themselves."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Window
from django.db.models.functions import RowNumber

from leads.conditions import field_of, fields, is_in_snapshot
from leads.facts import facts, value_of
from leads.models import Lead, Touchpoint

TOUCHPOINTS = 50


def snapshot(lead: Lead) -> dict[str, Any]:
    """The packet of a lead as it is now: plain values, so that later edits do not change it."""
    return _packet(lead, lead.touchpoints.select_related("campaign").order_by("-at", "-id")[:TOUCHPOINTS])


def snapshots(leads: Collection[Lead]) -> dict[int, dict[str, Any]]:
    """Those of many leads, by their ids, in one query."""
    points: defaultdict[int, list[Touchpoint]] = defaultdict(list)
    place = Window(RowNumber(), partition_by="lead", order_by=["-at", "-id"])
    recent = Touchpoint.objects.filter(lead__in=leads).annotate(place=place).filter(place__lte=TOUCHPOINTS)
    recent = recent.select_related("campaign")
    for point in recent.order_by("lead", "place"):
        points[point.lead_id].append(point)
    return {lead.pk: _packet(lead, points[lead.pk]) for lead in leads}


def beside(lead: Lead) -> dict[str, Any]:
    """What criteria may ask for and the packet does not say: whose the lead is, and the attributes that are not in it.

    An attribute of which nothing is known is there too: else nobody could tell it from one that was added later.
    """
    asked, values = map(field_of, fields()), lead.facts()
    missing = [
        each.name for each in asked if not is_in_snapshot(each) or (each.attribute and values[each.name] is None)
    ]
    return {name: values[name] for name in missing}


def _packet(lead: Lead, recent: Iterable[Touchpoint]) -> dict[str, Any]:
    values = {fact: value_of(lead, fact) for fact in facts() if fact.in_packet}
    return {
        **{fact.name: value for fact, value in values.items() if not fact.key or value is not None},
        "do_not_contact_since": lead.do_not_contact_since,
        "consent": lead.consent,
        "promise": lead.campaign.promise if lead.campaign else "",
        "touchpoints": [_point(point) for point in recent],
    }


def _point(point: Touchpoint) -> dict[str, Any]:
    campaign = point.campaign.name if point.campaign else ""
    return {"kind": point.kind, "at": point.at, "detail": point.detail, "campaign": campaign}
