"""How shares, amounts and criteria read on the pages of the agreement that improves itself."""

from collections.abc import Mapping
from typing import Any

from handoff.improving.intervals import Interval, Share
from handoff.improving.replay import spelled
from handoff.reports.kinds import NOTHING, Kind, for_people, percent
from leads.conditions import Condition
from leads.models import User


def rate(share: Share) -> dict[str, str]:
    """Like `62.0 %`, with `58 to 66 %` below it."""
    return {"value": percent(share.value), "between": between(share.interval) if share.whole else ""}


def between(interval: Interval) -> str:
    return f"{100 * interval.low:.0f} to {100 * interval.high:.0f} %"


def points(interval: Interval) -> str:
    """Of a difference, like `between 12 and 20 points`."""
    return f"between {100 * interval.low:.0f} and {100 * interval.high:.0f} points"


def with_amounts(by_currency: Mapping[str, Any]) -> str:
    return for_people(Kind.AMOUNTS, by_currency) if by_currency else NOTHING


def criterion_of(condition: Condition, user: User) -> str:
    """In words, unless it asks for what the viewer may not see."""
    return spelled(condition, user.roles)
