"""What the API takes to create or correct a lead. The values are checked where every door has them checked."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers


class Text(serializers.CharField):
    """A text, and nothing that could be written as one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class ExternalIdBody(serializers.Serializer[Any]):
    system = Text(max_length=40, help_text="Like hubspot.")
    value = Text(max_length=200, help_text="What the lead is called there.")


class CorrectionBody(serializers.Serializer[Any]):
    """The plain facts of a lead. State, owner and team are moved by verbs: see its transitions."""

    email = serializers.CharField(max_length=254, required=False, allow_blank=True)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    company = serializers.CharField(max_length=200, required=False, allow_blank=True)
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    country = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text="A name or an ISO 3166 code; kept as the code."
    )
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=80, required=False, allow_blank=True
    )
    campaign = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="Its name.")
    score = serializers.IntegerField(required=False, allow_null=True, min_value=-(2**31), max_value=2**31 - 1)


class LeadBody(CorrectionBody):
    """A lead as another system knows it. It needs an email or an external id: by them it is found again.

    A blank field never erases what is known.
    """

    external_ids = ExternalIdBody(many=True, required=False)
    created_at = serializers.DateTimeField(required=False, help_text="When it was captured; empty: now.")
    message = serializers.CharField(
        max_length=10_000,
        required=False,
        allow_blank=True,
        help_text="What the buyer wrote or asked for. Of a buyer who is known already it is kept as an enquiry.",
    )


def external_ids_of(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The external ids of a request, or a ValidationError that points at the wrong one."""
    ids = ExternalIdBody(data=body.get("external_ids") or [], many=True)
    if not ids.is_valid():
        raise serializers.ValidationError({"external_ids": ids.errors})
    return [(known["system"], known["value"]) for known in ids.validated_data]
