"""What sales must know of a lead, so that buyers need not repeat themselves."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Window
from django.db.models.functions import RowNumber

from leads.conditions import field_of, fields, is_in_snapshot
from leads.facts import facts, value_of
from leads.models import Lead, Touchpoint
from leads.scoring import Part, parts_of

TOUCHPOINTS = 50


def snapshot(lead: Lead) -> dict[str, Any]:
    """The packet of a lead as it is now: plain values, so that later edits do not change it."""
    recent = lead.touchpoints.select_related("campaign").order_by("-at", "-id")[:TOUCHPOINTS]
    return _packet(lead, recent) | _scores([lead]).get(lead.pk, {})


def snapshots(leads: Collection[Lead]) -> dict[int, dict[str, Any]]:
    """Those of many leads, by their ids, in one query."""
    points: defaultdict[int, list[Touchpoint]] = defaultdict(list)
    place = Window(RowNumber(), partition_by="lead", order_by=["-at", "-id"])
    recent = Touchpoint.objects.filter(lead__in=leads).annotate(place=place).filter(place__lte=TOUCHPOINTS)
    recent = recent.select_related("campaign")
    for point in recent.order_by("lead", "place"):
        points[point.lead_id].append(point)
    scores = _scores(leads)
    return {lead.pk: _packet(lead, points[lead.pk]) | scores.get(lead.pk, {}) for lead in leads}


def _scores(leads: Collection[Lead]) -> dict[int, dict[str, Any]]:
    """By which rules each was scored, where a model scores them."""
    grades = {lead.pk: lead.fit_grade for lead in leads}
    return {
        pk: {"fit_grade": grades[pk], "score_parts": [_part(part) for part in parts]}
        for pk, parts in parts_of(leads).items()
    }


def _part(part: Part) -> dict[str, Any]:
    return {"name": part.name, "points": part.points, "evidence": part.evidence, "at": part.at}


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
        **_brief(lead),
        "touchpoints": [_point(point) for point in recent],
    }


def _point(point: Touchpoint) -> dict[str, Any]:
    campaign = point.campaign.name if point.campaign else ""
    return {"kind": point.kind, "at": point.at, "detail": point.detail, "campaign": campaign}


def _brief(lead: Lead) -> dict[str, Any]:
    """What the brief of its campaign says, where there is one."""
    campaign = lead.campaign
    if campaign is None or not (campaign.brief or campaign.brief_rule):
        return {}
    return {"brief": campaign.brief, "brief_acknowledged": campaign.is_acknowledged}
