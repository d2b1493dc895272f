"""All pages, so that one import registers them."""

from handoff.console.imports import listing
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
    "listing",
    "my_leads",
    "outbox",
    "people",
    "policies",
    "reasons",
    "records",
    "rejections",
    "reports",
    "simulations",
    "standard_messages",
    "tokens",
]
