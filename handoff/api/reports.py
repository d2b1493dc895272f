"""The numbers that everyone reads the same way."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from handoff.api.authentication import asker
from handoff.api.problems import MEDIA_TYPE, Problem
from handoff.refusals import NotAllowed
from handoff.reports.attainment import By, attainment
from sla.metrics import Metric

EVERY_BY = [(by.value, by.value.title()) for by in By]


class AttainmentQuery(serializers.Serializer[Any]):
    """What is asked for."""

    metric = serializers.ChoiceField(choices=Metric.choices)
    by = serializers.ChoiceField(choices=EVERY_BY, default=By.TEAM.value, help_text="What the rows are.")
    to = serializers.DateTimeField(required=False, help_text="And before then. A date is its first moment in UTC.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        since = serializers.DateTimeField(
            required=False, help_text="Clocks that ended, or run and are due, from then. A date or a moment."
        )
        return super().get_fields() | {"from": since}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "from" in attrs and "to" in attrs and attrs["to"] <= attrs["from"]:
            raise serializers.ValidationError({"to": "The period ends before it starts: give from before to."})
        return attrs


class AttainmentRowShape(serializers.Serializer[Any]):
    """Every clock is in one of met, breached, excused, cancelled and running. Times are in seconds."""

    key = serializers.CharField(help_text="Of the team, owner and so on; empty for clocks without.")
    label = serializers.CharField(help_text="The same for people, never empty.")  # type: ignore[assignment]
    attainment = serializers.FloatField(allow_null=True, help_text="met / (met + breached); null if there is neither.")
    attainment_before_excuses = serializers.FloatField(allow_null=True, help_text="With the excused as breached.")
    met = serializers.IntegerField()
    breached = serializers.IntegerField(help_text="With those that still run past their due time.")
    excused = serializers.IntegerField(help_text="Breached, and excused with a reason.")
    cancelled = serializers.IntegerField()
    running = serializers.IntegerField(help_text="Not due yet.")
    overdue = serializers.IntegerField(help_text="Still running past their due time: among breached or excused.")
    untimed = serializers.IntegerField(help_text="Ended, and their business time is not known.")
    median_business = serializers.FloatField(allow_null=True, help_text="Of those met or breached, excused or not.")
    p90_business = serializers.FloatField(allow_null=True)
    median_wall = serializers.FloatField(allow_null=True)
    p90_wall = serializers.FloatField(allow_null=True)


class AttainmentShape(serializers.Serializer[Any]):
    metric = serializers.ChoiceField(choices=Metric.choices)
    by = serializers.ChoiceField(choices=EVERY_BY)
    as_of = serializers.DateTimeField(help_text="The moment at which what runs is judged.")
    rows = AttainmentRowShape(many=True)


class AttainmentView(APIView):
    """How often a promise was kept."""

    @extend_schema(
        operation_id="reports_attainment",
        parameters=[AttainmentQuery],
        responses={200: AttainmentShape, (403, MEDIA_TYPE): Problem},
    )
    def get(self, request: Request) -> Response:
        """Read how often a promise was kept, and how long it took, of the clocks that ended or run past their due time.

        A clock belongs to the moment when it ended, or while it runs to the one when it is due; weeks are those of
        ISO 8601, in UTC.
        """
        if not asker(request).roles:
            raise NotAllowed("You may not read the reports: whoever has a role may.")
        query = AttainmentQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked, now = query.validated_data, timezone.now()
        rows = attainment(Metric(asked["metric"]), By(asked["by"]), asked.get("from"), asked.get("to"), now)
        answer = {"metric": asked["metric"], "by": asked["by"], "as_of": now, "rows": rows}
        return Response(AttainmentShape(answer).data)
