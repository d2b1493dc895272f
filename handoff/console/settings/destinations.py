"""Destinations: where people are notified, and which verbs notify them. A secret address is typed, and never shown."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin import display
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from handoff.alerts.channels import CHANNELS, TransportError
from handoff.alerts.channels.webhook import new_secret
from handoff.alerts.trial import send_test
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.page import REVOPS, Page, Tool
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import badge
from handoff.console.settings.reach import reach_of
from handoff.models import Audience, Destination, Subscription

ADDRESS_HELP = "For a fixed address only. " + " ".join(
    f"{channel.label}: {channel.address_help}" for channel in CHANNELS.values()
)


TESTED, NOT_TESTED = "Sent a test", "A test was not sent."
"""How the log of a destination begins to speak of a test."""


class AddressInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """It repeats no web address, not even to whoever typed it: that of a webhook is a secret."""

    def format_value(self, value: Any) -> Any:
        return None if "://" in str(value or "") else super().format_value(value)


class DestinationForm(forms.ModelForm):  # type: ignore[type-arg]
    address = forms.CharField(max_length=500, required=False, widget=AddressInput, help_text=ADDRESS_HELP)

    class Meta:
        model = Destination
        fields = ["name", "audience", "medium", "address", "active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and is_secret(self.instance):
            self.initial["address"] = ""
            self.fields["address"].widget.attrs["placeholder"] = "Set. Type a new one to replace it."

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "audience" in data and "medium" in data and "address" in data:
            data["address"] = data["address"] or self._kept(data["audience"], data["medium"])
            self._check(data["medium"], data["audience"], data["address"])
        return data

    def _kept(self, audience: str, medium: str) -> str:
        """The address that is there, of a fixed destination that keeps its medium."""
        is_kept = audience == Audience.FIXED and medium == self.instance.medium
        return self.instance.address if is_kept else ""

    def _check(self, medium: str, audience: str, address: str) -> None:
        channel = CHANNELS[medium]
        if audience != Audience.FIXED:
            if channel.fixed_only:
                self.add_error("audience", f"{channel.label} reaches one address: choose “{Audience.FIXED.label}”.")
            if address:
                self.add_error("address", "Leave this empty: the address is that of the person or the team.")
        elif not address:
            self.add_error("address", f"Give the address. {channel.address_help}")
        elif "address" in self.changed_data or medium != self.instance.medium:
            try:
                channel.check_address(address)
            except ValidationError as error:
                self.add_error("address", error)


class DestinationPage(Page):
    title = "Destinations"
    empty = "No one is notified yet. Add a destination, then choose it on a policy's ladder or under When to notify."
    readers = REVOPS
    form = DestinationForm
    fields = ["name", "audience", "medium", "address", "active"]
    list_display = ["name", "audience", "medium", "address_shown", "is_active"]
    list_filter = [("audience", ChoicesDropdownFilter), ("medium", ChoicesDropdownFilter), "active"]
    search_fields = ["name"]
    change_form_outer_after_template = "handoff/console/settings/destination.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_unused = obj is not None and not obj.steps.exists() and not obj.subscriptions.exists()
        return is_unused and self.has_change_permission(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """A secret cannot be guessed letter by letter, by whether a row is listed."""
        return not lookup.startswith(("address", "signing_secret")) and super().lookup_allowed(lookup, value, request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.is_secret_new = give_secret(obj)
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        if obj.is_secret_new:
            return self._show_secret(request, obj)
        response: HttpResponse = super().response_add(request, obj, post_url_continue)
        return response

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if obj.is_secret_new:
            return self._show_secret(request, obj)
        response: HttpResponse = super().response_change(request, obj)
        return response

    def get_urls(self) -> list[URLPattern]:
        own = [self.extra_path("test", self.test_view), self.extra_path("secret", self.secret_view)]
        return [*own, *super().get_urls()]

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        if not self.has_change_permission(request):
            return []
        tools = [Tool("Send a test", self.url("test", obj.pk), "primary")]
        if CHANNELS[obj.medium].signs:
            tools.append(Tool("New signing secret", self.url("secret", obj.pk), in_dialog=False))
        return tools

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a test now, and show what became of it."""
        destination = self._changeable(request, pk)

        def do() -> str:
            try:
                place = send_test(destination, viewer(request))
            except TransportError as error:
                self._note_test(request, destination, f"{NOT_TESTED} {error.message}")
                raise ValidationError(f"The test message was not sent. {error.message}") from None
            self._note_test(request, destination, f"{TESTED} to {place}: it was accepted.")
            return f"The test message to {place} was accepted."

        explained = "A test message is sent now. Where the address is a person's or a team's, it is sent to you."
        question = Question(f"Send a test to {destination}", explained, "Send", "primary")
        return confirm(request, question, self.url("change", pk), do)

    def _note_test(self, request: HttpRequest, destination: Destination, words: str) -> None:
        """In the log, where the form and the page Setup look for the last one. An error names no secret address."""
        LogEntry.objects.log_actions(viewer(request).pk, [destination], CHANGE, words, single_object=True)

    def beside(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:  # noqa: ARG002
        if obj is None:
            return {}
        log = LogEntry.objects.filter(content_type__model="destination", object_id=str(obj.pk))
        tests = log.filter(Q(change_message__startswith=TESTED) | Q(change_message__startswith=NOT_TESTED))
        return {"last_test": tests.select_related("user").order_by("-action_time").first(), "reach": reach_of(obj)}

    def secret_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Replace the signing secret, and show the new one once."""
        destination = self._changeable(request, pk)
        if request.method != "POST" or not CHANNELS[destination.medium].signs:
            explained = "The receiver needs the new secret at once: it rejects messages signed with the old one."
            question = Question(f"New signing secret for {destination}", explained, "Replace")
            return confirm(request, question, self.url("change", pk), lambda: "This destination signs nothing.")
        destination.signing_secret = new_secret()
        destination.save(update_fields=["signing_secret"])
        LogEntry.objects.log_actions(
            viewer(request).pk, [destination], CHANGE, "Replaced the signing secret.", single_object=True
        )
        return self._show_secret(request, destination)

    def _changeable(self, request: HttpRequest, pk: int) -> Destination:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(Destination, pk=pk)

    def _show_secret(self, request: HttpRequest, destination: Destination) -> HttpResponse:
        """On this one page: no message or cookie carries it."""
        context: dict[str, Any] = {
            "title": f"Signing secret of {destination}",
            "text": destination.signing_secret,
            "back": self.url("change", destination.pk),
        }
        response = TemplateResponse(
            request, "handoff/console/signing_secret.html", site.each_context(request) | context
        )
        response["Cache-Control"] = "no-store"
        return response

    @display(description="Address")
    def address_shown(self, destination: Destination) -> str:
        if destination.audience != Audience.FIXED:
            return "Of the person or the team"
        return "Set, not shown" if is_secret(destination) else destination.address

    @display(description="Active", ordering="active")
    def is_active(self, destination: Destination) -> SafeString:
        return badge("Active", "success") if destination.active else badge("Switched off")


class SubscriptionPage(Page):
    title = "When to notify"
    empty = "No verb notifies anyone yet. Add one, like “reject” to the marketing channel."
    readers = REVOPS
    list_display = ["verb", "destination"]
    list_filter = ["verb", "destination"]
    list_select_related = ["destination"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return self.has_change_permission(request)


def give_secret(destination: Destination) -> bool:
    """Make the key that signs its messages, where it needs one and has none; say whether it did."""
    is_needed = CHANNELS[destination.medium].signs and not destination.signing_secret
    if is_needed:
        destination.signing_secret = new_secret()
    return is_needed


def is_secret(destination: Destination) -> bool:
    """Also of a channel that is not there any more: better too few addresses shown than one too many."""
    channel = CHANNELS.get(destination.medium)
    return channel is None or channel.address_is_secret


site.register(Destination, DestinationPage)
site.register(Subscription, SubscriptionPage)
