"""An endpoint for each report, described by its form and its columns."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from handoff.api.authentication import asker
from handoff.api.problems import MEDIA_TYPE, Problem
from handoff.refusals import NotAllowed
from handoff.reports.kinds import Kind
from handoff.reports.period import BoundField
from handoff.reports.registry import REPORTS
from handoff.reports.report import Report, choices
from leads.models import User

Field = serializers.Field[Any, Any, Any, Any]


class Amounts(serializers.DictField):
    """By currency, as text that loses no cent; by `USD (no rate)` what could not be converted."""

    child = serializers.CharField()


FIELDS: Mapping[Kind, tuple[type[Field], dict[str, Any]]] = {
    Kind.TEXT: (serializers.CharField, {}),
    Kind.COUNT: (serializers.IntegerField, {}),
    Kind.GOAL: (serializers.IntegerField, {"allow_null": True}),
    Kind.SHARE: (serializers.FloatField, {"allow_null": True}),
    Kind.RATIO: (serializers.FloatField, {"allow_null": True}),
    Kind.BUSINESS_TIME: (serializers.FloatField, {"allow_null": True}),
    Kind.WALL_TIME: (serializers.FloatField, {"allow_null": True}),
    Kind.AMOUNTS: (Amounts, {"allow_null": True}),
}


class ReportView(APIView):
    """The rows of a report, to whoever has a role."""

    report: Report

    def get(self, request: Request) -> Response:
        self._refuse_who_may_not_read(asker(request))
        by_default = {"by": self.report.asked_first["by"]}
        form = self.report.form({**by_default, **request.query_params.dict()})
        if not form.is_valid():
            complaints = {name: [str(error) for error in errors] for name, errors in form.errors.items()}
            raise serializers.ValidationError(complaints)
        asked, now = form.cleaned_data, timezone.now()
        rows = [self.report.as_dict(asked["by"], row) for row in self.report.rows(asked, now)]
        return Response({**asked, "as_of": now, "rows": rows})

    def _refuse_who_may_not_read(self, person: User) -> None:
        if not person.roles:
            raise NotAllowed("You may not read the reports: whoever has a role may.")
        if not self.report.may_be_read_by(person):
            roles = ", ".join(self.report.readers)
            raise NotAllowed(f"You may not read this report. Its readers are: {roles}.")


def _view(report: Report) -> type[ReportView]:
    """The view of one report. Its class has a name of its own, which the OpenAPI description needs."""
    view = type(f"{_name(report)}View", (ReportView,), {"report": report, "__doc__": report.summary})
    description = extend_schema(
        operation_id=f"reports_{report.name}",
        summary=report.summary.removesuffix("."),
        description=f"{report.summary}\n\n{report.explanation}",
        parameters=[_parameter(report, name, field) for name, field in report.form().fields.items()],
        responses={200: _answer(report), (403, MEDIA_TYPE): Problem},
    )
    return extend_schema_view(get=description)(view)


def _name(report: Report) -> str:
    """Of what describes it: a component of OpenAPI has no blank in its name."""
    return report.title.replace(" ", "")


def _parameter(report: Report, name: str, field: forms.Field) -> OpenApiParameter:
    default = report.asked_first["by"] if name == "by" else None
    return OpenApiParameter(
        name,
        OpenApiTypes.DATETIME if isinstance(field, BoundField) else OpenApiTypes.STR,
        description=str(field.help_text),
        required=field.required and default is None,
        enum=[value for value, _ in choices(field)] or None,
        default=default,
    )


def _answer(report: Report) -> serializers.Serializer[Any]:
    name = _name(report)
    asked: dict[str, Field] = {name: _echo(name, field) for name, field in report.form().fields.items()}
    return inline_serializer(
        name,
        {
            **asked,
            "as_of": serializers.DateTimeField(help_text="The moment at which this was read."),
            "rows": inline_serializer(f"{name}Row", _row(report), many=True),
        },
    )


def _echo(name: str, field: forms.Field) -> Field:
    if isinstance(field, forms.ChoiceField) and name != "by":  # each report has rows of its own, and attributes
        return serializers.ChoiceField(choices=choices(field))
    if isinstance(field, BoundField):
        return serializers.DateTimeField(allow_null=True, help_text=str(field.help_text))
    return serializers.CharField(help_text=str(field.help_text))


def _row(report: Report) -> dict[str, Field]:
    fields: dict[str, Field] = {
        by: serializers.CharField(required=False, help_text=f"With by={by}: its name or key, empty for rows without.")
        for by, _ in choices(report.form().fields["by"])
    }
    fields["label"] = serializers.CharField(help_text="The same for people, never empty.")
    for column in report.columns:
        shape, options = FIELDS[column.kind]
        fields[column.name] = shape(help_text=column.definition, **options)
    return fields


VIEWS = {report.name: _view(report) for report in REPORTS.values()}
