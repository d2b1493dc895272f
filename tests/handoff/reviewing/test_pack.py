"""The review pack: gathered once, and the same bytes for as long as it is kept."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from handoff import workflow
from handoff.models import Firm, ReviewAction, ReviewPack
from handoff.refusals import NotAllowed
from handoff.reports.fiscal import period_of
from handoff.reviewing import agreeing
from handoff.reviewing.agreeing import ReviewEnded
from handoff.reviewing.drawing import as_csv, as_pdf
from handoff.reviewing.packing import data_of, pdf_of
from handoff.reviewing.sections import Section, head, sections
from leads.models import Touch
from tests.handoff.reviewing.month import APRIL_3, APRIL_10, HOUR, at, closed, handed_over, march
from tests.world import World

HERE = Path(__file__).parent
NEXT_YEAR = datetime(2027, 4, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize("moment", [APRIL_3, NEXT_YEAR], ids=["then", "a year later"])
@pytest.mark.parametrize(("draw", "name"), [(as_pdf, "pack-1.pdf"), (as_csv, "pack-1.csv")], ids=["PDF", "CSV"])
def test_a_pack_stored_by_the_first_format_is_drawn_in_the_same_bytes(draw: Any, name: str, moment: datetime) -> None:
    """What was handed out must be what is found a year later: a change here needs a format of its own."""
    data = json.loads((HERE / "pack-1.json").read_text())
    with time_machine.travel(moment, tick=False):
        assert draw(data, 1) == (HERE / name).read_bytes()


def pack(key: str = "2026-03") -> tuple[dict[str, Any], dict[str, Section]]:
    data, format_number, _ = data_of(period_of(key, Firm()))
    return data, {section.title: section for section in sections(data, format_number)}


@pytest.mark.django_db
def test_the_pack_of_a_closed_period_stays_whatever_happens_later(world: World) -> None:
    leads = march(world)
    closed(world)
    data, _ = pack()
    before = as_pdf(data, 1), as_csv(data, 1)
    with at(APRIL_10):
        workflow.overturn(leads["Crow"].pk, by=world.olga, decision="It does.")
        workflow.merge(leads["Owl"].pk, by=world.mia, into=leads["Fox"].pk)
        Touch.objects.all().delete()
        world.ada.first_name = "Adele"
        world.ada.save()
    with at(NEXT_YEAR):
        data, _ = pack()
        assert (as_pdf(data, 1), as_csv(data, 1)) == before
    assert b"Crow" not in before[1]  # leads are in it by their numbers


@pytest.mark.django_db
def test_what_the_pack_of_march_says(world: World) -> None:
    leads = march(world)
    closed(world)
    data, by_title = pack()
    assert head(data) == (
        "Review of March 2026",
        "Closed by Olga on 3 Apr 2026, 09:00. Days are those of UTC.",
    )
    scorecard = {row[0]: row[1:] for row in by_title["Scorecard"].rows}
    assert scorecard["Accepted"] == ["Marketing", "–", "3", "4", "75.0 %", "–"]
    assert scorecard["Required actions, tier B"] == ["Sales", "–", "3", "9", "33.3 %", "–"]
    assert by_title["Top reasons of rejections"].rows == [["Not our customer profile", "1", "1", "0", "0"]]
    assert by_title["Breaches"].rows == [["Time to accept", "Ada", "1", "0", "0"]]
    bear = f"Lead {leads['Bear'].pk}"
    assert by_title["Who fixed what"].rows == [
        [bear, "Time to accept", "Ada", "4 Mar 2026, 13:00", "4 Mar 2026, 14:00", "Ada", "–"]
    ]
    assert [row[1:] for row in by_title["Disputes"].rows] == [
        ["Not our customer profile", "Mia", "4 Mar 2026, 12:30", "Open", "–"]
    ]
    assert [row[3:] for row in by_title["Definition drift"].rows] == [["4", "4", "75.0 %"]]
    assert by_title["Proposal"].rows == []


@pytest.mark.django_db
def test_the_last_actions_come_first_and_open_ones_are_carried_along(world: World) -> None:
    for key, text in (
        ("2026-01", "Older, open"),
        ("2026-01", "Older, done"),
        ("2026-02", "Last"),
        ("2025-Q4", "Other"),
    ):
        action = agreeing.agree(key, text, world.ada, APRIL_3.date(), by=world.nora)
        if text.endswith("done"):
            agreeing.finish(action.pk, by=world.ada)
    handed_over(world, "Fox")
    data, _ = pack()
    first, *_ = sections(data, 1)
    assert [row[0] for row in first.rows] == ["Older, open", "Last"]
    assert head(data)[1].startswith("Preliminary: the period is open.")


@pytest.mark.django_db
def test_a_review_ends_once_and_what_was_agreed_stays_as_it_was(world: World) -> None:
    march(world)
    closed(world)
    with pytest.raises(NotAllowed):
        agreeing.agree("2026-03", "Call", world.ada, APRIL_10.date(), by=world.ada)
    with at(APRIL_10):
        action = agreeing.agree("2026-03", "Call", world.ada, APRIL_10.date(), by=world.max)
        agreeing.end("2026-03", by=world.nora)
    with at(APRIL_10 + HOUR):
        agreeing.end("2026-03", by=world.max)
        agreeing.finish(action.pk, by=world.ada)
    kept = ReviewPack.objects.get()
    assert (kept.ended_by, kept.ended_at) == (world.nora, APRIL_10)
    assert pack()[1]["Actions agreed"].rows == [["Call", "Ada", "10 Apr 2026", "Open"]]
    with pytest.raises(ReviewEnded):
        agreeing.agree("2026-03", "Late", world.ada, APRIL_10.date(), by=world.max)
    assert ReviewAction.objects.count() == 1
    kept.data["closed"]["by"] = "Somebody else"  # what was drawn up then is served, whatever draws now
    kept.save()
    with at(NEXT_YEAR):
        assert pdf_of(period_of("2026-03", Firm())) == bytes(kept.pdf or b"")


@pytest.mark.django_db
def test_closing_the_next_period_ends_a_review_that_nobody_has_ended(world: World) -> None:
    march(world)
    closed(world)
    agreeing.agree("2026-03", "Call", world.ada, APRIL_10.date(), by=world.max)
    later = datetime(2026, 5, 2, 9, tzinfo=UTC)
    closed(world, "2026-04", later)
    of_march = ReviewPack.objects.get(close__key="2026-03")
    assert (of_march.ended_at, of_march.ended_by) == (later, None)
    assert [row[0] for row in pack("2026-04")[1]["Actions of the last review"].rows] == ["Call"]
