"""Whatever is stated with a verb, it is done or refused: no text, number or type of the caller's ends in an error."""

from contextlib import suppress
from typing import Any

import pytest
from django import forms
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff import workflow
from handoff.refusals import FactsRefused
from handoff.workflow import CARDS, Door
from leads.models import Lead, State, User, Verb
from tests.world import FACTS, World, bring_to, make_lead

ODD_TEXTS = [
    *("", " ", "\0", "a\0b", "\ud800", "\udfff x", "\u202etxet", "\x1b]0;pwned\a", "x" * 20_000, "=1+1"),
    *("1e999999999", "-1e999999999", "1e-999999999", "9" * 5000, "NaN", "sNaN", "Infinity", "-0", "٣", "1_000", "²"),
    *("9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "0001-01-01", "9999-12-31"),
    *("0099-06-16T05:15:00.72828-22:55", "2026-02-30", "2026-03-29T02:30"),
]
TEXTS = st.text(max_size=50) | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Lo", "Nd"]), max_size=50)
OTHER_TYPES: list[Any] = [None, True, 10**400, -1, 1e308, float("nan"), [], {}, ["a"], b"a"]
VALUES = st.sampled_from(ODD_TEXTS) | TEXTS | st.sampled_from(OTHER_TYPES) | st.integers() | st.floats()


def facts_of(verb: Verb) -> st.SearchStrategy[dict[str, Any]]:
    """The facts of a verb, of which one or more are hostile, and sometimes one that it does not have."""
    fields: dict[str, forms.Field] = CARDS[verb].facts.base_fields
    hostile = st.dictionaries(st.sampled_from([*fields, "nonsense"]), VALUES, min_size=1)
    return hostile.map(lambda chosen: FACTS.get(verb, {}) | chosen)


def lead_for(verb: Verb, world: World) -> Lead:
    """A lead in the first state where the verb applies, paused where it must be."""
    card = CARDS[verb]
    sources = {Verb.PROMOTE: State.RAW, Verb.QUALIFY: State.SAL, Verb.CONVERT: State.SQL, Verb.REJECT: State.MQL}
    where = card.states[0] if card.states else sources.get(verb)
    where = where or (State.MQL if verb == Verb.ACCEPT else State.REJECTED)
    lead = bring_to(where, make_lead(team=world.berlin, owner=world.ada), world)
    if verb == Verb.UNMERGE:
        workflow.merge(lead.pk, into=make_lead("Emil Gray").pk, by=world.olga)
    if verb == Verb.RESUME:
        workflow.pause(lead.pk, by=world.olga, cause="buyer_away")
    return lead


def who_may(verb: Verb, lead: Lead, world: World) -> User:
    people = [world.ada, world.mia, world.olga]
    return next(person for person in people if CARDS[verb].permits(person, Lead.objects.get(pk=lead.pk)))


@pytest.mark.parametrize("verb", Verb)
def test_a_verb_is_done_or_refused_whatever_is_stated(world: World, verb: Verb) -> None:
    lead = lead_for(verb, world)
    by = who_may(verb, lead, world)

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(facts=facts_of(verb))
    def do(facts: dict[str, Any]) -> None:
        with transaction.atomic():
            with suppress(FactsRefused):
                workflow.perform(verb, lead.pk, by=by, door=Door(), facts=facts)
            transaction.set_rollback(True)

    do()
