"""The history of a lead, and the way to write it: do a verb."""

from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from handoff.api.authentication import asker
from handoff.api.facts import stated
from handoff.api.leads import LOCATION, must_see, one_in_full, visible
from handoff.api.pages import KeysetPagination
from handoff.api.parsing import body_of
from handoff.api.schema import VerbRequest
from handoff.api.shapes import DoneShape, TransitionShape
from handoff.doors import door
from handoff.workflow import perform
from leads.merged import family
from leads.models import Transition, Verb, Via

EXAMPLES = [
    OpenApiExample("Accept", {"verb": "accept"}, request_only=True),
    OpenApiExample(
        "Reject", {"verb": "reject", "reason": "bad_contact_data", "wrong_field": "email"}, request_only=True
    ),
]


class HistoryView(generics.GenericAPIView[Transition]):
    """What the views of a history have in common."""

    serializer_class = TransitionShape
    queryset = Transition.written.select_related("by", "owner", "taken_back")

    def get_queryset(self) -> QuerySet[Transition]:
        lead = get_object_or_404(visible(self.request), pk=self.kwargs["lead_id"])
        return super().get_queryset().filter(lead__in=family(lead.pk))


class TransitionsView(HistoryView):
    """The acts on one lead, and on those that were merged into it: each names its lead."""

    pagination_class = KeysetPagination
    default_ordering = "-id"
    orderings = {"id": F("id"), "at": F("at")}

    @extend_schema(operation_id="leads_transitions_list", responses=TransitionShape(many=True))
    def get(self, request: Request, lead_id: int) -> Response:  # noqa: ARG002 Django passes them
        """Read the history of a lead, in pages, the latest act first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="leads_transitions_create",
        request=VerbRequest,
        responses={201: DoneShape, 200: DoneShape},
        parameters=[LOCATION],
        examples=EXAMPLES,
    )
    def post(self, request: Request, lead_id: int) -> Response:
        """Do a verb. Where it does not apply the answer is 409 with the lead's state, whoever asks; then 403.

        A conversion that was made already, with the same facts, is answered with 200. A refusal has written nothing.
        """
        started = timezone.now()
        verb, facts = stated(body_of(request))
        must_see(asker(request), lead_id, or_acted=verb == Verb.UNDO)
        transition = perform(verb, lead_id, by=asker(request), door=door(Via.API), facts=facts)
        lead = one_in_full(lead_id)
        if transition.owner_id == lead.owner_id:
            transition.owner = lead.owner  # who is read already
        shown = DoneShape.of(transition, lead, {**self.get_serializer_context(), "now": timezone.now()})
        if transition.recorded_at < started:
            return Response(shown)
        location = request.build_absolute_uri(reverse("api:transition", args=[lead_id, transition.pk]))
        return Response(shown, status.HTTP_201_CREATED, headers={"Location": location})


class OneTransitionView(HistoryView):
    """One act on one lead."""

    @extend_schema(operation_id="leads_transitions_retrieve")
    def get(self, request: Request, lead_id: int, pk: int) -> Response:  # noqa: ARG002 Django passes them
        """Read one act."""
        return Response(self.get_serializer(self.get_object()).data)
