"""A buyer who opts out is heard, whoever stated otherwise before."""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from leads.correct import correct, enter
from leads.identity import upsert
from leads.models import PERSON, Lead, Via
from tests.world import World, make_lead

pytestmark = pytest.mark.django_db
MARCH, APRIL, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5))
DANA = {"email": "dana@buyer.example"}


def is_blocked() -> bool:
    return Lead.objects.get().do_not_contact


def test_a_lead_that_was_typed_in_states_nothing_of_boxes_left_empty(world: World) -> None:
    lead = enter(Lead(name="Dana", score=0, **DANA), by=world.mia, door=Via.CONSOLE)
    assert sorted(lead.provenance) == ["created_at", "email", "name", "score"]
    upsert({**DANA, "do_not_contact": True}, system="crm")
    assert is_blocked()


def test_whoever_blocks_while_typing_in_states_it(world: World) -> None:
    lead = enter(Lead(do_not_contact=True, **DANA), by=world.mia, door=Via.CONSOLE)
    assert lead.provenance["do_not_contact"]["system"] == PERSON


def lift(at: datetime) -> None:
    correct(Lead.objects.get().pk, {"do_not_contact": False}, at=at)


def opt_out(at: datetime | None) -> None:
    upsert({**DANA, "do_not_contact": True}, external_ids=[("crm", "1")], at=at)


def test_a_later_opt_out_holds_against_whoever_lifted_an_earlier_one() -> None:
    opt_out(MARCH)
    lift(APRIL)
    assert not is_blocked()
    opt_out(MARCH)
    assert not is_blocked()
    opt_out(MAY)
    assert is_blocked()


def test_a_source_that_does_not_say_when_repeats_what_was_lifted() -> None:
    opt_out(MARCH)
    lift(APRIL)
    opt_out(None)
    assert not is_blocked()


@pytest.mark.parametrize("order", list(permutations([(opt_out, MARCH), (lift, APRIL), (opt_out, MAY)])))
def test_the_last_word_counts_in_any_order(order: object) -> None:
    make_lead(**DANA)
    for say, at in order:  # type: ignore[attr-defined]
        say(at)
    assert is_blocked()
