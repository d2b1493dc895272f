"""What a verb costs PostgreSQL: the number of its statements, whatever the lead has behind it."""

from typing import Any

import pytest
from django.db import connection

from handoff import workflow
from leads.models import User, Verb
from sla.agreement import in_force
from sla.metrics import Metric
from tests.world import FACTS, World, bring_to, make_lead, make_policy

COSTS: dict[tuple[str, str], int] = {
    (Verb.ACCEPT, "mql"): 10,
    (Verb.TOUCH, "sal"): 10,
    (Verb.QUALIFY, "sal"): 12,
    (Verb.REJECT, "sal"): 12,
    (Verb.CONVERT, "sql"): 12,
    (Verb.COMMENT, "sal"): 7,
}


@pytest.mark.parametrize(("verb", "state"), COSTS)
def test_a_verb_takes_few_statements(verb: str, state: str, world: World, django_assert_num_queries: Any) -> None:
    for metric in Metric:
        make_policy(metric)
    lead = bring_to(state, make_lead(), world)
    if verb == Verb.QUALIFY:
        workflow.touch(lead.pk, by=world.ada, **FACTS["touch"])
    in_force()
    ada = User.objects.get(pk=world.ada.pk)
    with django_assert_num_queries(COSTS[verb, state]):  # with the savepoint that stands for the transaction
        workflow.VERBS[verb](lead.pk, by=ada, **FACTS.get(verb, {}))


WRITTEN = """
SELECT relname, n_tup_ins + n_tup_upd FROM pg_stat_xact_user_tables
WHERE relname IN ('handoff_inboxentry', 'handoff_reportmark', 'leads_candidate')
"""


def test_an_accept_writes_its_row_of_the_inbox_twice_and_few_marks(world: World) -> None:
    """With the lead, and once with all of its clocks: each time more would be paid for by every act."""
    for metric in (Metric.TIME_TO_ACCEPT, Metric.TIME_TO_TOUCH):
        make_policy(metric)
    lead = bring_to("mql", make_lead(), world)
    before = written()

    workflow.accept(lead.pk, by=world.ada)

    rows = {table: count - before[table] for table, count in written().items()}
    assert rows == {"handoff_inboxentry": 2, "handoff_reportmark": 5, "leads_candidate": 0}


def written() -> dict[str, int]:
    """How many rows of what triggers keep this transaction has written."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return dict(cursor.fetchall())
