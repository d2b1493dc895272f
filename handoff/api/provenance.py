"""A lead in full, with whose each of its facts is; and what became of a capture."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from handoff.api.shapes import LeadShape
from leads.facts import seen_facts
from leads.identity import Upsert
from leads.models import Lead, User
from leads.provenance import CAPTURE
from leads.scoring import PartKind, parts_of

OUTCOMES = [("created", "Created"), ("updated", "Updated"), ("unchanged", "Unchanged")]


@extend_schema_serializer(component_name="FactOrigin")
class OriginShape(serializers.Serializer[Any]):
    """Whose a fact is."""

    system = serializers.CharField(help_text="“person” is whoever corrected it; empty where no system was named.")
    at = serializers.DateTimeField(help_text="The moment that the system stated; else when it was received.")
    by = serializers.CharField(allow_null=True, help_text="The user, or the owner of the token, who brought it in.")


class KeptShape(serializers.Serializer[Any]):
    """A value that was not taken, as another one is later or stronger."""

    fact = serializers.CharField()
    because = OriginShape(help_text="Whose the value is that stays.")
    detail = serializers.CharField(help_text="In words.")


class ScorePartShape(serializers.Serializer[Any]):
    """What one rule of the scoring model adds to the score, for one thing that is known of the buyer."""

    rule = serializers.CharField(help_text="Its key in the model.")
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=[(kind.value, kind.value.capitalize()) for kind in PartKind])
    points = serializers.IntegerField(help_text="Whole points with their sign. All parts sum to the score.")
    evidence = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True, help_text="When the buyer did it, or when it was stated.")
    touchpoint = serializers.IntegerField(allow_null=True)
    over_cap = serializers.IntegerField(help_text="Points that the cap of the rule leaves out.")


class ScoreShape(serializers.Serializer[Any]):
    """By which model a lead is scored, and how."""

    version = serializers.IntegerField(source="scored_by.version", help_text="Of the scoring model.")
    at = serializers.DateTimeField(source="scored_at", help_text="As of when the points were counted.")
    stated = serializers.IntegerField(source="stated_score", allow_null=True, help_text="What other systems say.")
    parts = serializers.SerializerMethodField()

    @extend_schema_field(ScorePartShape(many=True))
    def get_parts(self, lead: Lead) -> list[dict[str, Any]]:
        parts = parts_of([lead], self.context["request"].user.roles)[lead.pk]
        return [dict(ScorePartShape(part).data) for part in parts]


class LeadInFullShape(LeadShape):
    """A lead, and whose each of its facts is."""

    provenance = serializers.SerializerMethodField(
        help_text="By fact; `created_at` is about the first capture. What was stored before this was kept is missing."
    )

    fit_grade = serializers.CharField(
        read_only=True, help_text="A to D, X where it is excluded; empty without a model."
    )
    scoring = serializers.SerializerMethodField(help_text="Null where the score is the one from outside.")

    class Meta(LeadShape.Meta):
        fields = [*LeadShape.Meta.fields, "provenance", "fit_grade", "scoring"]

    @extend_schema_field(ScoreShape(allow_null=True))
    def get_scoring(self, lead: Lead) -> dict[str, Any] | None:
        return dict(ScoreShape(lead, context=self.context).data) if lead.scored_by_id else None

    @extend_schema_field(serializers.DictField(child=OriginShape()))
    def get_provenance(self, lead: Lead) -> dict[str, Any]:
        names = usernames(entry["by"] for entry in lead.provenance.values())
        seen = {CAPTURE, *(each.name for each in seen_facts(self.context["request"].user.roles))}
        return {name: _origin(entry, names) for name, entry in sorted(lead.provenance.items()) if name in seen}


class CapturedShape(LeadInFullShape):
    """The answer to a capture: the lead, what a buyer who was known asks for now, and which values were not taken."""

    outcome = serializers.ChoiceField(choices=OUTCOMES, help_text="What the request did.")
    new_intent = serializers.BooleanField(required=False, help_text="True when a known buyer asks for something new.")
    enquiry = serializers.IntegerField(required=False, help_text="The touchpoint that keeps what they ask for.")
    kept = KeptShape(many=True)

    class Meta(LeadInFullShape.Meta):
        fields = [*LeadInFullShape.Meta.fields, "outcome", "new_intent", "enquiry", "kept"]


def answer_to_capture(done: Upsert) -> dict[str, Any]:
    """What a capture did."""
    names = usernames(each.because.by for each in done.kept)
    kept = [
        {"fact": each.fact, "because": _origin(each.because.entry, names), "detail": each.words} for each in done.kept
    ]
    asked = {"new_intent": True, "enquiry": done.intent.pk} if done.intent else {}
    return {"outcome": done.outcome, "kept": kept, **asked}


def usernames(ids: Iterable[int | None]) -> dict[int, str]:
    meant = set(filter(None, ids))
    return dict(User.objects.filter(pk__in=meant).values_list("pk", "username")) if meant else {}


def _origin(entry: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    return {"system": entry["system"], "at": entry["at"], "by": names.get(entry["by"])}
