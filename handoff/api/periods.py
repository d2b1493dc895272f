"""Months and quarters: their scorecard, what was restated since they were closed, the review, and the close itself."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from handoff.api.authentication import asker
from handoff.api.problems import MEDIA_TYPE, Problem
from handoff.models import Firm, PeriodClose, ReviewAction, WorkState
from handoff.refusals import NotAllowed
from handoff.reports.fiscal import FiscalPeriod, period_of
from handoff.reports.lines import LINES, Line
from handoff.reports.scorecard import answer
from handoff.reviewing import in_background
from handoff.reviewing.closing import obstacle
from handoff.reviewing.packing import data_of
from handoff.reviewing.restating import restatements
from handoff.reviewing.sections import head, sections

_REFUSALS = {(403, MEDIA_TYPE): Problem, (404, MEDIA_TYPE): Problem}


class ClosingShape(serializers.Serializer[Any]):
    """A close that was asked for."""

    state = serializers.ChoiceField(choices=WorkState.choices)
    by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    steps_done = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField()
    note = serializers.SerializerMethodField(help_text="What goes on, or why it was stopped.")

    def get_steps_done(self, closing: Any) -> int:
        return in_background.progress(closing)[0]

    def get_steps(self, closing: Any) -> int:  # noqa: ARG002
        return in_background.STEPS

    def get_note(self, closing: Any) -> str:
        return in_background.progress(closing)[1]


class ClosedPeriodShape(serializers.Serializer[Any]):
    """A closed month or quarter."""

    key = serializers.CharField(help_text="Like 2026-03, or 2026-Q1 of the fiscal year.")
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(help_text="The first moment after it.")
    time_zone = serializers.CharField(source="zone")
    closed_at = serializers.DateTimeField()
    closed_by = serializers.CharField()


class FigureShape(serializers.Serializer[Any]):
    """One figure of the scorecard."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    side = serializers.CharField(help_text="Who answers for it.")
    definition = serializers.CharField()
    count = serializers.IntegerField()
    missed = serializers.IntegerField(allow_null=True, help_text="Null for a figure that is not a share.")
    excused = serializers.IntegerField(allow_null=True)
    goal = serializers.IntegerField(allow_null=True)


class PeriodShape(serializers.Serializer[Any]):
    """A month or quarter with its scorecard."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    time_zone = serializers.CharField()
    closed_at = serializers.DateTimeField(allow_null=True, help_text="Null while it is open.")
    closed_by = serializers.CharField(allow_null=True)
    obstacle = serializers.CharField(help_text="Why it cannot be closed; empty if it can.")
    closing = ClosingShape(allow_null=True, help_text="The close that was asked for last.")
    figures = FigureShape(many=True, help_text="Of a closed period as they were then.")
    as_of = serializers.DateTimeField()


class ChangeShape(serializers.Serializer[Any]):
    figure = serializers.CharField()
    change = serializers.IntegerField()


class RestatementShape(serializers.Serializer[Any]):
    """What one event has changed in a closed scorecard."""

    at = serializers.DateTimeField(allow_null=True)
    happened = serializers.CharField()
    by = serializers.CharField(help_text="Empty where it is not on record.")
    lead = serializers.IntegerField()
    figures = ChangeShape(many=True)


class SectionShape(serializers.Serializer[Any]):
    """One table of a review pack."""

    title = serializers.CharField()
    header = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    note = serializers.CharField()


class ReviewShape(serializers.Serializer[Any]):
    """The review pack of a period: kept once it is closed, else as it would be now."""

    title = serializers.CharField()
    about = serializers.CharField()
    format = serializers.IntegerField(help_text="A pack of a format is always drawn up in the same way.")
    stored_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.CharField(allow_null=True)
    sections = SectionShape(many=True)


class ActionShape(serializers.ModelSerializer[ReviewAction]):
    """What a review agreed on."""

    owner = serializers.CharField(source="owner.username")
    agreed_by = serializers.CharField(source="agreed_by.username")
    done_by = serializers.CharField(source="done_by.username", default=None, allow_null=True)

    class Meta:
        model = ReviewAction
        fields = ["id", "period", "text", "owner", "due_on", "agreed_by", "agreed_at", "done_by", "done_at"]


class PeriodView(APIView):
    """Whoever has a role reads both sides' numbers, as on the pages."""

    def period(self, request: Request, key: str) -> FiscalPeriod:
        if not asker(request).roles:
            raise NotAllowed("You may not read the scorecard: whoever has a role may.")
        try:
            return period_of(key, Firm.of_now())
        except ValueError as error:
            raise NotFound(str(error)) from error


class PeriodsView(PeriodView):
    """The closed periods."""

    @extend_schema(
        operation_id="periods_list",
        responses={200: ClosedPeriodShape(many=True), (403, MEDIA_TYPE): Problem},
    )
    def get(self, request: Request) -> Response:
        """Read which months and quarters are closed, the latest first. Not in pages."""
        if not asker(request).roles:
            raise NotAllowed("You may not read the scorecard: whoever has a role may.")
        closes = PeriodClose.objects.select_related("closed_by").defer("figures", "goals")
        return Response(ClosedPeriodShape(closes, many=True).data)


class OnePeriodView(PeriodView):
    """One period."""

    @extend_schema(operation_id="periods_retrieve", responses={200: PeriodShape, **_REFUSALS})
    def get(self, request: Request, key: str) -> Response:
        """Read the scorecard of a month like 2026-03 or a quarter like 2026-Q1: of a closed one as it was closed."""
        return Response(PeriodShape(_shown(self.period(request, key))).data)


class RestatementsView(PeriodView):
    """What has changed since a period was closed."""

    @extend_schema(operation_id="periods_restatements", responses={200: RestatementShape(many=True), **_REFUSALS})
    def get(self, request: Request, key: str) -> Response:
        """Read what has changed since the period was closed, in the order in which it happened; nothing while it is
        open."""
        closed = PeriodClose.objects.filter(key=self.period(request, key).key).first()
        lines = [
            {
                "at": line.cause.at,
                "happened": line.cause.words,
                "by": line.cause.by,
                "lead": line.cause.lead_id,
                "figures": [{"figure": name, "change": by} for name, by in line.figures],
            }
            for line in (restatements(closed) if closed else ())
            if line.figures
        ]
        return Response(RestatementShape(lines, many=True).data)


class ReviewView(PeriodView):
    """The review pack."""

    @extend_schema(operation_id="periods_review", responses={200: ReviewShape, **_REFUSALS})
    def get(self, request: Request, key: str) -> Response:
        """Read what is put before the review of a period, table by table."""
        data, format_number, pack = data_of(self.period(request, key))
        title, about = head(data)
        shown = {
            "title": title,
            "about": about,
            "format": format_number,
            "stored_at": pack.stored_at if pack else None,
            "ended_at": pack.ended_at if pack else None,
            "ended_by": str(pack.ended_by) if pack and pack.ended_by else None,
            "sections": sections(data, format_number),
        }
        return Response(ReviewShape(shown).data)


class ActionsView(PeriodView):
    """What was agreed."""

    @extend_schema(operation_id="periods_actions", responses={200: ActionShape(many=True), **_REFUSALS})
    def get(self, request: Request, key: str) -> Response:
        """Read the actions that the review of a period agreed on, the first due first. Not in pages."""
        actions = ReviewAction.objects.filter(period=self.period(request, key).key)
        return Response(ActionShape(actions.select_related("owner", "agreed_by", "done_by"), many=True).data)


class CloseView(PeriodView):
    """The close of a period."""

    @extend_schema(
        operation_id="periods_close",
        request=None,
        responses={
            200: ClosingShape,
            202: ClosingShape,
            (403, MEDIA_TYPE): Problem,
            (404, MEDIA_TYPE): Problem,
            (409, MEDIA_TYPE): Problem,
        },
    )
    def post(self, request: Request, key: str) -> Response:
        """Close a period for good: RevOps may. A small one is closed at once (200); else it is done in the background
        (202): read the period to see how far it has come. Whoever asks again meanwhile is shown the same close."""
        period = self.period(request, key)
        closing = in_background.ask(period.key, by=asker(request))
        in_background.run_at_once(closing)
        code = status.HTTP_202_ACCEPTED if closing.is_unfinished else status.HTTP_200_OK
        return Response(ClosingShape(closing).data, code)


def _shown(period: FiscalPeriod) -> dict[str, Any]:
    firm, now = Firm.of_now(), timezone.now()
    start, end = period.bounds(firm.zone)
    closed = PeriodClose.objects.select_related("closed_by").filter(key=period.key).first()
    rows = answer({"by": "all", "period": period.key, "from": start, "to": end}, now)
    figures = rows[0].figures if rows else {}
    return {
        "key": period.key,
        "label": period.label,
        "start": closed.start if closed else start,
        "end": closed.end if closed else end,
        "time_zone": closed.zone if closed else firm.time_zone,
        "closed_at": closed.closed_at if closed else None,
        "closed_by": str(closed.closed_by) if closed else None,
        "obstacle": obstacle(period, firm, now),
        "closing": in_background.latest(period.key),
        "figures": [_figure(line, figures) for line in LINES],
        "as_of": now,
    }


def _figure(line: Line, figures: Any) -> dict[str, Any]:
    return {
        "name": line.name,
        "label": line.label,
        "side": line.side,
        "definition": line.definition,
        "count": figures.get(line.name, 0),
        "missed": figures.get(f"{line.name}_missed", 0) if line.of else None,
        "excused": figures.get(f"{line.name}_excused", 0) if line.excused else None,
        "goal": figures.get(f"{line.name}_goal") if line.has_goal else None,
    }
