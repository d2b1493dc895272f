"""Whom a destination would reach by now: by the rule by which messages are written."""

from collections.abc import Sequence
from dataclasses import dataclass

from handoff.alerts.audience import AudienceQuery, Recipient, recipients_of
from handoff.alerts.channels import CHANNELS
from handoff.models import Audience, Destination
from leads.models import Campaign, Role, Team, User

SHOWN = 8
MOST = 200  # owners, teams or campaigns that are asked about


@dataclass(frozen=True)
class Reach:
    """In words, with the names of the first; and who would be meant, and has no address."""

    words: str
    names: Sequence[str]
    more: int
    without: Sequence[str]


def reach_of(destination: Destination) -> Reach:
    questions = _questions(destination)
    answers = recipients_of(list(questions))
    reached = {recipient for each in answers.values() for recipient in each}
    people = User.objects.in_bulk({recipient.user_id for recipient in reached if recipient.user_id})
    names = sorted({_name(recipient, people, destination) for recipient in reached})
    without = sorted({label for question, label in questions.items() if label and not answers[question]})
    return Reach(_in_words(destination, len(names)), names[:SHOWN], max(len(names) - SHOWN, 0), without[:SHOWN])


def _questions(destination: Destination) -> dict[AudienceQuery, str]:
    """One for each lead that might be meant, with whom it is about: of a team, an owner, or a campaign."""
    audience, medium, address = destination.audience, destination.medium, destination.address
    match audience:
        case Audience.OWNER:
            owners = User.objects.filter(is_active=True, groups__name__in=[Role.SALES_REP, Role.SALES_MANAGER])
            return {
                AudienceQuery(audience, medium, owner_id=user.pk, team_id=user.team_id): str(user)
                for user in owners.distinct().order_by("username")[:MOST]
            }
        case Audience.MANAGER | Audience.TEAM:
            return {AudienceQuery(audience, medium, team_id=team.pk): str(team) for team in Team.objects.all()[:MOST]}
        case Audience.MARKETING:
            firsts = Campaign.objects.exclude(owner=None).order_by("owner", "pk").distinct("owner")
            ids = firsts.values_list("pk", flat=True)[:MOST]
            owned = {AudienceQuery(audience, medium, campaign_id=pk): "" for pk in ids}
            return owned | {AudienceQuery(audience, medium): "the marketing leads"}
        case Audience.REVOPS:
            return {AudienceQuery(audience, medium): "RevOps"}
    return {AudienceQuery(audience, medium, address): ""}


def _name(recipient: Recipient, people: dict[int, User], destination: Destination) -> str:
    if recipient.user_id:
        return str(people.get(recipient.user_id, "a person"))
    is_secret = CHANNELS[destination.medium].address_is_secret if destination.medium in CHANNELS else True
    return "the address that is set" if is_secret else recipient.address


def _in_words(destination: Destination, count: int) -> str:
    one_of = {
        Audience.OWNER: "the owner of the lead, who is one of",
        Audience.MANAGER: "the manager of the lead's team, who is one of",
        Audience.TEAM: "the team of the lead, which is one of",
        Audience.MARKETING: "the owner of the lead's campaign, or else the marketing leads, of",
    }
    if not count:
        return "No one would be reached"
    places = "1 address" if count == 1 else f"{count} addresses"
    if lead_in := one_of.get(Audience(destination.audience)):
        return f"Each message reaches {lead_in} {places}"
    return f"Each message reaches {places}"
