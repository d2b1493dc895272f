"""Attributes and consents in the API: nested in a lead, listed by themselves, and under the rights of whoever asks."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from handoff import workflow
from handoff.api.authentication import asker
from handoff.api.bodies import ConsentBody, statement_of
from handoff.api.pages import KeysetPagination
from handoff.api.parsing import body_of
from handoff.refusals import NotAllowed
from handoff.workflow import rights
from leads.cards import ATTRIBUTES
from leads.facts import Fact, seen_attributes
from leads.finding import unknown_attribute
from leads.merged import survivor_of
from leads.models import AttributeType, Consent, Lead, User


class ChoiceShape(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    archived = serializers.BooleanField(source="is_archived", help_text="Shown where it was chosen, not offered.")


class AttributeShape(serializers.Serializer[Any]):
    """An attribute that RevOps has added to the leads of this installation."""

    key = serializers.CharField(help_text="Under it the value is in `attributes` of a lead.")
    field = serializers.CharField(source="name", help_text="Its name in conditions, filters and mappings of files.")
    label = serializers.CharField()  # type: ignore[assignment]
    type = serializers.ChoiceField(choices=AttributeType.choices)
    choices = ChoiceShape(many=True)
    help = serializers.CharField()
    editable = serializers.SerializerMethodField(help_text="Your roles may edit it.")

    @extend_schema_field(serializers.BooleanField())
    def get_editable(self, attribute: Fact) -> bool:
        return attribute.is_edited_by(self.context["roles"])


class ConsentNowShape(serializers.Serializer[Any]):
    """The newest word of the buyer on one purpose."""

    granted = serializers.BooleanField()
    at = serializers.DateTimeField()
    is_dated = serializers.BooleanField(
        required=False, help_text="False: nobody knows since when, and it gives back nothing that was withdrawn."
    )
    is_inferred = serializers.BooleanField(
        required=False, help_text="True: a merge withdrew it, as the stricter of two leads counts."
    )

    def to_representation(self, instance: Any) -> Any:
        return instance


class ConsentShape(serializers.ModelSerializer[Consent]):
    """One word of the buyer; the newest on a purpose counts."""

    by = serializers.CharField(source="by.username", default=None, allow_null=True)

    class Meta:
        model = Consent
        fields = ["id", "purpose", "granted", "wording", "at", "recorded_at", "source", "via", "by", "is_inferred"]


class AttributesView(APIView):
    """The attributes of leads."""

    @extend_schema(operation_id="attributes_list", responses=AttributeShape(many=True))
    def get(self, request: Request) -> Response:
        """List the attributes that you may see, in the order in which they are shown. Not in pages."""
        roles = asker(request).roles
        seen = seen_attributes(roles) if roles else ()
        return Response(AttributeShape(seen, many=True, context={"roles": roles}).data)


class ConsentsView(generics.ListAPIView[Consent]):
    """What the buyer agreed to, and took back."""

    serializer_class = ConsentShape
    pagination_class = KeysetPagination
    default_ordering = "-at"
    orderings = {"at": F("at")}

    def get_queryset(self) -> QuerySet[Consent]:
        return self._lead().consents.select_related("by")

    @extend_schema(
        operation_id="leads_consents_create", request=ConsentBody, responses={201: ConsentShape, 200: ConsentShape}
    )
    def post(self, request: Request, lead_id: int) -> Response:
        """Record what the buyer agreed to or took back (201).

        What is on record already is answered with 200, and so is a consent without a moment that gives nothing back:
        the answer is then what counts. A lead that was merged away is the one that it was merged into.
        """
        self._lead()  # which they see, or it is unknown to them
        lead, user = get_object_or_404(Lead.objects.all(), pk=survivor_of(lead_id)), asker(request)
        if not rights.may_correct(user, lead, ["email", "phone"]):
            raise NotAllowed(f"You may not record a consent of {lead}: {rights.WORKERS}, marketing and RevOps.")
        try:
            done = workflow.record_consent(lead_id, statement_of(body_of(request), user))
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error
        return Response(ConsentShape(done.consent).data, status.HTTP_201_CREATED if done.is_new else status.HTTP_200_OK)

    def _lead(self) -> Lead:
        user = self.request.user
        seen = Lead.objects.visible_to(user) if isinstance(user, User) else Lead.objects.none()
        return get_object_or_404(seen, pk=self.kwargs["lead_id"])


def flattened(body: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a request by name: {"attributes": {"budget": 5}} is the fact `attributes.budget`."""
    nested = body.get(ATTRIBUTES)
    if nested is not None and not isinstance(nested, dict):
        raise serializers.ValidationError({ATTRIBUTES: "This must be an object of values by the keys of attributes."})
    plain = {name: value for name, value in body.items() if name != ATTRIBUTES}
    return plain | {f"{ATTRIBUTES}.{key}": value for key, value in (nested or {}).items()}


def check_rights(user: User, names: Mapping[str, Any]) -> None:
    """Refuse attributes that this person may not edit; those they may not see are unknown to them."""
    if unknown := rights.unseen_attributes(user, [*names]):
        raise serializers.ValidationError({name: unknown_attribute(name) for name in unknown})
    if forbidden := rights.forbidden_attributes(user, [*names]):
        raise NotAllowed(f"You may not edit this: {'; '.join(map(rights.whose_attribute, forbidden))}.")
