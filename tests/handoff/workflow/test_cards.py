"""Every verb is complete: whoever adds one and forgets a part is told here which."""

from typing import get_args, get_type_hints

import pytest

from handoff import workflow
from handoff.console.leads.act_facts import FACT_LABELS
from handoff.console.leads.verbs import LOOKS
from handoff.workflow import CARDS, VERBS
from handoff.workflow.facts.base import Given
from leads.models import Verb


@pytest.mark.parametrize("verb", Verb)
def test_a_verb_has_all_its_parts(verb: Verb) -> None:
    missing = {
        "its past tense and its label, in leads/models/transition.py": not (verb.past and verb.label),
        "its card and its body, @verb(Card(...)), in a module of handoff/workflow": verb not in CARDS,
        "its name in the __all__ of that module": not hasattr(workflow, verb),
        "its look, in handoff/console/leads/verbs.py": verb not in LOOKS,
    }
    assert [part for part, is_missing in missing.items() if is_missing] == []


@pytest.mark.parametrize("verb", CARDS)
def test_what_may_be_given_is_what_the_form_asks_for(verb: Verb) -> None:
    """`Given` beside the form is what mypy knows of it: a field that it lacks could not be given."""
    card, hints = CARDS[verb], get_type_hints(VERBS[verb])
    (given,) = get_args(hints["given" if card.aside else "_"])

    assert get_type_hints(given).keys() == {*get_type_hints(Given), *card.facts.base_fields, *card.aside}


@pytest.mark.parametrize("verb", CARDS)
def test_a_verb_says_what_it_does_and_who_may(verb: Verb) -> None:
    assert VERBS[verb].__doc__
    assert "may" in CARDS[verb].who


# In the headline of its event, as the touch itself, or by the clock that it is about.
SHOWN_OTHERWISE = {"owner", "team", "at", "channel", "outcome", "automatic", "inbound", "clock", "alarm", "policy"}


@pytest.mark.parametrize("verb", CARDS)
def test_every_fact_is_shown_in_the_timeline(verb: Verb) -> None:
    assert set(CARDS[verb].facts.base_fields) <= FACT_LABELS.keys() | SHOWN_OTHERWISE


def test_no_card_is_of_a_verb_that_does_not_exist() -> None:
    assert set(CARDS) == set(VERBS) == set(Verb)
