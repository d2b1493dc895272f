"""The API answers as docs/openapi.yaml says, whatever is sent: bounded, and the same cases in every run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from config.wsgi import application
from handoff.models import ApiToken
from leads.models import Lead
from tests.world import World, bring_to, make_lead, make_policy

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
EXAMPLES = 12
WRITTEN = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"
SCHEMA = schemathesis.openapi.from_dict(yaml.safe_load(WRITTEN.read_text()))
SCHEMA.app = application
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations()]


@pytest.fixture
def populated(world: World) -> Iterator[World]:
    """Leads in several states, with clocks, so that some requests find something."""
    make_policy("time_to_accept")
    make_policy("time_to_touch")
    for state in ("raw", "mql", "sal", "rejected"):
        bring_to(state, make_lead(state.title(), team=world.berlin), world)
    for signal in (request_started, request_finished):  # as Django's own client: the test is in one transaction
        signal.disconnect(close_old_connections)
    yield world
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def cases(operation: Any) -> st.SearchStrategy[schemathesis.Case]:
    """Requests as the schema has them, and such as it has not."""
    return st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]).flatmap(
        lambda mode: operation.as_strategy(generation_mode=mode)
    )


@pytest.mark.parametrize("role", ["ada", "mia", "olga"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
@bounded(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_answer_is_as_the_schema_says(operation: Any, role: str, populated: World, data: st.DataObject) -> None:
    case = data.draw(cases(operation))
    if case.path_parameters and data.draw(st.booleans()):  # one that is there: an invented number is hardly ever
        leads = list(Lead.objects.order_by("pk").values_list("pk", flat=True))
        case.path_parameters = {name: data.draw(st.sampled_from(leads)) for name in case.path_parameters}
    token = ApiToken.issue(getattr(populated, role))
    response = case.call(headers={"Authorization": f"Bearer {token}"})
    case.validate_response(response, checks=CHECKS)
    if response.status_code >= 400:
        assert {"type", "title", "status", "detail", "instance", "code"} <= set(response.json())
