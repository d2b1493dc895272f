"""An agreement by which both sides sign each change of an SLA value."""

import pytest
from django.utils import timezone

from handoff.models import Destination
from leads.models import HandoffRules
from sla.metrics import Metric
from sla.models import Policy
from tests.world import make_calendar, make_policy


@pytest.fixture
def accept(db: None) -> Policy:
    owner = Destination.objects.create(name="Owner by email", audience="owner", medium="email")
    return make_policy(Metric.TIME_TO_ACCEPT, 4 * 3600, key="accept", name="Accept a lead", tells=[owner])


@pytest.fixture
def signed_values(accept: Policy) -> None:
    """The rule is in force, and a policy and two calendars were written before it."""
    for key in ("spare", "old"):
        make_calendar(key)
    HandoffRules.objects.create(version=2, sla_changes_need_signatures=True, active_from=timezone.now())
