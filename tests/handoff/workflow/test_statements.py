"""What a verb costs PostgreSQL: the number of its statements, whatever the lead has behind it."""

from typing import Any

import pytest

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
