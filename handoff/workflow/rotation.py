"""Rotation: who of a team is given the next lead."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Subquery

from leads.models import GIVING, Absence, Role, Team, Transition, User


def next_owner(team: Team, at: datetime, instead_of: Collection[int | None] = ()) -> User | None:
    """The rep who was given a lead least recently, of those who are there at a moment; None when no one is.

    By what each was given, not by position or batch: so it stays fair when members change, and every lead of an import
    has its own turn. Call it with the lead locked, in the transaction that gives it: the team is locked until its end,
    so that two at once see each other's choice.
    """
    list(Team.objects.select_for_update(no_key=True).filter(pk=team.pk).values_list("pk"))
    away = Absence.objects.filter(user=OuterRef("pk"), starts_at__lte=at, ends_at__gt=at)
    given = Transition.objects.filter(owner=OuterRef("pk"), verb__in=GIVING).order_by("-at").values("at")[:1]
    reps = User.objects.filter(team=team, is_active=True, groups__name=Role.SALES_REP).exclude(Exists(away))
    if not_these := set(filter(None, instead_of)):
        reps = reps.exclude(pk__in=not_these)
    return reps.annotate(given_at=Subquery(given)).order_by(F("given_at").asc(nulls_first=True), "pk").first()
