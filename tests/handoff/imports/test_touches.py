"""Touches from a file."""

from datetime import UTC, datetime

import pytest

from leads.models import Lead, State, Touch, Verb
from sla.models import Clock, ClockState
from tests.handoff.imports.conftest import Import
from tests.world import World, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
FILE = """touch_id,email,channel,outcome,at,note,automatic,by
T1,dana.fox@buyer.example,Phone,Connected,2024-03-02 10:00,"Hi,
there",no,ADA
T2,dana.fox@buyer.example,email,sent,2024-03-03 10:00,,yes,
"""


@pytest.fixture
def dana(world: World) -> Lead:
    return make_lead("Dana Fox")


def test_touches_are_logged_once(bring_in: Import, dana: Lead, world: World) -> None:
    assert bring_in("touches", FILE, "--historical").outcomes == ["created", "created"]
    assert bring_in("touches", FILE, "--historical").outcomes == ["unchanged", "unchanged"]
    first, second = Touch.objects.all()
    assert (first.channel, first.outcome, first.by, first.note) == ("call", "reached", world.ada, "Hi,\nthere")
    assert second.automatic
    dana.refresh_from_db()
    assert dana.last_touch_at == datetime(2024, 3, 2, 10, tzinfo=UTC)
    assert dana.transitions.filter(verb=Verb.TOUCH, historical=True, via="import").count() == 2


def test_a_touch_without_an_id_is_logged_once_too(bring_in: Import, dana: Lead) -> None:
    row = f"{dana.email},call,reached,2024-03-02 10:00\n"
    assert bring_in("touches", f"email,channel,outcome,at\n{row}{row}").outcomes == ["created", "unchanged"]
    assert bring_in("touches", f"email,channel,outcome,at\n{row}").outcomes == ["unchanged"]


def test_a_logged_touch_stays_but_its_note_may_change(bring_in: Import, dana: Lead) -> None:
    bring_in("touches", FILE, "--historical")
    done = bring_in("touches", FILE.replace("Hi,", "Ho,").replace("2024-03-03", "2024-03-04"), "--historical")
    assert done.outcomes == ["updated", "refused"]
    assert done.reasons[1] == "The touch “T2” was logged before, with another at: it stays."
    assert Touch.objects.get(external_id="T1").note == "Ho,\nthere"


def test_a_touch_stops_the_clock_unless_it_is_automatic(bring_in: Import, dana: Lead, world: World) -> None:
    make_policy("time_to_touch")
    bring_to(State.SAL, dana, world)
    now = Clock.objects.get().started_at.isoformat()
    bring_in("touches", f"id,email,channel,outcome,at,automatic\n1,{dana.email},email,sent,{now},yes\n")
    assert Clock.objects.get().state == ClockState.RUNNING
    bring_in("touches", f"id,email,channel,outcome,at,automatic\n2,{dana.email},call,reached,{now},no\n")
    assert Clock.objects.get().state == ClockState.MET


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            "nobody@buyer.example,call,reached,2024-03-02,,",
            "There is no lead “nobody@buyer.example”: import the leads first",
        ),
        ("dana.fox@buyer.example,,reached,2024-03-02,,", "Give the channel: call, email, meeting"),
        (
            "dana.fox@buyer.example,pigeon,reached,2024-03-02,,",
            "“pigeon” is not a valid channel: choose one of call, email, meeting",
        ),
        ("dana.fox@buyer.example,call,,2024-03-02,,", "Give the outcome: reached"),
        ("dana.fox@buyer.example,call,reached,,,", "at: Give the moment of the touch."),
        ("dana.fox@buyer.example,call,reached,2999-01-01,,", "is in the future"),
        ("dana.fox@buyer.example,call,reached,2024-03-02,perhaps,", "“perhaps” is neither yes nor no"),
        ("dana.fox@buyer.example,call,reached,2024-03-02,,nemo", "“nemo” is not a valid user"),
        ("dana.fox@buyer.example,call,reached,2024-03-02,,zoe", "You may not touch Dana Fox: its owner or the manager"),
    ],
)
def test_what_does_not_fit_is_refused(bring_in: Import, dana: Lead, row: str, words: str) -> None:
    done = bring_in("touches", f"email,channel,outcome,at,automatic,by\n{row}\n")
    assert (done.status, done.outcomes) == (1, ["refused"])
    assert words in done.reasons[0]
    assert not Touch.objects.exists()
