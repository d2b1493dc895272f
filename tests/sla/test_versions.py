"""Editing a policy or a calendar writes the next version; running clocks keep theirs."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from leads.models import State
from sla.models import Calendar, Clock, Policy
from sla.versions import (
    Outdated,
    StepTerms,
    extend_holidays,
    ladder,
    publish_calendar,
    publish_policy,
    retire,
    revise_calendar,
    revise_policy,
)
from tests.world import OFFICE, World, bring_to, make_calendar, make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy() -> Policy:
    plain = Policy(key="accept", name="Accept", metric="time_to_accept", target_seconds=60, calendar=make_calendar())
    return publish_policy(plain, [StepTerms(75, pierces=True)])


def german() -> Calendar:
    return Calendar(key="de", name="DE", zone="Europe/Berlin", weekly=OFFICE, holiday_country="DE")


def test_the_breach_is_always_a_step(policy: Policy) -> None:
    assert [(rung.percent, rung.after_seconds) for rung in ladder(policy)] == [(75, 0), (100, 0)]


def test_an_edit_writes_the_next_version_with_the_same_ladder(policy: Policy) -> None:
    revised = revise_policy(policy, {"target_seconds": 120})

    policy.refresh_from_db()
    assert (revised.version, revised.target_seconds, revised.retired_at) == (2, 120, None)
    assert (policy.target_seconds, policy.retired_at is None) == (60, False)
    assert ladder(revised) == ladder(policy)


def test_a_running_clock_keeps_its_version(policy: Policy, world: World) -> None:
    bring_to(State.MQL, make_lead(), world)
    revise_policy(policy, {"target_seconds": 120})
    bring_to(State.MQL, make_lead("Later Lead"), world)

    assert list(Clock.objects.order_by("id").values_list("policy__version", "target_seconds")) == [(1, 60), (2, 120)]


def test_editing_an_old_version_is_refused(policy: Policy) -> None:
    revise_policy(policy, {"target_seconds": 120})

    with pytest.raises(Outdated, match="open the newest version"):
        revise_policy(policy, {"target_seconds": 180})
    assert Policy.objects.count() == 2


def test_a_calendar_takes_its_policies_along(policy: Policy) -> None:
    revised = revise_calendar(policy.calendar, {"weekly": OFFICE})

    current = Policy.objects.get(key="accept", retired_at=None)
    assert (current.version, current.calendar, current.target_seconds) == (2, revised, 60)


def test_a_calendar_that_policies_count_by_is_not_retired(policy: Policy) -> None:
    with pytest.raises(Outdated, match="another calendar first"):
        retire(policy.calendar)
    retire(policy)
    retire(policy.calendar)

    assert not Calendar.objects.filter(retired_at=None).exists()


def test_holidays_are_written_down_with_their_source() -> None:
    calendar = publish_calendar(
        Calendar(key="de", name="DE", zone="Europe/Berlin", weekly=OFFICE, holiday_country="DE")
    )

    new_year = calendar.holidays.get(day=date(2026, 1, 1))
    assert new_year.source.startswith("holidays 0.")
    assert calendar.hours.next_open(datetime(2026, 1, 1, tzinfo=UTC)).date() == date(2026, 1, 2)


def test_later_years_are_added_and_written_days_stay() -> None:
    calendar = publish_calendar(
        Calendar(key="de", name="DE", zone="Europe/Berlin", weekly=OFFICE, holiday_country="DE")
    )
    calendar.holidays.filter(day=date(2026, 1, 1)).update(name="As it was")
    through = calendar.holidays_through

    calendar.materialise_holidays(last_year=through + 1)

    assert calendar.holidays.filter(day__year=through + 1).exists()
    assert calendar.holidays.get(day=date(2026, 1, 1)).name == "As it was"


def test_the_years_to_come_are_written_as_time_goes_by() -> None:
    calendar = publish_calendar(german())
    with time_machine.travel(timezone.now() + timedelta(days=400), tick=False):
        extend_holidays()

    calendar.refresh_from_db()
    assert calendar.holidays.filter(day__year=timezone.now().year + 4).exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"weekly": {}}, "cannot be blank"),
        ({"weekly": {"mon": []}}, "no opening hours"),
        ({"weekly": {"mon": [["9", "x"]]}}, "not a valid time of day"),
        ({"zone": "Mars/Olympus"}, "not a valid IANA time zone"),
        ({"holiday_country": "XX"}, "XX"),
        ({"overrides": {"christmas": []}}, "christmas"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(fields: dict, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        publish_calendar(Calendar(**{"key": "bad", "name": "Bad", "zone": "UTC", "weekly": OFFICE} | fields))
    assert not Calendar.objects.exists()


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({}, "list of conditions"),
        ([{"field": "mood", "op": "is", "value": 1}], "Unknown field"),
        ([{"field": "score", "op": "smells_like", "value": 1}], "Unknown op"),
        ([{"field": "score", "op": "at_least", "value": "high"}], "is not a valid value for “at_least”"),
        ([{"field": "source", "op": "at_least", "value": 5}], "use it with score"),
        ([{"field": "source"}], "exactly"),
    ],
)
def test_a_segment_that_makes_no_sense_is_refused(policy: Policy, conditions: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        revise_policy(policy, {"conditions": conditions})
    assert Policy.objects.get().retired_at is None
