"""Whose turn it is: fair by what each was given, whoever comes and goes."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from handoff import workflow
from handoff.workflow.act import lock
from handoff.workflow.rotation import next_owner
from leads.models import Absence, Lead, Role, User
from tests.world import World, make_lead, person

pytestmark = pytest.mark.django_db


def give_next(world: World, name: str = "Dana Fox") -> User | None:
    """Give a new lead to whose turn it is."""
    lead = make_lead(name, team=world.berlin)
    owner = next_owner(world.berlin, timezone.now())
    workflow.assign(lead.pk, by=None, owner=owner)
    return owner


def away(user: User, **when: timedelta) -> None:
    now = timezone.now()
    Absence.objects.create(
        user=user, starts_at=now + when.get("since", -timedelta(hours=1)), ends_at=now + when["until"]
    )


def test_fault_15_every_lead_of_an_import_has_its_own_turn(world: World) -> None:
    given = [give_next(world, f"Lead {n}") for n in range(4)]

    assert given == [world.ada, world.ben, world.ada, world.ben]


def test_fault_15_nobody_loses_his_turn_when_members_change(world: World) -> None:
    zed = person("zed", Role.SALES_REP, team=world.berlin)
    assert [give_next(world, f"Lead {n}") for n in range(3)] == [world.ada, world.ben, zed]

    world.ada.team = world.new_york
    world.ada.save()
    carl = person("carl", Role.SALES_REP, team=world.berlin)

    assert [give_next(world, f"Next {n}") for n in range(4)] == [carl, world.ben, zed, carl]


def test_what_somebody_took_or_was_promoted_to_counts_as_his_turn(world: World) -> None:
    workflow.promote(make_lead("One").pk, by=world.mia, owner=world.ada)
    workflow.assign(make_lead("Two", team=world.berlin).pk, by=world.ben, owner=world.ben)
    workflow.promote(make_lead("Three").pk, by=world.mia, owner=world.ada)

    assert next_owner(world.berlin, timezone.now()) == world.ben


def test_fault_15_who_is_away_inactive_or_no_rep_is_passed_by(world: World) -> None:
    away(world.ada, until=timedelta(hours=1))
    world.berlin.members.add(world.nora)

    assert {give_next(world, f"Lead {n}") for n in range(3)} == {world.ben}
    world.ben.is_active = False
    world.ben.save()
    assert next_owner(world.berlin, timezone.now()) is None


@pytest.mark.parametrize(
    "when",
    [
        {"since": timedelta(minutes=1), "until": timedelta(hours=1)},
        {"until": -timedelta(minutes=1)},
        {"until": timedelta(0)},
    ],
    ids=["not yet", "no more", "until this very moment"],
)
def test_an_absence_counts_only_while_it_lasts(when: dict[str, timedelta], world: World) -> None:
    now = timezone.now()
    away(world.ada, **when)

    assert next_owner(world.berlin, now + timedelta(seconds=1)) == world.ada


def test_fault_15_nobody_is_chosen_when_everyone_is_away(world: World) -> None:
    away(world.ada, until=timedelta(hours=1))
    away(world.ben, until=timedelta(hours=1))

    assert next_owner(world.berlin, timezone.now()) is None


def test_the_owner_himself_is_not_next(world: World) -> None:
    assert next_owner(world.berlin, timezone.now(), instead_of={world.ada.pk}) == world.ben
    assert next_owner(world.new_york, timezone.now(), instead_of={world.zoe.pk}) is None


def test_choosing_costs_two_queries_however_long_the_history(world: World, django_assert_num_queries: Any) -> None:
    for n in range(10):
        give_next(world, f"Lead {n}")
    with django_assert_num_queries(2):
        next_owner(world.berlin, timezone.now())


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_are_spread_evenly(world: World) -> None:
    for name in ("carl", "dora", "emil"):
        person(name, Role.SALES_REP, team=world.berlin)
    leads = [make_lead(f"Lead {n}", team=world.berlin).pk for n in range(50)]
    together = Barrier(50)

    def give(lead_id: int) -> None:
        try:
            together.wait(30)
            with transaction.atomic():
                lock(lead_id)
                workflow.assign(lead_id, by=None, owner=next_owner(world.berlin, timezone.now()))
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(give, leads))

    assert Counter(Lead.objects.values_list("owner__username", flat=True)) == dict.fromkeys(
        ["ada", "ben", "carl", "dora", "emil"], 10
    )
