"""The nouns of the handoff."""

from handoff.models.access import ApiToken
from handoff.models.bulk import BulkAct, BulkKind
from handoff.models.delivery import Delivery, DeliveryState, Notice, Priority, Subscription
from handoff.models.destination import Audience, Destination, StepRecipient
from handoff.models.feedback import AnswerKind, Dispute, DisputeDecision, Rejection
from handoff.models.field_note import FieldNote, NoteKind
from handoff.models.firm import Firm
from handoff.models.goal import Goal, GoalMeasure, GoalPeriod, WeeklyCapacity
from handoff.models.handoff import Decision, Handoff
from handoff.models.heartbeat import Heartbeat, Incident, Part
from handoff.models.imports import (
    ENDED,
    IN_PROGRESS,
    FileMapping,
    Import,
    ImportChange,
    ImportRow,
    ImportState,
    RowOutcome,
    StatedRow,
)
from handoff.models.inbox import InboxEntry, LeadView
from handoff.models.installation import Installation
from handoff.models.kept import ReportMark, ReportQuestion, ReportSpan
from handoff.models.lease import Lease, RateLimit
from handoff.models.letter import Letter, LetterKind
from handoff.models.packet_view import PacketView
from handoff.models.rate import Rate, RateSet
from handoff.models.replay import ReplayRun
from handoff.models.review import (
    ClosedItem,
    PeriodClose,
    PeriodClosing,
    RequiredActions,
    ReviewAction,
    ReviewPack,
    Tier,
)
from handoff.models.rollup import AttainmentCount, AttainmentDelta, CountedClock, FunnelCount, FunnelDelta
from handoff.models.scheduled_report import ScheduledReport, SentReport
from handoff.models.scoring import FlagDecision, ReviewVerdict, ScoreFlag, ScoreReview, ScoringRun
from handoff.models.sla_table import SlaChange, SlaTable, Subject
from handoff.models.slack import SlackMessage, SlackReply, SlackRequest
from handoff.models.standard import StandardKind, StandardMessage
from handoff.models.work import UNFINISHED, WorkState

__all__ = [
    "ENDED",
    "IN_PROGRESS",
    "UNFINISHED",
    "AnswerKind",
    "ApiToken",
    "AttainmentCount",
    "AttainmentDelta",
    "Audience",
    "BulkAct",
    "BulkKind",
    "ClosedItem",
    "CountedClock",
    "Decision",
    "Delivery",
    "DeliveryState",
    "Destination",
    "Dispute",
    "DisputeDecision",
    "FieldNote",
    "FileMapping",
    "Firm",
    "FlagDecision",
    "FunnelCount",
    "FunnelDelta",
    "Goal",
    "GoalMeasure",
    "GoalPeriod",
    "Handoff",
    "Heartbeat",
    "Import",
    "ImportChange",
    "ImportRow",
    "ImportState",
    "InboxEntry",
    "Incident",
    "Installation",
    "LeadView",
    "Lease",
    "Letter",
    "LetterKind",
    "NoteKind",
    "Notice",
    "PacketView",
    "Part",
    "PeriodClose",
    "PeriodClosing",
    "Priority",
    "Rate",
    "RateLimit",
    "RateSet",
    "Rejection",
    "ReplayRun",
    "ReportMark",
    "ReportQuestion",
    "ReportSpan",
    "RequiredActions",
    "ReviewAction",
    "ReviewPack",
    "ReviewVerdict",
    "RowOutcome",
    "ScheduledReport",
    "ScoreFlag",
    "ScoreReview",
    "ScoringRun",
    "SentReport",
    "SlaChange",
    "SlaTable",
    "SlackMessage",
    "SlackReply",
    "SlackRequest",
    "StandardKind",
    "StandardMessage",
    "StatedRow",
    "StepRecipient",
    "Subject",
    "Subscription",
    "Tier",
    "WeeklyCapacity",
    "WorkState",
]
