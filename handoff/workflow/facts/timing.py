"""What pausing a clock, re-evaluating or excusing it, or answering its alarm demands."""

from datetime import datetime
from typing import Any, Required

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from handoff.workflow.facts.base import LONGEST, Facts, Given, MomentField, NoteFacts, NoteGiven
from sla.models import Alarm, Clock, Policy


class Cause(models.TextChoices):
    """Why a lead's clocks are paused. Closed hours are not a cause: the calendar has them."""

    BUYER_ASKED = "buyer_asked", "The buyer asked us to wait"
    BUYER_AWAY = "buyer_away", "The buyer is away"
    WAITING_ON_MARKETING = "waiting_on_marketing", "Marketing owes us something"
    WAITING_ON_OTHERS = "waiting_on_others", "Someone else owes us something"
    OUTAGE = "outage", "An outage"
    OTHER = "other", "Other: say what"


class PauseGiven(NoteGiven, total=False):
    cause: Required[str]
    until: datetime | str | None


class PauseFacts(NoteFacts):
    cause = forms.ChoiceField(choices=Cause.choices, error_messages={"required": "Give the cause of the pause."})
    at = MomentField(required=False, label="From", help_text="Empty: now.")
    until = MomentField(required=False, help_text="Empty: until it is resumed, or moves on.")
    field_order = ["cause", "at", "until", "note"]

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        until = until and until.replace(microsecond=0)  # pauses end to the second
        if until is not None and until <= (self.cleaned_data.get("at") or self.now):
            raise ValidationError("The pause must end after it begins.")
        return until

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        if facts.get("cause") == Cause.OTHER and not facts.get("note", "").strip():
            self.add_error("note", "Say in a note what the pause is for.")
        return facts


class AboutClockFacts(Facts):
    clock = forms.ModelChoiceField(
        Clock.objects.all(),
        widget=forms.NumberInput,
        help_text="Its number.",
        error_messages={"required": "Say which clock.", "invalid_choice": "This lead has no clock %(value)s."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clock"].queryset = Clock.objects.filter(lead=self.lead)  # type: ignore[attr-defined]


class ExcuseGiven(Given):
    clock: Required[Clock | int | str]
    reason: Required[str]


class ExcuseFacts(AboutClockFacts):
    reason = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Give the reason why the breach is excused."},
    )

    def clean_clock(self) -> Clock:
        clock: Clock = self.cleaned_data["clock"]
        if clock.breached_at(self.now) is None:
            raise ValidationError("This clock is not breached: there is nothing to excuse.")
        if clock.excused_by_id:
            raise ValidationError("This breach is already excused.")
        return clock


class AcknowledgeGiven(NoteGiven):
    alarm: Required[Alarm | int | str]


class AcknowledgeFacts(NoteFacts):
    alarm = forms.ModelChoiceField(
        Alarm.objects.all(),
        widget=forms.NumberInput,
        help_text="Its number.",
        error_messages={"required": "Say which alarm.", "invalid_choice": "This lead has no alarm %(value)s."},
    )
    field_order = ["alarm", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_this_lead = Alarm.objects.filter(clock__lead=self.lead).select_related("clock", "acknowledged_by__by")
        self.fields["alarm"].queryset = of_this_lead  # type: ignore[attr-defined]

    def clean_alarm(self) -> Alarm:
        alarm: Alarm = self.cleaned_data["alarm"]
        if alarm.acknowledged_by:
            raise ValidationError(f"{alarm.acknowledged_by.by or 'The system'} has already acknowledged this alarm.")
        if alarm.clock.stopped_at is not None:
            raise ValidationError("Its clock has stopped: there is nothing left to acknowledge.")
        return alarm


class ReevaluateGiven(Given, total=False):
    policy: Policy | int | str | None
    reason: Required[str]


class ReevaluateFacts(Facts):
    policy = forms.ModelChoiceField(
        Policy.objects.filter(retired_at=None).select_related("calendar").prefetch_related("steps"),
        required=False,
        widget=forms.NumberInput,
        help_text="The number of a version in force, for the clocks that run by an earlier one. Empty: choose again.",
        error_messages={"invalid_choice": "There is no policy %(value)s in force."},
    )
    reason = forms.CharField(max_length=LONGEST, error_messages={"required": "Give the reason for the re-evaluation."})
