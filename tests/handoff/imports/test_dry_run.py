"""A dry run predicts what the import does, and nobody waits for more than a chunk of it."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from handoff import workflow
from handoff.imports import dry_run, run
from handoff.imports.kind import Kind, Reading, Result, Row
from handoff.imports.run import Import, Wish, prepare
from leads.identity import upsert
from leads.models import Lead, Touch, Transition
from tests.handoff.imports.conftest import Import as BringIn
from tests.world import MONDAY, World, bring_to, make_lead


def prepared(tmp_path: Path, content: str, kind: str = "leads", **wish: Any) -> Import:
    file = tmp_path / "file.csv"
    file.write_text(content)
    return prepare(file, Wish(kind=kind, system="hubspot", **wish))


REPEATS = """external_id,email,company
1,ann@buyer.example,
2,ben@buyer.example,
1,anna@buyer.example,
3,nobody,
,anna@buyer.example,Navy
,ann@buyer.example,
2,BEN@buyer.example,
4,ben@buyer.example,
4,,Fleet
,known@buyer.example,New
k,,New
"""


@pytest.mark.django_db
@pytest.mark.parametrize("chunk", [1, 2, 50])
def test_it_predicts_what_rows_about_the_same_lead_do(
    bring_in: BringIn, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(dry_run, "CHUNK", chunk)
    upsert({"email": "known@buyer.example"}, external_ids=[("hubspot", "k")])
    tried = bring_in("leads", REPEATS, "--dry-run")
    assert Lead.objects.count() == 1
    assert bring_in("leads", REPEATS) == tried
    assert tried.outcomes == [
        *("created", "created", "unchanged", "created", "created", "unchanged", "unchanged"),
        *("updated", "updated", "updated", "unchanged"),
    ]


@pytest.mark.django_db
def test_it_predicts_campaigns_that_are_named_by_id_and_by_name(
    bring_in: BringIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_run, "CHUNK", 1)
    file = "external_id,name,cost\n7,Spring,\n,Autumn,\n,Spring,5\n8,Autumn,\n7,Summer,\n8,Autumn,\n"
    tried = bring_in("campaigns", file, "--dry-run")
    assert bring_in("campaigns", file) == tried
    assert tried.outcomes == ["created", "created", "updated", "updated", "unchanged", "unchanged"]


@pytest.mark.django_db
def test_it_predicts_touches_of_one_id_on_two_leads(
    bring_in: BringIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_run, "CHUNK", 1)
    for name in ("Ann", "Ben"):
        make_lead(name, created_at=MONDAY)
    row = "{}@buyer.example,{},call,reached,2026-03-02 10:00\n"
    rows = [("ann", "t1"), ("ben", "t2"), ("ben", "t1"), ("ann", "t1"), ("ann", ""), ("ann", "")]
    file = "email,touch_id,channel,outcome,at\n" + "".join(row.format(*who) for who in rows)
    tried = bring_in("touches", file, "--dry-run")
    assert not Touch.objects.exists()
    assert bring_in("touches", file) == tried
    assert tried.outcomes == ["created", "created", "refused", "unchanged", "created", "unchanged"]


@pytest.mark.django_db
def test_the_results_come_in_the_order_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "CHUNK", 2)
    rows = [*range(1, 8), 1, 2]
    file = "email\n" + "".join(f"p{number}@buyer.example\n" for number in rows)
    results = list(prepared(tmp_path, file).try_out())
    assert [result.row.number for _, result in results] == list(range(2, 11))
    assert [result.outcome for _, result in results] == ["created"] * 7 + ["unchanged"] * 2


def chunks_of(groups: list[list[int]]) -> list[list[int]]:
    rows = [[Row(number, {}) for number in group] for group in groups]
    return [[row.number for row in chunk] for chunk in dry_run._chunks(rows)]


def test_rows_about_the_same_are_in_one_chunk_unless_there_are_very_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "CHUNK", 3)
    monkeypatch.setattr(dry_run, "LONGEST", 4)
    assert chunks_of([[1, 5], [2], [3, 4]]) == [[1, 5, 2], [3, 4]]
    assert chunks_of([[1, 2, 3, 4, 5, 6]]) == [[1, 2, 3, 4], [5, 6]]


@pytest.mark.django_db(transaction=True)
def test_a_verb_on_an_early_lead_waits_for_nothing_once_its_chunk_is_over(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another connection that gives up at once where a lock is held."""
    monkeypatch.setattr(dry_run, "CHUNK", 1)
    early, late = (bring_to("mql", make_lead(name), world) for name in ("Ann", "Ben"))
    file = "email,company\nann@buyer.example,Navy\nben@buyer.example,Fleet\n"
    results = prepared(tmp_path, file).try_out()
    assert next(results)[1].outcome == "updated"
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SET lock_timeout = '10ms'")
            cursor.execute("SELECT company FROM leads_lead WHERE id = %s FOR UPDATE", [early.pk])
            assert cursor.fetchone() == ("",)
    finally:
        other.close()
    assert next(results)[1].outcome == "updated"
    assert set(Lead.objects.filter(pk__in=[early.pk, late.pk]).values_list("company", flat=True)) == {""}


@pytest.mark.django_db(transaction=True)
def test_a_chunk_is_its_own_transaction_and_leaves_nothing(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    kind = run.KINDS["leads"]

    def write(rows: Any, reading: Reading) -> list[Result]:
        seen.append(connection.in_atomic_block)
        return kind.write(rows, reading)

    monkeypatch.setitem(run.KINDS, "leads", Kind(kind.aliases, kind.identities, kind.dates, write, kind.keys))
    results = prepared(tmp_path, "email\nann@buyer.example\n").try_out()
    for _ in results:
        assert not connection.in_atomic_block
    assert seen == [True]
    assert not Lead.objects.exists()
    assert not Transition.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_verb_during_a_dry_run_stays(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "CHUNK", 1)
    lead = bring_to("mql", make_lead("Ann"), world)
    results = prepared(tmp_path, "email,company\nann@buyer.example,Navy\nben@buyer.example,\n").try_out()
    next(results)
    workflow.accept(lead.pk, by=world.ada)
    list(results)
    lead.refresh_from_db()
    assert (lead.state, lead.company) == ("sal", "")
