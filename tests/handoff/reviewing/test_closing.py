"""A period is closed once, in order and for good; what changes afterwards is a restatement, never another past."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from handoff import workflow
from handoff.models import ClosedItem, PeriodClose
from handoff.refusals import FactsRefused, NotAllowed
from handoff.reports.scorecard import ScorecardForm, answer, behind, figures_now
from handoff.reviewing.causes import UNRECORDED
from handoff.reviewing.closing import NotClosable, close
from handoff.reviewing.restating import restated, restatements
from leads.models import Lead, Touch
from sla.models import Clock
from tests.handoff.reviewing.month import APRIL_3, APRIL_10, HOUR, NOON, at, closed, handed_over, march
from tests.world import World

pytestmark = pytest.mark.django_db
OF_MARCH = {
    "delivered": 4,
    "accepted": 3,
    "accepted_missed": 1,
    "valid": 3,
    "valid_missed": 1,
    "won_missed": 4,
    "time_to_accept": 3,
    "time_to_accept_missed": 1,
    "actions": 3,
    "actions_missed": 6,
    "actions_b": 3,
    "actions_b_missed": 6,
    "rejections": 1,
    "disputed": 1,
}


@pytest.fixture
def leads(world: World) -> dict[str, Lead]:
    return march(world)


def asked(by: str = "all") -> dict[str, Any]:
    form = ScorecardForm({"by": by, "period": "2026-03"})
    assert form.is_valid()
    return form.cleaned_data


def shown(by: str = "all") -> list[dict[str, Any]]:
    return [dict(row.figures) for row in answer(asked(by), APRIL_10)]


def test_what_is_closed_is_what_both_sides_read(leads: dict[str, Lead], world: World) -> None:
    assert leads
    march_closed = closed(world)
    assert march_closed.figures == OF_MARCH
    assert (march_closed.closed_by, march_closed.closed_at) == (world.olga, APRIL_3)
    assert restatements(march_closed, APRIL_3) == []


def test_what_changes_afterwards_is_restated_and_the_sheet_is_as_it_was(leads: dict[str, Lead], world: World) -> None:
    """A touch of March is logged late, another lead is merged into it, a breach is excused."""
    march_closed = closed(world)
    before = {by: shown(by) for by in ("all", "source")}
    late = Clock.objects.get(lead=leads["Bear"])
    with at(APRIL_10):
        workflow.touch(leads["Fox"].pk, by=world.ada, channel="call", outcome="reached", at=NOON + 3 * HOUR)
    with at(APRIL_10 + HOUR):
        workflow.merge(leads["Owl"].pk, by=world.mia, into=leads["Fox"].pk)
    with at(APRIL_10 + 2 * HOUR):
        workflow.excuse(leads["Bear"].pk, by=world.olga, clock=late.pk, reason="The line was down.")
    assert {by: shown(by) for by in before} == before

    lines = restatements(march_closed, APRIL_10 + 3 * HOUR)
    assert [(line.cause.lead_id, line.cause.words, line.cause.by, line.cause.at) for line in lines] == [
        (leads["Fox"].pk, "A touch was logged", "Ada", APRIL_10),
        (leads["Owl"].pk, "The lead was merged into another", "Mia", APRIL_10 + HOUR),
        (leads["Bear"].pk, "A breach was excused: The line was down.", "Olga", APRIL_10 + 2 * HOUR),
    ]
    touched, merged, excused = (dict(line.figures) for line in lines)
    assert touched == {"actions": 1, "actions_missed": -1, "actions_b": 1, "actions_b_missed": -1}
    assert merged == {  # one handoff less with its three actions; its touch does the last one of the lead that stays
        "delivered": -1,
        "accepted": -1,
        "valid": -1,
        "won_missed": -1,
        "actions_missed": -3,
        "actions_b_missed": -3,
    }
    assert excused == {"time_to_accept_missed": -1, "time_to_accept_excused": 1}


def test_closed_figures_and_restatements_add_up_to_what_is_counted_now(leads: dict[str, Lead], world: World) -> None:
    march_closed = closed(world)
    with at(APRIL_10):
        workflow.overturn(leads["Crow"].pk, by=world.olga, decision="It does.")
        Touch.objects.filter(lead=leads["Owl"]).update(at=NOON - timedelta(days=9))
    lines = restatements(march_closed, APRIL_10)
    assert [(line.cause.words, line.cause.by) for line in lines] == [
        ("The rejection was overturned: It does.", "Olga"),
        (UNRECORDED, ""),
    ]
    assert dict(lines[0].figures) == {"valid": 1, "valid_missed": -1, "overturned": 1}
    total = restated(lines)
    now = figures_now(asked(), APRIL_10)
    assert {name: march_closed.figures.get(name, 0) + total[name] for name in now} == now


def test_a_closed_figure_opens_to_the_leads_of_then(leads: dict[str, Lead], world: World) -> None:
    closed(world)
    with at(APRIL_10):
        workflow.merge(leads["Owl"].pk, by=world.mia, into=leads["Fox"].pk)
    entries = behind(asked(), "all", "accepted", APRIL_10).page(0, 10)
    assert {entry.lead_id for entry in entries} == {leads[name].pk for name in ("Fox", "Owl", "Bear")}
    [row] = shown("source")
    assert row["accepted"] == behind(asked("source"), "google", "accepted", APRIL_10).count() == 3


def test_a_period_is_closed_in_order_once_and_when_it_is_over(world: World) -> None:
    handed_over(world, "Fox")
    refused = {}
    for key, moment in (("2026-03", APRIL_3), ("2026-03", APRIL_10), ("2026-04", APRIL_10), ("2026-05", ENDED)):
        with at(moment):
            try:
                close(key, by=world.olga)
            except NotClosable as refusal:
                refused[key] = refusal.message
    assert refused == {
        "2026-03": "March 2026 is closed: Olga closed it on 03 April 2026.",
        "2026-04": "April 2026 is not over: it can be closed from 01 May 2026 on.",
        "2026-05": "Close April 2026 first.",
    }
    with at(ENDED), pytest.raises(NotClosable, match=r"Close June 2026 first\."):
        close("2026-Q2", by=world.olga)
    closed(world, "2026-Q1", ENDED)
    assert PeriodClose.objects.get(key="2026-Q1").figures == PeriodClose.objects.get(key="2026-03").figures


ENDED = datetime(2026, 8, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("person", ["ada", "max", "mia", "nora", "eve"])
def test_only_revops_closes(person: str, world: World) -> None:
    with at(APRIL_3), pytest.raises(NotAllowed):
        close("2026-03", by=getattr(world, person))
    assert not PeriodClose.objects.exists()


def test_what_is_no_period_is_not_closed(world: World) -> None:
    with pytest.raises(FactsRefused, match="write one like 2026-03"):
        close("March", by=world.olga)
    assert not ClosedItem.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_who_close_at_once_close_once(world: World) -> None:
    handed_over(world, "Fox")

    def press(_: int) -> str:
        try:
            return close("2026-03", by=world.olga).key
        except NotClosable as refusal:
            return refusal.message
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(press, range(2)))
    assert outcomes[0] == "2026-03"
    assert outcomes[1].startswith("March 2026 is closed: Olga closed it on ")
    assert (PeriodClose.objects.count(), ClosedItem.objects.count()) == (1, 1)
