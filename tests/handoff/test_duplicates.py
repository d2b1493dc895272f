"""The queue of possible duplicates: kept up to date in the background, and decided once."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from handoff import workflow
from handoff.alerts.leases import leased
from handoff.amending import duplicates
from handoff.refusals import NoSuchLead, NotAllowed, WrongState
from handoff.workflow.duplicates import not_the_same, open_pairs
from leads.identity import Incoming, upsert_many
from leads.matching import finding, scoring
from leads.models import Lead, LeadToMatch, MatchKey, PairState, PossibleDuplicate
from tests.world import World, make_lead

pytestmark = pytest.mark.django_db
FIRM = "@acme-logistics.example.com"


def twin(name: str = "Jon Smith", local: str = "jon.smith", **fields: Any) -> Lead:
    return make_lead(name, email=local + FIRM, company="Acme Logistics Inc.", **fields)


def pairs(state: str = PairState.OPEN) -> list[tuple[int, int]]:
    rows = PossibleDuplicate.objects.filter(state=state).order_by("first", "second")
    return list(rows.values_list("first_id", "second_id"))


@pytest.fixture
def two(world: World) -> tuple[Lead, Lead]:
    one, other = twin(), twin("John Smith", "john")
    assert duplicates.find_marked()
    return one, other


def test_two_who_are_alike_are_suggested_with_their_reasons(two: tuple[Lead, Lead]) -> None:
    pair = PossibleDuplicate.objects.get()
    assert (pair.first, pair.second) == two
    assert pair.score >= 62
    assert "names alike: “Jon Smith” and “John Smith”" in pair.reasons
    assert not LeadToMatch.objects.exists()


def test_a_mobile_phone_that_is_added_finds_the_other(world: World) -> None:
    one = make_lead("Jon Smith", email="jon@web.de", mobile_phone="+49 171 5550199")
    other = make_lead("Jon Smith", email="js@gmx.de")
    duplicates.find_marked()
    assert pairs() == []
    workflow.correct(other.pk, {"mobile_phone": "0171 5550199", "country": "DE"})
    assert LeadToMatch.objects.exists()
    duplicates.find_marked()
    assert pairs() == [(one.pk, other.pk)]


@pytest.mark.parametrize("door", ["upsert", "console"])
def test_whatever_door_a_lead_comes_through_it_is_marked_in_the_same_transaction(door: str, world: World) -> None:
    with transaction.atomic():
        twin()
        assert LeadToMatch.objects.count() == 1
        transaction.set_rollback(True)
    assert not LeadToMatch.objects.exists()
    if door == "upsert":
        upsert_many([Incoming({"email": f"buyer{n}@acme.example"}) for n in range(5)])
        assert LeadToMatch.objects.count() == 5
    else:
        twin()
        assert LeadToMatch.objects.count() == 1


def test_only_what_changes_the_identity_marks_a_lead(world: World, two: tuple[Lead, Lead]) -> None:
    lead, _ = two
    workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    workflow.correct(lead.pk, {"score": 90})
    assert not LeadToMatch.objects.exists()
    workflow.correct(lead.pk, {"phone": "+49 30 1234567"})
    assert list(LeadToMatch.objects.values_list("lead", flat=True)) == [lead.pk]


def test_two_who_are_no_longer_alike_are_not_suggested_and_may_be_again(two: tuple[Lead, Lead]) -> None:
    lead, _ = two
    workflow.correct(lead.pk, {"name": "Wilhelmine Oberhauser"})
    duplicates.find_marked()
    assert (pairs(), len(pairs(PairState.SUPERSEDED))) == ([], 1)
    workflow.correct(lead.pk, {"name": "Jon Smith"})
    duplicates.find_marked()
    assert len(pairs()) == 1


def test_two_who_are_not_the_same_are_never_suggested_again(world: World, two: tuple[Lead, Lead]) -> None:
    pair = not_the_same(PossibleDuplicate.objects.get().pk, by=world.mia)
    assert (pair.state, pair.decided_by) == (PairState.NOT_THE_SAME, world.mia)
    assert pair.decided_at is not None
    workflow.correct(two[0].pk, {"name": "John Smith"})
    duplicates.mark_all()
    duplicates.find_marked()
    assert (pairs(), len(pairs(PairState.NOT_THE_SAME))) == ([], 1)
    with pytest.raises(WrongState, match="not open any more: not the same by Mia"):
        not_the_same(pair.pk, by=world.nora)


def test_a_pair_that_was_merged_is_closed(world: World, two: tuple[Lead, Lead]) -> None:
    gone, stays = two
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    assert not open_pairs(world.mia).exists()  # at once, though its row waits for the worker
    duplicates.find_marked()
    pair = PossibleDuplicate.objects.get()
    assert (pair.state, pair.decided_by) == (PairState.MERGED, world.mia)
    assert not MatchKey.objects.filter(lead=gone).exists()


def test_a_merge_that_was_undone_is_not_suggested_again(world: World, two: tuple[Lead, Lead]) -> None:
    gone, stays = two
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    duplicates.find_marked()
    workflow.unmerge(gone.pk, by=world.mia, reason="They are two people.")
    duplicates.find_marked()
    assert (pairs(), len(pairs(PairState.NOT_THE_SAME))) == ([], 1)


def test_sales_sees_a_pair_when_it_sees_both(world: World, two: tuple[Lead, Lead]) -> None:
    one, other = two
    pk = PossibleDuplicate.objects.get().pk
    assert [open_pairs(person).count() for person in (world.mia, world.olga, world.ada)] == [1, 1, 0]
    Lead.objects.filter(pk=one.pk).update(owner=world.ada)
    assert not open_pairs(world.ada).exists()
    with pytest.raises(NoSuchLead):
        not_the_same(pk, by=world.ada)
    Lead.objects.filter(pk=other.pk).update(team=world.berlin, owner=world.ben)
    assert open_pairs(world.ada).exists()
    Lead.objects.filter(pk=one.pk).update(owner=world.max)
    with pytest.raises(NotAllowed):
        not_the_same(pk, by=world.ada)
    assert not_the_same(pk, by=world.ben).decided_by == world.ben


def test_a_block_that_is_too_large_is_not_compared(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A million leads of one company would be a million million pairs."""
    compared = 0

    def counting(*args: Any, **kwargs: Any) -> Any:
        nonlocal compared
        compared += 1
        return scoring.compare(*args, **kwargs)

    monkeypatch.setattr(finding, "compare", counting)
    monkeypatch.setattr(finding, "LARGEST_BLOCK", 10)
    for number in range(60):
        twin(f"Person{number:02} Smith", f"p{number}")
    duplicates.find_marked()
    assert compared < 60 * 10


def test_a_large_block_is_narrowed_by_the_whole_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "LARGEST_BLOCK", 10)
    for number, given in enumerate(
        ["Anna", "Bert", "Cora", "Dirk", "Egon", "Fritz", "Gerd", "Hugo", "Ina", "Kurt"] * 2
    ):
        twin(f"{given} Smith", f"p{number}")
    duplicates.find_marked()
    assert len(pairs()) == 10


def test_a_worker_goes_on_where_another_was_killed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "CHUNK", 2)
    for number in range(3):
        twin(f"Person{number} Weber{number}", f"a{number}")
        twin(f"Person{number} Weber{number}", f"b{number}")
    turns = iter([True, True, False])
    assert not duplicates.find_marked(lambda: next(turns))
    assert LeadToMatch.objects.count() == 2
    duplicates.find_in_turn()
    assert len(pairs()) == 3


def test_a_part_that_fails_leaves_everything_as_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    twin()
    twin("John Smith", "john")

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(finding, "_keep_pairs", fail)
        with pytest.raises(ZeroDivisionError):
            duplicates.find_marked()
    assert (LeadToMatch.objects.count(), MatchKey.objects.count()) == (2, 0)
    assert duplicates.find_marked()
    assert len(pairs()) == 1


def test_one_process_compares_at_a_time(world: World, two: tuple[Lead, Lead]) -> None:
    duplicates.mark_all()
    with leased(duplicates.LEASE, 60):
        assert not duplicates.find_marked()
    assert LeadToMatch.objects.count() == 2


def test_the_command_compares_all(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    twin()
    twin("John Smith", "john")
    call_command("find_duplicates")
    assert "1 possible duplicates wait" in capsys.readouterr().out
    call_command("find_duplicates")
    assert len(pairs()) == 1


def test_a_capture_costs_one_insert_more(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'leads_lead'::regclass AND tgname LIKE 'leads_match%'"
        )
        assert sorted(name for (name,) in cursor.fetchall()) == ["leads_match_changed", "leads_match_new"]
