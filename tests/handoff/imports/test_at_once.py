"""Two imports of one file at once, and one that is killed and run again, give one set of rows."""

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from leads.models import Campaign, DealState, ExternalId, Lead, Opportunity, Touch, Transition, Verb
from tests.world import assert_consistent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
processes = multiprocessing.get_context("fork")
ROWS = 3000


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Leads, a touch of each, and what became of each, in files that fit together."""
    content = {
        "leads": [
            "id,email,created_at,campaign",
            *(f"{n},{n}@buyer.example,2024-01-13,{n % 7}" for n in range(ROWS)),
        ],
        "touches": ["id,lead id,channel,outcome,at", *(f"{n},{n},call,reached,2024-01-14" for n in range(200))],
        "outcomes": ["lead id,won_at,amount", *(f"{n},2024-02-13,{n}.00" for n in range(500))],
    }
    paths = {kind: tmp_path / f"{kind}.csv" for kind in content}
    for kind, lines in content.items():
        paths[kind].write_text("\n".join(lines))
    return paths


def bring_in(kind: str, path: Path) -> None:
    with Path(os.devnull).open("w") as silence:
        call_command("import_csv", kind, path, system="hubspot", historical=True, stdout=silence, stderr=silence)


@contextlib.contextmanager
def process(kind: str, path: Path) -> Iterator[multiprocessing.process.BaseProcess]:
    connections.close_all()
    child = processes.Process(target=bring_in, args=(kind, path), daemon=True)
    child.start()
    try:
        yield child
    finally:
        child.kill()
        child.join()


def assert_all_is_there_once() -> None:
    assert (Lead.objects.count(), ExternalId.objects.count(), Campaign.objects.count()) == (ROWS, ROWS, 7)
    assert Touch.objects.count() == 200
    assert Opportunity.objects.filter(state=DealState.WON).count() == 500
    assert Transition.objects.exclude(verb=Verb.TOUCH).count() == 500 * 4
    assert_consistent()


def test_two_at_once_of_every_kind(files: dict[str, Path]) -> None:
    for kind, path in files.items():
        with process(kind, path) as first, process(kind, path) as second:
            first.join(60)
            second.join(60)
            assert (first.exitcode, second.exitcode) == (0, 0), kind
    assert_all_is_there_once()


def test_one_that_is_killed_in_the_middle_and_run_again(files: dict[str, Path]) -> None:
    written: dict[str, Any] = {"leads": Lead, "touches": Touch, "outcomes": Opportunity}
    for kind, path in files.items():
        model = written[kind]
        with process(kind, path) as child:
            assert child.pid
            deadline = time.monotonic() + 60
            while not model.objects.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            os.kill(child.pid, signal.SIGKILL)
            child.join()
        assert model.objects.exists(), "it was killed before its first chunk was committed"
        bring_in(kind, path)
    assert_all_is_there_once()
