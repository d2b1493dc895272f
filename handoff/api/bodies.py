"""What the API takes to create or correct a lead. The values are checked where every door has them checked."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from leads.facts import LARGEST, SMALLEST, Fact, FactType, built_in_facts
from leads.models import ConsentStatement, Purpose, User, Via
from leads.models.consent import LONGEST_SOURCE, LONGEST_WORDING

SYSTEM_LENGTH = 40


class Text(serializers.CharField):
    """A text, and nothing that could be written as one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class ExternalIdBody(serializers.Serializer[Any]):
    system = Text(max_length=40, help_text="Like hubspot.")
    value = Text(max_length=200, help_text="What the lead is called there.")


class ConsentBody(serializers.Serializer[Any]):
    """What the buyer agreed to be contacted for, or took back."""

    purpose = serializers.ChoiceField(choices=Purpose.choices)
    granted = serializers.BooleanField(help_text="True: given. False: withdrawn.")
    at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="When the buyer said so. Empty: now; such a consent does not give back what was withdrawn.",
    )
    wording = Text(max_length=LONGEST_WORDING, required=False, allow_blank=True, help_text="Word by word.")
    source = Text(  # type: ignore[assignment]
        max_length=LONGEST_SOURCE, required=False, allow_blank=True, help_text="Like “Webinar form”."
    )


class CorrectionBody(serializers.Serializer[Any]):
    """The plain facts of a lead. State, owner and team are moved by verbs: see its transitions."""

    attributes = serializers.DictField(
        required=False,
        child=serializers.JSONField(),
        help_text="The attributes of this installation by key: see /attributes/. Money is an object of amount and "
        "currency, several choices are a list; null erases where a lead is corrected.",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {fact.name: _field(fact) for fact in built_in_facts()} | super().get_fields()


class LeadBody(CorrectionBody):
    """A lead as another system knows it. It needs an email or an external id, or at least a phone: by them it is found.

    A blank field never erases what is known; null does, except for the email of a lead without an external id, and for
    source and campaign, which follow from the captures.
    """

    external_ids = ExternalIdBody(many=True, required=False)
    consents = ConsentBody(many=True, required=False)
    system = Text(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="Which system says so, like hubspot; empty: that of the first external id.",
    )
    created_at = serializers.DateTimeField(required=False, help_text="When it was captured; empty: now.")
    updated_at = serializers.DateTimeField(
        required=False,
        help_text="Since when the facts are so in that system; empty: since it was captured. What is older than a "
        "value that is stored does not replace it.",
    )
    message = serializers.CharField(
        max_length=10_000,
        required=False,
        allow_blank=True,
        help_text="What the buyer wrote or asked for. If the buyer is already known, it is recorded as an enquiry.",
    )


def _field(fact: Fact) -> serializers.Field[Any, Any, Any, Any]:
    hint = fact.help or None
    if fact.is_number:
        return serializers.IntegerField(
            required=False, allow_null=True, min_value=SMALLEST, max_value=LARGEST, help_text=hint
        )
    if fact.type == FactType.YES_NO:
        return serializers.BooleanField(required=False, allow_null=True, help_text=hint)
    if fact.choices:
        choices = [(choice.key, choice.label) for choice in fact.choices]
        return serializers.ChoiceField(choices, required=False, allow_blank=True, allow_null=True, help_text=hint)
    return serializers.CharField(
        max_length=fact.longest, required=False, allow_blank=True, allow_null=True, help_text=hint
    )


def external_ids_of(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The external ids of a request, or a ValidationError that points at the wrong one."""
    ids = ExternalIdBody(data=body.get("external_ids") or [], many=True)
    if not ids.is_valid():
        raise serializers.ValidationError({"external_ids": ids.errors})
    return [(each["system"], each["value"]) for each in ids.validated_data]


def statements_of(bodies: Any, user: User) -> tuple[ConsentStatement, ...]:
    """The consents of a request, or a ValidationError that points at the wrong one."""
    consents = ConsentBody(data=bodies or [], many=True)
    if not consents.is_valid():
        raise serializers.ValidationError({"consents": consents.errors})
    return tuple(ConsentStatement(**each, via=Via.API, by=user.pk) for each in consents.validated_data)


def statement_of(body: Mapping[str, Any], user: User) -> ConsentStatement:
    """The consent that a request is, or a ValidationError with the names of its fields."""
    consent = ConsentBody(data=body)
    consent.is_valid(raise_exception=True)
    return ConsentStatement(**consent.validated_data, via=Via.API, by=user.pk)


def system_of(body: Mapping[str, Any]) -> str:
    """The system that a request is from, or a ValidationError."""
    text = body.get("system") or ""
    if not isinstance(text, str) or len(text) > SYSTEM_LENGTH:
        raise serializers.ValidationError({"system": [f"Name a system in at most {SYSTEM_LENGTH} characters."]})
    return text


def erased_of(body: Mapping[str, Any]) -> frozenset[str]:
    """What a request states to be empty."""
    return frozenset(name for name, value in body.items() if value is None)
