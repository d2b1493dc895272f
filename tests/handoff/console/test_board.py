"""The manager's board: who carries what, what falls due, and leads given to somebody else with a result for each."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.console.board import cells
from handoff.console.board.cells import Count
from handoff.console.board.team import rows_of, total
from leads.models import Absence, Lead, State, Team, Verb
from sla.metrics import Metric
from sla.models import OwnerHours
from tests.world import MONDAY, OFFICE, World, bring_to, last, make_calendar, make_lead, make_policy

pytestmark = pytest.mark.django_db
BOARD = reverse("admin:board")
IN_PLACE = {"X-Handoff-Dialog": "1"}


def queued(world: World, name: str = "Queued Lead") -> Lead:
    lead = make_lead(name)
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    lead.refresh_from_db()
    return lead


def numbers(world: World) -> dict[str, dict[str, str]]:
    rows = rows_of(world.berlin, timezone.now())
    return {row.key: {name: str(count) for name, count in row.cells.items() if count} for row in (*rows, total(rows))}


def shown(page: Any) -> list[str]:
    return [str(card["lead"]) for card in page.context["cards"]]


def test_a_card_says_that_its_lead_is_snoozed_or_paused(world: World, as_) -> None:
    asleep, held = (bring_to(State.SAL, make_lead(name), world) for name in ("Anna Asleep", "Hans Held"))
    workflow.snooze(asleep.pk, by=world.ada, until="2 days")
    workflow.pause(held.pk, by=world.ada, cause="buyer_away")
    page = as_(world.max).get(reverse("admin:board"), {"who": "ada", "of": "open"}).content.decode()
    assert page.count("Snoozed until") == 1
    assert page.count(">Paused<") == 1


def test_each_rep_has_a_row_with_what_is_open_by_state_and_the_queue_has_one(world: World) -> None:
    bring_to(State.MQL, make_lead("Anna One"), world)
    bring_to(State.SAL, make_lead("Anna Two"), world)
    bring_to(State.REJECTED, make_lead("Anna Three"), world)
    queued(world)

    assert numbers(world) == {
        "queue": {"mql": "1", "open": "1"},
        "ada": {"mql": "1", "sal": "1", "open": "2"},
        "ben": {},
        "max": {},
        "all": {"mql": "2", "sal": "1", "open": "3"},
    }


def test_a_lead_is_at_risk_past_its_first_warning_and_overdue_past_its_due_time(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT, 3600)
    with time_machine.travel(MONDAY, tick=False):
        bring_to(State.MQL, make_lead("Anna Late"), world)
    with time_machine.travel(MONDAY + timedelta(minutes=10), tick=False):
        assert numbers(world)["ada"] == {"mql": "1", "open": "1"}
    with time_machine.travel(MONDAY + timedelta(minutes=50), tick=False):
        assert numbers(world)["ada"] == {"mql": "1", "open": "1", "at_risk": "1"}
    with time_machine.travel(MONDAY + timedelta(minutes=61), tick=False):
        assert numbers(world)["ada"] == {"mql": "1", "open": "1", "overdue": "1"}


def test_a_count_is_capped_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MOST_COUNTED", 2)
    for name in ("Anna One", "Anna Two", "Anna Three"):
        bring_to(State.MQL, make_lead(name), world)

    assert numbers(world)["ada"] == {"mql": "2+", "open": "2+"}
    assert str(Count(2, True) + Count(3)) == "5+"


def test_it_says_who_is_away_until_when_who_is_outside_hours_and_who_is_full(world: World, as_) -> None:
    with time_machine.travel(MONDAY, tick=False):
        now = timezone.now()
        Absence.objects.create(user=world.ben, starts_at=now - timedelta(days=1), ends_at=now + timedelta(hours=5))
        make_calendar("office", OFFICE, "America/New_York")
        OwnerHours.objects.create(user=world.ada, calendar_key="office")
        bring_to(State.MQL, make_lead(), world)
        world.ada.capacity = 1
        world.ada.save()

        page = as_(world.max).get(BOARD).content.decode()

    assert "Away until Mon 15:00" in page
    assert "outside hours until Mon 15:00" in page
    assert '<meter min="0" max="1" value="1" class="full"' in page


def test_the_cards_of_a_cell_are_bounded_and_what_can_be_kept_comes_first(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT, 3600)
    for minutes, name in ((0, "Anna Late"), (30, "Anna Soon"), (40, "Anna Later")):
        with time_machine.travel(MONDAY + timedelta(minutes=minutes), tick=False):
            bring_to(State.MQL, make_lead(name), world)
    with time_machine.travel(MONDAY + timedelta(minutes=70), tick=False):
        client = as_(world.max)
        assert shown(client.get(BOARD, {"who": "ada", "of": "open"})) == ["Anna Soon", "Anna Later", "Anna Late"]
        assert shown(client.get(BOARD, {"who": "ada", "of": "overdue"})) == ["Anna Late"]
        first = client.get(BOARD, {"who": "ada", "of": "mql", "shown": "1"})
        assert shown(first) == ["Anna Soon"]
        assert len(shown(client.get(first.context["more"]))) == 3


def test_it_opens_at_what_most_needs_a_decision(world: World, as_) -> None:
    bring_to(State.MQL, make_lead("Anna One"), world)
    client = as_(world.max)
    assert client.get(BOARD).context["asked"].who == "all"
    queued(world)
    assert shown(client.get(BOARD)) == ["Queued Lead"]


def test_a_manager_gives_leads_to_a_rep_with_a_result_for_each(world: World, as_) -> None:
    mine, other = bring_to(State.MQL, make_lead("Anna One"), world), bring_to(State.SAL, make_lead("Anna Two"), world)
    gone = bring_to(State.OPPORTUNITY, make_lead("Anna Three"), world)
    client = as_(world.max)

    chosen = {"lead": [mine.pk, other.pk, gone.pk], "to": "ben"}
    page = client.post(BOARD, chosen, headers=IN_PLACE)

    results = {str(result.lead): (result.is_done, result.words) for result in page.context["results"]}
    assert results["Anna One"] == results["Anna Two"] == (True, "Given to Ben.")
    assert results["Anna Three"][0] is False
    assert "Opportunity" in results["Anna Three"][1]
    assert "Gave 2 of 3 leads" in page.content.decode()
    assert [last(lead).owner for lead in (mine, other)] == [world.ben, world.ben]
    assert last(mine).by == world.max


def test_without_the_script_the_results_stand_above_the_board(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead("Anna One"), world)
    page = as_(world.max).post(f"{BOARD}?who=ada&of=mql", {"lead": [lead.pk], "to": "queue"}, follow=True)
    assert "Anna One: Back in the queue." in page.content.decode()
    lead.refresh_from_db()
    assert lead.owner is None


def test_what_somebody_has_already_is_not_given_again(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead("Anna One"), world)
    page = as_(world.max).post(BOARD, {"lead": [lead.pk], "to": "ada"}, headers=IN_PLACE)
    assert "Ada has it already." in page.content.decode()
    assert last(lead).verb == Verb.PROMOTE


def test_nobody_gives_what_they_may_not_see_or_to_whom_nobody_is(world: World, as_) -> None:
    elsewhere = make_lead("Far Away")
    workflow.promote(elsewhere.pk, by=world.mia, owner=world.zoe)
    mine = bring_to(State.MQL, make_lead("Anna One"), world)
    client = as_(world.max)
    assert list(client.post(BOARD, {"lead": [elsewhere.pk], "to": "ben"}, headers=IN_PLACE).context["results"]) == []
    refused = client.post(BOARD, {"lead": [mine.pk, "²"], "to": "nobody.here"}, headers=IN_PLACE).context["results"]
    assert [(result.is_done, "not an active salesperson" in result.words) for result in refused] == [(False, True)]


def test_managers_and_revops_alone_see_it_and_a_manager_their_own_teams(world: World, as_) -> None:
    assert [as_(who).get(BOARD).status_code for who in (world.ada, world.mia, world.nora)] == [403, 403, 403]
    assert as_(world.max).get(BOARD, {"team": world.new_york.pk}).context["asked"].team == world.berlin
    olga = as_(world.olga)
    assert olga.get(BOARD, {"team": world.new_york.pk}).context["asked"].team == world.new_york
    assert [row.key for row in olga.get(BOARD, {"team": world.new_york.pk}).context["rows"]] == ["queue", "zoe"]
    Team.objects.update(manager=None)
    world.max.team = None
    world.max.save()
    assert "No team yet" in as_(world.max).get(BOARD).content.decode()


def test_whoever_has_left_stays_on_it_while_they_have_leads(world: World) -> None:
    bring_to(State.MQL, make_lead(), world)
    world.ada.is_active = world.ben.is_active = False
    world.ada.save()
    world.ben.save()
    rows = {row.key: row for row in rows_of(world.berlin, timezone.now())}
    assert "ben" not in rows
    assert not rows["ada"].takes_leads


@pytest.mark.parametrize(("typed", "kept"), [("30", 30), ("", None), ("-1", 5), ("²", 5), ("99999", 5)])
def test_a_manager_says_how_many_leads_somebody_can_work(typed: str, kept: int | None, world: World, as_) -> None:
    world.ada.capacity = 5
    world.ada.save()
    as_(world.max).post(reverse("admin:board_capacity", args=[world.ada.pk]), {"capacity": typed})
    world.ada.refresh_from_db()
    assert world.ada.capacity == kept


def test_nobody_sets_the_capacity_of_another_team(world: World, as_) -> None:
    assert (
        as_(world.max).post(reverse("admin:board_capacity", args=[world.zoe.pk]), {"capacity": "1"}).status_code == 404
    )
    assert (
        as_(world.ada).post(reverse("admin:board_capacity", args=[world.ada.pk]), {"capacity": "1"}).status_code == 403
    )


@pytest.mark.parametrize("query", ["who=²", "who=nobody&of=mql", "of=other&who=ada", "shown=²", "shown=-1", "team=x"])
def test_an_odd_address_shows_the_board_all_the_same(query: str, world: World, as_) -> None:
    assert as_(world.max).get(f"{BOARD}?{query}").status_code == 200


def test_the_same_board_is_not_sent_again(world: World, as_) -> None:
    client = as_(world.max)
    with time_machine.travel(MONDAY, tick=False):
        bring_to(State.MQL, make_lead("Anna One"), world)
        mark = client.get(BOARD).context["mark"]
        seen = {**IN_PLACE, "X-Handoff-Seen": mark}
        assert client.get(BOARD, headers=seen).status_code == 204
        bring_to(State.MQL, make_lead("Anna Two"), world)
        assert "Anna Two" in client.get(BOARD, headers=seen).content.decode()


def test_queries_do_not_grow_with_people_or_leads(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    client = as_(world.max)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(BOARD, {"who": "all", "of": "open"}).status_code == 200
        return len(seen)

    bring_to(State.MQL, make_lead("Anna One"), world)
    OwnerHours.objects.create(user=world.ada, calendar_key=make_calendar().key)
    queries()
    few = queries()
    for number in range(8):
        bring_to(State.MQL, make_lead(f"Anna {number}"), world)
    OwnerHours.objects.create(user=world.ben, calendar_key="always")
    assert queries() == few
    assert few <= 25
