"""The plan of the story: the same at any hour."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from handoff.demo.agreement import make_agreement
from handoff.demo.life import Crew, Life
from handoff.demo.live import MINUTES_AGO, scenes_of
from handoff.demo.people import make_people
from handoff.demo.story import make_crews, plan

SUNDAY_NIGHT = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
MONDAY = datetime(2026, 8, 3, 12, 0, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 26, 7, 0, tzinfo=UTC)


@pytest.fixture
def crews(db: None) -> list[Crew]:
    cast = make_people()
    return make_crews(cast, make_agreement(cast, MONDAY))


def written(life: Life) -> tuple[Any, ...]:
    acts = [(beat.verb, beat.by, beat.after) for beat in life.beats]
    return life.buyer, life.score, life.crew.rep, life.effort, life.ago, acts


def test_the_same_seed_gives_the_same_story(crews: list[Crew]) -> None:
    assert [written(life) for life in plan(crews, 1).lives] == [written(life) for life in plan(crews, 1).lives]
    assert [life.buyer for life in plan(crews, 1).lives] != [life.buyer for life in plan(crews, 2).lives]


@pytest.mark.parametrize("seed", [1, 7, 99])
def test_no_two_leads_share_an_address(crews: list[Crew], seed: int) -> None:
    addresses = [life.buyer.email for life in plan(crews, seed).lives]
    assert len(set(addresses)) == len(addresses)


@pytest.mark.parametrize("now", [SUNDAY_NIGHT, MONDAY, CHRISTMAS])
def test_whenever_it_is_told_the_acts_of_a_lead_follow_each_other_up_to_now(crews: list[Crew], now: datetime) -> None:
    for life in plan(crews).past:
        moments = [life.captured_at(now), *(scene.at for scene in life.scenes(now)), now]
        assert all(earlier < later for earlier, later in pairwise(moments)), life
        assert now - moments[0] < timedelta(weeks=10)


@pytest.mark.parametrize("now", [SUNDAY_NIGHT, MONDAY, CHRISTMAS])
def test_people_act_in_their_office_hours(crews: list[Crew], now: datetime) -> None:
    for life in plan(crews).past:
        assert all(
            life.crew.office.next_open(scene.at - timedelta(seconds=1)) <= scene.at for scene in life.scenes(now)
        )


def test_what_one_watches_lies_within_the_last_hour(crews: list[Crew]) -> None:
    live = plan(crews).live
    scenes = scenes_of(live, MONDAY)
    assert scenes == sorted(scenes, key=lambda scene: scene.at)
    assert MONDAY - timedelta(hours=1) < scenes[0].at
    assert scenes[-1].at < MONDAY
    assert {life.crew.rep.username for life in live[: len(MINUTES_AGO)]} == {"ada", "ben", "zoe"}
    assert all(life.is_hot for life in live)
