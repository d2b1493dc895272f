"""A worker goes on with what is in progress for a while: nothing that is slow or that fails holds up the others."""

import time
from typing import Any

import pytest
from django.db import OperationalError

from handoff.amending import undoing
from handoff.doors import SHELL
from handoff.imports import drafts, job, previews
from handoff.imports.plan import Plan
from handoff.imports.run import KINDS
from handoff.models import Import, ImportState
from tests.world import World

pytestmark = pytest.mark.django_db
HEADERS = "Record ID,Email,First Name\n"


def draft_of(world: World, rows: int, first: int = 1) -> Import:
    content = HEADERS + "".join(f"{n},lead{n}@buyer.example,Lead {n}\n" for n in range(first, first + rows))
    stated = {"kind": "leads", "system": "crm"}
    return drafts.bring(content.encode(), "leads.csv", stated, by=world.mia, door=SHELL)


def started(world: World, rows: int, first: int = 1) -> Import:
    draft = draft_of(world, rows, first)
    drafts.start(draft, by=world.mia)
    return draft


@pytest.fixture
def slow_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening any file takes longer than the turn, by a clock that stands still otherwise."""
    clock, rows_left = [time.monotonic()], Plan.rows_left

    def slow(*args: Any) -> Any:
        clock[0] += 10 * job.RUN_SECONDS
        return rows_left(*args)

    monkeypatch.setattr(Plan, "rows_left", slow)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])


def test_opening_a_file_is_not_counted_to_the_turn(world: World, slow_opening: None) -> None:
    record = started(world, 5)
    job.run_in_turn()
    record.refresh_from_db()
    assert (record.state, record.created) == (ImportState.DONE, 5)


def test_nor_is_opening_it_for_a_preview(world: World, slow_opening: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "SAMPLE", 2)
    draft = draft_of(world, 5)
    previews.sample(draft)
    job.run_in_turn()
    draft.refresh_from_db()
    assert (draft.preview["rows"], draft.is_preview_wanted) == (5, False)


def test_the_leases_are_renewed_while_a_file_is_opened(world: World) -> None:
    record = started(world, 5)
    asked = []
    plan = Plan.load(record.layout)
    rows = plan.rows_left(bytes(record.content or b""), KINDS["leads"], 3, lambda: asked.append(1))
    assert len(asked) == 3  # those that are done are passed over at once
    assert [line.number for line, _ in rows] == [5, 6]


def fail(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("A fault of ours.")


def test_a_preview_that_fails_says_so_and_blocks_no_import(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "SAMPLE", 2)
    draft = draft_of(world, 5)
    previews.sample(draft)
    record = started(world, 2, first=11)
    monkeypatch.setattr(previews, "_add", fail)
    job.run_in_turn()

    draft.refresh_from_db()
    record.refresh_from_db()
    assert (draft.state, draft.is_preview_wanted, draft.preview["rows"]) == (ImportState.DRAFT, False, 2)
    assert draft.preview["error"] == "It failed: ZeroDivisionError: A fault of ours."
    assert record.state == ImportState.DONE
    drafts.start(draft, by=world.mia)  # it may be imported all the same


def test_an_undo_that_fails_blocks_no_import(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    undone = started(world, 2)
    job.run_in_turn()
    undone.refresh_from_db()
    undoing.ask(undone, by=world.mia)
    record = started(world, 2, first=11)
    monkeypatch.setattr(undoing, "run", fail)
    job.run_in_turn()

    undone.refresh_from_db()
    record.refresh_from_db()
    assert (undone.state, record.state) == (ImportState.UNDOING, ImportState.DONE)


def test_a_database_that_is_away_is_nothing_to_give_up_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "SAMPLE", 2)
    draft = draft_of(world, 5)
    previews.sample(draft)

    def away(*_: Any) -> Any:
        raise OperationalError("The server has gone away.")

    monkeypatch.setattr(previews, "_add", away)
    with pytest.raises(OperationalError):
        job.run_in_turn()
    draft.refresh_from_db()
    assert draft.is_preview_wanted


def test_a_draft_that_is_discarded_meanwhile_is_left_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "SAMPLE", 2)
    draft = draft_of(world, 5)
    previews.sample(draft)
    drafts.discard(draft)
    previews.go_on(draft, lambda: True)
    assert not Import.objects.exists()
