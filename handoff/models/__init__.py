"""The nouns of the handoff."""

from handoff.models.access import ApiToken
from handoff.models.delivery import Delivery, DeliveryState, Notice, Subscription
from handoff.models.destination import Audience, Destination, StepRecipient
from handoff.models.feedback import AnswerKind, Dispute, DisputeDecision, Rejection
from handoff.models.handoff import Decision, Handoff
from handoff.models.heartbeat import Heartbeat, Incident, Part
from handoff.models.rollup import AttainmentCount, AttainmentDelta, CountedClock, FunnelCount, FunnelDelta

__all__ = [
    "AnswerKind",
    "ApiToken",
    "AttainmentCount",
    "AttainmentDelta",
    "Audience",
    "CountedClock",
    "Decision",
    "Delivery",
    "DeliveryState",
    "Destination",
    "Dispute",
    "DisputeDecision",
    "FunnelCount",
    "FunnelDelta",
    "Handoff",
    "Heartbeat",
    "Incident",
    "Notice",
    "Part",
    "Rejection",
    "StepRecipient",
    "Subscription",
]
