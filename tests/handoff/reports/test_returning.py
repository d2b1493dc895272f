"""Duplicates and new intent by source, campaign and month: each once, however often it was sent."""

from datetime import timedelta

import pytest

from handoff import workflow
from handoff.engine.exposition import exposition
from handoff.engine.figures import figures
from handoff.reports.funnel import By
from handoff.reports.returning import returning
from leads.identity import Incoming
from leads.touchpoints import Stated
from tests.world import MONDAY, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def history(world: World) -> None:
    """Dana comes in by a webinar, asks at the fair, fills in a form and looks at a page; Eric comes in twice."""
    dana, eric = {"email": "dana@buyer.example"}, {"email": "eric@buyer.example"}
    for _ in range(2):
        for day, fields in enumerate(
            (
                {**dana, "source": "webinar", "message": "Hello"},
                {**dana, "source": "fair"},
                {**eric, "source": "webinar"},
                {**eric, "source": "webinar", "campaign": "Spring"},
            )
        ):
            workflow.upsert({**fields, "created_at": MONDAY + timedelta(days=day)})
        for kind in ("form", "page_visit"):
            at = MONDAY + timedelta(days=40)
            workflow.record_touchpoints([Stated(Incoming({**dana, "source": "fair"}, at=at), kind)])


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (By.SOURCE, [("webinar", 2, 1, 1), ("fair", 0, 1, 2)]),
        (By.CAMPAIGN, [("", 1, 1, 2), ("Spring", 1, 1, 1)]),
        (By.MONTH, [("2026-03", 2, 2, 2), ("2026-04", 0, 0, 1)]),
    ],
)
def test_they_are_counted_where_they_came_from(by: By, expected: list[tuple[str, int, int, int]]) -> None:
    assert [(row.key, row.leads, row.duplicates, row.new_intent) for row in returning(by)] == expected


@pytest.mark.usefixtures("history")
def test_a_period_counts_what_came_in_during_it() -> None:
    [row] = returning(By.MONTH, MONDAY + timedelta(days=1), MONDAY + timedelta(days=2))
    assert (row.leads, row.duplicates, row.new_intent) == (0, 1, 1)


@pytest.mark.usefixtures("history")
def test_the_engine_counts_what_was_recorded_lately() -> None:
    measured = figures()
    assert (measured.new_intent["24h"], measured.duplicates["24h"]) == (3, 2)
    text = exposition(measured).decode()
    assert 'handoff_new_intent{window="1h"} 3.0' in text
    assert 'handoff_duplicates{window="24h"} 2.0' in text
