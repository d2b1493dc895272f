"""The facts of an act, in words: their labels, and their values as people read them."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from handoff.console.frame.words import moment
from handoff.models import AnswerKind
from handoff.workflow.facts.rejection import wrong_fields
from handoff.workflow.facts.timing import Cause
from handoff.workflow.rights import names_seen
from leads.facts import fact
from leads.models import DealState
from sla.metrics import Metric

FACT_LABELS = {
    "metric": "Clock",
    "cause": "Cause",
    "until": "Until",
    "reason": "Reason",
    "duplicate_of": "Duplicate of lead",
    "retry_on": "Try again on",
    "wrong_field": "Wrong detail",
    "belongs_to": "Belongs to",
    "belongs_to_team": "Territory",
    "account": "Account",
    "reenter_on": "Until",
    "kind": "Answer",
    "fixed": "Fixed",
    "corrects": "Corrected",
    "was": "Before",
    "corrected": "Now",
    "argument": "Because",
    "decision": "Decision",
    "deal": "Deal",
    "name": "Opportunity",
    "state": "State",
    "stage": "Stage",
    "amount": "Amount",
    "currency": "Currency",
    "deal_owner": "Deal owner",
    "opened_at": "Opened",
    "expected_close": "Expected close",
    "closed_at": "Closed",
    "lost_reason": "Lost because",
    "into": "Into lead",
    "take": "Facts taken along",
    "from": "From lead",
    "separated": "Lead that was separated",
    "clocks": "",
    "transition": "Act",
    "withheld": "Messages withheld",
    "sent": "Messages sent before",
    "note": "Note",
    "text": "",
    "mentions": "Mentioned",
    "not_notified": "Not notified, as they may not see the lead",
}
MOMENTS = ("until", "opened_at", "closed_at")


def facts_in_words(
    facts: Mapping[str, Any], reasons: Mapping[str, str], roles: Collection[str] | None
) -> Iterator[tuple[str, str]]:
    """Labels and values; of attributes only those that may be seen with these roles."""
    labels = {
        "metric": dict(Metric.choices),
        "cause": dict(Cause.choices),
        "reason": reasons,
        "kind": dict(AnswerKind.choices),
        "state": dict(DealState.choices),
        "wrong_field": dict(wrong_fields()),
        "corrects": dict(wrong_fields()),
    }
    for name, label in FACT_LABELS.items():
        if name in MOMENTS and name in facts:
            yield label, moment(datetime.fromisoformat(facts[name]))
        elif name == "take" and name in facts:
            if seen := [fact(each).label for each in facts[name] if names_seen(each, roles)]:
                yield label, ", ".join(seen)
        elif name in facts:
            value = ", ".join(facts[name]) if isinstance(facts[name], list) else facts[name]
            yield label, str(labels.get(name, {}).get(value, value))
