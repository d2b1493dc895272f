"""Rows are taken in the order that their kind needs, however the file has them and in whatever chunks they are done."""

import pytest

from handoff.imports import dry_run, sorting
from handoff.imports import run as importing
from handoff.imports.kind import Reading, Row
from handoff.imports.stages import order_of_events
from leads.models import Lead, State, Verb
from tests.handoff.imports.conftest import Import
from tests.world import World, assert_consistent

pytestmark = pytest.mark.django_db
MIXED = (
    "record_type,external_id,email,created_at,stage,at,outcome,deal_id,deal_name,deal_stage,amount,closed_at\n"
    "deal,1,,,,,,D1,Fox,Closed won,500,2025-03-01\n"
    "call,1,,,,2025-01-03 10:00,reached,,,,,\n"
    "stage,1,,,sal,2025-01-02,,,,,,\n"
    "stage,1,,,mql,2025-01-02 09:00,,,,,,\n"
    "lead,1,ann@buyer.example,2025-01-01,,,,,,,,\n"
)


@pytest.fixture(autouse=True)
def one_row_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK", 1)


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_several_kinds_of_records_in_one_table_do_not_depend_on_chunks(
    bring_in: Import, world: World, options: tuple[str, ...]
) -> None:
    assert bring_in("leads", MIXED, "--historical", "--set", "currency=EUR", *options).outcomes == ["created"] * 5
    if options:
        assert not Lead.objects.exists()
        return
    lead = Lead.objects.get()
    assert (lead.state, lead.touches.count(), lead.deals.count()) == (State.OPPORTUNITY, 1, 1)
    moved = {act.verb: act.at.isoformat() for act in lead.transitions.filter(verb__in=(Verb.PROMOTE, Verb.ACCEPT))}
    assert moved == {Verb.PROMOTE: "2025-01-02T09:00:00+00:00", Verb.ACCEPT: "2025-01-02T09:00:00+00:00"}
    assert_consistent()


def test_a_day_without_a_time_is_not_before_the_hours_of_an_earlier_stage(bring_in: Import, world: World) -> None:
    bring_in("leads", "external_id,email,created_at\n1,ann@buyer.example,2025-01-01\n")
    events = "external_id,stage,at\n1,sal,2025-01-02\n1,mql,2025-01-02 09:00\n"
    done = bring_in("stages", events, "--historical")
    assert (done.outcomes, done.reasons) == (["created"] * 2, ["", ""])
    assert bring_in("stages", events, "--historical").outcomes == ["unchanged"] * 2


def test_a_dry_run_takes_them_in_the_same_order(
    bring_in: Import, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_run, "LONGEST", 1)
    bring_in("leads", "external_id,email,created_at\n1,ann@buyer.example,2025-01-01\n")
    events = "external_id,stage,at\n1,sal,2025-01-03\n1,sql,soon\n1,mql,2025-01-02\n"
    tried = bring_in("stages", events, "--historical", "--dry-run")
    done = bring_in("stages", events, "--historical")
    assert done.outcomes == ["refused", "created", "created"]
    assert tried.outcomes == done.outcomes


def test_the_place_of_a_row_does_not_depend_on_the_clock() -> None:
    """An import that goes on tomorrow passes over as many rows as it has done, so these must be the same ones."""
    place = order_of_events(Reading("crm", frozenset({"stage", "at"})))
    rows = [Row(2, {"stage": "mql", "at": "2060-01-01"}), Row(3, {"stage": "mql", "at": "2025-01-01"})]
    assert sorted(rows, key=place) == [rows[1], rows[0]]


@pytest.mark.parametrize("in_memory", [1, 2, 5, 100])
def test_a_file_is_sorted_in_parts_and_rows_of_one_place_stay_in_their_order(
    monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr(sorting, "IN_MEMORY", in_memory)
    rows = [(place, number) for number, place in enumerate([3, 1, 2, 1, 3, 0, 2, 1, 0, 3])]
    assert list(sorting.in_places(rows, lambda row: row[0])) == sorted(rows)
