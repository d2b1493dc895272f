"""All pages, so that one import registers them."""

from handoff.console.leads import acting, bulk, leads, my_leads, rejections
from handoff.console.numbers import bulk_acts, engine, excusing, explanations, outbox, records, reports, simulations
from handoff.console.settings import (
    calendars,
    campaigns,
    definitions,
    destinations,
    people,
    policies,
    reasons,
    sources,
    standard_messages,
    tokens,
)

__all__ = [
    "acting",
    "bulk",
    "bulk_acts",
    "calendars",
    "campaigns",
    "definitions",
    "destinations",
    "engine",
    "excusing",
    "explanations",
    "leads",
    "my_leads",
    "outbox",
    "people",
    "policies",
    "reasons",
    "records",
    "rejections",
    "reports",
    "simulations",
    "sources",
    "standard_messages",
    "tokens",
]
