"""Campaigns: where leads come from, and what the buyer was promised."""

from typing import Any

from django.contrib.admin import display
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handoff.console.frame.page import Page
from handoff.console.frame.site import site
from handoff.doors import door
from handoff.workflow.plain_facts import reevaluate_leads_of
from leads.models import MARKETING, Campaign, Role, Via


class CampaignPage(Page):
    title = "Campaigns"
    empty = "No campaign yet. Add one, with what it promises the buyer: sales reads it in the packet."
    writers = MARKETING | {Role.REVOPS}
    list_display = ["name", "owner", "leads_shown", "cost_shown", "starts_on", "ends_on"]
    list_select_related = ["owner"]
    search_fields = ["name", "external_id"]
    fields = ["name", "owner", "promise", ("cost", "currency"), ("starts_on", "ends_on"), ("system", "external_id")]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(number=Count("leads"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A policy may ask for the name of a campaign: its leads are judged by the new one in the same transaction."""
        super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            reevaluate_leads_of(obj, door=door(Via.CONSOLE))

    @display(description="Leads", ordering="number")
    def leads_shown(self, campaign: Any) -> SafeString:
        url = f"{reverse('admin:leads_lead_changelist')}?campaign__id__exact={campaign.pk}"
        return format_html('<a href="{}" class="row-link">{}</a>', url, campaign.number)

    @display(description="Cost", ordering="cost")
    def cost_shown(self, campaign: Campaign) -> str | None:
        return None if campaign.cost is None else f"{campaign.cost:,.2f} {campaign.currency}".strip()


site.register(Campaign, CampaignPage)
