"""The buyers of a made-up year: what is known of each, and what each did before the handoff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from handoff.demo.buyers import FIRMS, FIRST_NAMES, SURNAMES, TITLES

SIZES = (5, 12, 30, 45, 60, 90, 150, 400, 1200, 5000)
"""How many people a firm employs, about."""
SHARES = (1, 1, 2, 2, 4, 4, 4, 4, 3, 2)
INDUSTRIES = ("manufacturing", "software", "logistics", "energy", "public_sector")
COUNTRIES = ("DE", "AT", "CH", "GB", "US", "CA", "NL", "SE")
GIVEAWAY = "giveaway"
"""The source that brings people who want the prize, and nothing else."""
SOURCES = ("webinar", "organic_search", "paid_search", "trade_show", "referral", GIVEAWAY)
WEIGHTS = (5, 6, 5, 3, 2, 3)
KINDS = (
    "page_view", "webinar", "form", "download", "reply", "chat", "pricing_page", "demo_request", "newsletter", "event",
)  # fmt: skip


@dataclass(frozen=True)
class Buyer:
    """One lead as marketing captures it, and the touchpoints that it had by then."""

    captured_at: datetime
    facts: dict[str, Any]
    attributes: dict[str, Any]
    effort: int
    """Of the campaigns of its source."""
    touchpoints: Sequence[tuple[str, datetime]]
    """Kind and moment. Each kind comes once, on a day of its own."""
    lately: int
    """How many of them are of the thirty days before the handoff."""


def invent(rng: Random, mark: str, captured_at: datetime, offered_at: datetime) -> Buyer:
    """One buyer, whose address is theirs alone by its mark."""
    first, last = rng.choice(FIRST_NAMES), rng.choice(SURNAMES)
    firm, trade = rng.choice(FIRMS)
    lately = min(1 + int(rng.expovariate(0.22)), 8)
    source = rng.choices(SOURCES, WEIGHTS)[0]
    touchpoints = _touchpoints(rng, offered_at, lately)
    return Buyer(
        captured_at=min(captured_at, *(at for _, at in touchpoints)),
        facts={
            "name": f"{first} {last}",
            "first_name": first,
            "last_name": last,
            "email": f"{first}.{last}.{mark}@made-up.example".lower(),
            "company": f"{firm} {trade}",
            "title": rng.choice(TITLES),
            "country": rng.choice(COUNTRIES),
            "source": source,
            "score": rng.randrange(20, 100),
        },
        attributes=_attributes(rng),
        effort=rng.randrange(3),
        touchpoints=touchpoints,
        lately=lately,
    )


def _attributes(rng: Random) -> dict[str, Any]:
    """Of one in twenty nobody knows how large their firm is."""
    size, is_known = rng.choices(SIZES, SHARES)[0], rng.random() >= 0.05
    attributes = {"industry": rng.choice(INDUSTRIES), "newsletter": rng.random() < 0.4}
    return attributes | {"employees": size} if is_known else attributes


def _touchpoints(rng: Random, offered_at: datetime, lately: int) -> list[tuple[str, datetime]]:
    """The last days' touchpoints, and some from long before."""
    kinds = rng.sample(KINDS, len(KINDS))
    recent = sorted(rng.sample(range(1, 28), lately), reverse=True)
    early = sorted(rng.sample(range(35, 90), rng.randrange(3)), reverse=True)
    days = [*early, *recent]
    return [
        (kind, offered_at - timedelta(days=ago, minutes=rng.randrange(600)))
        for kind, ago in zip(kinds, days, strict=False)
    ]
