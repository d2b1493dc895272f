"""A statement that is composed once reads what the ORM would."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.internals.composed import Composed
from leads.models import Lead, Team, User
from tests.world import World, make_lead

pytestmark = pytest.mark.django_db


def test_it_reads_by_another_key_each_time_with_what_it_joins(world: World) -> None:
    read = Composed(lambda pk: Lead.objects.select_related("owner", "team").filter(pk=pk))
    owned, unowned = make_lead("Dana", owner=world.ada), make_lead("Eve")
    for lead in (owned, unowned, owned):
        with CaptureQueriesContext(connection) as sent:
            (found,) = read(lead.pk)
            assert (found, found.name, found.owner, found.state) == (lead, lead.name, lead.owner, lead.state)
        assert len(sent) == 1


def test_it_reads_several_and_what_is_annotated(world: World) -> None:
    members = Composed(lambda pk: User.with_rights().filter(team=pk).order_by("username"))
    team = Team.objects.get(members=world.ada)
    found = members(team.pk)
    assert found == list(User.objects.filter(team=team).order_by("username"))
    assert [person.roles for person in found] == [User.objects.get(pk=person.pk).roles for person in found]


@pytest.mark.parametrize("key", [0, -1, 10**30])
def test_what_no_key_can_be_is_not_found(key: int) -> None:
    make_lead()
    assert Composed(lambda pk: Lead.objects.filter(pk=pk))(key) == []
