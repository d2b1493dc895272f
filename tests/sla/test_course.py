"""The course of a clock: pauses, other policies, other owners; a breach is not moved, an alarm not taken back."""

from datetime import datetime, timedelta

import pytest

from sla.course import OPEN_END, Course
from sla.models import Policy
from tests.world import MONDAY, OFFICE, make_calendar, make_policy

pytestmark = pytest.mark.django_db


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def begun(policy: Policy) -> Course:
    return Course.begin(policy, policy.calendar, at(0))


def policy_of(minutes: int, **fields) -> Policy:
    return make_policy("time_to_qualify", minutes * 60, **fields)


def dues(course: Course) -> list[datetime]:
    return sorted(course.alarms.values())


def test_pauses_are_merged_and_cut_out_to_the_second() -> None:
    course = begun(policy_of(60))
    course.pause((at(10), at(20)), recorded_at=at(10))
    course.pause((at(15), at(30) + timedelta(seconds=7)), recorded_at=at(15))
    course.pause((at(40), at(41)), recorded_at=at(40))
    course.pause((at(40), at(42)), recorded_at=at(40))

    assert course.due_at == at(60 + 20 + 2) + timedelta(seconds=7)
    assert course.elapsed(course.due_at) == timedelta(minutes=60)


def test_a_pause_takes_no_closed_time_out_twice() -> None:
    course = begun(policy_of(9 * 60, calendar=make_calendar("office", OFFICE)))  # Monday 9 h in days of 8 h
    course.pause((at(7 * 60), at(24 * 60 + 60)), recorded_at=at(7 * 60))  # Monday 16:00 to Tuesday 10:00: 2 open hours

    assert course.due_at == at(24 * 60 + 3 * 60)


def test_without_an_end_nothing_is_due_and_resuming_brings_it_back() -> None:
    course = begun(policy_of(60))
    course.pause((at(10), OPEN_END), recorded_at=at(10))
    assert (course.due_at, course.paused, course.alarms) == (None, True, {})

    course.resume(at(100), recorded_at=at(100))

    assert course.due_at == at(150)
    assert dues(course) == [at(135), at(150)]


def test_a_pause_that_is_resumed_early_counts_as_long_as_it_was() -> None:
    course = begun(policy_of(60))
    course.pause((at(10), at(50)), recorded_at=at(10))
    course.resume(at(20), recorded_at=at(20))

    assert course.due_at == at(70)


def test_a_breach_that_has_happened_is_not_moved() -> None:
    course = begun(policy_of(60))
    course.pause((at(30), at(50)), recorded_at=at(61))

    assert course.due_at == at(60)
    assert not course.amended


def test_no_pause_is_longer_than_the_budget() -> None:
    course = begun(policy_of(60, pause_budget_seconds=15 * 60))
    course.pause((at(10), at(20)), recorded_at=at(10))
    course.pause((at(30), OPEN_END), recorded_at=at(30))

    assert course.due_at == at(75)
    assert course.cut() == [(at(10), at(20)), (at(30), at(35))]


def test_a_policy_without_a_budget_is_not_paused() -> None:
    course = begun(policy_of(60, pause_budget_seconds=0))
    course.pause((at(10), OPEN_END), recorded_at=at(10))

    assert course.due_at == at(60)


def test_another_policy_counts_from_the_start() -> None:
    course, longer = begun(policy_of(60)), policy_of(120)
    course.reevaluate(longer, longer.calendar, at(30), recorded_at=at(30), because=7)

    assert course.due_at == at(120)
    assert dues(course) == [at(90), at(120)]
    assert course.elapsed(at(120)) == timedelta(minutes=60 * 2)


def test_a_target_that_is_used_up_is_due_when_the_policy_is_applied() -> None:
    course, shorter = begun(policy_of(60)), policy_of(20)
    course.reevaluate(shorter, shorter.calendar, at(30), recorded_at=at(30), because=7)

    assert course.due_at == at(30)
    assert dues(course) == [at(30)]


def test_a_stricter_policy_warns_at_once_but_not_twice() -> None:
    course, shorter = begun(policy_of(60)), policy_of(40)
    course.reevaluate(shorter, shorter.calendar, at(35), recorded_at=at(35), because=7)
    assert dues(course) == [at(35), at(40)]

    course = begun(policy_of(60))
    course.reevaluate(shorter, shorter.calendar, at(50), recorded_at=at(50), because=7)  # its own warning was at 45
    assert dues(course) == [at(45), at(50)]


def test_the_outgoing_policy_judges_first() -> None:
    course, longer = begun(policy_of(60)), policy_of(120)
    course.reevaluate(longer, longer.calendar, at(61), recorded_at=at(61), because=7)

    assert course.due_at == at(60)


def test_a_new_owner_has_at_least_the_floor() -> None:
    policy = policy_of(60, on_reassign="floor", floor_seconds=30 * 60)
    early, late = begun(policy), begun(policy)
    early.hand_over(policy.calendar, at(20), recorded_at=at(20), because=7)
    late.hand_over(policy.calendar, at(50), recorded_at=at(50), because=7)

    assert early.due_at == at(60)
    assert late.due_at == at(80)
    assert dues(late) == [at(45), at(80)]  # the warning has fired, and does not fire again


def test_what_is_left_is_counted_by_the_hours_of_the_new_owner() -> None:
    policy = policy_of(120)
    afternoons = make_calendar("afternoons", {"mon": [["14:00", "18:00"]]})
    course = begun(policy)
    course.hand_over(afternoons, at(60), recorded_at=at(60), because=7)

    assert course.due_at == at(6 * 60)  # an hour is left, and counts from 14:00
    assert [len(stretches) for _, stretches in course.stretches(course.due_at)] == [1, 1]
    assert course.elapsed(course.due_at) == timedelta(hours=2)


def test_once_somebody_sees_to_it_nothing_fires_but_the_breach() -> None:
    course = begun(policy_of(60, steps=[(50, 0), (75, 0), (100, 0), (100, 600)]))
    course.silence(recorded_at=at(31))

    assert dues(course) == [at(30), at(60)]


def test_what_nobody_knew_the_end_of_ends_when_the_clock_stops() -> None:
    course = begun(policy_of(60))
    course.pause((at(10), OPEN_END), recorded_at=at(10))
    course.stop(at(500))

    assert course.due_at == at(550)
    assert course.elapsed(at(500)) == timedelta(minutes=10)
