"""`rejudge` became `reevaluate`: in the history that was written, and in what the release before still writes."""

from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction

from handoff import workflow
from leads.models import State, Transition
from tests.world import World, bring_to, last, make_lead

RENAME: str = import_module("leads.migrations.0007_reevaluate").RENAME
OLD_ROW = """
INSERT INTO leads_transition
    (lead_id, verb, from_state, to_state, cycle, at, recorded_at, via, historical, facts, request_id)
VALUES (%s, 'rejudge', 'mql', 'mql', 1, now(), now(), 'system', false, '{"rejudged": {"m": 7}, "reason": "x"}', '')
"""


def run(statement: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement, values or None)


def test_what_the_release_before_writes_is_translated(world: World) -> None:
    lead = bring_to(State.MQL, make_lead(), world)

    run(OLD_ROW, lead.pk)

    assert (last(lead).verb, last(lead).facts) == ("reevaluate", {"reevaluated": {"m": 7}, "reason": "x"})


def test_the_history_is_renamed_and_back(world: World) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    run(OLD_ROW, lead.pk)
    new = list(Transition.objects.values("pk", "verb", "facts"))
    run("ALTER TABLE leads_transition DROP CONSTRAINT transition_verb_known")

    run(RENAME.format(old="reevaluate", new="rejudge"))
    assert (last(lead).verb, last(lead).facts) == ("rejudge", {"rejudged": {"m": 7}, "reason": "x"})
    run(RENAME.format(old="rejudge", new="reevaluate"))

    assert list(Transition.objects.values("pk", "verb", "facts")) == new


def test_the_history_refuses_changes_again(world: World) -> None:
    transition = workflow.comment(make_lead().pk, by=world.mia, text="Hello.")
    run(RENAME.format(old="rejudge", new="reevaluate"))

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Transition.objects.filter(pk=transition.pk).update(verb="accept")
