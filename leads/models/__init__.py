"""The nouns of the lead."""

from leads.models.campaign import Campaign
from leads.models.contact import Channel, Outcome, Touch, Touchpoint
from leads.models.definition import Definition, Stage
from leads.models.duplicates import LeadToMatch, MatchKey, PairState, PossibleDuplicate
from leads.models.lead import ExternalId, Lead, LeadQuerySet, State
from leads.models.opportunity import DealState, Opportunity
from leads.models.people import MARKETING, SALES, Absence, Membership, Role, Team, User
from leads.models.reason import Evidence, Reason, Route, Side
from leads.models.transition import AMENDING, ANY_TIME, GIVING, Transition, Verb, Via

__all__ = [
    "AMENDING",
    "ANY_TIME",
    "GIVING",
    "MARKETING",
    "SALES",
    "Absence",
    "Campaign",
    "Channel",
    "DealState",
    "Definition",
    "Evidence",
    "ExternalId",
    "Lead",
    "LeadQuerySet",
    "LeadToMatch",
    "MatchKey",
    "Membership",
    "Opportunity",
    "Outcome",
    "PairState",
    "PossibleDuplicate",
    "Reason",
    "Role",
    "Route",
    "Side",
    "Stage",
    "State",
    "Team",
    "Touch",
    "Touchpoint",
    "Transition",
    "User",
    "Verb",
    "Via",
]
