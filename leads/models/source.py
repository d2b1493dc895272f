"""Which sources are believed more than others: the order that RevOps sets."""

from django.db import models
from django.db.models import Q

PERSON = "person"
"""The source of what a person of ours corrected or typed in."""


class SourceRank(models.Model):
    """The place of one source in the order, for one fact or for all that have no order of their own."""

    system = models.CharField(max_length=40, help_text="Like hubspot; “person” is whoever corrects a lead by hand.")
    fact = models.CharField(max_length=80, blank=True, help_text="Empty: every fact without an order of its own.")
    position = models.PositiveSmallIntegerField(help_text="1 is the strongest.")
    is_final = models.BooleanField(
        default=False,
        help_text="Its values stay, however late those of weaker sources come. Otherwise the later value wins, and "
        "the order decides between equal moments only.",
    )

    class Meta:
        ordering = ["fact", "position", "system"]
        verbose_name = "system"
        constraints = [
            models.UniqueConstraint(
                fields=["fact", "system"],
                name="source_rank_once",
                violation_error_message="This source has a place in this order already.",
            ),
            models.CheckConstraint(condition=~Q(system=""), name="source_rank_named"),
        ]

    def __str__(self) -> str:
        return "A person" if self.system == PERSON else self.system
