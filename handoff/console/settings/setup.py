"""The page Setup: the steps to the first running clock, ticked off by looking, and what the doctor finds."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from handoff.agreement.starting import Usual, begin
from handoff.console.frame.dialogs import dress
from handoff.console.frame.fields import SpanField, TimeOfDayInput
from handoff.console.frame.site import site, viewer
from handoff.console.settings.destinations import TESTED
from handoff.console.settings.first_account import first_account_page
from handoff.engine.doctor import examine
from handoff.engine.parts import by_part
from handoff.models import Destination
from leads.models import MARKETING, SALES, Lead, Role, Team, User
from sla.models import Calendar, Clock, Policy, Step

PAGES = {
    "revops_unreachable": "leads_user_changelist",
    "marketing_unreachable": "leads_user_changelist",
    "policy_tells_nobody": "sla_policy_changelist",
    "holidays": "sla_calendar_changelist",
    "slack": "handoff_destination_changelist",
    "standard_messages_off": "handoff_standardmessage_changelist",
    "outbox_dead": "handoff_delivery_changelist",
    "outbox_stuck": "handoff_delivery_changelist",
    "letters_unsent": "leads_user_changelist",
    "clocks_with_error": "sla_calendar_changelist",
}


@dataclass(frozen=True)
class SetupStep:
    """One step: whether it is done, what there is, and where it is done."""

    title: str
    is_done: bool
    state: str
    label: str = ""
    url: str = ""


class UsualForm(forms.Form):
    """What begins most installations; each part can be edited afterwards."""

    team = forms.CharField(label="Name of the sales team", max_length=80, initial="Sales")
    opens = forms.TimeField(label="Office hours from", initial="09:00", widget=TimeOfDayInput())
    closes = forms.TimeField(label="Until", initial="17:00", widget=TimeOfDayInput())
    accept_within = SpanField(
        label="Sales accepts a lead within",
        initial=4 * 3600,
        least=1,
        help_text="Business time, like 4 h. First contact has twice as long, the answer to a rejection four times.",
    )

    def usual(self, user: User) -> Usual:
        given = self.cleaned_data
        return Usual(
            given["team"], user.time_zone, f"{given['opens']:%H:%M}", f"{given['closes']:%H:%M}", given["accept_within"]
        )


def entry(request: HttpRequest) -> HttpResponse:
    """The link of the first account leads here, too: it is for somebody who cannot log in yet."""
    if "token" in request.GET and not request.user.is_authenticated:
        return first_account_page(request)
    answer: HttpResponse = site.admin_view(page)(request)
    return answer


def page(request: HttpRequest) -> HttpResponse:
    if not viewer(request).has_role(Role.REVOPS):
        raise PermissionDenied
    form = UsualForm(request.POST if request.method == "POST" else None)
    dress(form)
    if request.method == "POST" and form.is_valid():
        made = begin(form.usual(viewer(request)))
        messages.success(request, f"Made: {', '.join(made)}." if made else "Nothing was missing, so nothing was made.")
        return redirect("admin:setup")
    _, findings = examine()
    steps = _steps(viewer(request))
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": "Setup",
        "steps": steps,
        "done": sum(step.is_done for step in steps),
        "form": form if _is_bare() else None,
        "zone": viewer(request).time_zone,
        "checks": by_part(findings),
        "pages": {code: reverse(f"admin:{name}") for code, name in PAGES.items()},
        "engine": reverse("admin:engine"),
    }
    return TemplateResponse(request, "handoff/console/settings/setup.html", context)


def _is_bare() -> bool:
    """Nothing of the agreement is there yet, so that the usual one can be made."""
    return not (Policy.objects.filter(retired_at=None).exists() or Calendar.objects.filter(retired_at=None).exists())


def _steps(user: User) -> list[SetupStep]:
    return [
        _zone(user),
        _made("Office hours", Calendar.objects.filter(retired_at=None), "calendar", "sla_calendar"),
        _made("A team", Team.objects.all(), "team", "leads_team"),
        _people(),
        _made("Who is notified", Destination.objects.filter(active=True), "destination", "handoff_destination"),
        _test(),
        _policy(),
        _leads(),
        _clock(user),
    ]


def _add(name: str, **given: Any) -> str:
    """The form of a new row; after saving, one is back here."""
    return reverse(f"admin:{name}_add", query={"next": reverse("admin:setup"), **given})


def _made(title: str, rows: Any, noun: str, name: str) -> SetupStep:
    count = rows.count()
    if not count:
        return SetupStep(title, is_done=False, state=f"No {noun} yet.", label=f"Add a {noun}", url=_add(name))
    state = f"{rows.first()}" + (f" and {count - 1} more." if count > 1 else ".")
    return SetupStep(title, is_done=True, state=state, label="Show", url=reverse(f"admin:{name}_changelist"))


def _zone(user: User) -> SetupStep:
    """UTC is what nobody has chosen, unless a calendar, which asks for its zone, has it too."""
    is_done = user.time_zone != "UTC" or Calendar.objects.filter(retired_at=None, zone="UTC").exists()
    state = f"Times are shown to you in {user.time_zone}."
    return SetupStep("Your time zone", is_done, state, "Change", reverse("admin:leads_user_change", args=[user.pk]))


def _people() -> SetupStep:
    active = User.objects.filter(is_active=True)
    lacking = [
        words
        for words, roles in (("sales", SALES), ("marketing", MARKETING))
        if not active.filter(groups__name__in=[role.value for role in roles]).exclude(email="").exists()
    ]
    invited = _add("leads_user")
    if lacking:
        state = f"No one of {' and of '.join(lacking)} has an account with an email address yet."
        return SetupStep("People", False, state, "Invite a person", invited)
    return SetupStep(
        "People", is_done=True, state=f"{active.count()} active accounts.", label="Invite a person", url=invited
    )


def _test() -> SetupStep:
    """A test leaves a line in the log of its destination."""
    kind = ContentType.objects.get_for_model(Destination)
    was_tested = LogEntry.objects.filter(content_type=kind, change_message__startswith=TESTED).exists()
    first = Destination.objects.filter(active=True).first()
    url = reverse("admin:handoff_destination_change", args=[first.pk]) if first else _add("handoff_destination")
    state = "A test message was accepted." if was_tested else "No test message has been sent."
    return SetupStep("A test message", was_tested, state, "Send a test" if first else "Add a destination", url)


def _policy() -> SetupStep:
    rows = Policy.objects.filter(retired_at=None)
    step = _made("A policy", rows, "policy", "sla_policy")
    notifies = Step.objects.filter(policy__retired_at=None, destinations__active=True).exists()
    if step.is_done and not notifies:
        return SetupStep(
            step.title, is_done=False, state=f"{step.state} None notifies anyone.", label="Show", url=step.url
        )
    return step


def _leads() -> SetupStep:
    if Lead.objects.exists():
        return SetupStep("Leads", True, "There are leads.", "Show", reverse("admin:leads_lead_changelist"))
    state = "No lead yet. They come through the API and through imports as well."
    return SetupStep("Leads", False, state, "Add a lead", reverse("admin:leads_lead_add"))


def _clock(user: User) -> SetupStep:
    if Clock.objects.exists():
        return SetupStep("The first clock", True, "Clocks run.", "Show", reverse("admin:sla_clock_changelist"))
    waiting = Lead.objects.filter(state="raw").order_by("pk").first()
    if not user.has_role(*MARKETING):
        state = "A clock starts as marketing promotes a lead: someone with the role Marketer does that."
        return SetupStep("The first clock", False, state, "Give yourself the role", _own(user))
    state = "A clock starts as a lead is promoted."
    if waiting is None:
        return SetupStep("The first clock", False, state)
    return SetupStep(
        "The first clock", False, state, "Open the lead", reverse("admin:leads_lead_change", args=[waiting.pk])
    )


def _own(user: User) -> str:
    return reverse("admin:leads_user_change", args=[user.pk], query={"next": reverse("admin:setup")})


site.mount_public("setup/", entry, "setup")
