"""An explanation adds up: to the target until the clock is due, and to what it took until it stopped."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leads.models import State, Transition, User, Verb
from sla.business_time import ZERO
from sla.explanation import Counted, Explanation, StretchPart, Why, explain, length_of
from sla.history import Versions, measurements
from sla.metrics import Metric
from sla.models import Calendar, Clock, Policy
from tests.world import ALWAYS, MONDAY, OFFICE, make_calendar, make_policy

pytestmark = pytest.mark.django_db
METRIC = Metric.TIME_TO_QUALIFY
ADA, BEN = User(pk=1, username="ada"), User(pk=2, username="ben")


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


class Story:
    """The acts of one lead, none of them stored."""

    def __init__(self, policy: Policy, start: datetime = MONDAY) -> None:
        self.acts: list[Transition] = []
        self.state, self.owner = State.MQL, ADA
        self.act(Verb.ACCEPT, start, State.SAL, policies={METRIC: policy.pk})

    def act(self, verb: Verb, when: datetime, to: State | None = None, **facts) -> None:
        act = Transition(pk=len(self.acts) + 1, verb=verb, at=when, recorded_at=when, cycle=1, facts=facts)
        act.from_state, act.to_state, act.owner, act.by = self.state, to or self.state, self.owner, ADA
        self.state = act.to_state
        self.acts.append(act)

    def pause(self, when: datetime, until: datetime | None = None) -> None:
        self.act(Verb.PAUSE, when, cause="outage", note="", until=until and until.isoformat())

    def give(self, to: User, when: datetime, **facts) -> None:
        self.owner = to
        self.act(Verb.ASSIGN, when, **facts)

    def stop(self, when: datetime) -> None:
        self.act(Verb.QUALIFY, when, State.SQL)

    def told(self, now: datetime = MONDAY + timedelta(days=400)) -> Explanation:
        (measurement,) = measurements(self.acts, Versions())
        clock = Clock(metric=METRIC, started_by_id=1, due_at=measurement.course.due_at)
        return explain(clock, self.acts, now)


def sums(stretches: Sequence[Counted]) -> timedelta:
    """By hand: no figure of the explanation but the ends of its stretches."""
    return sum((one.end - one.start for one in stretches), ZERO)


def assert_adds_up(told: Explanation) -> None:
    assert told.measurement
    course = told.measurement.course
    before, floor = timedelta(seconds=course.legs[0].policy.target_seconds), 0
    for leg in told.legs:
        if leg.recounted is not None:
            before, floor = timedelta(seconds=leg.policy.target_seconds) - sums(leg.recounted), 0
        assert leg.to_go == max(before, timedelta(seconds=floor), ZERO)
        if leg.handed_on is not None:
            assert sums(leg.stretches) + leg.handed_on == leg.to_go
            before, floor = leg.handed_on, leg.policy.floor_seconds
        totals = [one.total for one in leg.stretches]
        assert totals == [sums(leg.stretches[: number + 1]) for number in range(len(totals))]
        for one, following in zip(leg.stretches, leg.stretches[1:], strict=False):
            assert one.start < one.end <= following.start
    last = told.legs[-1]
    if course.due_at is not None:
        until_due = [one for one in last.stretches if one.part != StretchPart.LATE]
        assert sums(until_due) == last.to_go
        assert all(one.end <= course.due_at for one in until_due)
        assert all(one.start >= course.due_at for one in last.stretches if one.part == StretchPart.LATE)
    if told.measurement.elapsed is not None:
        assert told.counted == told.measurement.elapsed


def test_a_clock_that_was_stopped_in_time() -> None:
    story = Story(make_policy(METRIC, 9 * 3600, calendar=make_calendar("office", OFFICE)), at(30))
    story.stop(at(24 * 60 + 10))

    told = story.told()

    assert_adds_up(told)
    assert [(one.start, one.end, one.part) for one in told.legs[0].stretches] == [
        (at(30), at(8 * 60), StretchPart.COUNTED),
        (at(24 * 60), at(24 * 60 + 10), StretchPart.COUNTED),
        (at(24 * 60 + 10), at(24 * 60 + 90), StretchPart.AHEAD),
    ]
    assert told.legs[0].until_due == timedelta(hours=9)
    assert told.counted == timedelta(hours=7, minutes=40)
    assert told.legs[0].why == "Started: accept by ada."


def test_one_that_is_overdue_says_so_and_counts_on() -> None:
    told = Story(make_policy(METRIC, 3600)).told(now=at(75))

    assert [(one.start, one.end, one.part) for one in told.legs[0].stretches] == [
        (at(0), at(60), StretchPart.COUNTED),
        (at(60), at(75), StretchPart.LATE),
    ]
    assert told.notes == ["It is overdue: it runs past its due time, and is breached."]


def test_pauses_with_who_and_why_and_what_the_budget_left_of_them() -> None:
    story = Story(make_policy(METRIC, 3600, pause_budget_seconds=15 * 60))
    story.pause(at(10), at(20))
    story.pause(at(30), at(50))
    story.pause(at(55), at(58))

    told = story.told(now=at(40))

    assert_adds_up(told)
    assert [(one.start, one.end, one.held_until, one.is_cut_short) for one in told.pauses] == [
        (at(10), at(20), at(20), False),
        (at(30), at(50), at(35), True),
        (at(55), at(58), at(55), True),
    ]
    assert (told.pauses[0].cause, told.pauses[0].by) == ("outage", ADA)
    assert told.due_at == at(75)


def test_a_pause_without_an_end_leaves_no_due_time() -> None:
    story = Story(make_policy(METRIC, 3600))
    story.pause(at(10))

    told = story.told(now=at(40))

    assert (told.due_at, told.counted) == (None, timedelta(minutes=10))
    assert (told.pauses[0].end, told.pauses[0].held_until, told.pauses[0].is_cut_short) == (None, None, False)
    assert told.notes == ["It is paused and nobody knows until when: it has no due time, and 50 min to go."]


def test_pauses_that_overlap_are_each_told_and_counted_once() -> None:
    story = Story(make_policy(METRIC, 3600))
    story.pause(at(10), at(30))
    story.pause(at(20), at(40))

    told = story.told(now=at(50))

    assert_adds_up(told)
    assert [(one.start, one.end) for one in told.pauses] == [(at(10), at(30)), (at(20), at(40))]
    assert told.due_at == at(90)


def test_a_pause_after_the_breach_is_not_among_them() -> None:
    story = Story(make_policy(METRIC, 3600))
    story.pause(at(70), at(80))

    assert story.told(now=at(100)).pauses == []


def test_a_new_owner_has_his_own_hours_and_the_floor() -> None:
    policy = make_policy(METRIC, 3600, on_reassign="floor", floor_seconds=1800)
    story = Story(policy)
    story.give(BEN, at(50), calendars={METRIC: make_calendar("office", OFFICE).pk})

    told = story.told(now=at(60))

    assert_adds_up(told)
    first, second = told.legs
    assert (first.handed_on, second.to_go) == (timedelta(minutes=10), timedelta(minutes=30))
    assert second.why == (
        "Reassigned to ben by ada; 10 min of it was left. A new owner has at least 30 min."
        " It counts by the hours of ben."
    )


def test_one_that_is_judged_anew_shows_what_the_new_terms_count() -> None:
    story = Story(make_policy(METRIC, 3600))
    longer = make_policy(METRIC, 7200, calendar=make_calendar("late", {"mon": [["09:10", "20:00"]]}))
    story.act(Verb.REEVALUATE, at(30), reevaluated={METRIC: longer.pk}, reason="Score: 90")

    told = story.told(now=at(60))

    assert_adds_up(told)
    second = told.legs[1]
    assert [(one.start, one.end) for one in second.recounted or ()] == [(at(10), at(30))]
    assert (second.to_go, told.due_at) == (timedelta(minutes=100), at(130))
    assert second.why == "Policies re-evaluated by ada: Score: 90. All since the start counts by these terms."


def test_days_that_do_not_count_as_others() -> None:
    office = make_calendar("office", OFFICE)
    office.holidays.create(day=date(2026, 3, 6), name="Founders' day", source="tests")
    office.overrides = {"2026-03-05": [["09:00", "12:00"]], "2026-03-06": [["09:00", "12:00"]], "2026-03-10": []}
    office.save()
    story = Story(make_policy(METRIC, 45 * 3600, calendar=office))

    told = story.told(now=at(10))

    assert [(one.day.day, one.why, one.label) for one in told.days] == [
        (5, Why.OVERRIDE, "09:00–12:00"),
        (6, Why.HOLIDAY, "Founders' day"),
        (7, Why.CLOSED, "closed"),
        (8, Why.CLOSED, "closed"),
        (10, Why.OVERRIDE, "closed"),
    ]
    assert_adds_up(told)


def test_an_error_is_told() -> None:
    calendar = make_calendar("gone", {"mon": [["09:00", "17:00"]]})
    Calendar.objects.filter(pk=calendar.pk).update(weekly={"mon": "?"})

    told = Story(make_policy(METRIC, 3600, calendar=calendar)).told()

    assert told.notes[0].startswith("Its deadline cannot be computed. Gone (version 1): mon: give pairs")
    assert told.legs[0].stretches == []


def test_a_clock_without_a_history_is_told_as_that() -> None:
    told = explain(Clock(metric=METRIC, started_by_id=9), [], MONDAY)
    assert told.notes == ["This clock does not follow from the history of its lead."]


def test_another_due_time_that_is_stored_is_told() -> None:
    story = Story(make_policy(METRIC, 3600))
    told = explain(Clock(metric=METRIC, started_by_id=1, due_at=at(61), tz_version="2020a"), story.acts, at(1))
    assert "What is stored is another due time (2026-03-02 10:01:00 UTC), computed by time zone" in told.notes[0]


MOMENTS = st.integers(0, 15 * 86_400 * 10**6)
ACTS = st.lists(
    st.tuples(st.sampled_from(["pause", "hold", "resume", "give", "reevaluate"]), MOMENTS, MOMENTS), max_size=6
)


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each example asks the database: to shrink takes minutes
)
@given(
    start=MOMENTS,
    target=st.integers(1, 60 * 3600),
    terms=st.sampled_from([{}, {"pause_budget_seconds": 5000}, {"on_reassign": "floor", "floor_seconds": 4000}]),
    acts=ACTS,
    stop=st.none() | MOMENTS,
    now=MOMENTS,
)
def test_whatever_happens_to_it_it_adds_up(calendars, start, target, terms, acts, stop, now) -> None:
    story = told_by(calendars, start, target, terms, [act for act in acts if stop is None or act[1] <= stop])
    if stop is not None and stop > start:
        story.stop(moment(stop))

    told = story.told(max(moment(now), story.acts[-1].at))

    assert told.measurement
    assert not told.measurement.course.error
    if any("last terms" in note for note in told.notes):  # its pauses had another budget before
        assert len(told.legs) > 1
    else:
        assert_adds_up(told)
    if len(told.legs) == 1 and told.due_at is not None:
        assert length_of(told.legs[0].stretches, StretchPart.COUNTED, StretchPart.AHEAD) == timedelta(seconds=target)


def moment(microseconds: int) -> datetime:
    """Around the spring of 2026, when Europe changes its clocks."""
    return datetime(2026, 3, 20, tzinfo=UTC) + timedelta(microseconds=microseconds)


def told_by(calendars, start, target, terms, acts) -> Story:
    """The story of a clock that these things happen to, in order."""
    first, second = (
        make_policy(METRIC, target * times, calendar=calendars[(start + times) % len(calendars)], **terms)
        for times in (1, 2)
    )
    story = Story(first, moment(start))
    for what, when, other in sorted(acts, key=lambda act: act[1]):
        if when >= start:
            until = moment(max(when + 1, other))
            do(story, what, moment(when), until, second, calendars[other % len(calendars)])
    return story


def do(story: Story, what: str, when: datetime, until: datetime, policy: Policy, calendar: Calendar) -> None:
    if what == "pause":
        story.pause(when, until)
    elif what == "hold":
        story.pause(when)
    elif what == "resume":
        story.act(Verb.RESUME, when)
    elif what == "reevaluate":
        story.act(Verb.REEVALUATE, when, reevaluated={METRIC: policy.pk}, reason="")
    else:
        story.give(BEN if story.owner == ADA else ADA, when, calendars={METRIC: calendar.pk})


@pytest.fixture
def calendars(db: None) -> list[Calendar]:
    nights = {"sat": [["22:00", "06:00"]], "wed": [["13:00", "24:00"]], "thu": [["00:00", "02:30"]]}
    made = [
        make_calendar("always", ALWAYS),
        make_calendar("office", OFFICE, "Europe/Berlin"),
        make_calendar("nights", nights, "America/New_York"),
    ]
    made[1].holidays.create(day=date(2026, 3, 25), name="Lady Day", source="tests")
    return made
