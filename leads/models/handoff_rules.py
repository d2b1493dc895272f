"""The numbers by which leads go to and fro between the two sides, which both sides sign."""

from datetime import date, timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from leads.models.signed import Signed

MOST = 100
MOST_DAYS = 730
_COUNT = [MaxValueValidator(MOST)]
_DAYS = [MaxValueValidator(MOST_DAYS)]


class HandoffRules(Signed):
    """One version of these numbers. In force from its second signature until the next version is.

    The defaults are those of the first version, which comes with the installation.
    """

    version = models.PositiveIntegerField(unique=True)
    recycle_limit = models.PositiveSmallIntegerField(
        "most rounds", default=3, validators=_COUNT, help_text="How many times a lead may be recycled."
    )
    cool_off_days = models.PositiveSmallIntegerField(
        "cool-off in days",
        default=0,
        validators=_DAYS,
        help_text="Days from its rejection until it may be handed over again. 0: only its own date counts.",
    )
    needs_evidence = models.BooleanField(
        "new evidence needed",
        default=False,
        help_text="A recycled lead is handed over again only with something new since it was rejected: "
        "a touchpoint, a changed fact, or a score that has risen.",
    )
    score_rise = models.PositiveSmallIntegerField(
        "points of a risen score",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="By how many points a score must have risen to be new evidence.",
    )
    needs_other_rep = models.BooleanField(
        "another rep needed",
        default=False,
        help_text="A recycled lead does not go to the rep who had it, unless they own the account.",
    )
    touches_to_qualify = models.PositiveSmallIntegerField(
        "touches before it is qualified",
        default=1,
        validators=_COUNT,
        help_text="Genuine touches since the handoff. 0: none.",
    )
    touches_to_give_up = models.PositiveSmallIntegerField(
        "touches before it is unresponsive",
        default=1,
        validators=_COUNT,
        help_text="Fewest genuine touches for a reason that demands them. A reason may demand more.",
    )
    dispute_days = models.PositiveSmallIntegerField(
        "days to dispute",
        default=0,
        validators=_DAYS,
        help_text="Days after a rejection within which marketing may dispute it. 0: without a limit.",
    )
    sla_changes_need_signatures = models.BooleanField(
        "signed SLA values",
        default=False,
        db_default=False,
        help_text="A change of a policy or of a calendar is a draft, which comes into force when both sides have "
        "signed it.",
    )

    class Meta:
        ordering = ["-version"]
        verbose_name = verbose_name_plural = "handoff rules"
        constraints = [
            models.CheckConstraint(
                condition=Q(marketing_signatory=None) | ~Q(marketing_signatory=F("sales_signatory")),
                name="handoff_rules_signed_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"handoff rules, version {self.version}"

    @property
    def covered(self) -> Any:
        return {name: getattr(self, name) for name in TERMS}

    @property
    def summary(self) -> str:
        return ". ".join(sentence for _, sentence in self.in_words()) + "."

    def in_words(self) -> list[tuple[str, str]]:
        """Each number with its label, as both sides read it."""
        rise = f"a touchpoint, a changed fact, or a score that is at least {_of(self.score_rise, 'point')} higher"
        return [
            ("Most rounds", f"A lead is recycled {_of(self.recycle_limit, 'time')} at most"),
            ("Cool-off", f"{_of(self.cool_off_days, 'day')} after its rejection at the earliest")
            if self.cool_off_days
            else ("Cool-off", "Only the date until which it was recycled"),
            ("New evidence", f"Needed: {rise}, since the rejection" if self.needs_evidence else "Not needed"),
            ("Who gets it again", "Another rep, unless the former one owns the account")
            if self.needs_other_rep
            else ("Who gets it again", "Any rep"),
            ("Before it is qualified", f"{_of(self.touches_to_qualify, 'genuine touch', 'es')} since the handoff"),
            ("Before it is unresponsive", f"At least {_of(self.touches_to_give_up, 'genuine touch', 'es')}"),
            ("Disputes", f"Within {_of(self.dispute_days, 'day')} of the rejection")
            if self.dispute_days
            else ("Disputes", "At any time after the rejection"),
            ("SLA values", "Both sides sign each change")
            if self.sla_changes_need_signatures
            else ("SLA values", "RevOps changes them"),
        ]

    def cooled_off_on(self, rejected_on: date) -> date:
        """The day from which a lead may be handed over again."""
        return rejected_on + timedelta(days=self.cool_off_days)

    def dispute_ends_on(self, rejected_on: date) -> date | None:
        """The last day on which a rejection may be disputed; None without a limit."""
        return rejected_on + timedelta(days=self.dispute_days) if self.dispute_days else None

    @classmethod
    def active(cls) -> "HandoffRules":
        """The version in force: the latest that became active. Without any row, it is as it comes."""
        signed = cls.objects.filter(active_from__isnull=False)
        return signed.order_by("-active_from", "-version").first() or cls(version=1)

    @classmethod
    def first(cls) -> "HandoffRules":
        """What held for handoffs from before versions were kept."""
        return cls.objects.filter(active_from__isnull=False).order_by("version").first() or cls(version=1)


TERMS = (
    "recycle_limit", "cool_off_days", "needs_evidence", "score_rise", "needs_other_rep", "touches_to_qualify",
    "touches_to_give_up", "dispute_days", "sla_changes_need_signatures",
)  # fmt: skip
"""What a signature covers."""


def _of(number: int, noun: str, plural: str = "s") -> str:
    return f"{number} {noun}{'' if number == 1 else plural}"
