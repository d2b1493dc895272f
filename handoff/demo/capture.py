"""The leads as marketing captured them, with what the buyers did."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from handoff.demo import sayings
from handoff.demo.agreement import UNFIT
from handoff.demo.attributes import attributes_of
from handoff.demo.campaigns import Effort
from handoff.demo.life import Life
from leads.facts import facts
from leads.models import Campaign, DealState, Lead, Touchpoint
from leads.precedence import Statement
from leads.provenance import CAPTURE

SYSTEM = "hubspot"
"""Where the leads of the story come from."""


def capture(lives: Sequence[Life], now: datetime, campaigns: Mapping[Effort, Campaign]) -> None:
    """Write the leads, each some time before its life starts, and how the buyers came to us."""
    captured = sorted(((life.captured_at(now), life) for life in lives), key=lambda pair: pair[0])
    leads = [_lead(life, at, campaigns[life.effort]) for at, life in captured]
    for (_, life), lead in zip(captured, Lead.objects.bulk_create(leads), strict=True):
        life.lead = lead
    Touchpoint.objects.bulk_create(
        point for life in lives for point in _journey(life, life.lead.created_at, campaigns[life.effort])
    )


def reply(lives: Sequence[Life], now: datetime) -> None:
    """Buyers who have bought wrote back on the way. After the handoff, so that no packet knows it."""
    Touchpoint.objects.bulk_create(
        _point(life, life.lead.created_at + (now - life.lead.created_at) * 0.8, "reply", life.pick(sayings.REPLIES))
        for life in lives
        if life.deal == DealState.WON
    )


def _lead(life: Life, at: datetime, campaign: Campaign) -> Lead:
    buyer = life.buyer
    return Lead(
        email=buyer.email,
        name=buyer.name,
        company=buyer.company,
        title=buyer.title,
        phone=buyer.phone,
        country=buyer.country,
        attributes=attributes_of(buyer.email, is_unfit=_is_unfit(life)),
        source=life.effort.source,
        campaign=campaign,
        score=life.score,
        entered_at=at,
        created_at=at,
        provenance=_provenance(at, life.effort.source, campaign),
    )


def _is_unfit(life: Life) -> bool:
    """Sales will say so."""
    return any(beat.facts.get("reason") in UNFIT for beat in life.beats)


def _provenance(at: datetime, source: str, campaign: Campaign) -> dict[str, Any]:
    """All of it came in with the capture."""
    entry = Statement(SYSTEM, at).entry
    first = {**entry, "source": source, "campaign": campaign.pk}
    return dict.fromkeys((card.name for card in facts()), entry) | {CAPTURE: first}


def _journey(life: Life, captured_at: datetime, campaign: Campaign) -> list[Touchpoint]:
    """Up to four visits in the days before, and what brought the lead in."""
    steps = life.rng.sample(sayings.JOURNEY, life.rng.randrange(5))
    hours = sorted((life.rng.uniform(0.1, 120) for _ in steps), reverse=True)
    visits = [
        _point(life, captured_at - timedelta(hours=ago), kind, detail)
        for ago, (kind, detail) in zip(hours, steps, strict=True)
    ]
    arrival = _point(life, captured_at, life.effort.arrives_by, life.pick(sayings.QUESTIONS), campaign=campaign)
    return [*visits, arrival, *_request(life, captured_at)]


def _request(life: Life, captured_at: datetime) -> list[Touchpoint]:
    """Hot leads have asked for a demonstration: the scoring model finds them by that."""
    if not life.is_hot:
        return []
    return [_point(life, captured_at - timedelta(minutes=20), "demo_request", "A demonstration with their own routes")]


def _point(life: Life, at: datetime, kind: str, detail: str, **fields: Any) -> Touchpoint:
    return Touchpoint(lead=life.lead, at=at, kind=kind, detail=detail, **fields)
