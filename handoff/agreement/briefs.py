"""The brief of a campaign: sales acknowledges what it has read, before the leads of the campaign come."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.utils import timezone

from handoff.refusals import FactsRefused, NotAllowed
from leads.models import BriefRule, Campaign, Lead, Role, User


@transaction.atomic
def acknowledge(campaign_id: int, *, by: User, seen: str) -> Campaign:
    """Acknowledge a brief, of which `seen` is the digest of what the person read. Done twice, the first one stays."""
    if not by.has_role(Role.SALES_MANAGER):
        raise NotAllowed("Only a sales manager can acknowledge a brief.")
    # Locked, so that an edit does not come between what was read and what is acknowledged.
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    if seen != campaign.brief_digest:
        raise FactsRefused(f"The brief of {campaign} was changed after you opened it: read it again first.")
    if campaign.is_acknowledged:
        return campaign
    campaign.acknowledged_by, campaign.acknowledged_at = by, timezone.now()
    campaign.acknowledged_digest = seen
    campaign.save(update_fields=["acknowledged_by", "acknowledged_at", "acknowledged_digest"])
    LogEntry.objects.log_actions(by.pk, [campaign], CHANGE, "Acknowledged the brief.", single_object=True)
    return campaign


def complaint(lead: Lead) -> str:
    """What to say of a lead whose campaign waits for its acknowledgement; empty for any other."""
    campaign = lead.campaign
    if campaign is None or not campaign.waits_for_acknowledgement:
        return ""
    return f"Sales has not acknowledged the brief of “{campaign}”: a sales manager does so on the page of the campaign."


def must_be_acknowledged(lead: Lead) -> None:
    """Refuse to hand over a lead of a campaign that says so."""
    words = complaint(lead)
    if words and lead.campaign and lead.campaign.brief_rule == BriefRule.REFUSE:
        raise FactsRefused(words, {"campaign": [words]})
