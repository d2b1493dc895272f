"""Declare a version of a policy a mistake: first how many leads that concerns, then do it."""

from itertools import islice

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from handoff.amending import stopping
from handoff.console.frame.listed import SHOWN, ReasonForm, Section, answer
from handoff.console.frame.site import viewer
from leads.models import Lead, Role, User
from sla.models import Clock, Policy
from sla.versions import needs_signatures

EXPLAINED = (
    "From now on nothing more of its ladder is sent or done: alarms that wait are cancelled, and messages that have "
    "not left yet are withdrawn. No new clock starts by it; the next policy in force judges instead. Clocks that run "
    "by it go on in silence until another version is applied to them. Breaches that happened stay; you can excuse them."
)
IN_A_REQUEST = 2  # chunks; the rest is cleared away in the background


def is_offered(policy: Policy, user: User) -> bool:
    """Where both sides sign the SLA values, a version in force is retired by a draft first."""
    is_signed = policy.retired_at is None and needs_signatures()
    return policy.mistake_at is None and user.has_role(Role.REVOPS) and not is_signed


def page(request: HttpRequest, pk: int) -> HttpResponse:
    policy = get_object_or_404(Policy, pk=pk)
    if not viewer(request).has_role(Role.REVOPS):
        raise PermissionDenied
    to = reverse("admin:sla_policy_change", args=[pk])
    if policy.mistake_at is not None:
        messages.warning(request, f"{policy} has been declared a mistake already.{_left(policy)}")
        return redirect(to)
    if not is_offered(policy, viewer(request)):
        messages.warning(request, stopping.SIGNED_FIRST)
        return redirect(to)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    form.fields["reason"].help_text = "It is recorded with the version."
    if form.is_valid():
        declared = stopping.declare(policy, by=viewer(request), reason=form.cleaned_data["reason"])
        list(islice(stopping.stop(declared), IN_A_REQUEST))
        messages.success(request, f"Declared {policy} a mistake.{_left(policy)}")
        return redirect(to)
    running = Clock.objects.filter(policy=policy, stopped_at=None).count()
    return answer(
        request,
        f"Declare {policy} a mistake",
        lead_in=f"{'1 clock runs' if running == 1 else f'{running} clocks run'} by it.",
        sections=[_section(policy)],
        explained=EXPLAINED,
        form=form,
        submit="Declare a mistake",
        back=to,
    )


def _section(policy: Policy) -> Section:
    left = stopping.leads_left(policy)
    shown = Lead.objects.filter(pk__in=left[:SHOWN]).select_related("owner").order_by("pk")
    rows = [(lead, [lead.owner or "No one yet", lead.get_state_display()]) for lead in shown]
    description = "with an alarm or a message of it that waits"
    return Section("Leads", description, len(left), ["Owner", "State"], rows, "warning")


def _left(policy: Policy) -> str:
    left = len(stopping.leads_left(policy))
    return f" Alarms of {left} leads are still being cleared away; none of them is sent." if left else ""
