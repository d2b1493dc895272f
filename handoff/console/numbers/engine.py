"""The page Engine: what the engine measures of itself, what is wrong with it, and the leads that slip through."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import badge, moment
from handoff.engine.doctor import findings
from handoff.engine.figures import DAY, HOUR, Figures, Lateness, figures
from handoff.engine.leaks import Leak, leaking, shown
from handoff.models import Incident, Part
from leads.models import Role
from sla.durations import in_words

SHOWN = 10  # leads of each kind, and incidents
WINDOWS = {HOUR: "Last hour", DAY: "Last 24 hours"}
SIGNS = {"beat": "Last sign of the scheduler", "sweep": "Last sweep", "deliver": "Last delivery run"}
CALM = SafeString("–")


@dataclass(frozen=True)
class Cell:
    """One figure with its name."""

    label: str
    value: str
    more: str = ""


def page(request: HttpRequest) -> HttpResponse:
    if not viewer(request).has_role(Role.REVOPS):
        raise PermissionDenied
    now = figures()
    context = {
        **site.each_context(request),
        "title": "Engine",
        "life": [*_parts(now), *_signs(now)],
        "findings": findings(now),
        "lateness": [(WINDOWS[window], _lateness(lateness)) for window, lateness in now.lateness.items()],
        "waiting": _waiting(now),
        "leaks": [_leak(Leak(kind), count, now.at) for kind, count in now.leaks.items() if count],
        "incidents": [_incident(incident, now.at) for incident in Incident.objects.all()[:SHOWN]],
    }
    return TemplateResponse(request, "handoff/console/engine.html", context)


def _parts(now: Figures) -> list[Cell]:
    return [
        Cell(part.label, badge("Silent", "danger") if part in now.silent else badge("Alive", "success"))
        for part in Part
    ]


def _signs(now: Figures) -> list[Cell]:
    return [Cell(label, _since(now.signs[name], "never")) for name, label in SIGNS.items()]


def _lateness(lateness: Lateness) -> list[str]:
    return [f"{lateness.fired:,}", *(_seconds(late) for late in (lateness.p50, lateness.p99, lateness.worst))]


def _waiting(now: Figures) -> list[Cell]:
    return [
        Cell("Alarms due and not fired", f"{now.overdue_alarms:,}", _oldest(now.overdue_alarms_age)),
        Cell("Automatic actions waiting", f"{now.pending_actions:,}", _oldest(now.pending_actions_age)),
        Cell("Clocks with an error", f"{now.clocks_with_error:,}"),
        Cell("Messages to send", f"{now.outbox_pending:,}", _oldest(now.outbox_age)),
        Cell("Messages that failed before", f"{now.outbox_failing:,}", "tried again" if now.outbox_failing else ""),
        Cell("Failed messages", f"{now.outbox_dead:,}", f"{now.outbox_dead_lately:,} in the last seven days"),
    ]


def _leak(kind: Leak, count: int, now: datetime) -> dict[str, Any]:
    leads = list(leaking(kind, now).select_related("owner", "team")[:SHOWN])
    return {"label": kind.label, "count": shown(count), "leads": leads, "has_more": count > len(leads)}


def _incident(incident: Incident, now: datetime) -> dict[str, Any]:
    began = incident.last_sign_at or incident.noticed_at
    return {
        "part": incident.get_part_display(),
        "problem": incident.problem,
        "began": moment(began),
        "ended": moment(incident.ended_at) if incident.ended_at else badge("Still silent", "danger"),
        "lasted": in_words((incident.ended_at or now) - began),
    }


def _oldest(age: float | None) -> str:
    return "" if age is None else f"oldest {_since(age)}"


def _since(age: float | None, never: str = "") -> str:
    if age is None:
        return never
    return f"{age:.0f} s ago" if age < 120 else f"{in_words(age)} ago"


def _seconds(late: float | None) -> str:
    """Like `0.84 s`: an engine that is well is late by less than a second or two."""
    if late is None:
        return CALM
    return f"{late:.2f} s" if late < 120 else in_words(late)


site.mount("engine/", page, "engine")
