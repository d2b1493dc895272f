"""All pages, so that one import registers them."""

from handoff.console import (
    calendars,
    campaigns,
    definitions,
    destinations,
    leads,
    outbox,
    people,
    policies,
    reasons,
    records,
    rejections,
    tokens,
)

__all__ = [
    "calendars",
    "campaigns",
    "definitions",
    "destinations",
    "leads",
    "outbox",
    "people",
    "policies",
    "reasons",
    "records",
    "rejections",
    "tokens",
]
