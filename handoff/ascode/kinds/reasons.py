"""Reasons of rejections. One that is retired stays readable, and stays in the file."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from handoff.ascode.document import Entry
from handoff.ascode.kind import Kind, Shape, Value, fill
from handoff.console.settings.reasons import EditReasonForm
from leads.models import Evidence, Reason, User

_FIELDS = (
    "code", "label", "route", "counts_against", "counts_as_valid", "evidence", "min_note_length", "min_touches",
    "concerns", "position",
)  # fmt: skip


class Reasons(Kind):
    section, noun, identity = "reasons", "reason", ("code",)
    keeps_retired = True
    order = ("position",)
    values = (
        Value("code"),
        Value("label"),
        Value("route"),
        Value("counts_against"),
        Value("counts_as_valid", Shape.SWITCH, default=False),
        Value("evidence", default=Evidence.NONE.value),
        Value("min_note_length", Shape.NUMBER, default=0),
        Value("min_touches", Shape.NUMBER, default=0),
        Value("concerns", Shape.TEXTS, default=[]),
        Value("position", Shape.NUMBER, default=100),
    )

    def rows(self) -> Iterable[Reason]:
        return Reason.objects.all()

    def find(self, wanted: Mapping[str, Any]) -> Reason | None:
        return Reason.objects.filter(code=wanted["code"]).select_for_update(no_key=True).first()

    def read(self, row: Reason) -> dict[str, Any]:
        return {name: getattr(row, name) for name in _FIELDS} | {"retired": row.retired_at is not None}

    def write(self, row: Reason | None, wanted: Entry, by: User) -> Reason:  # noqa: ARG002
        form = fill(EditReasonForm, row or Reason(), {name: wanted[name] for name in _FIELDS}, wanted, fixed=["code"])
        reason: Reason = form.save(commit=False)
        if wanted["retired"] != (reason.retired_at is not None):
            reason.retired_at = timezone.now() if wanted["retired"] else None
        reason.save()
        return reason
