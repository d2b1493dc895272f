"""All pages, so that one import registers them."""

from handoff.console import palette
from handoff.console.imports import listing
from handoff.console.leads import acting, bulk, consents, duplicates, leads, my_leads, rejections
from handoff.console.numbers import bulk_acts, engine, excusing, explanations, outbox, records, reports, simulations
from handoff.console.settings import (
    attributes,
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
    "attributes",
    "bulk",
    "bulk_acts",
    "calendars",
    "campaigns",
    "consents",
    "definitions",
    "destinations",
    "duplicates",
    "engine",
    "excusing",
    "explanations",
    "leads",
    "listing",
    "my_leads",
    "outbox",
    "palette",
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
