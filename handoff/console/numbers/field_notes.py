"""What sales heard in a month, by campaign: how often of each kind, and the words."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from handoff.console.frame.site import site, viewer
from handoff.models import FieldNote, NoteKind
from leads.models import Lead, User

SHOWN = 200
MONTHS = 12  # that are offered


class MonthForm(forms.Form):
    """One of the last months; the present one, unless another is asked for."""

    month = forms.ChoiceField(required=False)

    def __init__(self, data: Any, today: date) -> None:
        super().__init__(data)
        starts = months_until(today)
        self.fields["month"] = forms.ChoiceField(
            choices=[(f"{start:%Y-%m}", f"{start:%B %Y}") for start in starts], required=False
        )
        self.present = starts[0]

    @property
    def start(self) -> date:
        text = self.cleaned_data.get("month") if self.is_valid() else ""
        return date.fromisoformat(f"{text}-01") if text else self.present


def months_until(today: date) -> list[date]:
    starts = [today.replace(day=1)]
    while len(starts) < MONTHS:
        starts.append((starts[-1] - timedelta(days=1)).replace(day=1))
    return starts


def page(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    if not user.roles:
        raise PermissionDenied
    form = MonthForm(request.GET or None, timezone.localdate())
    notes = notes_of(form.start)
    context = {
        "title": "Field notes",
        "question": form,
        "kinds": NoteKind.labels,
        "rows": rolled_up(notes),
        "notes": _latest(notes, user),
        "most": SHOWN,
    }
    return TemplateResponse(request, "handoff/console/field_notes_page.html", site.each_context(request) | context)


def notes_of(start: date) -> "QuerySet[FieldNote]":
    """Of one month, by the clock of whoever looks."""
    after = (start + timedelta(days=32)).replace(day=1)
    begins, ends = (timezone.make_aware(datetime(day.year, day.month, 1)) for day in (start, after))  # noqa: DTZ001
    return FieldNote.objects.filter(at__gte=begins, at__lt=ends, lead__isnull=False)


def rolled_up(notes: "QuerySet[FieldNote]") -> list[dict[str, Any]]:
    """A row for each campaign, with the number of each kind and their sum; the most notes first."""
    counted = notes.order_by().values_list("lead__campaign", "lead__campaign__name", "kind").annotate(n=Count("pk"))
    rows: dict[Any, dict[str, Any]] = {}
    for campaign, name, kind, number in counted:
        row = rows.setdefault(campaign, {"campaign": campaign, "name": name or "No campaign", "of": {}})
        row["of"][kind] = number
    for row in rows.values():
        row["numbers"] = [row["of"].get(kind, 0) for kind in NoteKind.values]
        row["total"] = sum(row["numbers"])
    return sorted(rows.values(), key=lambda row: (-row["total"], row["name"]))


def _latest(notes: "QuerySet[FieldNote]", user: User) -> Sequence[FieldNote]:
    """The latest words; a lead is named to those who may see it."""
    latest = list(notes.select_related("by", "lead__campaign")[:SHOWN])
    visible = Lead.objects.visible_to(user).filter(pk__in=[note.lead_id for note in latest])
    ids = set(visible.values_list("pk", flat=True))
    for note in latest:
        note.is_visible = note.lead_id in ids  # type: ignore[attr-defined]
    return latest


site.mount("field-notes/", page, "field_notes")
