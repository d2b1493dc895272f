"""Leads: find, read, create or bring up to date, correct."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import DateTimeField, F, Prefetch, QuerySet, Value
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from handoff import workflow
from handoff.api.attributes import check_rights, flattened
from handoff.api.authentication import asker
from handoff.api.bodies import CorrectionBody, LeadBody, erased_of, external_ids_of, statements_of, system_of
from handoff.api.filters import LeadFilter, LeadSearch
from handoff.api.pages import KeysetPagination, Part
from handoff.api.parsing import body_of
from handoff.api.problems import Conflict
from handoff.api.provenance import CapturedShape, LeadInFullShape, answer_to_capture
from handoff.api.shapes import AlarmShape, LeadShape, TouchShape
from handoff.doors import door
from handoff.refusals import NotAllowed
from handoff.workflow import rights
from leads.facts import contact_facts
from leads.identity import IdentityConflict
from leads.internals.composed import Composed
from leads.internals.rows import keep_prefetched
from leads.merged import survivor_of
from leads.models import ExternalId, Lead, LeadQuerySet, Opportunity, State, Touch, User, Via
from leads.models.orders import BY_SCORE
from sla.first_due import due, not_due
from sla.models import Alarm, Clock
from sla.standing import with_warning

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
LOCATION = OpenApiParameter("Location", OpenApiTypes.URI, OpenApiParameter.HEADER, response=[201])


def _columns(model: type[Lead | Clock], *joined: str) -> list[str]:
    return [*(field.name for field in model._meta.concrete_fields), *joined]


# Of what is joined, only what is shown and what the rights look at: to read all of it takes longer than the query.
OF_LEADS = _columns(Lead, "owner__username", "owner__team", "team__name", "campaign__name", "reason__code")
OF_CLOCKS = _columns(Clock, "owner__username", "policy__key", "policy__name", "policy__version")
CLOCKS = with_warning(Clock.objects.select_related("policy", "owner")).order_by("started_at", "id").only(*OF_CLOCKS)
EXTERNAL_IDS = ExternalId.objects.order_by("system", "value")
DEALS = Opportunity.objects.select_related("owner").order_by("id")


def in_full(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    """Leads with all that their shape and the rights look at, in a number of queries that does not grow."""
    return _joined(leads).prefetch_related(
        Prefetch("clocks", CLOCKS.all()),
        Prefetch("external_ids", EXTERNAL_IDS.all()),
        Prefetch("deals", DEALS.all()),
    )


def _joined(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    return leads.select_related("owner", "team", "campaign", "reason").only(*OF_LEADS)


_ONE = Composed(lambda pk: _joined(Lead.objects.filter(pk=pk)))
_SEEN = Composed(lambda pk: Lead.objects.select_related("owner").only("state", "owner__team", "team").filter(pk=pk))
_PARTS: dict[str, Composed[Any]] = {
    "clocks": Composed(lambda pk: CLOCKS.filter(lead=pk)),
    "external_ids": Composed(lambda pk: EXTERNAL_IDS.filter(lead=pk)),
}
_DEALS = Composed(lambda pk: DEALS.filter(lead=pk))


def one_in_full(lead_id: int) -> Lead:
    """The same of one lead, by statements that are composed once: every verb is answered with it."""
    (lead,) = _ONE(lead_id)
    # Only an opportunity has deals: the answers to all other acts are spared the query.
    deals = _DEALS(lead_id) if lead.state == State.OPPORTUNITY else []
    keep_prefetched(lead, {"deals": deals} | {name: part(lead_id) for name, part in _PARTS.items()})
    return lead


def visible(request: Request) -> LeadQuerySet:
    """The leads that whoever asks may see."""
    user = request.user
    return Lead.objects.visible_to(user) if user.is_authenticated else Lead.objects.none()


def must_see(user: User, lead_id: int, *, or_acted: bool = False) -> None:
    """Answer 404 for a lead that this person may not see, as for one that there is not.

    With `or_acted` whoever did the last act with it may go on, to take that back.
    """
    sees = rights.sees_or_acted_last if or_acted else rights.sees
    if not any(sees(user, lead) for lead in _SEEN(lead_id)):
        raise Http404


class LeadView(generics.GenericAPIView[Lead]):
    """What the views of leads have in common: only those that the person may see, as of one moment."""

    serializer_class = LeadShape

    def get_queryset(self) -> QuerySet[Lead]:
        return in_full(visible(self.request))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}

    def shown(self, lead_id: int) -> dict[str, Any]:
        """A lead as it is now, after it was written."""
        lead = self.get_queryset().get(pk=lead_id)
        return dict(LeadInFullShape(lead, context=self.get_serializer_context()).data)


_ABOUT_CAPTURES = ("system", "external_ids", "consents")


class LeadsView(LeadView):
    """All leads, and the way in for new ones."""

    filter_backends = [DjangoFilterBackend, LeadSearch]
    filterset_class = LeadFilter
    pagination_class = KeysetPagination
    default_ordering = "-created_at"
    orderings = {
        "created_at": F("created_at"),
        "updated_at": F("updated_at"),
        "entered_at": F("entered_at"),
        "score": BY_SCORE,
        "due": [Part(due, F("first_due")), Part(not_due, Value(NEVER, DateTimeField()))],
    }

    @extend_schema(operation_id="leads_list", responses=LeadShape(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002 Django passes it
        """Find leads, in pages. `due` orders by the next due time among the clocks that run."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="leads_create",
        filters=False,
        request=LeadBody,
        responses={201: CapturedShape, 200: CapturedShape},
        parameters=[LOCATION],
    )
    def post(self, request: Request) -> Response:
        """Create a lead (201), or bring the one up to date that has this email or external id (200).

        What a buyer who is known already asks for now is kept as an enquiry, and whoever owes the next step is
        notified. The same body again is not a new enquiry. A blank says nothing and null erases; a value that is older
        than the one that is stored, or weaker, is not taken: `kept` says which, and why.
        """
        if not rights.may_capture(asker(request)):
            raise NotAllowed("You may not create leads: marketing and RevOps may.")
        body, user = body_of(request), asker(request)
        fields = {name: value for name, value in flattened(body).items() if name not in _ABOUT_CAPTURES}
        check_rights(user, fields)
        who = {
            "system": system_of(body),
            "external_ids": external_ids_of(body),
            "consents": statements_of(body.get("consents"), user),
            "erased": erased_of(fields),
        }
        try:
            done = workflow.upsert(fields, by=user, door=door(Via.API), **who)
        except IdentityConflict as error:
            raise Conflict(str(error), "identity_conflict") from error
        shown = self.shown(done.lead.pk) | answer_to_capture(done)
        if done.outcome != "created":
            return Response(shown)
        location = reverse("api:lead", args=[done.lead.pk])
        return Response(shown, status.HTTP_201_CREATED, headers={"Location": request.build_absolute_uri(location)})


class OneLeadView(LeadView):
    """One lead."""

    serializer_class = LeadInFullShape

    @extend_schema(operation_id="leads_retrieve")
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 Django passes them
        """Read a lead, with its clocks and with what you can do with it now."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(operation_id="leads_partial_update", request=CorrectionBody)
    def patch(self, request: Request, pk: int) -> Response:
        """Correct the plain facts that are given; a blank erases. State and owner are moved by verbs.

        A lead that was merged away is the one that it was merged into.
        """
        self.get_object()  # which they see, or it is unknown to them
        pk = survivor_of(pk)
        lead = get_object_or_404(Lead.objects.select_related("owner", "team"), pk=pk)
        body = flattened(body_of(request))
        check_rights(asker(request), body)
        if not rights.may_correct(asker(request), lead, body):
            names = ", ".join(fact.name for fact in contact_facts())
            raise NotAllowed(
                f"You may not correct this of {lead}: marketing and RevOps may, and its owner and the manager of its "
                f"team correct {names}, and the attributes that their roles edit."
            )
        try:
            workflow.correct(pk, body, by=asker(request), door=door(Via.API))
        except IdentityConflict as error:
            raise Conflict(str(error), "identity_conflict") from error
        return Response(self.shown(pk))


class TouchesView(generics.ListAPIView[Touch]):
    """The contact attempts of a lead."""

    serializer_class = TouchShape
    pagination_class = KeysetPagination
    default_ordering = "-at"
    orderings = {"at": F("at")}

    def get_queryset(self) -> QuerySet[Touch]:
        return get_object_or_404(visible(self.request), pk=self.kwargs["lead_id"]).touches.select_related("by")


class AlarmsView(generics.ListAPIView[Alarm]):
    """The alarms that fired on the clocks of a lead."""

    serializer_class = AlarmShape
    pagination_class = KeysetPagination
    default_ordering = "-due_at"
    orderings = {"due_at": F("due_at")}

    def get_queryset(self) -> QuerySet[Alarm]:
        lead = get_object_or_404(visible(self.request), pk=self.kwargs["lead_id"])
        return Alarm.objects.filter(clock__lead=lead).select_related("clock", "step", "acknowledged_by__by")
