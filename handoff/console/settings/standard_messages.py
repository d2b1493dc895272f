"""The switches of the messages that go out without a subscription."""

from django.contrib.admin import display
from django.http import HttpRequest
from django.utils.safestring import SafeString

from handoff.console.frame.page import REVOPS, Page
from handoff.console.frame.site import site
from handoff.console.frame.words import badge
from handoff.models import StandardMessage


class StandardMessagePage(Page):
    title = "Standard messages"
    empty = "All standard messages are sent."
    readers = REVOPS
    list_display = ["kind", "is_active"]
    fields = ["kind", "active"]
    readonly_fields = ["kind"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    @display(description="Active", ordering="active")
    def is_active(self, message: StandardMessage) -> SafeString:
        return badge("Active", "success") if message.active else badge("Switched off")


site.register(StandardMessage, StandardMessagePage)
