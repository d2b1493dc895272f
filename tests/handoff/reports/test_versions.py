"""Before and after, by hand: handoffs under two versions of a definition, a policy and a scoring model."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from handoff import workflow
from handoff.reports.versions import REPORT
from leads.models import DealState, Definition, Opportunity, ScoringModel
from sla.metrics import Metric
from sla.models import Policy
from sla.versions import revise_policy
from tests.world import CONVERSION, MONDAY, World, make_lead, make_policy

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
# Hours after the offer until: accepted, touched, an opportunity; and whether it was won.
BEFORE = ((1, 2, 3, True), (1, 5, None, False), (1, None, None, False), (None, None, None, False))
AFTER = ((1, 2, 4, True),)


def offered(world: World, hours: tuple[float | None, ...], number: int) -> None:
    start = timezone.now()
    accepted, touched, converted, won = hours
    lead = make_lead(f"Lead {number}", score=90)
    workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    if accepted is None:
        workflow.reject(lead.pk, by=world.ada, reason="wrong_territory")
    for hour, verb, facts in (
        (accepted, workflow.accept, {}),
        (touched, workflow.touch, {"channel": "call", "outcome": "reached"}),
        (converted, workflow.qualify, {}),
        (converted, workflow.convert, CONVERSION),
    ):
        if hour is not None:
            with time_machine.travel(start + hour * HOUR, tick=False):
                verb(lead.pk, by=world.ada, **facts)
    if won:
        Opportunity.objects.filter(lead=lead).update(state=DealState.WON, closed_at=timezone.now())


@pytest.fixture
def _two_versions(world: World) -> None:
    """A week later another definition, policy and model are in force."""
    policy = make_policy(Metric.TIME_TO_TOUCH, target_seconds=3 * 3600, key="touch", name="First touch")
    grades = {"grade_a": 3, "grade_b": 2, "grade_c": 1, "review_on": "2031-01-01"}
    with time_machine.travel(MONDAY, tick=False):
        Definition.objects.filter(active_from__isnull=False).update(active_from=MONDAY - HOUR)
        for number, hours in enumerate(BEFORE):
            offered(world, hours, number)
    with time_machine.travel(MONDAY + timedelta(days=7), tick=False):
        Definition.objects.create(
            stage="mql", version=9, text="Better.", criteria=[], active_from=timezone.now() - HOUR
        )
        ScoringModel.objects.create(version=1, text="One.", active_from=timezone.now() - HOUR, **grades)
        revise_policy(Policy.objects.get(pk=policy.pk), {"target_seconds": 7200})
        offered(world, AFTER[0], 10)


def rows(by: str) -> dict[str, Any]:
    form = REPORT.form({"by": by})
    assert form.is_valid(), form.errors
    return {row.key: row for row in REPORT.rows(form.cleaned_data, timezone.now())}


@pytest.mark.usefixtures("_two_versions")
@pytest.mark.parametrize(
    ("by", "before", "after", "label"),
    [
        ("definition", "mql/0001", "mql/0009", "MQL, version 9"),
        ("policy", "touch/0001", "touch/0002", "First touch, version 2"),
        ("model", "", "0001", "Version 1"),
    ],
)
def test_version_stands_beside_version(by: str, before: str, after: str, label: str) -> None:
    """Before, of three accepted one was touched an hour late and one never; on the fourth no clock ran."""
    shown = rows(by)
    assert list(shown)[-2:] == [before, after]
    assert shown[after].label == label
    first, second = shown[before], shown[after]
    decided = 3 if by == "policy" else 4
    assert (first.handoffs, first.decided, first.accepted) == (decided, decided, 3)
    assert (first.cold, first.not_contacted, first.converted, first.won) == (2, 1, 1, 1)
    assert (first.cold_rate, first.accept_rate, first.win_rate) == (2 / 3, 3 / decided, 1 / decided)
    assert (first.cold_rate_least, first.cold_rate_most) == (
        pytest.approx(0.2077, abs=1e-4),
        pytest.approx(0.9385, abs=1e-4),
    )
    assert (first.median_convert, second.median_convert) == (3 * 3600, 4 * 3600)
    assert (first.convert_least, first.convert_most) == (None, None)
    assert (second.handoffs, second.accepted, second.cold, second.converted, second.won) == (1, 1, 0, 1, 1)


def test_the_median_lies_between_two_of_six_and_more(world: World) -> None:
    """Of eight, the second and the seventh: 4 less and more 0.98 times the root of 8, rounded up."""
    with time_machine.travel(MONDAY, tick=False):
        for number in range(8):
            offered(world, (1, 1, 2 + number, False), number)
    shown = rows("all")["all"]
    assert (shown.converted, shown.median_convert) == (8, 5.5 * 3600)
    assert (shown.convert_least, shown.convert_most) == (3 * 3600, 8 * 3600)
