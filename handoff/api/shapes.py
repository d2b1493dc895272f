"""What the API shows of leads, their clocks and their history."""

import threading
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from handoff.api.attributes import ConsentNowShape
from handoff.workflow import rights
from leads.facts import built_in_facts, seen_attributes, value_of
from leads.internals.serializers import ReusableSerializer
from leads.models import DealState, ExternalId, Lead, Opportunity, State, Touch, Transition, Verb
from leads.permission import warnings_of
from sla.metrics import Metric
from sla.models import Alarm, Clock, Policy, StepKind
from sla.standing import Standing, standing


class ExternalIdShape(serializers.ModelSerializer[ExternalId]):
    class Meta:
        model = ExternalId
        fields = ["system", "value"]
        validators: list[Any] = []  # that it is taken is not an error: it says who is meant


class PolicyShape(serializers.ModelSerializer[Policy]):
    class Meta:
        model = Policy
        fields = ["key", "name", "version"]


class ClockShape(serializers.ModelSerializer[Clock]):
    """One measurement of one metric, at the moment of the answer."""

    metric = serializers.ChoiceField(choices=Metric.choices)
    state = serializers.SerializerMethodField(
        help_text="At risk is running past its first warning, overdue is running past its due time."
    )
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True, help_text="Who owes it.")
    policy = PolicyShape()
    excused = serializers.SerializerMethodField(help_text="Its breach was excused; it stays a breach.")
    elapsed_seconds = serializers.SerializerMethodField(
        help_text="The business time it took; null while it runs, or where it cannot be computed."
    )
    remaining_seconds = serializers.SerializerMethodField(help_text="Wall time until it is due; null once it stopped.")
    overdue_seconds = serializers.SerializerMethodField(help_text="Wall time past its due time, until now or its stop.")

    class Meta:
        model = Clock
        fields = [
            "id",
            "metric",
            "state",
            "paused",
            "excused",
            "cycle",
            "round",
            "owner",
            "policy",
            "target_seconds",
            "started_at",
            "due_at",
            "stopped_at",
            "elapsed_seconds",
            "remaining_seconds",
            "overdue_seconds",
        ]

    @property
    def _now(self) -> datetime:
        now: datetime = self.context["now"]
        return now

    @extend_schema_field(serializers.ChoiceField(choices=Standing.choices))
    def get_state(self, clock: Clock) -> str:
        return standing(clock, self._now)

    def get_excused(self, clock: Clock) -> bool:
        return clock.excused_by_id is not None

    def get_elapsed_seconds(self, clock: Clock) -> int | None:
        return None if clock.elapsed is None else int(clock.elapsed.total_seconds())

    def get_remaining_seconds(self, clock: Clock) -> int | None:
        if clock.stopped_at or clock.due_at is None:
            return None
        return max(0, int((clock.due_at - self._now).total_seconds()))

    def get_overdue_seconds(self, clock: Clock) -> int:
        breached_at = clock.breached_at(self._now)
        return int(((clock.stopped_at or self._now) - breached_at).total_seconds()) if breached_at else 0


class AlarmShape(serializers.ModelSerializer[Alarm]):
    """One step of a ladder that fired on a clock."""

    metric = serializers.ChoiceField(source="clock.metric", choices=Metric.choices)
    kind = serializers.ChoiceField(source="step.kind", choices=StepKind.choices)
    percent = serializers.IntegerField(source="step.percent", help_text="The share of the target.")
    after_seconds = serializers.IntegerField(source="step.after_seconds", help_text="Business time after the target.")
    acknowledged_by = serializers.CharField(
        source="acknowledged_by.by.username", default=None, allow_null=True, help_text="Who sees to it."
    )

    class Meta:
        model = Alarm
        fields = [
            "id",
            "clock",
            "metric",
            "kind",
            "percent",
            "after_seconds",
            "due_at",
            "fired_at",
            "superseded",
            "acknowledged_by",
            "note",
        ]


class DealShape(serializers.ModelSerializer[Opportunity]):
    """A deal of a lead: opened by its conversion, or beside that one."""

    state = serializers.ChoiceField(choices=DealState.choices)
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True)

    class Meta:
        model = Opportunity
        fields = [
            "id",
            "system",
            "external_id",
            "name",
            "state",
            "stage",
            "amount",
            "currency",
            "owner",
            "lost_reason",
            "opened_at",
            "expected_close",
            "closed_at",
        ]
        validators: list[Any] = []  # shown only


class LeadShape(serializers.ModelSerializer[Lead]):
    """A lead, with its clocks and with the verbs that the one who asks can do now."""

    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    campaign = serializers.CharField(source="campaign.name", default=None, allow_null=True)
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True)
    team = serializers.CharField(source="team.name", default=None, allow_null=True)
    reason = serializers.CharField(
        source="reason.code", default=None, allow_null=True, help_text="Why it was rejected."
    )
    external_ids = ExternalIdShape(many=True)
    clocks = ClockShape(many=True)
    deals = DealShape(many=True, help_text="In the order in which they were recorded; a lead may have several.")
    attributes = serializers.SerializerMethodField(help_text="By key, those that you may see and that are known.")
    consent = serializers.DictField(
        read_only=True,
        child=ConsentNowShape(),
        help_text="By purpose (email, phone, all), the newest word of the buyer; see its consents.",
    )
    contact_warnings = serializers.SerializerMethodField(
        help_text="What whoever is about to contact the buyer must know, in words: do not contact, withdrawn consent."
    )
    paused = serializers.SerializerMethodField(help_text="Its clocks are paused now.")
    can = serializers.SerializerMethodField(help_text="The verbs that you can do with this lead now.")

    class Meta:
        model = Lead
        fields = [
            "id",
            *(fact.name for fact in built_in_facts()),
            "do_not_contact_since",
            "consent",
            "contact_warnings",
            "attributes",
            "state",
            "entered_at",
            "owner",
            "team",
            "cycle",
            "reason",
            "last_touch_at",
            "paused",
            "paused_until",
            "reenter_on",
            "merged_into",
            "created_at",
            "updated_at",
            "external_ids",
            "clocks",
            "deals",
            "can",
        ]

    @extend_schema_field(serializers.DictField(child=serializers.JSONField()))
    def get_attributes(self, lead: Lead) -> dict[str, Any]:
        seen = seen_attributes(self.context["request"].user.roles)
        return {each.key: value for each in seen if (value := value_of(lead, each)) is not None}

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_contact_warnings(self, lead: Lead) -> list[str]:
        return warnings_of(lead)

    def get_paused(self, lead: Lead) -> bool:
        return lead.is_paused(self.context["now"])

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=Verb.choices)))
    def get_can(self, lead: Lead) -> list[str]:
        return [str(verb) for verb in rights.can(self.context["request"].user, lead, self.context["now"])]


class TransitionShape(serializers.ModelSerializer[Transition]):
    """One act on a lead, as the history keeps it."""

    owner = serializers.CharField(
        source="owner.username", default=None, allow_null=True, help_text="The owner after the act."
    )
    by = serializers.CharField(
        source="by.username", default=None, allow_null=True, help_text="Null when the system acted."
    )
    facts = serializers.SerializerMethodField(help_text="What was stated with it, of attributes those that you see.")

    class Meta:
        model = Transition
        fields = [
            "id",
            "lead",
            "verb",
            "from_state",
            "to_state",
            "cycle",
            "owner",
            "by",
            "at",
            "recorded_at",
            "via",
            "historical",
            "facts",
            "request_id",
        ]

    @extend_schema_field(serializers.DictField())
    def get_facts(self, act: Transition) -> dict[str, Any]:
        return rights.seen_words(act.facts, self.context["request"].user.roles)


class DoneShape(ReusableSerializer):
    """What a verb wrote, and the lead after it."""

    transition = TransitionShape()
    lead = LeadShape()

    @classmethod
    def of(cls, transition: Transition, lead: Lead, context: dict[str, Any]) -> dict[str, Any]:
        if not hasattr(_of_thread, "shape"):
            _of_thread.shape = cls()
        shape: DoneShape = _of_thread.shape
        return shape.show({"transition": transition, "lead": lead}, context)


_of_thread = threading.local()


class TouchShape(serializers.ModelSerializer[Touch]):
    by = serializers.CharField(source="by.username", default=None, allow_null=True)

    class Meta:
        model = Touch
        fields = ["id", "channel", "outcome", "at", "by", "note", "automatic", "inbound", "system", "external_id"]
