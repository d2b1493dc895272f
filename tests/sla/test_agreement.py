"""The policies in force are kept in memory, and what is kept is never older than what the database holds."""

from collections.abc import Callable
from typing import Any

import pytest

from leads.models import Lead, Team
from sla.agreement import in_force
from sla.models import Calendar, Policy, Step
from sla.versions import StepTerms, publish_policy, retire, revise_calendar, revise_policy
from tests.world import OFFICE, make_lead, make_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy() -> Policy:
    calendar = Calendar.objects.create(key="de", name="DE", zone="Europe/Berlin", weekly=OFFICE, holiday_country="DE")
    plain = Policy(key="accept", name="Accept", metric="time_to_accept", target_seconds=60, calendar=calendar)
    return publish_policy(plain, [StepTerms(75)])


def test_it_costs_one_statement_while_nothing_changes(policy: Policy, django_assert_num_queries: Any) -> None:
    first = in_force()
    with django_assert_num_queries(1):
        again = in_force()
        assert [step.percent for step in again[policy.pk].steps.all()] == [75, 100]
        assert again[policy.pk].calendar == policy.calendar
    assert again is first


CHANGES: dict[str, Callable[[Policy], object]] = {
    "a policy is revised": lambda policy: revise_policy(policy, {"target_seconds": 120}),
    "a policy is retired": retire,
    "a policy is written": lambda policy: make_policy("time_to_touch", calendar=policy.calendar),
    "its calendar is revised": lambda policy: revise_calendar(policy.calendar, {"name": "Germany"}),
    "its calendar gets more holidays": lambda policy: policy.calendar.materialise_holidays(),
    "a step is written": lambda policy: Step.objects.create(policy=policy, percent=50),
    "a step is changed": lambda policy: policy.steps.filter(percent=75).update(pierces=True),
    "a step is taken away": lambda policy: policy.steps.filter(percent=75).delete(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_is_seen_at_once(policy: Policy, change: Callable[[Policy], object]) -> None:
    def shown() -> list[Any]:
        policies = in_force().values()
        ladders = [[(step.percent, step.pierces) for step in policy.steps.all()] for policy in policies]
        return [*policies, ladders, [(row.target_seconds, row.calendar.holidays_through) for row in policies]]

    before = shown()
    change(policy)
    after = shown()
    assert after != before
    assert list(in_force().values()) == list(Policy.objects.filter(retired_at=None))


def test_they_come_in_the_order_in_which_they_are_asked(policy: Policy) -> None:
    later = make_policy("time_to_accept", position=200)
    first = make_policy("time_to_accept", position=1)
    assert list(in_force()) == [first.pk, policy.pk, later.pk]


def test_the_lead_that_they_are_asked_about_gets_its_team_as_it_is_now(
    policy: Policy, django_assert_num_queries: Any
) -> None:
    berlin, bonn = (Team.objects.create(name=name) for name in ("Berlin", "Bonn"))
    make_lead(team=berlin)
    for _ in range(2):
        lead = Lead.objects.get()
        in_force(lead)
    with django_assert_num_queries(1):
        assert list(in_force(lead)) == [policy.pk]
        assert lead.team == berlin
    Team.objects.filter(pk=berlin.pk).update(name="Hamburg")
    lead = Lead.objects.get()
    in_force(lead)
    assert (lead.team and lead.team.name) == "Hamburg"
    for team in (bonn, None):
        Lead.objects.update(team=team)
        lead = Lead.objects.get()
        assert list(in_force(lead)) == [policy.pk]
        with django_assert_num_queries(0):
            assert lead.team == team
