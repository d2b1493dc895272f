"""The page What if: what another promise would have made of what happened. For RevOps; nothing is written."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from handoff.console.frame.fields import SpanField
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import day
from handoff.models import Audience
from handoff.reports.kinds import percent
from handoff.reports.period import PeriodForm
from handoff.reports.proposal import NothingToCountBy, Proposal, ladder
from handoff.reports.simulated import Outcomes, Simulation
from handoff.reports.simulation import TooMuch, simulate
from leads.models import Role
from sla.metrics import Metric
from sla.models import Calendar

MOST = 5000  # leads: more than a page should wait for
DAYS = 28


class WhatIf(PeriodForm):
    """What is proposed, and for which days, in UTC."""

    metric = forms.ChoiceField(choices=Metric.choices)
    target = SpanField(
        if_empty=None, least=1, required=False, widget=forms.TextInput({"placeholder": "Unchanged; like 4 h"})
    )
    calendar = forms.ModelChoiceField(Calendar.objects.none(), required=False, empty_label="Unchanged")
    warn = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=99,
        label="Warn at %",
        widget=forms.NumberInput({"placeholder": "Unchanged"}),
    )
    escalate = SpanField(
        if_empty=None,
        least=1,
        required=False,
        label="Escalate after",
        widget=forms.TextInput({"placeholder": "Unchanged; like 1 h"}),
    )
    of_what = "What started"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_force = Calendar.objects.filter(retired_at=None)
        self.fields["calendar"].queryset = in_force  # type: ignore[attr-defined]

    def simulated(self) -> Simulation:
        asked = self.cleaned_data
        warn, escalate = asked["warn"], asked["escalate"]
        steps = ladder([warn] if warn else (), [escalate] if escalate else ()) if warn or escalate else None
        proposal = Proposal(Metric(asked["metric"]), asked["target"], asked["calendar"], steps)
        return simulate(proposal, asked["from"], asked["to"], most=MOST)


def page(request: HttpRequest) -> HttpResponse:
    if not viewer(request).has_role(Role.REVOPS):
        raise PermissionDenied
    since = timezone.now().astimezone(UTC).date() - timedelta(days=DAYS)
    first = {"metric": Metric.SPEED_TO_LEAD, "from": since.isoformat()}
    form = WhatIf(request.GET or first)
    simulation, refused = None, ""
    try:
        simulation = form.simulated() if form.is_valid() else None
    except (NothingToCountBy, TooMuch) as error:
        refused = str(error)
    context = {
        **site.each_context(request),
        "title": "What if",
        "form": form,
        "refused": refused,
        "simulation": simulation,
        "load": [(row, _hour(row.busiest)) for row in simulation.load] if simulation else [],
        "outcomes": _outcomes(simulation) if simulation else [],
        "notified": [(Audience(row.audience).label, row) for row in simulation.notified] if simulation else [],
    }
    return TemplateResponse(request, "handoff/console/simulation.html", context)


def _hour(text: str) -> str:
    """An hour by the rep's own clock, in the form of every moment."""
    try:
        at = datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007 in the zone of the rep, which is not the reader's
    except ValueError:
        return text
    return f"{day(at)}, {at:%H:%M}"


def _outcomes(simulation: Simulation) -> list[dict[str, Any]]:
    shown = [("Proposed", simulation.proposed)]
    if simulation.recorded:
        shown.append(("Recorded", simulation.recorded))
    return [{"name": name, "attainment": percent(row.attainment), "counts": _counts(row)} for name, row in shown]


def _counts(row: Outcomes) -> list[int]:
    return [row.met, row.breached, row.excused, row.cancelled, row.running]


site.mount("what-if/", page, "what_if")
