"""An import is a record: done by workers chunk by chunk, resumed after a kill, stopped, and counted once."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from handoff.doors import SHELL
from handoff.imports import drafts, job
from handoff.imports import run as importing
from handoff.models import FileMapping, Import, ImportChange, ImportState, Lease, RowOutcome, StatedRow
from handoff.refusals import NotAllowed, Refused
from leads.models import Lead, User
from tests.programs import in_threads, wait_for
from tests.world import World, assert_consistent

pytestmark = pytest.mark.django_db
HEADERS = "Record ID,Email,First Name,Company Name\n"


class Killed(BaseException):
    """As if the process had been killed: nothing catches it."""


def content(rows: int, *more: str) -> bytes:
    lines = [f"{n},lead{n}@buyer.example,Lead {n},Acme {n}\n" for n in range(1, rows + 1)]
    return (HEADERS + "".join([*lines, *more])).encode()


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK", 2)


def started(data: bytes, by: User | None, **stated: Any) -> Import:
    draft = drafts.bring(data, "leads.csv", {"system": "hubspot", **stated}, by=by, door=SHELL)
    drafts.start(draft, by=by)
    return draft


def numbers(record: Import) -> tuple[str, int, int, int, int]:
    record.refresh_from_db()
    return str(record.state), record.created, record.updated, record.unchanged, record.refused


def once(record: Import, calls: int, do: Callable[[], Any]) -> Callable[[], bool]:
    """Go on, and do something before the chunk of a number."""
    counted = count()

    def go_on() -> bool:
        if next(counted) == calls:
            do()
        return True

    return go_on


def test_a_worker_does_all_of_it_and_says_who_brought_it(world: World, small_chunks: None) -> None:
    record = started(content(5), world.mia)
    assert numbers(record) == (ImportState.WAITING, 0, 0, 0, 0)
    assert not Lead.objects.exists()

    job.run_in_turn()
    assert numbers(record) == (ImportState.DONE, 5, 0, 0, 0)
    assert (record.by, record.total, record.kind, record.system) == (world.mia, 5, "leads", "hubspot")
    assert record.finished_at is not None
    assert Lead.objects.count() == 5
    assert not StatedRow.objects.exists()
    assert not Lease.objects.exists()
    assert_consistent()


def test_a_beat_costs_one_statement_while_there_is_nothing_to_do(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        job.run_in_turn()


@pytest.mark.parametrize("killed_at", [1, 2, 3])
def test_killed_before_its_progress_is_written_it_goes_on_as_if_once(
    killed_at: int, world: World, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = started(content(5, "1,lead1@buyer.example,Lead 1,Other Ltd\n"), world.mia)
    advance, calls = job._Work._advance, iter(range(1, 100))

    def killed(self: Any, *args: Any) -> Any:
        if next(calls) == killed_at:
            raise Killed
        return advance(self, *args)

    monkeypatch.setattr(job._Work, "_advance", killed)
    with pytest.raises(Killed):
        job.run_in_turn()
    assert numbers(record)[:2] == (ImportState.RUNNING, 2 * (killed_at - 1))
    assert Lead.objects.count() == 2 * (killed_at - 1)

    job.run_in_turn()
    assert numbers(record) == (ImportState.DONE, 5, 0, 1, 0)
    # What the first row has said of the lead is known although another process has read it.
    assert Lead.objects.get(email="lead1@buyer.example").company == "Acme 1"
    assert record.rows.get().reason == "row 7 repeats row 2, whose values stay: company."


def test_stopped_it_keeps_what_is_done(world: World, small_chunks: None) -> None:
    record = started(content(7), world.mia)
    job.run(record, once(record, 2, lambda: drafts.stop(record, by=world.nora)))
    assert not StatedRow.objects.exists()
    job.run_in_turn()

    assert numbers(record) == (ImportState.STOPPED, 4, 0, 0, 0)
    assert record.note == "Nora stopped it."
    assert not drafts.stop(record, by=world.nora)


def test_whoever_lost_the_right_has_it_stopped(world: World, small_chunks: None) -> None:
    record = started(content(7), world.mia)
    job.run(record, once(record, 1, world.mia.groups.clear))

    assert numbers(record)[:2] == (ImportState.STOPPED, 2)
    assert record.note == "Mia may no longer do this: marketing and RevOps may."


def test_refused_rows_are_kept_with_their_cells_and_summed_up(world: World) -> None:
    record = started(content(1, "2,nobody,Ben,\n", ",nobody,Cid,\n", ",nobody,Dan,\n"), world.mia)
    job.run_in_turn()

    assert numbers(record) == (ImportState.DONE, 2, 0, 0, 2)
    refused = list(record.rows.filter(outcome=RowOutcome.REFUSED))
    assert [(row.number, row.cells, row.field) for row in refused] == [
        (4, ["", "nobody", "Cid", ""], "email"),
        (5, ["", "nobody", "Dan", ""], "email"),
    ]
    assert sorted((each["is_refusal"], each["count"]) for each in record.complaints) == [(False, 1), (True, 2)]


def test_a_row_that_cannot_be_written_for_a_fault_of_ours_is_refused_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = started(content(4), world.mia)
    kind = importing.KINDS["leads"]

    def fail(rows: Any, reading: Any) -> Any:
        if any(row.get("email").startswith("lead3") for row in rows):
            raise ZeroDivisionError("A fault of ours.")
        return kind.write(rows, reading)

    monkeypatch.setitem(importing.KINDS, "leads", replace(kind, write=fail))
    job.run_in_turn()
    assert numbers(record) == (ImportState.DONE, 3, 0, 0, 1)
    assert record.rows.get().reason == "It failed: ZeroDivisionError: A fault of ours."


@pytest.mark.parametrize("has_fault", [False, True])
def test_rows_that_cannot_be_shown_are_counted_once(
    world: World, small_chunks: None, monkeypatch: pytest.MonkeyPatch, *, has_fault: bool
) -> None:
    """As where the disk of a report is full: what was committed before that stays as it was committed."""
    record = started(content(4), world.mia)
    kind = importing.KINDS["leads"]

    def fail_together(rows: Any, reading: Any) -> Any:
        if has_fault and len(rows) > 1:
            raise ZeroDivisionError("A fault of ours.")
        return kind.write(rows, reading)

    def see(_lines: Any, _results: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setitem(importing.KINDS, "leads", replace(kind, write=fail_together))
    job.run(record, lambda: True, see)
    done = 1 if has_fault else 2
    assert numbers(record) == (ImportState.FAILED, done, 0, 0, 0)
    assert (record.cursor, Lead.objects.count(), record.rows.count()) == (done, done, 0)
    assert "No space left on device" in record.note


def test_the_database_notes_what_was_made_and_what_was_changed(world: World) -> None:
    Lead.objects.create(email="lead1@buyer.example", company="Old Ltd")
    record = started(content(2), world.mia)
    job.run_in_turn()

    leads = ImportChange.objects.filter(of_import=record, table="leads_lead").order_by("is_new")
    changed, made = leads
    assert (changed.before or {})["company"] == "Old Ltd"
    assert (changed.after or {})["company"] == "Acme 1"
    assert (made.after or {})["email"] == "lead2@buyer.example"
    Lead.objects.create(email="other@buyer.example")
    assert leads.count() == 2


def test_strangers_and_sales_may_not_import_and_marketing_only_the_past_of_sales(world: World) -> None:
    touches = b"Email,Channel,Outcome,At\nlead1@buyer.example,call,reached,2026-01-02 10:00\n"
    for user in (world.ada, world.max, world.eve):
        with pytest.raises(NotAllowed):
            started(content(1), user)
    with pytest.raises(NotAllowed, match="of the past only"):
        started(touches, world.mia, kind="touches")
    assert started(touches, world.mia, kind="touches", historical=True).state == ImportState.WAITING
    assert started(touches, world.olga, kind="touches").state == ImportState.WAITING


def test_a_draft_starts_once_and_only_as_it_was_looked_at(world: World) -> None:
    draft = drafts.bring(content(1), "leads.csv", {"system": "hubspot"}, by=world.mia, door=SHELL)
    same = Import.objects.get(pk=draft.pk)
    drafts.restate(draft, {"system": "crm"})
    with pytest.raises(Refused, match="changed in the meantime"):
        drafts.start(same, by=world.mia)
    drafts.start(draft, by=world.mia)
    with pytest.raises(Refused):
        drafts.start(draft, by=world.mia)


def test_the_next_file_of_the_system_is_understood_as_the_last_one(world: World) -> None:
    odd = b"Record ID,Email,Firm\n1,ann@buyer.example,Acme\n"
    draft = drafts.bring(odd, "a.csv", {"system": "crm", "columns": {"Firm": "company"}}, by=world.mia, door=SHELL)
    drafts.start(draft, by=world.mia)
    assert FileMapping.objects.get().system == "crm"

    following = drafts.bring(odd, "b.csv", {"system": "crm"}, by=world.mia, door=SHELL)
    how = {column["header"]: (column["field"], column["how"]) for column in following.understanding["columns"]}
    assert how["Firm"] == ("company", "remembered")
    drafts.forget_remembered(following)
    assert not following.stated.get("is_remembered")


@pytest.mark.django_db(transaction=True)
def test_without_their_lease_two_workers_do_it_once_too(
    world: World, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a worker that was frozen for longer than its lease, and goes on beside the next one."""
    record = started(content(9), world.mia)

    def work() -> None:
        mine = Import.objects.get(pk=record.pk)
        job._bring_in(mine, lambda: True, lambda _lines, _results: None)
        job._bring_in(mine, lambda: True, lambda _lines, _results: None)

    in_threads(3, work)
    job.run_in_turn()
    assert numbers(record) == (ImportState.DONE, 9, 0, 0, 0)
    assert Lead.objects.count() == 9


def test_a_worker_that_was_overtaken_brings_nothing_in(world: World, small_chunks: None) -> None:
    """It read where the import stood; that another one has gone on since is no reason to do its own rows again."""
    record = started(content(9), world.mia)
    Import.objects.filter(pk=record.pk).update(state=ImportState.RUNNING, started_at=timezone.now())
    slow, quick = (job._Work.of(Import.objects.get(pk=record.pk), lambda _lines, _results: None) for _ in range(2))
    assert quick.do_chunk()
    assert not slow.do_chunk()
    job.run_in_turn()
    assert numbers(record) == (ImportState.DONE, 9, 0, 0, 0)


_WORK = """
import sys, time, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from handoff.imports import job, run
run.CHUNK, job.LEASE_SECONDS = 3, 1
while True:
    job.run_in_turn()
    time.sleep(0.01)
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_at_twenty_random_moments_it_is_as_if_once(world: World) -> None:
    """Real processes, killed whenever: between chunks, within one, before its commit.

    There are more rows than all of them get in, so that each is at work when it is killed.
    """
    rows, luck = 3000, random.Random(7)
    killed = 0
    repeated = [f"{n},lead{n}@buyer.example,,Other {n}\n" for n in range(1, 101)]
    record = started(content(rows, *repeated, ",nobody,,\n"), world.mia)
    arguments = [sys.executable, "-c", _WORK, str(connection.settings_dict["NAME"])]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    for _ in range(20):
        aim = record.cursor + luck.randint(1, 20)
        with subprocess.Popen(arguments, env=environment) as process:
            wait_for(partial(_is_ready, process, record, aim))
            killed += process.poll() is None and record.is_in_progress
            process.kill()
    assert killed == 20
    while record.is_in_progress:
        job.run_in_turn()
        record.refresh_from_db()
    assert numbers(record) == (ImportState.DONE, rows, 0, 100, 1)
    assert (record.warnings, record.rows.count()) == (100, 101)
    assert Lead.objects.filter(company__startswith="Other").count() == 0
    assert_consistent()


def _is_ready(process: "subprocess.Popen[bytes]", record: Import, aim: int) -> bool:
    """It has come far enough to be killed, or has ended by itself, which it must not."""
    return process.poll() is not None or _cursor(record) >= aim


def _cursor(record: Import) -> int:
    record.refresh_from_db(fields=["cursor", "state"])
    return record.cursor
