"""Deliveries: who was notified of what, with what failed on top, and a way to send it again."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from handoff.alerts import resend
from handoff.alerts.channels.email import text_of
from handoff.alerts.messages import content_alone, read_causes, subject_alone
from handoff.console.frame.changelist import BoundedRows
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.dates import NewestByChoice, NumberedDateFilter
from handoff.console.frame.page import REVOPS, Kept, Tool
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import ago, badge, moment, two_lines
from handoff.models import Delivery, DeliveryState
from leads.models import Lead, Role
from leads.search import READ

TONES = {
    DeliveryState.PENDING: "info",
    DeliveryState.SENT: "success",
    DeliveryState.DEAD: "danger",
    DeliveryState.WITHDRAWN: "plain",
}


class DeliveryRows(BoundedRows):
    """What has failed stands first; then the others, the newest first."""

    def parts(self, request: HttpRequest) -> Sequence[Any]:
        if request.GET.get("state__exact"):
            return [self.queryset]
        dead = self.queryset.filter(state=DeliveryState.DEAD).order_by("-created_at", "-pk")
        return [dead, self.queryset.exclude(state=DeliveryState.DEAD)]

    def dress(self, request: HttpRequest, rows: Sequence[Any]) -> None:  # noqa: ARG002
        """What the rows say is read for all of them together."""
        read_causes(rows)


class DeliveryPage(Kept):
    title = "Deliveries"

    class Media:
        css = {"all": ["handoff/settings.css"]}

    empty = "No messages yet. They come from the ladders of policies and from “When to notify”."
    readers = REVOPS
    list_display = ["subject", "to", "state_badge", "tries", "error", "created", "decide"]
    list_display_links = ["subject"]
    list_filter = [("state", ChoicesDropdownFilter), ("medium", NewestByChoice), ("created_at", NumberedDateFilter)]
    list_select_related = [
        "recipient",
        "destination",
        "alarm__step",
        "alarm__clock__lead",
        "transition__lead",
        "notice__lead",
    ]
    ordering = ["-pk"]  # as they were written
    sortable_by: ClassVar[list[str]] = []
    sorted_first = "-created"
    fields = ["subject", "message", "about", "to", "state_badge", "tries", "error", "created", "sent", "key"]
    search_fields = ["recipient__username", "recipient__email", "destination__name", "last_error", "key"]
    search_help_text = f"Person, destination or error among the newest {READ:,}, or a key"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """A secret address cannot be guessed letter by letter, by whether a row is listed."""
        return not lookup.startswith("address") and super().lookup_allowed(lookup, value, request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedRows]:  # noqa: ARG002
        return DeliveryRows

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """A whole key by its index; a part of something else among the newest, as no index knows parts."""
        if not search_term.strip():
            return queryset, False
        if key := _key_of(search_term):
            return queryset.filter(key=key), False
        largest = Delivery.objects.aggregate(number=Max("pk"))["number"] or 0
        return super().get_search_results(request, queryset.filter(pk__gt=largest - READ), search_term)

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

    @display(description="Message", ordering="-created_at")
    def subject(self, delivery: Delivery) -> SafeString:
        return two_lines(subject_alone(delivery), _cause(delivery))

    @display(description="Text, as it reads now")
    def message(self, delivery: Delivery) -> SafeString:
        """Composed from the history each time: a stored copy would keep personal data once more with each message."""
        return format_html('<div class="message-text">{}</div>', text_of(content_alone(delivery)))

    @display(description="About")
    def about(self, delivery: Delivery) -> SafeString:
        if delivery.alarm:
            return _lead_link(delivery.alarm.clock.lead)
        if delivery.transition:
            return _lead_link(delivery.transition.lead)
        if delivery.notice and delivery.notice.lead:
            return _lead_link(delivery.notice.lead)
        return SafeString("Handoff itself")

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


def _key_of(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _cause(delivery: Delivery) -> str:
    if delivery.alarm:
        return f"{delivery.alarm.step.get_kind_display()}: {delivery.alarm.clock.get_metric_display().lower()}"
    return str(delivery.transition.get_verb_display()) if delivery.transition else "Notice"


def _lead_link(lead: Lead) -> SafeString:
    return format_html('<a href="{}" class="row-link">{}</a>', reverse("admin:leads_lead_change", args=[lead.pk]), lead)


site.register(Delivery, DeliveryPage)
