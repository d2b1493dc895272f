"""The nouns of the lead."""

from leads.models.attribute import WITH_CHOICES, Attribute, AttributeType
from leads.models.campaign import BriefRule, Campaign
from leads.models.consent import Consent, ConsentStatement, Purpose
from leads.models.contact import Channel, Outcome, Touch, Touchpoint
from leads.models.definition import Candidate, Definition, Receiver, Stage
from leads.models.duplicates import LeadToMatch, MatchKey, PairState, PossibleDuplicate
from leads.models.external_id import ExternalId
from leads.models.handoff_rules import HandoffRules
from leads.models.lead import Lead, LeadQuerySet, State
from leads.models.opportunity import DealState, Opportunity
from leads.models.people import MARKETING, SALES, Absence, Membership, Role, Team, User
from leads.models.reason import Evidence, Reason, Route, Side
from leads.models.scoring import ScoringModel
from leads.models.source import PERSON, SourceRank
from leads.models.transition import AMENDING, ANY_TIME, GIVING, TakenBack, Transition, Verb, Via

__all__ = [
    "AMENDING",
    "ANY_TIME",
    "GIVING",
    "MARKETING",
    "PERSON",
    "SALES",
    "WITH_CHOICES",
    "Absence",
    "Attribute",
    "AttributeType",
    "BriefRule",
    "Campaign",
    "Candidate",
    "Channel",
    "Consent",
    "ConsentStatement",
    "DealState",
    "Definition",
    "Evidence",
    "ExternalId",
    "HandoffRules",
    "Lead",
    "LeadQuerySet",
    "LeadToMatch",
    "MatchKey",
    "Membership",
    "Opportunity",
    "Outcome",
    "PairState",
    "PossibleDuplicate",
    "Purpose",
    "Reason",
    "Receiver",
    "Role",
    "Route",
    "ScoringModel",
    "Side",
    "SourceRank",
    "Stage",
    "State",
    "TakenBack",
    "Team",
    "Touch",
    "Touchpoint",
    "Transition",
    "User",
    "Verb",
    "Via",
]
