"""Where people are told, and which acts are told where."""

from typing import Any

from django.contrib.admin import display
from django.http import HttpRequest
from django.utils.safestring import SafeString

from handoff.console.frame.page import REVOPS, Page
from handoff.console.frame.site import site
from handoff.console.frame.words import badge
from handoff.models import Destination, Subscription


class DestinationPage(Page):
    title = "Destinations"
    empty = "Nobody is told anything yet. Add a destination, then name it on a policy's ladder or in a subscription."
    list_display = ["name", "audience", "medium", "address", "is_active"]
    list_filter = ["audience", "medium", "active"]
    search_fields = ["name", "address"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_unused = obj is not None and not obj.steps.exists() and not obj.subscriptions.exists()
        return is_unused and self.has_change_permission(request)

    @display(description="Active", ordering="active")
    def is_active(self, destination: Destination) -> SafeString:
        return badge("Active", "success") if destination.active else badge("Switched off")


class SubscriptionPage(Page):
    title = "Subscriptions"
    empty = "No act is told to anybody. Add one, like “reject” to the marketing channel."
    readers = REVOPS
    list_display = ["verb", "destination"]
    list_filter = ["verb", "destination"]
    list_select_related = ["destination"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return self.has_change_permission(request)


site.register(Destination, DestinationPage)
site.register(Subscription, SubscriptionPage)
