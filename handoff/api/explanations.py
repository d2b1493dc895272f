"""Why a clock is due when it is."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from handoff.alerts.channels import CHANNELS
from handoff.api.leads import visible
from handoff.api.problems import MEDIA_TYPE, Problem
from handoff.api.shapes import PolicyShape
from handoff.reports.explanation import as_dict, explainable, explained
from leads.models import Verb
from sla.explanation import StretchPart, Why
from sla.metrics import Metric
from sla.models import Clock, ClockState

PARTS = [(part.value, part.value) for part in StretchPart]
MEDIA = [(medium, channel.label) for medium, channel in CHANNELS.items()]
WHYS = [(why.value, why.value) for why in Why]


class CalendarShape(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    zone = serializers.CharField(help_text="An IANA time zone.")


class CauseShape(serializers.Serializer[Any]):
    """The act behind something."""

    id = serializers.IntegerField()
    verb = serializers.ChoiceField(choices=Verb.choices)
    by = serializers.CharField(allow_null=True, help_text="Null when the system acted.")
    at = serializers.DateTimeField()
    reason = serializers.CharField()


class StretchShape(serializers.Serializer[Any]):
    """One open stretch. What is counted or ahead adds up to the target; counted or late, to what it took."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    local_start = serializers.CharField(help_text="The same in the time zone of the calendar.")
    local_end = serializers.CharField()
    part = serializers.ChoiceField(
        choices=PARTS,
        help_text="Ahead: after its stop, or still to come, and before it is due. Late: after it was due.",
    )
    seconds = serializers.FloatField()
    total_seconds = serializers.FloatField(help_text="Of the leg, with this stretch.")


class LegShape(serializers.Serializer[Any]):
    """It counts down what was to go at its start; what it counts and what it hands on add up to that."""

    start = serializers.DateTimeField()
    why = serializers.CharField(help_text="Why it began.")
    act = CauseShape()
    policy = PolicyShape()
    calendar = CalendarShape()
    recounted = StretchShape(
        many=True,
        allow_null=True,
        help_text="Of a leg that was re-evaluated: what its terms count since the start of the clock.",
    )
    to_go_seconds = serializers.FloatField()
    stretches = StretchShape(many=True)
    handed_on_seconds = serializers.FloatField(allow_null=True, help_text="Null for the last leg.")


class PauseShape(serializers.Serializer[Any]):
    cause = serializers.CharField()
    note = serializers.CharField()
    by = serializers.CharField(allow_null=True)
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(allow_null=True, help_text="Null while the end is not known.")
    held_until = serializers.DateTimeField(allow_null=True, help_text="Until when it stops the clock.")
    is_cut_short = serializers.BooleanField(help_text="The budget of the policy ends it before its end.")


class DayShape(serializers.Serializer[Any]):
    """A local day that does not count as others do."""

    day = serializers.DateField()
    why = serializers.ChoiceField(choices=WHYS)
    what = serializers.CharField(help_text="The name of the holiday, or the hours of that day.")
    calendar = CalendarShape()


class NotifiedShape(serializers.Serializer[Any]):
    medium = serializers.ChoiceField(choices=MEDIA)
    to = serializers.CharField(help_text="A person, by username, or else a destination, by its name.")
    state = serializers.CharField()
    sent_at = serializers.DateTimeField(allow_null=True)


class FiredShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    step = serializers.CharField()
    due_at = serializers.DateTimeField()
    fired_at = serializers.DateTimeField()
    late_seconds = serializers.FloatField(help_text="How late the engine was.")
    superseded = serializers.BooleanField(help_text="Overtaken by a later step: no one was notified.")
    acknowledged_by = CauseShape(allow_null=True)
    done = serializers.CharField(allow_null=True, help_text="The verb that its step did.")
    note = serializers.CharField(help_text="Why its step did nothing.")
    notified = NotifiedShape(many=True)


class WaitingShape(serializers.Serializer[Any]):
    step = serializers.CharField()
    due_at = serializers.DateTimeField()


class ExplanationShape(serializers.Serializer[Any]):
    """All that led to the deadline of a clock. Lengths are seconds of business time, exact to the microsecond."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField()
    metric = serializers.ChoiceField(choices=Metric.choices)
    cycle = serializers.IntegerField()
    round = serializers.IntegerField()
    as_of = serializers.DateTimeField(help_text="The moment of the explanation.")
    owner = serializers.CharField(allow_null=True)
    policy = PolicyShape()
    target_seconds = serializers.IntegerField()
    tz_version = serializers.CharField(help_text="Of the time zone database by which it was computed.")
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=ClockState.choices)
    elapsed_seconds = serializers.FloatField(allow_null=True, help_text="What it took; null until it stops.")
    counted_seconds = serializers.FloatField(help_text="What it has counted until its stop, or so far.")
    stopped_by = CauseShape(allow_null=True)
    excused_by = CauseShape(allow_null=True)
    notes = serializers.ListField(child=serializers.CharField(), help_text="What must be said besides, in words.")
    legs = LegShape(many=True)
    pauses = PauseShape(many=True)
    days = DayShape(many=True)
    alarms = FiredShape(many=True)
    waiting = WaitingShape(many=True)


class ExplanationView(APIView):
    """Why a clock is due when it is."""

    @extend_schema(operation_id="clocks_explanation", responses={200: ExplanationShape, (404, MEDIA_TYPE): Problem})
    def get(self, request: Request, pk: int) -> Response:
        """Read all that led to the deadline of a clock; the stretches add up to its target."""
        clock = get_object_or_404(explainable(Clock.objects.filter(lead__in=visible(request))), pk=pk)
        return Response(ExplanationShape(as_dict(explained(clock, timezone.now()))).data)
