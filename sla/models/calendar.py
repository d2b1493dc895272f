"""When time counts: opening hours in a time zone, with dated overrides and public holidays."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from importlib.metadata import version

import holidays
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from leads.models.people import validate_zone
from sla.business_time import BusinessHours, NeverOpen

YEARS_BACK, YEARS_AHEAD = 3, 3


class Calendar(models.Model):
    """One version of a calendar. It is not changed once written: an edit writes the next version.

    `weekly` maps "mon".."sun" to intervals like [["09:00", "12:30"], ["13:30", "18:00"]]; 24:00 is allowed, and an
    interval that ends at or before its start ends the next day. `overrides` maps a date to such a list.
    """

    key = models.SlugField(help_text="The same for all versions.")
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=120)
    zone = models.CharField("time zone", max_length=64, default="UTC", validators=[validate_zone])
    weekly = models.JSONField(
        help_text='Like {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], "tue": [["09:00", "18:00"]]}.'
    )
    overrides = models.JSONField(
        default=dict, blank=True, help_text='Special days, like {"2026-12-24": [["09:00", "13:00"]]}.'
    )
    special_names = models.JSONField(
        default=dict, db_default={}, blank=True, editable=False, help_text="What the special days are called, by date."
    )
    holiday_country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code; empty for no holidays.")
    holiday_subdivision = models.CharField(max_length=6, blank=True, help_text="Like BY for Bavaria.")
    holidays_from = models.PositiveSmallIntegerField(default=0, editable=False)
    holidays_through = models.PositiveSmallIntegerField(default=0, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="calendar_version_once"),
            models.UniqueConstraint(fields=["key"], condition=Q(retired_at=None), name="calendar_one_in_force"),
        ]

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"

    def clean(self) -> None:
        """Refuse hours that make no sense or never open, and a country that has no list of holidays."""
        for name, like in (("weekly", "mon"), ("overrides", "2026-12-24")):
            if not isinstance(getattr(self, name), dict):
                raise ValidationError({name: f'Map days to intervals, like {{"{like}": [["09:00", "13:00"]]}}.'})
        try:
            self._dated_overrides()
        except (ValueError, TypeError) as error:
            raise ValidationError({"overrides": str(error)}) from error
        try:
            BusinessHours(self.weekly, self.zone, overrides=self._dated_overrides()).next_open(timezone.now())
        except (NeverOpen, ValueError, TypeError) as error:
            raise ValidationError({"weekly": str(error)}) from error
        try:
            self._official_holidays([timezone.now().year])
        except NotImplementedError as error:
            raise ValidationError({"holiday_country": str(error)}) from error

    @transaction.atomic
    def materialise_holidays(self, first_year: int | None = None, last_year: int | None = None) -> None:
        """Write the days of the years that are not written yet. Written days stay, whatever a later release says."""
        this_year = timezone.now().year
        first, last = first_year or this_year - YEARS_BACK, last_year or this_year + YEARS_AHEAD
        years = [y for y in range(first, last + 1) if not self.holidays_from <= y <= self.holidays_through]
        source = "holidays " + version("holidays")
        Holiday.objects.bulk_create(
            [
                Holiday(calendar=self, day=day, name=name[:200], source=source)
                for day, name in self._official_holidays(years)
            ],
            ignore_conflicts=True,
        )
        self.holidays_from = min(first, self.holidays_from or first)
        self.holidays_through = max(last, self.holidays_through)
        self.save(update_fields=["holidays_from", "holidays_through"])

    @property
    def hours(self) -> BusinessHours:
        """What counts in this version. Kept in memory: a version changes only by further years of holidays."""
        return _hours(self.pk, self.holidays_through)

    @property
    def business_day(self) -> int | None:
        """How long a business day is, in seconds: as most open days of the week; of two lengths, the longer."""
        lengths = Counter(sum(map(_length, intervals)) for intervals in self.weekly.values() if intervals)
        return max(lengths, key=lambda length: (lengths[length], length)) if lengths else None

    def build_hours(self) -> BusinessHours:
        days = frozenset(self.holidays.values_list("day", flat=True))
        return BusinessHours(self.weekly, self.zone, holidays=days, overrides=self._dated_overrides())

    def _dated_overrides(self) -> dict[date, list[list[str]]]:
        return {date.fromisoformat(day): intervals for day, intervals in self.overrides.items()}

    def _official_holidays(self, years: Iterable[int]) -> list[tuple[date, str]]:
        wanted = list(years)
        if not self.holiday_country or not wanted:
            return []
        days = holidays.country_holidays(self.holiday_country, self.holiday_subdivision or None, years=wanted)
        return sorted(days.items())


def _length(interval: list[str]) -> int:
    opens, closes = (60 * int(hour) + int(minute) for hour, _, minute in (text.partition(":") for text in interval))
    return 60 * (closes - opens if closes > opens else closes + 24 * 60 - opens)


@lru_cache(maxsize=256)
def _hours(calendar_id: int, holidays_through: int) -> BusinessHours:  # noqa: ARG001 a new year makes a new entry
    return Calendar.objects.get(pk=calendar_id).build_hours()


class Holiday(models.Model):
    """One public holiday of a calendar, as its source had it when it was written."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="holidays")
    day = models.DateField()
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=40, help_text="The library and its version.")

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.name}"


class OwnerHours(models.Model):
    """Whose working hours are those of which calendar; the version in force counts when a clock starts."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="working_hours")
    calendar_key = models.SlugField(help_text="The key of a calendar.")

    class Meta:
        verbose_name_plural = "owners' hours"
        ordering = ["user"]

    def __str__(self) -> str:
        return f"{self.user}: {self.calendar_key}"
