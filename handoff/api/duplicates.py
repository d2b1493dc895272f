"""Possible duplicates: read what is suggested, and say that two leads are not the same. A merge is a verb."""

from typing import Any

from django.db.models import F, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from handoff.api.authentication import asker
from handoff.api.pages import KeysetPagination
from handoff.workflow import duplicates
from leads.models import PairState, PossibleDuplicate

LONGEST_ID = 18


class PossibleDuplicateShape(serializers.ModelSerializer[PossibleDuplicate]):
    """Two leads that may be one person."""

    leads = serializers.SerializerMethodField(help_text="The numbers of the two, the older one first.")
    reasons = serializers.ListField(child=serializers.CharField(), help_text="Why they may be the same, in words.")
    state = serializers.ChoiceField(choices=PairState.choices)
    decided_by = serializers.CharField(source="decided_by.username", default=None, allow_null=True)

    class Meta:
        model = PossibleDuplicate
        fields = ["id", "leads", "score", "reasons", "state", "decided_by", "decided_at", "created_at"]

    def get_leads(self, pair: PossibleDuplicate) -> list[int]:
        return [pair.first_id, pair.second_id]


class DecisionShape(serializers.Serializer[Any]):
    """What is decided of a pair."""

    state = serializers.ChoiceField(
        choices=[PairState.NOT_THE_SAME],
        help_text="Two people: they are never suggested again. To merge the two, do the verb `merge` with one of them.",
    )


class PossibleDuplicatesView(generics.GenericAPIView[PossibleDuplicate]):
    """The pairs that wait for a decision."""

    serializer_class = PossibleDuplicateShape
    pagination_class = KeysetPagination
    default_ordering = "-score"
    orderings = {"score": F("score"), "id": F("id")}
    queryset = PossibleDuplicate.objects.none()

    def get_queryset(self) -> QuerySet[PossibleDuplicate]:
        lead, user = self.request.query_params.get("lead"), asker(self.request)
        if not lead:
            return duplicates.likeliest(user, duplicates.waiting()).select_related("decided_by")
        pairs = duplicates.open_pairs(user).select_related("decided_by")
        if not (lead.isascii() and lead.isdigit() and len(lead) <= LONGEST_ID):
            raise ValidationError({"lead": "Give the number of a lead."})
        return pairs.filter(Q(first=int(lead)) | Q(second=int(lead)))

    @extend_schema(
        operation_id="duplicates_list",
        parameters=[OpenApiParameter("lead", int, description="Only the pairs of this lead.")],
        responses=PossibleDuplicateShape(many=True),
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002 Django passes it
        """Read which leads may be one person, in pages, the likeliest first: pairs of which you see both leads.

        Without `lead`, sales reads those of the 2,000 likeliest pairs.
        """
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class OnePossibleDuplicateView(generics.GenericAPIView[PossibleDuplicate]):
    """One pair, and what is decided of it."""

    serializer_class = PossibleDuplicateShape
    queryset = PossibleDuplicate.objects.select_related("decided_by")

    def get_queryset(self) -> QuerySet[PossibleDuplicate]:
        return duplicates.visible(asker(self.request), super().get_queryset())

    @extend_schema(operation_id="duplicates_retrieve")
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 Django passes them
        """Read one pair, also one that is decided."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(operation_id="duplicates_decide", request=DecisionShape)
    def patch(self, request: Request, pk: int) -> Response:
        """Say that the two are not the same. Answers 409 where somebody has decided already."""
        shape = DecisionShape(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response(self.get_serializer(duplicates.not_the_same(pk, by=asker(request))).data)
