"""Owners, teams and callers: by username, email, full name or a mapping; nobody is ever made."""

import pytest

from leads.models import Lead, Touch, User, Verb
from sla.models import Clock
from tests.handoff.imports.conftest import Import
from tests.world import World, assert_consistent, make_policy

pytestmark = pytest.mark.django_db
HEADER = "Record ID,Email,Create Date,Contact owner,Team,mql_at"


@pytest.fixture(autouse=True)
def jane(world: World) -> User:
    world.ada.first_name, world.ada.last_name, world.ada.email = "Jane", "Doe", "jane@us.example"
    world.ada.save()
    return world.ada


def row(owner: str, team: str = "", mql_at: str = "2025-01-02 09:00") -> str:
    return f"{HEADER}\n1,ann@buyer.example,2025-01-01,{owner},{team},{mql_at}\n"


@pytest.mark.parametrize("owner", ["ada", "ADA", "jane@us.example", "Jane Doe", "Jane Doe (jane@us.example)"])
def test_an_owner_is_known_by_username_email_and_full_name(bring_in: Import, jane: User, owner: str) -> None:
    assert bring_in("leads", row(owner)).reasons == [""]
    lead = Lead.objects.get()
    assert (lead.owner, lead.team) == (jane, jane.team)
    promotion = lead.transitions.get(verb=Verb.PROMOTE)
    assert (promotion.owner, promotion.team) == (jane, jane.team)
    assert lead.handoffs.get().offered_to == jane
    assert bring_in("leads", row(owner)).outcomes == ["unchanged"]
    assert_consistent()


def test_a_word_of_another_system_is_mapped(bring_in: Import, jane: User) -> None:
    assert bring_in("leads", row("005xx01"), "--value", "Contact owner:005xx01=ada").reasons == [""]
    assert Lead.objects.get().owner == jane


def test_somebody_unknown_is_left_out_with_a_warning_and_not_made(bring_in: Import) -> None:
    people = User.objects.count()
    done = bring_in("leads", row("Nobody At All"))
    assert done.outcomes == ["created"]
    assert "owner: “Nobody At All” is not a valid user" in done.reasons[0]
    assert Lead.objects.get().owner is None
    assert User.objects.count() == people


def test_strictly_they_refuse_the_row(bring_in: Import) -> None:
    assert bring_in("leads", row("Nobody At All"), "--strict").outcomes == ["refused"]
    assert not Lead.objects.exists()


def test_a_name_of_two_people_is_nobody(bring_in: Import, world: World) -> None:
    world.ben.first_name, world.ben.last_name = "Jane", "Doe"
    world.ben.save()
    done = bring_in("leads", row("Jane Doe"))
    assert "“Jane Doe” is the name of several people: give a username or an email." in done.reasons[0]


def test_without_an_owner_it_waits_in_the_queue_of_its_team(bring_in: Import, world: World) -> None:
    assert bring_in("leads", row("", "new york")).reasons == [""]
    lead = Lead.objects.get()
    assert (lead.owner, lead.team) == (None, world.new_york)
    assert bring_in("leads", row("", "Mars")).reasons == [
        "team: “Mars” is not a valid team: give the name of a team. It was left out."
    ]


def test_a_raw_lead_has_its_owner_from_its_capture(bring_in: Import, jane: User) -> None:
    bring_in("leads", row("ada", mql_at=""))
    lead = Lead.objects.get()
    [given] = lead.transitions.all()
    assert (given.verb, given.at, given.owner) == (Verb.ASSIGN, lead.created_at, jane)
    assert bring_in("leads", row("ada", mql_at="")).outcomes == ["unchanged"]
    assert bring_in("leads", row("ada")).outcomes == ["updated"]
    assert_consistent()


def test_another_owner_later_changes_nothing_but_says_so(bring_in: Import, jane: User) -> None:
    bring_in("leads", row("ada"))
    done = bring_in("leads", row("zoe"))
    assert (done.outcomes, done.reasons) == (["unchanged"], ["owner: The lead belongs to Jane Doe here: it stays."])
    assert Lead.objects.get().owner == jane


def test_whoever_had_the_lead_owed_what_was_late(bring_in: Import, jane: User) -> None:
    make_policy("time_to_accept", 3600)
    file = f"{HEADER},sal_at\n1,ann@buyer.example,2025-01-01,Jane Doe,,2025-01-02 09:00,2025-01-02 11:00\n"
    bring_in("leads", file, "--clocks", "true")
    clock = Clock.objects.get()
    assert (clock.owner, clock.team_id, clock.state) == (jane, jane.team_id, "breached")


def test_a_deal_of_a_lead_without_an_owner_brings_its_own(bring_in: Import, jane: User) -> None:
    bring_in("leads", "external_id,email,created_at\n1,ann@buyer.example,2025-01-01\n")
    bring_in("outcomes", "external_id,deal owner,won_at\n1,jane@us.example,2025-02-01\n", "--historical")
    lead = Lead.objects.get()
    assert (lead.owner, lead.opportunity.owner) == (jane, jane)
    assert_consistent()


@pytest.mark.parametrize("by", ["jane@us.example", "Jane Doe", "ada"])
def test_who_called_is_known_by_the_same_words(bring_in: Import, jane: User, by: str) -> None:
    bring_in("leads", "external_id,email,created_at\n1,ann@buyer.example,2025-01-01\n")
    file = f"touch_id,external_id,channel,outcome,at,Activity Owner\nT1,1,call,reached,2025-02-01,{by}\n"
    bring_in("touches", file, "--historical")
    assert Touch.objects.get().by == jane
    assert bring_in("touches", file, "--historical").outcomes == ["unchanged"]
