"""Deliveries: who was notified of what, with what failed on top, and a way to send it again."""

from typing import Any

from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from handoff.alerts import resend
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.page import REVOPS, Kept, Tool
from handoff.console.frame.ranges import RangeDateFilter
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import ago, badge, moment, two_lines
from handoff.models import Delivery, DeliveryState
from leads.models import Role

TONES = {
    DeliveryState.PENDING: "info",
    DeliveryState.SENT: "success",
    DeliveryState.DEAD: "danger",
    DeliveryState.WITHDRAWN: "plain",
}
DEAD_FIRST = Case(When(state=DeliveryState.DEAD, then=Value(0)), default=Value(1), output_field=IntegerField())


class DeliveryPage(Kept):
    title = "Deliveries"
    empty = "No messages yet. They come from the ladders of policies and from “When to notify”."
    readers = REVOPS
    list_display = ["about", "to", "state_badge", "tries", "error", "created", "decide"]
    list_display_links = ["about"]
    list_filter = [("state", ChoicesDropdownFilter), ("medium", ChoicesDropdownFilter), ("created_at", RangeDateFilter)]
    list_select_related = [
        "recipient",
        "destination",
        "alarm__step",
        "alarm__clock__lead",
        "transition__lead",
        "notice",
    ]
    fields = ["about", "to", "state_badge", "tries", "error", "created", "sent", "key"]
    search_fields = ["recipient__username", "recipient__email", "destination__name", "last_error", "key"]
    search_help_text = "Person, destination, error or key"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """A secret address cannot be guessed letter by letter, by whether a row is listed."""
        return not lookup.startswith("address") and super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> Any:  # noqa: ARG002
        return Delivery.objects.annotate(first=DEAD_FIRST)

    def get_ordering(self, request: HttpRequest) -> Any:  # noqa: ARG002
        return ["first", "-created_at", "-pk"]

    def get_urls(self) -> list[URLPattern]:
        return [self.extra_path("resend", self.resend_view), *super().get_urls()]

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        may = viewer(request).has_role(Role.REVOPS) and obj.state in (DeliveryState.SENT, DeliveryState.DEAD)
        return [Tool("Send again", self.url("resend", obj.pk), "primary")] if may else []

    def resend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not viewer(request).has_role(Role.REVOPS):
            raise PermissionDenied
        delivery = get_object_or_404(Delivery, pk=pk)
        explained = "It is sent under the same key, so a receiver that has it already can tell."

        def do() -> str:
            resend(pk, by=viewer(request))
            return f"{delivery} waits to be sent again."

        return confirm(
            request, Question(f"Send again: {delivery}", explained, "Send again", "primary"), self.url("changelist"), do
        )

    @display(description="About", ordering="-created_at")
    def about(self, delivery: Delivery) -> SafeString:
        if delivery.alarm:
            clock = delivery.alarm.clock
            return two_lines(
                clock.lead, f"{delivery.alarm.step.get_kind_display()}: {clock.get_metric_display().lower()}"
            )
        if delivery.transition:
            return two_lines(delivery.transition.lead, delivery.transition.get_verb_display())
        if delivery.notice:
            return two_lines(delivery.notice, "The engine itself")
        return SafeString("–")

    @display(description="To")
    def to(self, delivery: Delivery) -> SafeString:
        return two_lines(delivery.place, delivery.get_medium_display())

    @display(description="State", ordering="state")
    def state_badge(self, delivery: Delivery) -> SafeString:
        return badge(delivery.get_state_display(), TONES[DeliveryState(delivery.state)])

    @display(description="Attempts", ordering="attempts")
    def tries(self, delivery: Delivery) -> int:
        return delivery.attempts

    @display(description="Last error")
    def error(self, delivery: Delivery) -> SafeString:
        return format_html('<span class="note">{}</span>', delivery.last_error or "–")

    @display(description="Written", ordering="created_at")
    def created(self, delivery: Delivery) -> SafeString:
        return ago(delivery.created_at)

    @display(description="Sent")
    def sent(self, delivery: Delivery) -> SafeString:
        return moment(delivery.sent_at)

    @display(description="Decide")
    def decide(self, delivery: Delivery) -> SafeString:
        if delivery.state != DeliveryState.DEAD:
            return SafeString("–")
        html = '<a href="{}" class="act act-primary" data-dialog aria-haspopup="dialog">Send again</a>'
        return format_html(html, self.url("resend", delivery.pk))


site.register(Delivery, DeliveryPage)
