"""Replays: what a draft of the definition would have done to the leads on record."""

from typing import Any

from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from handoff.api.authentication import asker
from handoff.api.leads import LOCATION
from handoff.api.pages import KeysetPagination
from handoff.api.parsing import body_of
from handoff.improving import running
from handoff.improving.asking import DAYS, ReplayForm, definition_of
from handoff.models import ReplayRun, WorkState
from handoff.refusals import NotAllowed
from leads.models import Definition, User

MOST = 2**31 - 1
BODY = inline_serializer(
    "ReplayRequest",
    {
        "definition": serializers.IntegerField(
            min_value=1, max_value=MOST, help_text="A version of the MQL definition, be it a draft."
        ),
        "from": serializers.CharField(
            required=False,
            allow_null=True,
            allow_blank=True,
            help_text=f"Handed over from then. Left out: the last {DAYS} days; null: from the first one.",
        ),
        "to": serializers.CharField(
            required=False, allow_null=True, allow_blank=True, help_text="Handed over before then."
        ),
        "campaign": serializers.CharField(
            required=False, allow_blank=True, max_length=200, help_text="As it was at the handoff."
        ),
        "source": serializers.CharField(
            required=False, allow_blank=True, max_length=200, help_text="As it was at the handoff."
        ),
    },
)


class ReplayShape(serializers.ModelSerializer[ReplayRun]):
    """A replay, how far it has come, and what came out."""

    definition = serializers.IntegerField(source="definition.version", help_text="The version of the MQL definition.")
    by = serializers.CharField(source="by.username")
    state = serializers.ChoiceField(choices=WorkState.choices)
    is_stale = serializers.BooleanField(help_text="The draft was edited since.")
    start = serializers.DateTimeField(allow_null=True, help_text="Handed over from then.")
    end = serializers.DateTimeField(allow_null=True, help_text="Handed over before then.")

    class Meta:
        model = ReplayRun
        fields = [
            *("id", "definition", "digest", "is_stale", "start", "end", "campaign", "source", "by", "state", "note"),
            *("total", "done", "created_at", "started_at", "finished_at"),
        ]


class ReplayInFullShape(ReplayShape):
    result = serializers.SerializerMethodField(
        help_text="Null until it is done. As `manage.py replay --json` prints it."
    )

    class Meta(ReplayShape.Meta):
        fields = [*ReplayShape.Meta.fields, "result"]

    def get_result(self, run: ReplayRun) -> dict[str, Any] | None:
        replayed = running.result(run)
        return replayed.as_dict(self.context["roles"]) if replayed else None


class ReplaysView(generics.GenericAPIView[ReplayRun]):
    """The replays, and the way to ask for one."""

    serializer_class = ReplayShape
    pagination_class = KeysetPagination
    default_ordering = "-id"
    orderings = {"id": F("id")}
    queryset = ReplayRun.objects.select_related("definition", "by")

    @extend_schema(operation_id="replays_list", responses=ReplayShape(many=True))
    def get(self, request: Request) -> Response:
        """Read the replays of the last 90 days without their results, in pages, the latest first."""
        _check(asker(request))
        page = self.paginate_queryset(self.get_queryset().defer("tallies"))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="replays_create",
        request=BODY,
        responses={201: ReplayInFullShape, 200: ReplayInFullShape},
        parameters=[LOCATION],
    )
    def post(self, request: Request) -> Response:
        """Ask for a replay of a draft. No lead is changed.

        A small one is done in the answer; else read its state until it is `done`. Asked while the same is under way,
        it is that one (200).
        """
        user = asker(request)
        definition, form = _asked(body_of(request))
        run, is_new = running.ask(definition, form.chosen(), by=user)
        running.run_at_once(run)
        location = request.build_absolute_uri(reverse("api:replay", args=[run.pk]))
        answered = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(_shown(run, user), answered, headers={"Location": location})


class OneReplayView(APIView):
    """One replay."""

    @extend_schema(operation_id="replays_retrieve", responses=ReplayInFullShape)
    def get(self, request: Request, pk: int) -> Response:
        """Read how far a replay has come, and what came out once it is done."""
        _check(asker(request))
        runs: QuerySet[ReplayRun] = ReplayRun.objects.select_related("definition", "by")
        return Response(_shown(get_object_or_404(runs, pk=pk), asker(request)))


def _check(user: User) -> None:
    if not user.roles:
        raise NotAllowed("You may not read replays: whoever has a role may.")


def _shown(run: ReplayRun, user: User) -> Any:
    return ReplayInFullShape(run, context={"roles": user.roles}).data


def _asked(given: dict[str, Any]) -> tuple[Definition, ReplayForm]:
    body = type(BODY)(data=given)
    body.is_valid(raise_exception=True)
    if unknown := sorted(set(given) - set(body.fields)):
        raise ValidationError({name: ["This is not a field of a replay."] for name in unknown})
    asked = dict(body.validated_data)
    version = asked.pop("definition")
    try:
        definition = definition_of(version)
    except Definition.DoesNotExist as error:
        raise ValidationError({"definition": [str(error)]}) from error
    form = ReplayForm({name: text or "" for name, text in asked.items()})
    if not form.is_valid():
        raise ValidationError({name: [str(error) for error in errors] for name, errors in form.errors.items()})
    return definition, form
