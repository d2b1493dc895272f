"""The calendar by which reports count: the firm's zone, and when its weeks and years begin."""

from calendar import month_name
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from leads.models import User
from leads.models.people import validate_zone

WEEKDAYS = [(1, "Monday"), (6, "Saturday"), (7, "Sunday")]
MONTHS = list(enumerate(month_name))[1:]


class Firm(models.Model):
    """The one row that says in whose days, weeks, months and quarters everyone reads the same numbers."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    time_zone = models.CharField(max_length=64, default="UTC", db_default="UTC", validators=[validate_zone])
    week_starts = models.PositiveSmallIntegerField(
        default=1, db_default=1, choices=WEEKDAYS, help_text="The first day of a week."
    )
    year_starts = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        choices=MONTHS,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
        help_text="The first month of the fiscal year, which is named for the year in which it ends.",
    )
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    changed_at = models.DateTimeField(default=timezone.now, db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="firm_once"),
            models.CheckConstraint(condition=Q(week_starts__range=(1, 7)), name="firm_week_starts_on_a_day"),
            models.CheckConstraint(condition=Q(year_starts__range=(1, 12)), name="firm_year_starts_in_a_month"),
        ]

    def __str__(self) -> str:
        return self.time_zone

    @classmethod
    def of_now(cls) -> "Firm":
        return cls.objects.filter(pk=1).first() or cls()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
