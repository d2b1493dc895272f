"""A version of a policy keeps whom its steps notify, whichever edit wrote it."""

import pytest

from handoff.agreement.ladders import LadderStep, publish_policy, revise_calendar, revise_policy
from handoff.models import Destination, StepRecipient
from sla.models import Calendar, Policy
from tests.world import make_calendar

pytestmark = pytest.mark.django_db


def destination(name: str) -> Destination:
    return Destination.objects.create(name=name, audience=name.lower(), medium="email")


@pytest.fixture
def policy() -> Policy:
    plain = Policy(key="accept", name="Accept", metric="time_to_accept", target_seconds=60, calendar=make_calendar())
    owner, manager = destination("Owner"), destination("Manager")
    return publish_policy(
        plain, [LadderStep(75, recipients=(owner,)), LadderStep(100, 3600, recipients=(owner, manager, owner))]
    )


def recipients(policy: Policy) -> list[tuple[int, int, list[str]]]:
    return [
        (step.percent, step.after_seconds, sorted(map(str, step.destinations.all()))) for step in policy.steps.all()
    ]


LADDER = [(75, 0, ["Owner"]), (100, 0, []), (100, 3600, ["Manager", "Owner"])]


def test_a_new_policy_notifies_whom_its_ladder_names(policy: Policy) -> None:
    assert recipients(policy) == LADDER


def test_an_edit_without_a_ladder_keeps_the_recipients(policy: Policy) -> None:
    assert recipients(revise_policy(policy, {"target_seconds": 120})) == LADDER


def test_an_edit_with_a_ladder_names_them_anew(policy: Policy) -> None:
    revised = revise_policy(policy, {}, [LadderStep(recipients=(Destination.objects.get(name="Manager"),))])
    assert recipients(revised) == [(100, 0, ["Manager"])]
    assert recipients(policy) == LADDER


def test_an_edit_of_the_calendar_keeps_them(policy: Policy) -> None:
    revise_policy(policy, {"target_seconds": 120})
    revise_calendar(Calendar.objects.get(), {"zone": "Europe/Berlin"})
    assert recipients(Policy.objects.get(key="accept", version=3)) == LADDER


def test_a_step_names_a_destination_once(policy: Policy) -> None:
    assert StepRecipient.objects.count() == 3
