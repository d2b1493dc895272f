"""What sales must know of a lead, so that the buyer never repeats himself."""

from typing import Any

from leads.models import Lead

TOUCHPOINTS = 50


def snapshot(lead: Lead) -> dict[str, Any]:
    """The packet of a lead as it stands: plain values, so that later edits do not change it."""
    recent = lead.touchpoints.order_by("-at", "-id")[:TOUCHPOINTS]
    return {
        "name": lead.name,
        "company": lead.company,
        "title": lead.title,
        "email": lead.email,
        "phone": lead.phone,
        "country": lead.country,
        "source": lead.source,
        "score": lead.score,
        "campaign": lead.campaign.name if lead.campaign else "",
        "promise": lead.campaign.promise if lead.campaign else "",
        "touchpoints": [{"kind": point.kind, "at": point.at, "detail": point.detail} for point in recent],
    }
