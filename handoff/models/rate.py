"""Rates of currencies, in sets that have names: amounts are converted by these alone."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone


class RateSet(models.Model):
    """Rates of one source, like “ECB month-end”. Each change of them is a version, so that figures say by which."""

    name = models.CharField(max_length=60, unique=True, help_text="Like “ECB month-end”.")
    version = models.PositiveIntegerField(default=0, db_default=0)
    currencies = ArrayField(
        models.CharField(max_length=3), default=list, db_default=[], help_text="Into which it converts."
    )
    changed_at = models.DateTimeField(default=timezone.now, db_default=Now())

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Rate(models.Model):
    """What one unit of a currency is worth in another, from a day on until the next row of the two says otherwise.

    A row is never changed: another rate for the same day is another row, and this one stays with the version in which
    it was replaced.
    """

    of_set = models.ForeignKey(
        RateSet, verbose_name="set", on_delete=models.CASCADE, related_name="rates", db_index=False
    )
    from_currency = models.CharField("from", max_length=3)
    to_currency = models.CharField("to", max_length=3)
    starts_on = models.DateField("holds from")
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    since_version = models.PositiveIntegerField()
    until_version = models.PositiveIntegerField(null=True, help_text="In which it was replaced or withdrawn.")
    note = models.CharField(max_length=300, blank=True, default="", db_default="", help_text="Why it was changed.")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    set_at = models.DateTimeField(default=timezone.now, db_default=Now())
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["of_set__name", "from_currency", "to_currency", "-starts_on", "-since_version"]
        indexes = [models.Index(fields=["of_set", "from_currency", "to_currency", "-starts_on"], name="rate_by_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["of_set", "from_currency", "to_currency", "starts_on"],
                condition=Q(until_version=None),
                name="rate_once_a_day",
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="rate_above_zero"),
            models.CheckConstraint(condition=~Q(from_currency=F("to_currency")), name="rate_of_two_currencies"),
            models.CheckConstraint(
                condition=Q(until_version=None, ended_at=None)
                | Q(until_version__gt=F("since_version"), ended_at__isnull=False),
                name="rate_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.of_set}: 1 {self.from_currency} = {self.worth} {self.to_currency} from {self.starts_on}"

    @property
    def worth(self) -> str:
        """The rate without the zeros at its end."""
        text = f"{self.rate:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
