"""What buyers did: listed, and recorded once; a form, a reply or a meeting of a known buyer is new intent."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from handoff import workflow
from handoff.api.authentication import asker
from handoff.api.bodies import ExternalIdBody, Text, external_ids_of, system_of
from handoff.api.filters import MomentFilter, numbers_of
from handoff.api.leads import visible
from handoff.api.pages import KeysetPagination
from handoff.api.parsing import body_of
from handoff.api.problems import Conflict
from handoff.api.provenance import OUTCOMES
from handoff.doors import door
from handoff.refusals import NoSuchLead, NotAllowed
from handoff.workflow import rights
from handoff.workflow.touchpoints import Done
from leads.facts import built_in_facts
from leads.identity import IdentityConflict, Incoming
from leads.models import Campaign, Touchpoint, User, Via
from leads.normalise import normalise_source
from leads.touchpoints import LONGEST_ID, LONGEST_KIND, Stated, UnknownBuyer, clean_kind

_OF_THE_TOUCHPOINT = {"kind", "at", "source", "campaign", "detail", "system", "external_id"}
_OF_THE_BUYER = {"external_ids", "create_lead", *(fact.name for fact in built_in_facts())}


class TouchpointShape(serializers.ModelSerializer[Touchpoint]):
    campaign = serializers.CharField(source="campaign.name", default=None, allow_null=True)

    class Meta:
        model = Touchpoint
        fields = ["id", "lead", "kind", "source", "at", "detail", "campaign", "system", "external_id"]
        validators: list[Any] = []  # that an id is taken is not an error: it is the same touchpoint


class RecordedShape(TouchpointShape):
    """The touchpoint as it is kept, and what the request did."""

    outcome = serializers.ChoiceField(choices=OUTCOMES)
    new_intent = serializers.BooleanField(help_text="A known buyer asks for something: whoever owes is notified.")
    new_lead = serializers.BooleanField(help_text="The buyer was not known, and a lead was created.")

    class Meta(TouchpointShape.Meta):
        fields = [*TouchpointShape.Meta.fields, "outcome", "new_intent", "new_lead"]


class TouchpointBody(serializers.Serializer[Any]):
    """Something a buyer did. It is kept once: by its id in its system, else by all that it says.

    Without `at` it is of now, unless the same is kept already: state `at` or an id of what may happen twice.
    """

    kind = Text(max_length=LONGEST_KIND, help_text="Like form, page_visit, campaign_membership, reply or meeting.")
    at = serializers.DateTimeField(required=False, help_text="When it was; empty: now.")
    source = Text(max_length=80, required=False, allow_blank=True)  # type: ignore[assignment]
    campaign = Text(max_length=200, required=False, allow_blank=True, help_text="Its id in that system, or its name.")
    detail = Text(max_length=10_000, required=False, allow_blank=True, help_text="Which page or form; what they wrote.")
    system = Text(max_length=40, required=False, allow_blank=True, help_text="Which system says so, like hubspot.")
    external_id = Text(
        max_length=LONGEST_ID, required=False, allow_blank=True, help_text="What it is called in that system."
    )


class BuyersTouchpointBody(TouchpointBody):
    """The same, with who the buyer is: an external id, an email, or at least a phone."""

    external_ids = ExternalIdBody(many=True, required=False)
    email = Text(max_length=254, required=False, allow_blank=True)
    phone = Text(max_length=40, required=False, allow_blank=True)
    country = Text(max_length=80, required=False, allow_blank=True, help_text="For a phone without a country code.")
    create_lead = serializers.BooleanField(
        required=False, help_text="Create the lead of a buyer who is not known; then with the other facts of a lead."
    )


class TouchpointFilter(filters.FilterSet):  # type: ignore[misc]
    """All that are given must hold."""

    kind = filters.CharFilter(method="of_kind", help_text="Like form.")
    source = filters.CharFilter(method="of_source")
    campaign = filters.CharFilter(method="of_campaign", help_text="Its name or its number.")
    system = filters.CharFilter(method="of_system", help_text="Which system says so, like hubspot.")
    after = MomentFilter(field_name="at", lookup_expr="gte", help_text="At or after.")
    before = MomentFilter(field_name="at", lookup_expr="lt", help_text="Before.")

    class Meta:
        model = Touchpoint
        fields: list[str] = []

    def of_kind(self, points: QuerySet[Touchpoint], name: str, value: str) -> QuerySet[Touchpoint]:  # noqa: ARG002
        return points.filter(kind=clean_kind(value))

    def of_source(self, points: QuerySet[Touchpoint], name: str, value: str) -> QuerySet[Touchpoint]:  # noqa: ARG002
        return points.filter(source=normalise_source(value))

    def of_campaign(self, points: QuerySet[Touchpoint], name: str, value: str) -> QuerySet[Touchpoint]:  # noqa: ARG002
        return points.filter(campaign__in=numbers_of(Campaign, value))

    def of_system(self, points: QuerySet[Touchpoint], name: str, value: str) -> QuerySet[Touchpoint]:  # noqa: ARG002
        return points.filter(system__iexact=value).exclude(system="")  # as the index has it


class _TouchpointsView(generics.GenericAPIView[Touchpoint]):
    """What both lists have in common."""

    queryset = Touchpoint.objects.none()  # whose schema it is
    serializer_class = TouchpointShape
    pagination_class = KeysetPagination
    filterset_class = TouchpointFilter
    filter_backends = [filters.DjangoFilterBackend]
    default_ordering = "-at"
    orderings = {"at": F("at")}

    def listed(self) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class TouchpointsView(_TouchpointsView):
    """What all buyers did."""

    def get_queryset(self) -> QuerySet[Touchpoint]:
        points = Touchpoint.objects.select_related("campaign")
        # Who sees all leads is spared the comparison with each of them.
        return points if rights.sees_all(asker(self.request)) else points.filter(lead__in=visible(self.request))

    @extend_schema(operation_id="touchpoints_list", responses=TouchpointShape(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002 Django passes it
        """What buyers did, of the leads that you may see."""
        return self.listed()

    @extend_schema(
        operation_id="touchpoints_create",
        filters=False,
        request=BuyersTouchpointBody,
        responses={201: RecordedShape, 200: RecordedShape},
    )
    def post(self, request: Request) -> Response:
        """Record what a buyer did (201), once (200); a buyer who is not known is 404, unless `create_lead` is true."""
        _must_capture(asker(request))
        body = body_of(request)
        _refuse_others(body, _OF_THE_TOUCHPOINT | _OF_THE_BUYER)
        create_lead = body.get("create_lead", False)
        if not isinstance(create_lead, bool):
            raise serializers.ValidationError({"create_lead": ["This must be true or false."]})
        return _answer(_stated(body, asker(request)), create_lead=create_lead)


class LeadTouchpointsView(_TouchpointsView):
    """What one buyer did."""

    def get_queryset(self) -> QuerySet[Touchpoint]:
        lead = get_object_or_404(visible(self.request), pk=self.kwargs["lead_id"])
        return lead.touchpoints.select_related("campaign")

    @extend_schema(operation_id="leads_touchpoints_list", responses=TouchpointShape(many=True))
    def get(self, request: Request, lead_id: int) -> Response:  # noqa: ARG002 Django passes them
        """What the buyer did, the latest first."""
        return self.listed()

    @extend_schema(
        operation_id="leads_touchpoints_create",
        filters=False,
        request=TouchpointBody,
        responses={201: RecordedShape, 200: RecordedShape},
    )
    def post(self, request: Request, lead_id: int) -> Response:
        """Record what the buyer did (201), once (200). A form, a reply or a meeting is new intent: see `new_intent`."""
        get_object_or_404(visible(request), pk=lead_id)
        _must_capture(asker(request))
        body = body_of(request)
        _refuse_others(body, _OF_THE_TOUCHPOINT)
        return _answer(_stated(body, asker(request), lead_id=lead_id))


def _must_capture(user: User) -> None:
    if not rights.may_capture(user):
        raise NotAllowed("You may not record touchpoints: marketing and RevOps may.")


def _refuse_others(body: Mapping[str, Any], names: set[str]) -> None:
    others = sorted(body.keys() - names)
    if others:
        raise serializers.ValidationError(
            {
                name: [f"“{name}” is not a field of a touchpoint; use one of {', '.join(sorted(names))}."]
                for name in others
            }
        )


def _stated(body: Mapping[str, Any], by: User, *, lead_id: int | None = None) -> Stated:
    texts = {name: _text(body, name) for name in ("kind", "external_id", "detail")}
    system = system_of(body)
    if texts["external_id"] and not system:
        raise serializers.ValidationError({"system": ["Name the system that has this external id, like hubspot."]})
    buyer = {fact.name for fact in built_in_facts()}
    fields = {name: value for name, value in body.items() if name in buyer}
    fields |= {"message": texts["detail"], "created_at": body.get("at")}
    who = Incoming(fields, external_ids_of(body), system=system, by=by.pk, door=Via.API)
    return Stated(who, texts["kind"], texts["external_id"], lead_id)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise serializers.ValidationError({name: ["This must be a text."]})
    return value


def _answer(stated: Stated, *, create_lead: bool = False) -> Response:
    try:
        done = workflow.record_touchpoint(stated, create_lead=create_lead, door=door(Via.API))
    except IdentityConflict as error:
        raise Conflict(str(error), "identity_conflict") from error
    except UnknownBuyer as error:
        raise NoSuchLead(f"{error.messages[0]} With `create_lead` it is created.") from error
    return Response(_shown(done), status.HTTP_201_CREATED if done.outcome == "created" else status.HTTP_200_OK)


def _shown(done: Done) -> dict[str, Any]:
    point = Touchpoint.objects.select_related("campaign").get(pk=done.point.pk)
    what = {"outcome": done.outcome, "new_intent": done.is_new_intent, "new_lead": done.is_new_lead}
    return {**TouchpointShape(point).data, **what}
