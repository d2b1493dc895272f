"""A replay as long work: counted span by span, resumed after a kill, kept, and never counted twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from handoff.improving import running
from handoff.improving.cases import Filter
from handoff.improving.replay import replay
from handoff.models import ApiToken, Lease, ReplayRun, WorkState
from handoff.refusals import NotAllowed
from leads.models import Attribute, AttributeType, Definition, Stage, User
from tests.handoff.improving.conftest import OFFERED, HandOverAll
from tests.programs import in_threads
from tests.world import World

pytestmark = pytest.mark.django_db
DRAFT = [{"field": "score", "op": "at_least", "value": 50}]
ALL = Filter()
As = Callable[[User], Client]


class Killed(BaseException):
    """As if the process had been killed: nothing catches it."""


@pytest.fixture
def draft(db: None) -> Definition:
    return Definition.objects.create(stage=Stage.MQL, version=7, text="Ours", criteria=DRAFT)


@pytest.fixture
def recorded(hand_over_all: HandOverAll, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve handoffs, four of them at one moment, replayed three at a time and in the background."""
    monkeypatch.setattr(running, "CHUNK", 3)
    monkeypatch.setattr(running, "AT_ONCE", 2)
    endings = ("accepted", "won", "not_our_customer", "")
    hours = [1, 2, 3, 4, 4, 4, 4, 5, 6, 7, 8, 9]
    hand_over_all(
        [
            {
                "became": endings[n % 4],
                "score": 10 * n,
                "source": ("fair", "web")[n % 2],
                "at": OFFERED + timedelta(hours=at),
            }
            for n, at in enumerate(hours)
        ]
    )


@pytest.fixture
def asked(recorded: None, draft: Definition, world: World) -> ReplayRun:
    return running.ask(draft, ALL, by=world.nora)[0]


def numbers(run: ReplayRun) -> tuple[Any, ...]:
    run.refresh_from_db()
    return run.state, run.done, run.total


def outcome(run: ReplayRun) -> Any:
    result = running.result(run)
    return result and result.as_dict()


@pytest.mark.parametrize("killed_at", range(1, 6))
def test_killed_anywhere_and_resumed_it_comes_to_the_same(
    asked: ReplayRun, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    """Before what was counted is written down, at each of its spans; the last time is after the end of all."""
    calls, add = 0, running._added

    def killed(*rows: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == killed_at:
            raise Killed
        return add(*rows)

    monkeypatch.setattr(running, "_added", killed)
    try:
        running.run_in_turn()
    except Killed:
        assert numbers(asked) == (WorkState.RUNNING, 3 * killed_at - 3, 12)
        assert outcome(asked) is None
        Lease.objects.all().delete()  # they end by themselves
        running.run_in_turn()
    assert calls >= 4
    assert numbers(asked) == (WorkState.DONE, 12, 12)
    assert outcome(asked) == replay(DRAFT).as_dict()
    assert outcome(asked)["pass"]["handoffs"] == 7


def test_it_writes_nothing_but_itself(asked: ReplayRun) -> None:
    with CaptureQueriesContext(connection) as queries:
        running.run_in_turn()
    written = [each["sql"] for each in queries if each["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    written += [each["sql"] for each in queries if each["sql"].lstrip().startswith("INSERT")]
    assert written
    assert all("handoff_replayrun" in sql or "handoff_lease" in sql for sql in written)


def test_asked_for_twice_it_is_one_run_until_it_is_finished(asked: ReplayRun, draft: Definition, world: World) -> None:
    assert running.ask(draft, ALL, by=world.ada) == (asked, False)
    assert running.ask(draft, Filter(source="fair"), by=world.ada)[1]
    running.run_in_turn()
    again, is_new = running.ask(draft, ALL, by=world.ada)
    assert (again == asked, is_new) == (False, True)


def test_whoever_has_left_has_it_stopped(asked: ReplayRun, world: World) -> None:
    User.objects.filter(pk=world.nora.pk).update(is_active=False)
    running.run_in_turn()
    assert numbers(asked) == (WorkState.STOPPED, 0, 12)
    assert asked.note == "Nora may no longer do this."


def test_a_fact_that_is_gone_stops_it_in_words(recorded: None, world: World) -> None:
    gone = [{"field": "attributes.gone", "op": "at_least", "value": 1}]
    version = Definition.objects.create(stage=Stage.MQL, version=8, text="Ours", criteria=gone)
    run, _ = running.ask(version, ALL, by=world.nora)
    running.run_in_turn()
    assert numbers(run)[0] == WorkState.STOPPED
    assert run.note.startswith("It failed: KeyError")


@pytest.mark.django_db(transaction=True)
def test_without_their_lease_workers_count_nothing_twice(asked: ReplayRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a worker that was frozen for longer than its lease, and goes on beside the next one."""

    @contextmanager
    def everybody(_name: str, _seconds: int) -> Iterator[Callable[[], bool]]:
        yield lambda: True

    monkeypatch.setattr(running, "leased", everybody)
    in_threads(3, running.run_in_turn)
    assert numbers(asked) == (WorkState.DONE, 12, 12)
    assert outcome(asked) == replay(DRAFT).as_dict()


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_the_page_follows_it_and_shows_what_is_kept_until_the_draft_is_edited(
    recorded: None, draft: Definition, world: World, as_: As
) -> None:
    client, page = as_(world.ada), reverse("admin:replay", args=[draft.pk])
    everything = {"from": "2025-01-01"}
    prefetched = client.get(page, everything, headers={"Sec-Purpose": "prefetch"})
    assert (prefetched.status_code, ReplayRun.objects.count()) == (200, 0)
    shown = text(client.get(page, everything))
    assert "Replaying: 0 of 12 handoffs" in shown
    assert "data-follow" in shown
    running.run_in_turn()
    shown = text(client.get(page, everything))
    assert "As of" in shown
    assert ("score at least 50" in shown, "Stale" in shown, "?verdict=fail" in shown) == (True, False, False)
    assert "verdict=fail" in shown

    Definition.objects.filter(pk=draft.pk).update(criteria=[{**DRAFT[0], "value": 90}])
    shown = text(client.get(page, everything))
    assert ("score at least 50" in shown, "Stale: the draft was edited" in shown) == (True, True)
    assert "verdict=fail" not in shown  # of those who would fail now it knows nothing
    answer = client.post(f"{page}?from=2025-01-01")
    running.run_in_turn()
    shown = text(client.get(answer["Location"]))
    assert ("score at least 90" in shown, "Stale" in shown) == (True, False)


def test_without_a_choice_it_is_of_the_last_year_and_quick_ones_are_shown_at_once(
    hand_over_all: HandOverAll, draft: Definition, world: World, as_: As
) -> None:
    hand_over_all([{"became": "accepted", "score": 60, "at": OFFERED + timedelta(days=days)} for days in (0, 400)])
    client, page = as_(world.ada), reverse("admin:replay", args=[draft.pk])
    with time_machine.travel(OFFERED + timedelta(days=420), tick=False):
        shown = client.get(page)
        assert "Handed over in the last 365 days" in text(shown)
        assert shown.context["replayed"].all.handoffs == 1
        everything = client.get(page, {"from": ""})
        assert everything.context["replayed"].all.handoffs == 2
        assert "Handed over in the last" not in text(everything)


def test_the_api_asks_reads_and_hides_what_one_may_not_see(recorded: None, draft: Definition, world: World) -> None:
    Attribute.objects.create(key="secret", label="Secret", type=AttributeType.NUMBER, seen_by=["RevOps"])
    hidden = {"field": "attributes.secret", "op": "at_least", "value": 4711}
    Definition.objects.filter(pk=draft.pk).update(criteria=[*DRAFT, hidden])
    client = api(world.ada)
    answer = client.post("/api/v1/replays/", {"definition": 7, "from": None, "source": "fair"}, "json")
    run = answer.json()
    assert (answer.status_code, run["state"], run["total"], run["result"]) == (201, "waiting", 12, None)
    assert client.post("/api/v1/replays/", {"definition": 7, "from": "", "source": "fair"}, "json").status_code == 200
    running.run_in_turn()
    done = client.get(answer["Location"]).json()
    assert (done["state"], done["is_stale"], done["result"]["all"]["handoffs"]) == ("done", False, 6)
    assert [each["criterion"] for each in done["result"]["criteria"]] == ["score at least 50", "a restricted condition"]
    Definition.objects.filter(pk=draft.pk).update(text="Another")
    assert api(world.olga).get(answer["Location"]).json()["is_stale"]
    assert "4711" in str(api(world.olga).get(answer["Location"]).json())
    assert [each["id"] for each in client.get("/api/v1/replays/").json()["results"]] == [run["id"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"definition": 99}, "definition"),
        ({"definition": 7, "from": "soon"}, "from"),
        ({"definition": 7, "from": "2026-02-01", "to": "2026-01-01"}, "to"),
        ({"definition": 7, "until": "2026-01-01"}, "until"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_the_api_says_what_is_wrong(body: dict[str, Any], field: str, draft: Definition, world: World) -> None:
    answer = api(world.ada).post("/api/v1/replays/", body, "json")
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (400, [field])


def test_who_has_no_role_asks_for_none(asked: ReplayRun, draft: Definition, world: World) -> None:
    with pytest.raises(NotAllowed):
        running.ask(draft, ALL, by=world.eve)
    client = api(world.eve)
    assert client.post("/api/v1/replays/", {"definition": 7}, "json").status_code == 403
    assert client.get("/api/v1/replays/").status_code == client.get(f"/api/v1/replays/{asked.pk}/").status_code == 403


def api(person: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiToken.issue(person)}")
    return client
