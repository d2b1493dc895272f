"""Who works with leads: users, their teams and their roles."""

from collections.abc import Collection
from functools import cached_property
from typing import cast
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import AbstractUser, Group
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import models

from leads.internals.composed import Composed


def validate_zone(name: str) -> None:
    """Refuse a name that is not an IANA time zone, with an example of one that is."""
    if name not in available_timezones():
        raise ValidationError(
            "“%(name)s” is not a valid IANA time zone: write one like Europe/Berlin.", params={"name": name}
        )


class Role(models.TextChoices):
    """What a person does here; each is a group of the same name."""

    SALES_REP = "Sales rep"
    SALES_MANAGER = "Sales manager"
    MARKETER = "Marketer"
    MARKETING_LEAD = "Marketing lead"
    REVOPS = "RevOps"


SALES = frozenset({Role.SALES_REP, Role.SALES_MANAGER})
MARKETING = frozenset({Role.MARKETER, Role.MARKETING_LEAD})


class Team(models.Model):
    """A sales team: its leads, its manager and the place where it is notified."""

    name = models.CharField(max_length=80, unique=True)
    manager = models.ForeignKey(
        "leads.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="managed_teams"
    )
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_zone])
    email = models.EmailField(blank=True, help_text="A shared mailbox, which gets the messages of the team.")
    slack_channel = models.CharField(max_length=80, blank=True, help_text="A channel id or #name.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


_GROUPS_OF = Composed(lambda pk: Group.objects.filter(user=pk))


class User(AbstractUser):
    """A person who logs in, owns leads or is notified about them."""

    # Known at once of who was found `with_rights`, asked for when needed of anybody else.
    role_names: Collection[str] | None = None
    managed_ids: Collection[int] | None = None

    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="members")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_zone])
    slack_member_id = models.CharField(max_length=40, blank=True, help_text="For direct messages, like U024BE7LH.")
    quiet_from = models.TimeField(null=True, blank=True, help_text="From then on messages wait, in your time zone.")
    quiet_until = models.TimeField(null=True, blank=True, help_text="Then they are sent; before “from” it is next day.")
    digest_at = models.TimeField(
        null=True, blank=True, help_text="Daily digest at this time. Empty: messages are sent immediately."
    )
    capacity = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How many open leads are as many as this person can work. Empty: not set."
    )

    agenda_at = models.TimeField(
        null=True, blank=True, db_default=None, help_text="What waits for you is sent at this time. Empty: never."
    )
    agenda_days = models.CharField(
        max_length=7, blank=True, default="12345", db_default="12345", help_text="The days of it: 1 is Monday."
    )
    agenda_on = models.DateField(
        null=True, editable=False, db_default=None, help_text="The last day that was dealt with."
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="user_quiet_hours_have_two_ends",
                violation_error_message="Quiet hours need both ends, or none.",
            ),
            models.CheckConstraint(
                condition=models.Q(quiet_from=None) | ~models.Q(quiet_from=models.F("quiet_until")),
                name="user_quiet_hours_end",
                violation_error_message="Quiet hours end at another time than they begin.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles held, by membership of the groups of those names."""
        names = [group.name for group in _GROUPS_OF(self.pk)] if self.role_names is None else self.role_names
        held = frozenset(names) & frozenset(Role.values)
        return held | {Role.REVOPS} if self.is_superuser else held

    def has_role(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    @cached_property
    def team_ids(self) -> frozenset[int]:
        """The teams whose leads this person works with: their own and those they manage."""
        ids = self.managed_teams.values_list("pk", flat=True) if self.managed_ids is None else self.managed_ids
        managed = frozenset(ids)
        return managed | {self.team_id} if self.team_id else managed

    @classmethod
    def with_rights(cls) -> models.QuerySet["User"]:
        """People with all that the rights look at, in one statement: every request asks for it."""
        groups = Group.objects.filter(user=models.OuterRef("pk")).order_by().values("name")
        managed = Team.objects.filter(manager=models.OuterRef("pk")).order_by().values("pk")
        people = cls.objects.annotate(role_names=ArraySubquery(groups), managed_ids=ArraySubquery(managed))
        return cast("models.QuerySet[User]", people)


class Membership(models.Model):
    """In which team a person was until when: a trigger of the database keeps it, so that no writer can forget it.

    Reports read it to count what was owed in the past with the team of then.
    """

    # Without constraints: whoever deletes a person or a team need not know of this table.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", db_constraint=False)
    team = models.ForeignKey(
        Team, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False
    )
    since = models.DateTimeField(null=True, help_text="Empty: as long as anybody knows.")
    until = models.DateTimeField(null=True, help_text="Empty: until now.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=models.Q(until=None), name="membership_one_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team or 'no team'}"


class Absence(models.Model):
    """A time in which someone is given no lead: they are away, or were taken out of rotation. Their clocks go on."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    imposed = models.BooleanField(
        default=False, editable=False, help_text="By a ladder: the person cannot take it back themselves."
    )

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="absence_ends_after_its_start",
                violation_error_message="An absence ends after it starts.",
            ),
        ]
        indexes = [models.Index(fields=["user", "ends_at"])]

    def __str__(self) -> str:
        return f"{self.user} until {self.ends_at:%Y-%m-%d %H:%M} UTC"
