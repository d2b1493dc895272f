"""The nouns of the handoff."""

from handoff.models.access import ApiToken
from handoff.models.delivery import Delivery, DeliveryState, Notice, Subscription
from handoff.models.feedback import AnswerKind, Dispute, DisputeDecision, Rejection
from handoff.models.handoff import Decision, Handoff
from handoff.models.heartbeat import Heartbeat, Incident, Part
from handoff.models.installation import Installation
from handoff.models.rollup import AttainmentCount, AttainmentDelta, CountedClock, FunnelCount, FunnelDelta

__all__ = [
    "AnswerKind",
    "ApiToken",
    "AttainmentCount",
    "AttainmentDelta",
    "CountedClock",
    "Decision",
    "Delivery",
    "DeliveryState",
    "Dispute",
    "DisputeDecision",
    "FunnelCount",
    "FunnelDelta",
    "Handoff",
    "Heartbeat",
    "Incident",
    "Installation",
    "Notice",
    "Part",
    "Rejection",
    "Subscription",
]
