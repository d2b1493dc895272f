"""`manage.py import` does what the console does: its import is on record, named, resumed and undone."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from handoff.amending import undoing
from handoff.imports import expiry, job
from handoff.imports import run as importing
from handoff.models import Import, ImportChange, ImportState
from leads.models import Lead
from tests.world import World

pytestmark = pytest.mark.django_db
run = job.run
CSV = "Record ID,Email\n1,ann@buyer.example\n2,ben@buyer.example\n,nobody\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    path.write_text(CSV)
    return path


def bring_in(*arguments: Any) -> tuple[int, str, str]:
    """Its exit status, and what it printed."""
    out, errors, status = io.StringIO(), io.StringIO(), 0
    try:
        call_command("import", *arguments, stdout=out, stderr=errors)
    except SystemExit as stop:
        status = int(str(stop.code))
    except CommandError as error:
        return error.returncode, "", str(error)
    return status, out.getvalue(), errors.getvalue()


def test_it_is_on_record_under_the_name_of_who_imports(world: World, file: Path) -> None:
    status, out, errors = bring_in("leads", file, "--system", "crm", "--by", "mia")
    record = Import.objects.get()
    assert (status, out) == (1, "2 created, 0 updated, 0 unchanged, 1 refused, 0 warnings\n")
    assert (record.by, record.state, record.file_name) == (world.mia, ImportState.DONE, "leads.csv")
    assert f"Import {record.pk}: --resume {record.pk}" in errors
    assert record.rows.get().cells == ["", "nobody"]


def test_whoever_may_not_import_is_refused_and_nothing_is_kept(world: World, file: Path) -> None:
    assert bring_in("leads", file, "--system", "crm", "--by", "ada")[0] == 2
    assert bring_in("leads", file, "--system", "crm", "--by", "nobody")[0] == 2
    assert not Import.objects.exists()


def test_interrupted_it_is_resumed_and_sums_up_the_whole(db: None, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK", 1)
    advance, calls = job._Work._advance, iter(range(10))

    def interrupted(self: Any, *args: Any) -> Any:
        if next(calls) == 1:
            raise KeyboardInterrupt
        return advance(self, *args)

    monkeypatch.setattr(job._Work, "_advance", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bring_in("leads", file, "--system", "crm")
    monkeypatch.setattr(job._Work, "_advance", advance)
    record = Import.objects.get()
    assert (record.state, record.created) == (ImportState.RUNNING, 1)

    for option in ("--dry-run", "--explain"):
        status, _, words = bring_in("--resume", record.pk, option)
        assert (status, "leave out --dry-run" in words) == (2, True)
    assert Lead.objects.count() == 1

    status, out, _ = bring_in("--resume", record.pk)
    assert (status, out) == (1, "2 created, 0 updated, 0 unchanged, 1 refused, 0 warnings\n")
    record.refresh_from_db()
    assert (record.state, record.created, record.refused) == (ImportState.DONE, 2, 1)
    assert bring_in("--resume", record.pk)[0] == 2
    assert bring_in("--resume", 999)[0] == 2


def test_resumed_it_fails_by_a_row_that_was_refused_before(
    db: None, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 1)
    file.write_text("Record ID,Email\n,nobody\n1,ann@buyer.example\n")
    turns = iter([True])
    monkeypatch.setattr(job, "run", lambda record, *_: run(record, lambda: next(turns, False)))
    assert bring_in("leads", file, "--system", "crm")[0] == 2
    monkeypatch.setattr(job, "run", run)
    record = Import.objects.get()
    assert (record.state, record.refused, record.created) == (ImportState.RUNNING, 1, 0)

    status, out, _ = bring_in("--resume", record.pk, "--json")
    assert (status, json.loads(out)) == (
        1,
        {"created": 1, "updated": 0, "unchanged": 0, "refused": 1, "warnings": 0},
    )


def test_an_undo_is_resumed_too(db: None, file: Path) -> None:
    bring_in("leads", file, "--system", "crm")
    record = Import.objects.get()
    undoing.ask(record, by=None)
    assert bring_in("--resume", record.pk)[:2] == (0, "2 undone, 0 kept\n")
    assert not Lead.objects.exists()


def test_a_dry_run_and_a_report_that_cannot_be_written_leave_no_record(db: None, file: Path) -> None:
    bring_in("leads", file, "--system", "crm", "--dry-run")
    assert bring_in("leads", file, "--system", "crm", "--report", "/nowhere/report.csv")[0] == 2
    assert not Import.objects.exists()
    assert not Lead.objects.exists()


def test_old_files_are_deleted_with_what_they_could_be_undone_by(db: None, file: Path) -> None:
    bring_in("leads", file, "--system", "crm")
    record = Import.objects.get()
    expiry.forget_old()
    assert record.has_file()

    Import.objects.update(finished_at=timezone.now() - timedelta(days=31))
    expiry.forget_old()
    assert not record.has_file()
    assert not ImportChange.objects.exists()
    assert not record.rows.exists()
    record.refresh_from_db()
    assert (record.created, record.refused) == (2, 1)
    with pytest.raises(undoing.NotUndoable, match="too old"):
        undoing.ask(record, by=None)


def test_a_file_may_not_be_larger_than_is_set(db: None, file: Path, settings: Any) -> None:
    settings.IMPORT_MAX_MB = 0
    status, _, words = bring_in("leads", file, "--system", "crm")
    assert (status, "larger than 0 MB" in words) == (2, True)
    assert not Import.objects.exists()
