"""Campaigns: where leads come from, and what the buyer was promised."""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handoff.agreement.briefs import acknowledge
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.counting import capped, counted_of_each
from handoff.console.frame.page import Page, Tool
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import day
from handoff.doors import door
from handoff.models import FunnelCount, FunnelDelta
from handoff.workflow.plain_facts import reevaluate_leads_of
from leads.models import MARKETING, Campaign, Lead, Role, Via

DATES, EXPECTED = ("starts_on", "ends_on"), ("expected_leads", "expected_acceptance")


class CampaignPage(Page):
    title = "Campaigns"
    empty = "No campaign yet. Add one, with what it promises the buyer: sales reads it in the packet."
    writers = MARKETING | {Role.REVOPS}
    list_display = ["name", "owner", "leads_shown", "cost_shown", "starts_on", "ends_on"]
    list_select_related = ["owner"]
    search_fields = ["name", "external_id"]
    fieldsets = [
        (
            None,
            {"fields": ["name", "owner", ("starts_on", "ends_on"), ("cost", "currency"), ("system", "external_id")]},
        ),
        (
            "Brief for sales",
            {
                "fields": [
                    "promise",
                    "target_audience",
                    "offer",
                    "talk_track",
                    ("expected_leads", "expected_acceptance"),
                    "brief_rule",
                ]
            },
        ),
    ]
    change_form_outer_after_template = "handoff/console/settings/brief.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super().get_queryset(request).annotate(number=counted_of_each(Lead.objects.filter(campaign=OuterRef("pk"))))
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A policy may ask for the name of a campaign: its leads are judged by the new one in the same transaction."""
        if change:  # only what was changed: what sales acknowledges meanwhile stays
            obj.save(update_fields=form.changed_data)
        else:
            super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            reevaluate_leads_of(obj, door=door(Via.CONSOLE))

    def get_urls(self) -> list[URLPattern]:
        return [self.extra_path("acknowledge", self.acknowledge_view), *super().get_urls()]

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        may = viewer(request).has_role(Role.SALES_MANAGER) and _is_briefed(obj) and not obj.is_acknowledged
        return [Tool("Acknowledge the brief", self.url("acknowledge", obj.pk), "primary")] if may else []

    def acknowledge_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = viewer(request)
        if not user.has_role(Role.SALES_MANAGER):
            raise PermissionDenied
        campaign = get_object_or_404(Campaign, pk=pk)

        def do() -> str:
            acknowledge(pk, by=user, seen=request.POST.get("seen", ""))
            return f"Acknowledged the brief of {campaign}."

        explained = "You say for sales that you have read it. A later change of it asks for this again."
        question = Question(
            f"Acknowledge the brief of {campaign}",
            explained,
            "Acknowledge",
            "primary",
            shown=_brief(campaign),
            carried={"seen": campaign.brief_digest},
        )
        return confirm(request, question, self.url("change", pk), do)

    def beside(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:  # noqa: ARG002
        """Who has acknowledged it, and what was expected beside what came."""
        return {"campaign": obj, "is_briefed": _is_briefed(obj), **_actual(obj)} if obj else {}

    @display(description="Leads")
    def leads_shown(self, campaign: Any) -> SafeString:
        url = f"{reverse('admin:leads_lead_changelist')}?campaign__id__exact={campaign.pk}"
        return format_html('<a href="{}" class="row-link">{}</a>', url, capped(campaign.number))

    @display(description="Cost", ordering="cost")
    def cost_shown(self, campaign: Campaign) -> str | None:
        return None if campaign.cost is None else f"{campaign.cost:,.2f} {campaign.currency}".strip()


def _is_briefed(campaign: Campaign) -> bool:
    return bool(campaign.brief or campaign.brief_rule)


def _brief(campaign: Campaign) -> list[tuple[str, str]]:
    dates = [day(each) for each in (campaign.starts_on, campaign.ends_on) if each]
    expected = [
        f"{campaign.expected_leads:,} handoffs" if campaign.expected_leads is not None else "",
        f"{campaign.expected_acceptance} % accepted" if campaign.expected_acceptance is not None else "",
    ]
    rows = [
        ("Promise", campaign.promise),
        ("For whom", campaign.target_audience),
        ("Offer", campaign.offer),
        ("Talk track", campaign.talk_track),
        ("Expected", ", ".join(filter(None, expected))),
        ("Dates", " to ".join(dates)),
    ]
    return [(label, text) for label, text in rows if text]


def _actual(campaign: Campaign) -> dict[str, Any]:
    """From the figures that are kept ready, which do not grow with the leads: those handed over, and accepted."""
    handed_over = accepted = 0
    for figures in (FunnelCount, FunnelDelta):
        sums = figures.objects.filter(campaign_id=campaign.pk).aggregate(mql=Sum("mql"), sal=Sum("sal"))
        handed_over, accepted = handed_over + (sums["mql"] or 0), accepted + (sums["sal"] or 0)
    share = round(100 * accepted / handed_over) if handed_over else None
    return {"handed_over": handed_over, "accepted": accepted, "acceptance": share}


site.register(Campaign, CampaignPage)
