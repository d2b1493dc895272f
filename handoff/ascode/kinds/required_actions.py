"""What sales owes a lead of each tier, from a day on. Terms of a closed period stay as they were."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from handoff.ascode.document import Entry
from handoff.ascode.kind import Kind, Shape, Value, fill
from handoff.console.numbers.required_actions import TermsForm
from handoff.models import RequiredActions
from leads.models import User

_FIELDS = ("tier", "starts_on", "actions", "within_days", "score_from")


class Actions(Kind):
    section, noun, identity = "required_actions", "set of required actions", ("tier", "starts_on")
    values = (
        Value("tier"),
        Value("starts_on"),
        Value("actions", Shape.NUMBER),
        Value("within_days", Shape.NUMBER, default=14),
        Value("score_from", Shape.NUMBER, default=None, may_be_null=True),
    )

    def rows(self) -> Iterable[RequiredActions]:
        return RequiredActions.objects.all()

    def find(self, wanted: Mapping[str, Any]) -> RequiredActions | None:
        day = _day(wanted.get("starts_on"))
        if day is None:
            return None
        rows = RequiredActions.objects.filter(tier=wanted["tier"], starts_on=day)
        return rows.select_for_update(no_key=True).first()

    def read(self, row: RequiredActions) -> dict[str, Any]:
        return {name: getattr(row, name) for name in _FIELDS} | {"starts_on": row.starts_on.isoformat()}

    def write(self, row: RequiredActions | None, wanted: Entry, by: User) -> RequiredActions:
        form = fill(TermsForm, row or RequiredActions(), {name: wanted[name] for name in _FIELDS}, wanted)
        terms: RequiredActions = form.save(commit=False)
        terms.set_by = by
        terms.save()
        return terms

    def note(self, row: RequiredActions, is_new: bool) -> str:  # noqa: ARG002
        return f"For leads that are handed over from {row.starts_on} on."


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None  # the form says so
