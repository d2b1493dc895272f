"""Until when a lead is put off: a moment, or a span from now."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from handoff.workflow.facts.base import MomentField, NoteFacts, NoteGiven
from sla import durations

FORMS = "a time like 2026-03-02 14:00, or a span like 2 hours or 1 day"


class SnoozeGiven(NoteGiven, total=False):
    until: datetime | str | None


class MomentOrSpanField(forms.CharField):
    """A moment, or a length of time as `sla.durations` reads it."""

    def clean(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return MomentField(required=False).clean(value)
        text = super().clean(value)
        if not text:
            return None
        try:
            return timedelta(seconds=durations.parse(text))
        except durations.InvalidDuration:
            return self._moment(text)

    def _moment(self, text: str) -> datetime | None:
        try:
            return MomentField(required=False).clean(text)
        except ValidationError as error:
            if error.code != "invalid":
                raise
            raise ValidationError(f"“{text[:80]}” is not a valid time: write {FORMS}.") from error


class SnoozeFacts(NoteFacts):
    until = MomentOrSpanField(
        required=False,
        max_length=80,
        label="Until",
        help_text=f"{FORMS[0].upper()}{FORMS[1:]}. Empty: remind me no more.",
    )
    field_order = ["until", "note"]

    def clean_until(self) -> datetime | None:
        until: datetime | timedelta | None = self.cleaned_data["until"]
        if until is None and not self.lead.is_snoozed(self.now):
            raise ValidationError(f"Say until when: {FORMS}.")
        if isinstance(until, timedelta):
            until = self.now + until
        if until is not None and until <= self.now:
            raise ValidationError("Choose a time in the future.")
        return until and until.replace(microsecond=0)
