"""What business time means: the rules of the clock, case by case, and then against an oracle that knows no shortcut."""

import json
import os
from bisect import bisect_left, bisect_right
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.business_time import WEEKDAYS, BusinessHours, NeverOpen

H = 3600
MICROSECOND = timedelta(microseconds=1)
WORKDAYS = WEEKDAYS[:5]


def every(days, *intervals):
    return {day: [list(interval) for interval in intervals] for day in days}


OFFICE = every(WORKDAYS, ("10:00", "18:00"))
LUNCH = every(WORKDAYS, ("09:00", "12:00"), ("13:00", "17:00"))
NIGHTS = every(WORKDAYS, ("22:00", "06:00"))
EVENINGS = every(WORKDAYS, ("16:00", "24:00"))
OVERLAP = every(["wed"], ("12:00", "17:00"), ("09:00", "13:00"))
TOUCHING = every(["wed"], ("09:00", "12:00"), ("12:00", "17:00"))
ALWAYS = every(WEEKDAYS, ("00:00", "24:00"))
DAILY = every(WEEKDAYS, ("09:00", "17:00"))
MONDAYS = every(["mon"], ("09:00", "17:00"))

BERLIN, NEW_YORK, LORD_HOWE, APIA = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"
HOLIDAY = {"holidays": ["2026-03-05"]}
CLOSED_DAY: dict[str, object] = {"overrides": {"2026-03-05": []}}
SHORT_DAY = {"overrides": {"2026-03-05": [["12:00", "13:00"]]}}
LONG_DAY = {"overrides": {"2026-03-05": [["08:00", "20:00"]]}}
SATURDAY = {"overrides": {"2026-03-07": [["09:00", "11:00"]]}}
CHRISTMAS = {"holidays": [date(2026, 12, 25)], "overrides": {date(2026, 12, 24): [["10:00", "13:00"]]}}


def local(text, tz):
    """Read wall clock in the zone; an offset, where one is written, tells the two passes of a repeated hour apart."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(tz))


def sunday(*interval):
    return every(["sun"], interval)


def utc(year, month, day, hour=0, minute=0):
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


# 2026-03-04 is a Wednesday. Times are wall clock in the calendar's zone, Berlin unless the case says otherwise.
ADD = [
    # The plain day
    ("open", OFFICE, {}, "2026-03-04 10:30", 1 * H, "2026-03-04 11:30"),
    ("before opening", OFFICE, {}, "2026-03-04 07:00", 1 * H, "2026-03-04 11:00"),
    ("after closing", OFFICE, {}, "2026-03-04 19:00", 1 * H, "2026-03-05 11:00"),
    ("at opening", OFFICE, {}, "2026-03-04 10:00", 1 * H, "2026-03-04 11:00"),
    ("at closing", OFFICE, {}, "2026-03-04 18:00", 1 * H, "2026-03-05 11:00"),
    ("over the night", OFFICE, {}, "2026-03-04 17:30", 1 * H, "2026-03-05 10:30"),
    ("over the weekend", OFFICE, {}, "2026-03-06 17:30", 1 * H, "2026-03-09 10:30"),
    ("half a second", OFFICE, {}, "2026-03-04 10:00:00.250", 0.5, "2026-03-04 10:00:00.750"),
    # An exact fit ends at closing
    ("exact fit", OFFICE, {}, "2026-03-04 17:00", 1 * H, "2026-03-04 18:00"),
    ("exact week", OFFICE, {}, "2026-03-02 10:00", 40 * H, "2026-03-06 18:00"),
    ("one second more", OFFICE, {}, "2026-03-04 17:00", 1 * H + 1, "2026-03-05 10:00:01"),
    # Zero seconds
    ("zero, open", OFFICE, {}, "2026-03-04 10:30", 0, "2026-03-04 10:30"),
    ("zero, at opening", OFFICE, {}, "2026-03-04 10:00", 0, "2026-03-04 10:00"),
    ("zero, at closing", OFFICE, {}, "2026-03-04 18:00", 0, "2026-03-05 10:00"),
    ("zero, closed", OFFICE, {}, "2026-03-07 15:00", 0, "2026-03-09 10:00"),
    # Into the past
    ("back, open", OFFICE, {}, "2026-03-04 12:30", -1 * H, "2026-03-04 11:30"),
    ("back over the weekend", OFFICE, {}, "2026-03-09 11:00", -2 * H, "2026-03-06 17:00"),
    ("back from a closed day", OFFICE, {}, "2026-03-07 15:00", -1 * H, "2026-03-06 17:00"),
    ("back, exact fit at opening", OFFICE, {}, "2026-03-04 12:00", -2 * H, "2026-03-04 10:00"),
    # Several intervals a day
    ("lunch", LUNCH, {}, "2026-03-04 11:30", 1 * H, "2026-03-04 13:30"),
    ("at lunch", LUNCH, {}, "2026-03-04 12:20", 1 * H, "2026-03-04 14:00"),
    ("exact fit before lunch", LUNCH, {}, "2026-03-04 11:00", 1 * H, "2026-03-04 12:00"),
    ("back over lunch", LUNCH, {}, "2026-03-04 13:30", -1 * H, "2026-03-04 11:30"),
    ("overlap counts once", OVERLAP, {}, "2026-03-04", 8 * H, "2026-03-04 17:00"),
    ("touching is no break", TOUCHING, {}, "2026-03-04 12:00", 0, "2026-03-04 12:00"),
    # Past midnight
    ("24:00", EVENINGS, {}, "2026-03-04 23:00", 2 * H, "2026-03-05 17:00"),
    ("24:00, exact fit", EVENINGS, {}, "2026-03-04 23:00", 1 * H, "2026-03-05 00:00"),
    ("00:00 closes at midnight too", {"wed": [["16:00", "00:00"]]}, {}, "2026-03-04 23:00", 2 * H, "2026-03-11 17:00"),
    ("a whole day round", {"wed": [["09:00", "09:00"]]}, {}, "2026-03-04 09:00", 24 * H, "2026-03-05 09:00"),
    ("always open", ALWAYS, {}, "2026-03-04 10:00", 48 * H, "2026-03-06 10:00"),
    ("overnight", NIGHTS, {}, "2026-03-02 23:00", 8 * H, "2026-03-03 23:00"),
    ("overnight into the closed Saturday", NIGHTS, {}, "2026-03-06 23:00", 7 * H, "2026-03-07 06:00"),
    ("overnight, nothing opens on Saturday", NIGHTS, {}, "2026-03-07 05:00", 2 * H, "2026-03-09 23:00"),
    # Dated days
    ("half day and holiday", OFFICE, CHRISTMAS, "2026-12-24 12:00", 2 * H, "2026-12-28 11:00"),
    ("override opens a Saturday", OFFICE, SATURDAY, "2026-03-06 18:00", 1 * H, "2026-03-07 10:00"),
    ("empty override closes", OFFICE, CLOSED_DAY, "2026-03-04 17:00", 2 * H, "2026-03-06 11:00"),
    ("holiday", OFFICE, HOLIDAY, "2026-03-04 17:00", 2 * H, "2026-03-06 11:00"),
    ("holiday beats override", OFFICE, HOLIDAY | LONG_DAY, "2026-03-04 17:00", 2 * H, "2026-03-06 11:00"),
    ("runs on into the holiday", NIGHTS, HOLIDAY, "2026-03-04 23:00", 7 * H, "2026-03-05 06:00"),
    ("the holiday has no night of its own", NIGHTS, HOLIDAY, "2026-03-05 05:00", 2 * H, "2026-03-06 23:00"),
    ("runs on into an override", NIGHTS, SHORT_DAY, "2026-03-05 05:00", 2 * H, "2026-03-05 13:00"),
    # The clock goes forward (Berlin on 29 March, 02:00 to 03:00) and back (25 October, 03:00 to 02:00)
    ("a 23-hour day", ALWAYS, {}, "2026-03-28 12:00", 24 * H, "2026-03-29 13:00"),
    ("a 25-hour day", ALWAYS, {}, "2026-10-24 12:00", 24 * H, "2026-10-25 11:00"),
    ("the change while closed", OFFICE, {}, "2026-03-27 17:00", 2 * H, "2026-03-30 11:00"),
    ("opening in the gap comes later", sunday("02:30", "10:00"), {}, "2026-03-29", 1 * H, "2026-03-29 04:30"),
    ("closing in the gap comes later", sunday("01:00", "02:30"), {}, "2026-03-29", 1.5 * H, "2026-03-29 03:30"),
    ("emptied by the gap", sunday("02:30", "03:15"), {}, "2026-03-29", 0, "2026-04-05 02:30"),
    ("wholly in the gap comes later", sunday("02:15", "02:45"), {}, "2026-03-29", 0, "2026-03-29 03:15"),
    ("opening in the repeated hour", sunday("02:30", "04:00"), {}, "2026-10-25", 2.5 * H, "2026-10-25 04:00"),
    ("closing in the repeated hour", sunday("01:00", "02:30"), {}, "2026-10-25", 1.5 * H, "2026-10-25 02:30+02:00"),
    ("New York, forward", ALWAYS, {"tz": NEW_YORK}, "2026-03-07 12:00", 24 * H, "2026-03-08 13:00"),
    ("New York, back", ALWAYS, {"tz": NEW_YORK}, "2026-10-31 12:00", 24 * H, "2026-11-01 11:00"),
    ("Lord Howe, half an hour forward", ALWAYS, {"tz": LORD_HOWE}, "2026-10-03 12:00", 24 * H, "2026-10-04 12:30"),
    ("Lord Howe, half an hour back", ALWAYS, {"tz": LORD_HOWE}, "2026-04-04 12:00", 24 * H, "2026-04-05 11:30"),
    # Samoa crossed the date line: Friday 30 December 2011 never was, a gap of 24 hours like any other
    ("Apia, the day that never was counts once", DAILY, {"tz": APIA}, "2011-12-29 16:00", 2 * H, "2011-12-31 10:00"),
    ("Apia, hours in the gap come later", OFFICE, {"tz": APIA}, "2011-12-29 17:00", 2 * H, "2011-12-31 11:00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("weekly", "rest", "start", "seconds", "expected"), [case[1:] for case in ADD], ids=[case[0] for case in ADD]
)
def test_adding_counts_open_time_only(weekly, rest, start, seconds, expected):
    rest = {"tz": BERLIN, **rest}
    due = BusinessHours(weekly, **rest).add(local(start, rest["tz"]), seconds)

    assert due == local(expected, rest["tz"]).astimezone(UTC)
    assert due.tzinfo is UTC


def test_a_weekend_lead_is_due_one_hour_after_monday_opens():
    """Fault 1: weekend arrival that keeps its time of day."""
    saturday = local("2026-03-07 15:00", BERLIN)
    assert BusinessHours(OFFICE, BERLIN).add(saturday, 1 * H) == local("2026-03-09 11:00", BERLIN)


BETWEEN = [
    ("one open day", OFFICE, {}, "2026-03-04 00:00", "2026-03-05 00:00", 8 * H),
    ("a week", OFFICE, {}, "2026-03-02", "2026-03-09", 40 * H),
    ("nothing", OFFICE, {}, "2026-03-04 11:00", "2026-03-04 11:00", 0),
    ("closed", OFFICE, {}, "2026-03-04 18:00", "2026-03-05 10:00", 0),
    ("backwards is negative", OFFICE, {}, "2026-03-05 11:00", "2026-03-04 17:00", -2 * H),
    ("two microseconds", OFFICE, {}, "2026-03-04 11:00:00.000001", "2026-03-04 11:00:00.000003", 0.000002),
    ("half day and holiday", OFFICE, CHRISTMAS, "2026-12-24", "2026-12-28", 3 * H),
    ("a 23-hour Sunday", ALWAYS, {}, "2026-03-29", "2026-03-30", 23 * H),
    ("a 25-hour Sunday", ALWAYS, {}, "2026-10-25", "2026-10-26", 25 * H),
    ("Lord Howe, 24.5 hours", ALWAYS, {"tz": LORD_HOWE}, "2026-04-05", "2026-04-06", 24.5 * H),
    ("a repeated hour counts twice", sunday("02:00", "03:00"), {}, "2026-10-25", "2026-10-26", 2 * H),
    ("an hour that never was", sunday("02:00", "03:00"), {}, "2026-03-29", "2026-03-30", 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("weekly", "rest", "a", "b", "seconds"), [case[1:] for case in BETWEEN], ids=[case[0] for case in BETWEEN]
)
def test_between_counts_elapsed_open_seconds(weekly, rest, a, b, seconds):
    rest = {"tz": BERLIN, **rest}
    assert BusinessHours(weekly, **rest).between(local(a, rest["tz"]), local(b, rest["tz"])) == seconds


def test_nothing_backwards_is_a_plain_zero():
    assert str(BusinessHours(OFFICE, "UTC").between(utc(2026, 3, 8), utc(2026, 3, 7))) == "0.0"


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        pytest.param("2026-03-04 10:00", "2026-03-04 10:00", id="at opening"),
        pytest.param("2026-03-04 12:34:56", "2026-03-04 12:34:56", id="open"),
        pytest.param("2026-03-04 18:00", "2026-03-05 10:00", id="at closing"),
        pytest.param("2026-03-07 15:00", "2026-03-09 10:00", id="weekend"),
    ],
)
def test_next_open(at, opens):
    assert BusinessHours(OFFICE, BERLIN).next_open(local(at, BERLIN)) == local(opens, BERLIN)


def test_a_past_day_is_counted_with_its_own_offset_and_holidays():
    """Fault 13: statistics recomputed with today's calendar or today's UTC offset."""
    hours = BusinessHours(OFFICE, BERLIN, holidays=["2026-07-01"])

    assert hours.next_open(utc(2026, 1, 14)) == utc(2026, 1, 14, 9)
    assert hours.next_open(utc(2026, 7, 14)) == utc(2026, 7, 14, 8)
    assert hours.between(utc(2026, 7, 1), utc(2026, 7, 2)) == 0
    assert BusinessHours(OFFICE, BERLIN).between(utc(2026, 7, 1), utc(2026, 7, 2)) == 8 * H


def test_the_inputs_may_change_afterwards():
    """Fault 13: a calendar version is what it was when it was read."""
    weekly, holidays = every(WEEKDAYS, ("09:00", "17:00")), [date(2026, 3, 5)]
    hours = BusinessHours(weekly, "UTC", holidays)
    weekly["wed"].clear()
    holidays.append(date(2026, 3, 4))

    assert hours.next_open(utc(2026, 3, 4)) == utc(2026, 3, 4, 9)


# Pauses: all on Wednesday 2026-03-04, in the office from 10 to 18, counted from 10:30.


def wednesday(*pauses):
    return [tuple(local(f"2026-03-04 {clock}", BERLIN) for clock in pause) for pause in pauses]


@pytest.mark.parametrize(
    ("pauses", "seconds", "expected"),
    [
        pytest.param([], 1 * H, "2026-03-04 11:30", id="none"),
        pytest.param([("11:00", "12:00")], 1 * H, "2026-03-04 12:30", id="one"),
        pytest.param(
            [("11:00", "12:00"), ("13:00", "13:30")], 2 * H, "2026-03-04 14:00", id="all of them, not the last"
        ),
        pytest.param([("13:00", "13:30"), ("11:00", "12:00")], 2 * H, "2026-03-04 14:00", id="in any order"),
        pytest.param([("11:00", "12:00"), ("11:30", "12:30")], 1 * H, "2026-03-04 13:00", id="overlapping count once"),
        pytest.param([("11:00", "14:00"), ("12:00", "13:00")], 1 * H, "2026-03-04 14:30", id="one inside another"),
        pytest.param(
            [("11:00:05", "11:00:20"), ("11:00:30", "11:00:50")], 1 * H, "2026-03-04 11:30:35", id="two in one minute"
        ),
        pytest.param([("17:00", "23:00")], 7 * H, "2026-03-05 10:30", id="only its open part counts"),
        pytest.param([("00:00", "09:00")], 1 * H, "2026-03-04 11:30", id="while closed"),
        pytest.param([("09:00", "11:00")], 1 * H, "2026-03-04 12:00", id="already paused"),
        pytest.param([("11:30", "12:00")], 1 * H, "2026-03-04 11:30", id="exact fit ends where the pause begins"),
        pytest.param([("11:00", "11:00")], 1 * H, "2026-03-04 11:30", id="an empty pause"),
        pytest.param([("16:00", "17:00")], 1 * H, "2026-03-04 11:30", id="a later one moves nothing"),
        pytest.param([("10:00", "11:00")], 0, "2026-03-04 11:00", id="zero seconds lead out of the pause"),
        pytest.param([("10:00", "20:00")], 0, "2026-03-05 10:00", id="zero seconds lead to the next opening"),
        pytest.param([("10:10", "10:20")], -1200, "2026-03-04 10:00", id="back over a pause"),
        pytest.param([("10:10", "11:00")], -600, "2026-03-04 10:00", id="back from within a pause"),
        pytest.param([("10:10", "10:20")], -600, "2026-03-04 10:20", id="back, exact fit where the pause ends"),
    ],
)
def test_pauses_are_cut_out_of_open_time(pauses, seconds, expected):
    """Fault 7: hold time added as wall-clock; only the last hold counted; two pauses in one minute."""
    hours, start = BusinessHours(OFFICE, BERLIN), local("2026-03-04 10:30", BERLIN)
    due = hours.add(start, seconds, wednesday(*pauses))

    assert due == local(expected, BERLIN)
    assert hours.between(start, due, wednesday(*pauses)) == seconds


def test_zero_seconds_pass_over_a_pause_that_begins_at_opening():
    early, pauses = local("2026-03-04 09:00", BERLIN), wednesday(("10:00", "10:15"))
    assert BusinessHours(OFFICE, BERLIN).add(early, 0, pauses) == local("2026-03-04 10:15", BERLIN)


def test_a_pause_without_an_end_is_never_left():
    hours, forever = BusinessHours(OFFICE, BERLIN), [(utc(2026, 3, 4, 12), datetime.max.replace(tzinfo=UTC))]

    assert hours.add(utc(2026, 3, 4, 11), 1 * H, forever) == utc(2026, 3, 4, 12)
    with pytest.raises(NeverOpen):
        hours.add(utc(2026, 3, 4, 11), 1 * H + 1, forever)


def test_stretches_explain_a_deadline():
    hours, start = BusinessHours(OFFICE, BERLIN, holidays=["2026-03-05"]), local("2026-03-04 16:00", BERLIN)
    due = hours.add(start, 3 * H, wednesday(("16:30", "17:00")))

    assert hours.stretches(start, due, wednesday(("16:30", "17:00"))) == [
        (utc(2026, 3, 4, 15), utc(2026, 3, 4, 15, 30)),
        (utc(2026, 3, 4, 16), utc(2026, 3, 4, 17)),
        (utc(2026, 3, 6, 9), utc(2026, 3, 6, 10, 30)),
    ]


def test_stretches_run_forward_only():
    with pytest.raises(ValueError, match="swap them"):
        BusinessHours(OFFICE, BERLIN).stretches(utc(2026, 3, 5), utc(2026, 3, 4))


# Calendars that do not open


@pytest.mark.parametrize(
    "calendar",
    [
        pytest.param({"weekly": {}}, id="no hours"),
        pytest.param({"weekly": every(WEEKDAYS)}, id="no hours on any day"),
        pytest.param({"weekly": {}, "overrides": {"2026-03-04": []}}, id="only an empty override"),
        pytest.param(
            {"weekly": {}, "overrides": {"2026-03-04": [["09:00", "17:00"]]}, "holidays": ["2026-03-04"]},
            id="only an override on a holiday",
        ),
    ],
)
def test_a_calendar_without_open_time_cannot_be_made(calendar):
    """Fault 2: a calendar with no open day loops for ever, or silently means 24/7."""
    with pytest.raises(NeverOpen):
        BusinessHours(tz="UTC", **calendar)


def mondays(first, last):
    return [first + timedelta(days=n) for n in range(0, (last - first).days, 7)]


def test_a_closure_of_more_than_two_years_is_refused_wherever_it_is_met():
    """Fault 2: and it makes no difference what was asked before, or how far the answer would be."""
    hours = BusinessHours(MONDAYS, "UTC", holidays=mondays(date(2026, 1, 5), date(2029, 1, 1)))
    for _ in range(2):
        with pytest.raises(NeverOpen, match="two years"):
            hours.next_open(utc(2026, 1, 3))
        with pytest.raises(NeverOpen, match="two years"):
            hours.add(utc(2025, 12, 29), 9 * H)
        with pytest.raises(NeverOpen, match="two years"):
            hours.add(utc(2030, 1, 1), -1000 * H)
        assert hours.add(utc(2025, 12, 29), 8 * H) == utc(2025, 12, 29, 17)
        assert hours.next_open(utc(2027, 6, 1)) == utc(2029, 1, 1, 9)
        assert hours.between(utc(2025, 12, 29), utc(2029, 1, 2)) == 16 * H


def test_a_closure_of_less_than_two_years_is_crossed():
    hours = BusinessHours(MONDAYS, "UTC", holidays=mondays(date(2026, 1, 5), date(2027, 12, 20)))
    assert hours.add(utc(2025, 12, 29), 9 * H) == utc(2027, 12, 20, 10)


def test_a_calendar_that_runs_out_is_refused_once_it_has():
    """Fault 2: dated days only, so there is an end to its open time."""
    hours = BusinessHours({}, "UTC", overrides={date(2026, 3, 4): [["09:00", "17:00"]]})

    assert hours.add(utc(2026, 3, 1), 8 * H) == utc(2026, 3, 4, 17)
    assert hours.add(utc(2026, 3, 8), -8 * H) == utc(2026, 3, 4, 9)
    assert hours.between(utc(2026, 3, 1), utc(2027, 3, 1)) == 8 * H
    for start, seconds in [(utc(2026, 3, 1), 8 * H + 1), (utc(2026, 3, 5), 0), (utc(2026, 3, 8), -8 * H - 1)]:
        with pytest.raises(NeverOpen):
            hours.add(start, seconds)


@pytest.mark.parametrize(
    ("start", "seconds"),
    [
        pytest.param(utc(2026, 3, 4), 10**10 - 1, id="beyond the last day"),
        pytest.param(utc(2026, 3, 4), -(5 * 10**9), id="before the first day"),
        pytest.param(utc(2026, 3, 4), -(10**18), id="beyond what a timedelta holds"),
        pytest.param(utc(2026, 3, 4), float("inf"), id="infinity"),
        pytest.param(datetime.max.replace(tzinfo=UTC), 1, id="datetime.max"),
        pytest.param(datetime.min.replace(tzinfo=UTC), -1, id="datetime.min"),
    ],
)
def test_the_ends_of_time_are_refused(start, seconds):
    with pytest.raises(NeverOpen):
        BusinessHours(MONDAYS, BERLIN).add(start, seconds)


# What is refused


@pytest.mark.parametrize(
    ("calendar", "message"),
    [
        pytest.param({"weekly": {"monday": [["09:00", "17:00"]]}}, "'monday': use mon, tue", id="weekday"),
        pytest.param({"weekly": {0: [["09:00", "17:00"]]}}, "Unknown weekday 0", id="weekday number"),
        pytest.param({"weekly": {"mon": [["9:00", "17:00"]]}}, "mon: '9:00' is not a valid time of day", id="9:00"),
        pytest.param({"weekly": {"mon": [["09:00", "25:00"]]}}, "mon: '25:00'", id="25:00"),
        pytest.param({"weekly": {"mon": [["09:00", "17:60"]]}}, "mon: '17:60'", id="17:60"),
        pytest.param({"weekly": {"mon": [["24:00", "06:00"]]}}, "mon: '24:00'", id="opens at 24:00"),
        pytest.param({"weekly": {"mon": [[9, 17]]}}, "mon: 9 is not a valid time of day", id="numbers"),
        pytest.param({"weekly": {"mon": ["09:00", "17:00"]}}, "mon: give pairs such as", id="one pair, not a list"),
        pytest.param({"weekly": {"mon": "09:00-17:00"}}, "mon: give pairs such as", id="text"),
        pytest.param({"weekly": {"mon": None}}, "mon: give pairs such as", id="null"),
        pytest.param({"weekly": OFFICE, "overrides": {"2026-03-04": [["x", "y"]]}}, "2026-03-04: 'x'", id="override"),
        pytest.param({"weekly": OFFICE, "holidays": ["04.03.2026"]}, "04.03.2026", id="date"),
        pytest.param({"weekly": OFFICE, "holidays": [utc(2026, 3, 4)]}, "give the local date", id="instant for a date"),
        pytest.param({"weekly": OFFICE, "tz": "Mars/Olympus"}, "use an IANA name", id="zone"),
        pytest.param({"weekly": OFFICE, "tz": "America"}, "use an IANA name", id="half a zone"),
        pytest.param({"weekly": OFFICE, "tz": ""}, "use an IANA name", id="no zone"),
    ],
)
def test_malformed_hours_say_what_is_wrong(calendar, message):
    with pytest.raises(ValueError, match=message) as refused:
        BusinessHours(**{"tz": "UTC", **calendar})
    assert refused.type is ValueError


def test_a_list_is_not_a_week():
    with pytest.raises(TypeError, match="map days to intervals"):
        BusinessHours([["09:00", "17:00"]], "UTC")  # type: ignore[arg-type]


NAIVE = datetime(2026, 3, 4, 12)  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda hours: hours.add(NAIVE, 1), id="add"),
        pytest.param(lambda hours: hours.add(utc(2026, 3, 4), 1, [(NAIVE, utc(2026, 3, 5))]), id="pause"),
        pytest.param(lambda hours: hours.between(utc(2026, 3, 4), NAIVE), id="between"),
        pytest.param(lambda hours: hours.stretches(NAIVE, utc(2026, 3, 4)), id="stretches"),
        pytest.param(lambda hours: hours.next_open(NAIVE), id="next_open"),
        pytest.param(lambda hours: hours.next_open(date(2026, 3, 4)), id="a date"),
    ],
)
def test_naive_times_are_refused(ask):
    with pytest.raises(ValueError, match="give a datetime with a time zone"):
        ask(BusinessHours(OFFICE, BERLIN))


def test_a_pause_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="A pause ends after it begins"):
        BusinessHours(OFFICE, BERLIN).add(utc(2026, 3, 4), 1, [(utc(2026, 3, 5), utc(2026, 3, 4))])


# The cost is that of looking up, not of walking


@pytest.fixture
def count(monkeypatch):
    """Count the searches, and the days that are turned into stretches."""
    counts = {"searches": 0, "days": 0}

    def counting(name, function):
        def counted(*args):
            counts[name] += 1
            return function(*args)

        return counted

    monkeypatch.setattr("sla.business_time.bisect_left", counting("searches", bisect_left))
    monkeypatch.setattr("sla.business_time.bisect_right", counting("searches", bisect_right))
    monkeypatch.setattr(BusinessHours, "_opened_on", counting("days", BusinessHours._opened_on))
    return counts


def test_three_years_cost_what_an_hour_costs(count):
    """Fault 3: elapsed time stepped second by second."""
    hours = BusinessHours(LUNCH, BERLIN)
    hours.add(utc(2026, 3, 4), 3 * 2000 * H)
    for seconds in (1, 1 * H, 40 * H, 3 * 2000 * H, -1 * H, 0):
        count.update(searches=0, days=0)
        hours.add(utc(2026, 3, 4), seconds)
        assert count == {"searches": 2, "days": 0}


def test_a_far_answer_lays_out_each_year_a_few_times_at_most_and_only_once(count):
    hours = BusinessHours(OFFICE, BERLIN)

    assert hours.add(utc(2026, 3, 4), 50 * 2000 * H).year == 2074
    assert count["days"] < 3 * 100 * 366
    count["days"] = 0
    assert hours.add(utc(2026, 3, 4), 49 * 2000 * H).year == 2073
    assert count["days"] == 0


def test_what_never_comes_is_given_up_after_three_centuries(count):
    """Fault 2: nothing loops for ever."""
    with pytest.raises(NeverOpen):
        BusinessHours(OFFICE, BERLIN).add(utc(2026, 3, 4), 5 * 10**9)
    assert count["days"] < 3 * 300 * 366


def test_making_a_calendar_lays_out_nothing(count):
    BusinessHours(OFFICE, BERLIN)
    assert count["days"] == 0


def test_one_calendar_answers_for_1990_and_for_2090_and_keeps_both(count):
    hours = BusinessHours(OFFICE, BERLIN)
    openings = {
        utc(2030, 3, 4): utc(2030, 3, 4, 9),
        utc(1990, 3, 4): utc(1990, 3, 5, 9),
        utc(2090, 3, 4): utc(2090, 3, 6, 9),
    }
    assert {at: hours.next_open(at) for at in openings} == openings
    count["days"] = 0
    assert {at: hours.next_open(at) for at in openings} == openings
    assert count["days"] == 0


def test_going_back_keeps_what_lies_ahead(count):
    hours = BusinessHours(OFFICE, BERLIN)
    hours.next_open(utc(2030, 3, 4))
    hours.next_open(utc(2020, 3, 4))
    count["days"] = 0
    hours.next_open(utc(2030, 3, 4))
    assert count["days"] == 0


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
def test_the_edges_of_what_is_laid_out_are_not_felt(zone):
    """Fourteen hours ahead and eleven behind, an edge falls on intervals that opened on other dates."""
    hours, days = BusinessHours(every(WEEKDAYS, ("22:00", "21:00")), zone), timedelta(days=3)
    hours.next_open(utc(2026, 3, 4, 7))
    first, last = hours._timeline.start, hours._timeline.end

    assert hours.between(first, first + days) == hours.between(last - days, last) == 69 * H


def test_threads_share_a_calendar():
    hours, starts = BusinessHours(OFFICE, BERLIN), [utc(2010 + 3 * n, 3, 4) for n in range(12)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda start: hours.add(start, 100 * H), starts))

    assert together == [BusinessHours(OFFICE, BERLIN).add(start, 100 * H) for start in starts]


# Any calendar: the algebra, and an oracle that steps from minute to minute


CHANGES = {  # a Monday shortly before each zone changes its clock
    BERLIN: [date(2026, 3, 23), date(2026, 10, 19)],
    NEW_YORK: [date(2026, 3, 2), date(2026, 10, 26)],
    LORD_HOWE: [date(2026, 3, 30), date(2026, 9, 28)],
    APIA: [date(2011, 12, 26), date(2011, 9, 19)],
    "America/Sao_Paulo": [date(2018, 10, 29), date(2019, 2, 11)],
    "Asia/Kathmandu": [date(2026, 3, 23)],
    "UTC": [date(2026, 3, 23)],
}
SPAN = timedelta(days=21)

clocks = st.one_of(st.integers(0, 1439), st.integers(30, 240), st.sampled_from([0, 540, 720, 1020, 1439])).map(
    lambda minute: f"{minute // 60:02}:{minute % 60:02}"
)
intervals = st.lists(st.tuples(clocks, st.one_of(clocks, st.just("24:00"))).map(list), max_size=3)


@st.composite
def calendars(draw):
    """Draw the arguments of a calendar and the first day of three weeks in which its zone changes the clock."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    first = draw(st.sampled_from(CHANGES[zone]))
    days = st.integers(-2, SPAN.days + 1).map(lambda n: first + timedelta(days=n))
    weekly = draw(st.dictionaries(st.sampled_from(WEEKDAYS), intervals))
    weekly[draw(st.sampled_from(WEEKDAYS))] = [["09:00", "17:00"]]
    overrides = draw(st.dictionaries(days, intervals, max_size=3))
    return (weekly, zone, draw(st.lists(days, max_size=2)), overrides), first


def instants(first, unit):
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return st.integers(0, SPAN // unit).map(lambda n: begin + n * unit)


def some_pauses(first, unit):
    return st.lists(st.tuples(instants(first, unit), instants(first, unit)).map(sorted).map(tuple), max_size=4)


def counted_minutes(calendar, first, pauses):
    """Every open minute of the three weeks and a few days around, found by looking at each."""
    weekly, zone, holidays, overrides = calendar
    open_minutes = set()
    for n in range(-4, SPAN.days + 5):
        day = first + timedelta(days=n)
        hours = [] if day in holidays else overrides.get(day, weekly.get(WEEKDAYS[day.weekday()], []))
        for opens, closes in hours:
            closing_day = day + timedelta(days=closes <= opens or closes == "24:00")
            minute = local(f"{day} {opens}", zone).astimezone(UTC)
            closing = local(f"{closing_day} {closes.replace('24:00', '00:00')}", zone).astimezone(UTC)
            while minute < closing:
                open_minutes.add(minute)
                minute += timedelta(minutes=1)
    return {m for m in open_minutes if not any(paused <= m < resumed for paused, resumed in pauses)}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_it_agrees_with_stepping_from_minute_to_minute(data):
    calendar, first = data.draw(calendars())
    minutes = timedelta(minutes=1)
    pauses = data.draw(some_pauses(first, minutes))
    a, b = sorted([data.draw(instants(first, minutes)), data.draw(instants(first, minutes))])
    hours, counted = BusinessHours(*calendar), counted_minutes(calendar, first, pauses)
    inside = [minute for minute in sorted(counted) if a <= minute < b]

    assert hours.between(a, b, pauses) == 60 * len(inside)
    assert [opens for opens, _ in hours.stretches(a, b, pauses)] == [
        m for m in inside if m == a or m - minutes not in counted
    ]
    for n, minute in enumerate(inside[:: max(1, len(inside) // 5)]):
        done = n * max(1, len(inside) // 5)
        assert hours.add(a, 60 * done + 60, pauses) == minute + minutes
        assert hours.add(a, 60 * done + 30, pauses) == minute + minutes / 2
        assert hours.add(b, -60 * (len(inside) - done), pauses) == minute
    if inside:
        assert hours.add(a, 0, pauses) == inside[0]


def microseconds(seconds):
    return round(seconds * 1_000_000)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_between_adds_up_and_turns_round(data):
    calendar, first = data.draw(calendars())
    pauses = data.draw(some_pauses(first, MICROSECOND))
    a, b, c = (data.draw(instants(first, MICROSECOND)) for _ in "abc")
    hours = BusinessHours(*calendar)
    ab, bc, ac = hours.between(a, b, pauses), hours.between(b, c, pauses), hours.between(a, c, pauses)

    assert microseconds(ab) + microseconds(bc) == microseconds(ac)
    assert hours.between(b, a, pauses) == -ab
    whole = [moment.replace(microsecond=0) for moment in (a, b, c)]
    assert hours.between(*whole[:2]) + hours.between(*whole[1:]) == hours.between(whole[0], whole[2])


@settings(max_examples=60, deadline=None)
@given(st.data(), st.one_of(st.integers(-(10**6), 10**6), st.integers(-(10**8), 10**8)))
def test_between_gives_back_what_was_added(data, seconds):
    calendar, first = data.draw(calendars())
    pauses = data.draw(some_pauses(first, MICROSECOND))
    start = data.draw(instants(first, MICROSECOND))
    hours = BusinessHours(*calendar)
    try:
        due = hours.add(start, seconds, pauses)
    except NeverOpen:  # an hour a week lasts longer than the years there are
        assert abs(seconds) > 10**7
        return

    assert hours.between(start, due, pauses) == seconds
    if seconds > 0:
        assert hours.between(start, due - MICROSECOND, pauses) < seconds, "not the earliest"
    else:
        assert hours.between(due, due + MICROSECOND, pauses) == 0.000001, "not open"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_stretches_add_up_to_between(data):
    calendar, first = data.draw(calendars())
    pauses = data.draw(some_pauses(first, MICROSECOND))
    a, b = sorted([data.draw(instants(first, MICROSECOND)), data.draw(instants(first, MICROSECOND))])
    hours = BusinessHours(*calendar)
    stretches = hours.stretches(a, b, pauses)

    assert sum((closes - opens for opens, closes in stretches), timedelta()).total_seconds() == hours.between(
        a, b, pauses
    )
    assert all(opens < closes for opens, closes in stretches)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(stretches))
    assert all(a <= opens and closes <= b for opens, closes in stretches)


# Cases of other projects: facts that are not ours to ship, so they are tried where they are at hand

SHARED = Path(os.environ.get("HANDOFF_SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
CASES = SHARED / "business_time_cases.json"


def shared_cases():
    if not CASES.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason="needs ../shared/data"))]
    return [pytest.param(case, id=case["id"]) for case in json.loads(CASES.read_text())]


@pytest.mark.parametrize("case", shared_cases())
def test_it_agrees_with_the_cases_of_other_projects(case):
    """Where they disagree, we side with the oracle that converts both ends of an interval and counts what elapses."""
    hours = BusinessHours(case["schedule"], case["tz"], case["holidays"], case.get("date_overrides", {}))
    pauses = [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in case.get("pauses", ())]
    expected = case["expected"] if case["status"] == "verified" else case["oracle_endpoint_model"]
    start = datetime.fromisoformat(case["start"])
    match case["op"]:
        case "add":
            assert hours.add(start, case["arg"], pauses) == datetime.fromisoformat(expected)
        case "between":
            assert hours.between(start, datetime.fromisoformat(case["arg"]), pauses) == expected
        case "next_open":
            assert hours.next_open(start) == datetime.fromisoformat(expected)
