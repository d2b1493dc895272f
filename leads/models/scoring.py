"""How leads are scored: versions of a model of additive rules, which both sides sign."""

from calendar import monthrange
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from leads.models.signed import Signed
from leads.score_rules import (
    BehaviourRule,
    Exclusion,
    FitRule,
    behaviour_rules,
    exclusions,
    fit_rules,
    validate_behaviour_rules,
    validate_exclusions,
    validate_fit_rules,
    validate_thresholds,
)

REVIEW_MONTHS = 12
"""The longest that a version may be in force before both sides look at it again."""


class ScoringModel(Signed):
    """One version of the scoring model. In force from its second signature until the next version is."""

    version = models.PositiveIntegerField(unique=True)
    text = models.TextField(help_text="What the score is for, and how it is to be read.")
    fit_rules = models.JSONField(default=list, blank=True, validators=[validate_fit_rules])
    behaviour_rules = models.JSONField(default=list, blank=True, validators=[validate_behaviour_rules])
    exclusions = models.JSONField(default=list, blank=True, validators=[validate_exclusions])
    grade_a = models.IntegerField("A from", default=30, help_text="Points of fit from which the fit grade is A.")
    grade_b = models.IntegerField("B from", default=20)
    grade_c = models.IntegerField("C from", default=10, help_text="Below this it is D.")
    review_months = models.PositiveSmallIntegerField(
        "review after months",
        default=REVIEW_MONTHS,
        validators=[MinValueValidator(1), MaxValueValidator(REVIEW_MONTHS)],
        help_text=f"When both sides look at it again: {REVIEW_MONTHS} at most.",
    )
    review_on = models.DateField(null=True, blank=True, editable=False, help_text="When its next review is due.")

    class Meta:
        ordering = ["-version"]
        verbose_name = "scoring model"
        constraints = [
            models.CheckConstraint(
                condition=Q(marketing_signatory=None) | ~Q(marketing_signatory=F("sales_signatory")),
                name="scoring_model_signed_by_two_people",
            ),
            models.CheckConstraint(
                condition=Q(grade_a__gt=F("grade_b")) & Q(grade_b__gt=F("grade_c")), name="scoring_model_grades_descend"
            ),
            models.CheckConstraint(
                condition=Q(active_from=None, review_on=None) | Q(active_from__isnull=False, review_on__isnull=False),
                name="scoring_model_in_force_is_reviewed",
            ),
        ]

    def __str__(self) -> str:
        return f"scoring model, version {self.version}"

    def clean(self) -> None:
        if None not in (self.grade_a, self.grade_b, self.grade_c):
            validate_thresholds(self.grade_a, self.grade_b, self.grade_c)
        if not (self.fit_rules or self.behaviour_rules):
            raise ValidationError("Give at least one rule: without any, every score is 0.")

    def come_into_force(self, at: datetime) -> list[str]:
        self.review_on = months_after(at.date(), self.review_months)
        return [*super().come_into_force(at), "review_on"]

    @property
    def covered(self) -> Any:
        grades = [self.grade_a, self.grade_b, self.grade_c]
        return [self.text, self.fit_rules, self.behaviour_rules, self.exclusions, grades, self.review_months]

    @property
    def summary(self) -> str:
        return self.text

    @property
    def fits(self) -> list[FitRule]:
        return fit_rules(self.fit_rules)

    @property
    def behaviours(self) -> list[BehaviourRule]:
        return behaviour_rules(self.behaviour_rules)

    @property
    def excluding(self) -> list[Exclusion]:
        return exclusions(self.exclusions)

    @property
    def names(self) -> dict[str, str]:
        """Of its rules, by their keys."""
        return {rule["key"]: rule["name"] for rule in (*self.fit_rules, *self.behaviour_rules, *self.exclusions)}

    @classmethod
    def active(cls) -> "ScoringModel | None":
        """The version in force: the latest that became active."""
        return cls.objects.filter(active_from__isnull=False).order_by("-active_from", "-version").first()


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last one of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
