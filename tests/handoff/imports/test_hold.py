"""For how long a chunk keeps others from its leads: chunks are as large as that allows."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from handoff.imports import hold
from handoff.imports.hold import Hold

LOCK = "SELECT id FROM leads_lead ORDER BY id FOR NO KEY UPDATE"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(hold, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.mark.parametrize(
    ("statements", "seconds"),
    [
        ([("SELECT 1", 1)], 2.0),
        ([(LOCK, 0)], 2.0),
        ([(LOCK, 5)], 3.0),
        ([("SELECT 1", 1), (LOCK, 5), (LOCK, 5)], 2.0),
    ],
    ids=["no lead is locked", "its leads are new", "locked at once", "locked after reading"],
)
def test_it_lasts_from_the_first_lead_that_is_locked(
    clock: SimpleNamespace, statements: list[tuple[str, int]], seconds: float
) -> None:
    held = Hold()
    for sql, rows in statements:
        clock.now += 1
        held(lambda *_: None, sql, (), False, {"cursor": SimpleNamespace(rowcount=rows)})
    clock.now = 104.0

    assert held.seconds == seconds
