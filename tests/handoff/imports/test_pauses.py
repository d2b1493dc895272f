"""Pauses from a file."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from handoff import workflow
from leads.models import Lead, State, Verb
from sla.models import Clock
from tests.handoff.imports.conftest import Import
from tests.world import MONDAY, World, assert_consistent, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
HEAD = "email,cause,from,until,note\n"
MAIL = "dana.fox@buyer.example"


@pytest.fixture
def dana(world: World) -> Lead:
    """Promoted on Monday at 9:00, to be accepted within ten hours."""
    make_policy("time_to_accept", 36000)
    with time_machine.travel(MONDAY, tick=False):
        return bring_to(State.MQL, make_lead("Dana Fox"), world)


def test_pauses_are_done_in_the_order_of_their_moments_and_once(bring_in: Import, dana: Lead) -> None:
    file = (
        f"{HEAD}{MAIL},The buyer is away,2026-03-02 13:00,2026-03-02 14:00,\n"
        f'{MAIL},Buyer asked,2026-03-02 10:00,2026-03-02 11:00,"Call\nlater"\n'
    )
    with time_machine.travel(MONDAY + timedelta(hours=6)):
        assert bring_in("pauses", file.replace("Buyer asked", "buyer asked")).outcomes == ["created", "created"]
        assert bring_in("pauses", file.replace("Buyer asked", "buyer_asked")).outcomes == ["unchanged", "unchanged"]
        assert_consistent()

    assert Clock.objects.get().due_at == MONDAY + timedelta(hours=12)
    first, second = dana.transitions.filter(verb=Verb.PAUSE).order_by("at")
    assert (first.at.hour, first.facts["cause"], first.facts["note"]) == (10, "buyer_asked", "Call\nlater")
    assert (second.via, second.by, second.facts["cause"]) == ("import", None, "buyer_away")


def test_a_pause_may_end_ahead_or_be_open(bring_in: Import, dana: Lead) -> None:
    with time_machine.travel(MONDAY + timedelta(hours=6)):
        row = f"{HEAD}{MAIL},outage,2026-03-02 10:00,"
        assert bring_in("pauses", f"{row}2026-03-09 10:00,\n").outcomes == ["created"]
        dana.refresh_from_db()
        assert dana.paused_until == datetime(2026, 3, 9, 10, tzinfo=UTC)
        assert bring_in("pauses", f"{row}2026-03-09 10:00,\n").outcomes == ["unchanged"]
        assert bring_in("pauses", f"{row},\n").outcomes == ["created"]
        assert bring_in("pauses", f"{row},\n").outcomes == ["unchanged"]
    assert Lead.objects.get().paused_until is None
    assert Clock.objects.get().paused


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("nobody@buyer.example,outage,2026-03-02 10:00,,", "There is no lead “nobody@buyer.example”"),
        (f"{MAIL},,2026-03-02 10:00,,", "Give the cause of the pause."),
        (f"{MAIL},holiday,2026-03-02 10:00,,", "“holiday” is not a valid cause: choose one of buyer_asked"),
        (f"{MAIL},other,2026-03-02 10:00,,", "Say in a note what the pause is for."),
        (f"{MAIL},outage,,,", "from: Give the moment from which its clocks are paused."),
        (f"{MAIL},outage,2999-01-01,,", "is in the future"),
        (f"{MAIL},outage,2026-03-02 10:00,2026-03-02 09:30,", "The pause must end after it begins."),
        (f"{MAIL},outage,2026-03-02 08:00,,", "The lead was changed after that time"),
    ],
)
def test_what_does_not_fit_is_refused_and_spoils_nothing(bring_in: Import, dana: Lead, row: str, words: str) -> None:
    done = bring_in("pauses", f"{HEAD}{row}\n{MAIL},outage,2026-03-02 10:00,2026-03-02 10:05,\n")
    assert (done.status, done.outcomes) == (1, ["refused", "created"])
    assert words in done.reasons[0]


def test_a_lead_that_runs_no_clock_cannot_be_paused(bring_in: Import, world: World) -> None:
    make_lead("Dana Fox")
    done = bring_in("pauses", f"{HEAD}{MAIL},outage,2026-03-02 10:00,,\n")
    assert "it is Raw and has not been handed over yet" in done.reasons[0]


def test_the_pause_of_a_lead_that_was_merged_is_known(bring_in: Import, dana: Lead, world: World) -> None:
    file = f"{HEAD}{MAIL},outage,2026-03-02 10:00,2026-03-02 11:00,\n"
    bring_in("pauses", file)
    workflow.merge(dana.pk, by=world.olga, into=bring_to("mql", make_lead("Dana Wolf"), world).pk)
    assert bring_in("pauses", file).outcomes == ["unchanged"]
