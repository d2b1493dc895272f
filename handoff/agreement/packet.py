"""What sales must know of a lead, so that buyers need not repeat themselves."""

from typing import Any

from leads.facts import facts, value_of
from leads.models import Lead

TOUCHPOINTS = 50


def snapshot(lead: Lead) -> dict[str, Any]:
    """The packet of a lead as it is now: plain values, so that later edits do not change it."""
    recent = lead.touchpoints.order_by("-at", "-id")[:TOUCHPOINTS]
    return {
        **{fact.name: value_of(lead, fact) for fact in facts()},
        "promise": lead.campaign.promise if lead.campaign else "",
        "touchpoints": [{"kind": point.kind, "at": point.at, "detail": point.detail} for point in recent],
    }
