"""What was promised: a target for a metric, in a segment, with its ladder of steps."""

from collections.abc import Sequence
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from leads.conditions import all_hold, validate_conditions
from leads.models import Lead
from sla.durations import in_words
from sla.metrics import RULES, Metric, Party
from sla.models.calendar import Calendar


class WhoseHours(models.TextChoices):
    """By whose calendar a policy counts."""

    POLICY = "policy", "The policy's calendar"
    OWNER = "owner", "The owner's calendar, else the policy's"


class OnReassign(models.TextChoices):
    """What becomes of the time left when a lead gets another owner."""

    CARRY = "carry", "Carry on with what is left"
    RESTART = "restart", "Start again with the whole target"
    FLOOR = "floor", "Carry on, with a guaranteed minimum"


class Policy(models.Model):
    """One version of a policy. It is not changed once a clock runs by it: an edit writes the next version.

    Of the policies of a metric the first whose conditions all hold for a lead, by `position`, is the one that judges.
    """

    key = models.SlugField(help_text="The same for all versions.")
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=120)
    metric = models.CharField(max_length=40, choices=Metric)
    conditions = models.JSONField(
        "segment",
        default=list,
        blank=True,
        validators=[validate_conditions],
        help_text='All must hold, like [{"field": "score", "op": "at_least", "value": 80}]. Empty: every lead.',
    )
    position = models.PositiveSmallIntegerField("priority", default=100, help_text="The lower number wins.")
    target_seconds = models.PositiveIntegerField("target", help_text="Seconds of business time.")
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="policies")
    whose_hours = models.CharField(max_length=6, choices=WhoseHours, default=WhoseHours.POLICY)
    on_reassign = models.CharField("on reassignment", max_length=7, choices=OnReassign, default=OnReassign.CARRY)
    floor_seconds = models.PositiveIntegerField(
        "minimum left after reassignment", default=0, help_text="Business time that a new owner has at least."
    )
    pause_budget_seconds = models.PositiveIntegerField(
        "maximum paused time",
        null=True,
        blank=True,
        help_text="Business time that pauses may take out of one clock; empty: any, 0: none.",
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    mistake_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        db_default=None,
        help_text="When this version was declared a mistake: nothing more of its ladder is sent or done.",
    )
    mistake_reason = models.TextField(blank=True, editable=False, db_default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "policies"
        ordering = ["metric", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="policy_version_once"),
            models.UniqueConstraint(fields=["key"], condition=Q(retired_at=None), name="policy_one_in_force"),
            models.CheckConstraint(condition=Q(metric__in=Metric.values), name="policy_metric_known"),
            models.CheckConstraint(condition=Q(target_seconds__gt=0), name="policy_target_positive"),
            models.CheckConstraint(
                condition=~Q(metric=Metric.SPEED_TO_LEAD) | Q(on_reassign=OnReassign.CARRY),
                name="policy_promise_to_the_buyer_carries",
                violation_error_message="The promise to the buyer carries on, whoever owns the lead.",
            ),
            models.CheckConstraint(
                condition=Q(on_reassign=OnReassign.FLOOR, floor_seconds__gt=0)
                | ~Q(on_reassign=OnReassign.FLOOR) & Q(floor_seconds=0),
                name="policy_floor_has_a_length",
                violation_error_message="Set a minimum with “Carry on, with a guaranteed minimum”, and only then.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"

    @cached_property
    def ladder(self) -> "Sequence[Step]":
        """Its steps, in order. A version keeps its steps; one that is only thought of may be given some."""
        return list(self.steps.all())

    def clean(self) -> None:
        validate_conditions(self.conditions)  # Django asks no validator about an empty value, and {} is one

    def judges(self, lead: Lead) -> bool:
        return all_hold(self.conditions, lead.facts())


class StepKind(models.TextChoices):
    WARNING = "warning", "Warning"
    BREACH = "breach", "Breach"
    ESCALATION = "escalation", "Escalation"


class StepAction(models.TextChoices):
    """What a step does besides notifying people."""

    NOTHING = "", "Nothing more"
    REASSIGN = "reassign", "Give the lead to the next in rotation"
    QUEUE = "queue", "Return the lead to the queue of its team"


class Step(models.Model):
    """One step of a ladder: at which share of the target, or how long after it, an alarm fires, and what is done."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="steps")
    percent = models.PositiveSmallIntegerField(default=100, help_text="Share of the target, 1 to 100.")
    after_seconds = models.PositiveIntegerField(
        default=0, help_text="Business seconds after the target; with 100 per cent."
    )
    does = models.CharField(max_length=8, choices=StepAction, default=StepAction.NOTHING, blank=True)
    out_of_rotation_seconds = models.PositiveIntegerField(
        "out of rotation", default=0, help_text="How long the owner is given no other lead; 0: they stay in rotation."
    )
    pierces = models.BooleanField("ignores quiet hours", default=False)

    class Meta:
        ordering = ["percent", "after_seconds"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "percent", "after_seconds"], name="step_once"),
            models.CheckConstraint(
                condition=Q(percent__gte=1, percent__lt=100, after_seconds=0) | Q(percent=100),
                name="step_instant_makes_sense",
                violation_error_message="A step must be at 1 to 99 per cent of the target, at 100, or after it.",
            ),
        ]

    def __str__(self) -> str:
        if not self.after_seconds:
            return f"{self.get_kind_display()} at {self.percent} %"
        return f"{self.get_kind_display()} {in_words(self.after_seconds, exact=True)} after {self.percent} %"

    @property
    def kind(self) -> StepKind:
        if self.percent < 100:
            return StepKind.WARNING
        return StepKind.ESCALATION if self.after_seconds else StepKind.BREACH

    def get_kind_display(self) -> str:
        return str(self.kind.label)

    def seconds(self, target_seconds: int) -> int:
        """Business seconds from the clock's start to this step."""
        return target_seconds * self.percent // 100 + self.after_seconds

    def clean(self) -> None:
        if self.percent < 100 and self.after_seconds:
            raise ValidationError({"after_seconds": "Only a step at 100 per cent can be after the target."})
        owed_by = RULES[self.policy.metric].owed_by
        if self.does and owed_by not in (Party.SALES, Party.REVOPS):
            raise ValidationError({"does": "A rejected lead cannot be reassigned: choose “Nothing more”."})
        if self.out_of_rotation_seconds and owed_by != Party.SALES:
            raise ValidationError({"out_of_rotation_seconds": "Only the sales owner can be taken out of rotation."})
