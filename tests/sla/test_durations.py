"""Lengths of time are typed and read the same way at every door."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.durations import LONGEST, InvalidDuration, in_business_days, in_words, parse

MINUTE, HOUR, DAY = 60, 3600, 86_400
TYPED = {
    "4 h 30 min": 4 * HOUR + 30 * MINUTE,
    "4h30m": 4 * HOUR + 30 * MINUTE,
    "4H30M": 4 * HOUR + 30 * MINUTE,
    "1h30": HOUR + 30 * MINUTE,
    "1 h 5": HOUR + 5 * MINUTE,
    "1d": DAY,
    "1 day": DAY,
    "2 days 3 hours": 2 * DAY + 3 * HOUR,
    "2 hours": 2 * HOUR,
    "1.5 h": HOUR + 30 * MINUTE,
    "1 hour and 30 minutes": HOUR + 30 * MINUTE,
    "1 hour, 30 mins, 5 secs": HOUR + 30 * MINUTE + 5,
    "90": 90 * MINUTE,
    "90m": 90 * MINUTE,
    "45 min": 45 * MINUTE,
    "45s": 45,
    " 45\u00a0min ": 45 * MINUTE,
    "0": 0,
    "0 s": 0,
    "3650 days": LONGEST,
}
REFUSED = (
    "", " ", "soon", "h", "4 x", "-4 h", "+4h", "4 h 4 h", "30 min 4 h", "4 h 30 min 5", "1:30", "1e3 h", "1.h", ".5 h",
    "4 month", "1 millisecond", "1h99", "inf", "nan", "٤ h", "4\x00h", "½ h", "4 h; DROP TABLE",
)  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), TYPED.items())
def test_what_people_type_is_understood(text: str, seconds: int) -> None:
    assert parse(text) == seconds


@pytest.mark.parametrize("text", REFUSED)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidDuration, match="is not a valid length of time: write one like 4 h, 45 min"):
        parse(text)


@pytest.mark.parametrize("text", ["9" * 5000 + " h", "9" * 5000, "1h" * 5000, " ".join(["1 h"] * 5000)])
def test_a_text_of_any_length_is_refused_in_a_short_sentence(text: str) -> None:
    with pytest.raises(InvalidDuration) as refusal:
        parse(text)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("text", ["3651 days", "9" * 70 + " h", "3650 days 1 s"])
def test_what_is_too_long_is_refused(text: str) -> None:
    with pytest.raises(InvalidDuration, match="is too long: give at most 3,650 days"):
        parse(text)


def test_what_is_too_short_is_refused_where_nothing_is_no_length() -> None:
    with pytest.raises(InvalidDuration, match="“0 min” is too short: give at least 1 s"):
        parse("0 min", least=1)


@given(st.text() | st.text("0123456789.dhms ,and", max_size=30))
def test_no_text_is_an_error_of_ours(text: str) -> None:
    try:
        seconds = parse(text)
    except InvalidDuration:
        return
    assert 0 <= seconds <= LONGEST


@given(st.integers(0, LONGEST))
def test_what_is_written_exactly_is_read_back(seconds: int) -> None:
    assert parse(in_words(seconds, exact=True)) == seconds


@given(st.integers(0, LONGEST), st.booleans())
def test_what_is_written_is_never_rounded_up_nor_by_much(seconds: int, business: bool) -> None:
    read = parse(in_words(seconds, business=business))
    assert read <= seconds < read + (MINUTE if seconds < 4 * HOUR else HOUR if business or seconds < 4 * DAY else DAY)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (61 * MINUTE, "1 h 1 min"),
        (89 * MINUTE, "1 h 29 min"),
        (90 * MINUTE, "1 h 30 min"),
        (149 * MINUTE, "2 h 29 min"),
        (4 * HOUR - 1, "3 h 59 min"),
        (4 * HOUR + 59 * MINUTE, "4 h"),
        (2 * DAY - 1, "47 h"),
        (2 * DAY, "2 days"),
        (50 * HOUR, "2 days 2 h"),
        (4 * DAY + 23 * HOUR, "4 days"),
        (-180, "3 min"),
        (timedelta(minutes=-90), "1 h 30 min"),
    ],
)
def test_a_length_reads_as_exactly_as_one_needs(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_business_time_is_never_in_days() -> None:
    assert in_words(50 * HOUR, business=True) == "50 h"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(), "0 s"),
        (timedelta(microseconds=250_000), "0.25 s"),
        (timedelta(days=2, minutes=5, seconds=1), "48 h 5 min 1 s"),
        (timedelta(hours=1, microseconds=1), "1 h 0.000001 s"),
    ],
)
def test_an_exact_length_says_all_of_it(length: timedelta, words: str) -> None:
    assert in_words(length, exact=True) == words


DAY_OF_OFFICE = 8 * HOUR


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2 business days", 2 * DAY_OF_OFFICE),
        ("1 business day", DAY_OF_OFFICE),
        ("1.5 working days", 12 * HOUR),
        ("2 Arbeitstage", 2 * DAY_OF_OFFICE),
        ("3 business days (24 h)", 24 * HOUR),
        ("2 days", 2 * DAY),
        ("2 Stunden", 2 * HOUR),
        ("1,5 Std.", HOUR + 30 * MINUTE),
        ("1 Tag und 3 Stunden", DAY + 3 * HOUR),
        ("90 Minuten", 90 * MINUTE),
        ("2 weeks", 14 * DAY),
    ],
)
def test_business_days_and_german_are_understood(text: str, seconds: int) -> None:
    assert parse(text, business_day=DAY_OF_OFFICE) == seconds


def test_business_days_need_a_calendar() -> None:
    with pytest.raises(InvalidDuration, match="Only a calendar says how long a business day is"):
        parse("2 business days")


def test_business_days_of_another_calendar_are_refused_and_not_guessed() -> None:
    with pytest.raises(
        InvalidDuration, match="By this calendar “3 business days” are 27 h: write either of them alone"
    ):
        parse("3 business days (24 h)", business_day=9 * HOUR)


@given(st.integers(0, LONGEST), st.integers(1, DAY))
def test_business_days_are_read_back(seconds: int, business_day: int) -> None:
    assert parse(in_business_days(seconds, business_day), business_day=business_day) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (4 * HOUR, "4 h"), (8 * HOUR, "1 business day (8 h)"), (24 * HOUR, "3 business days (24 h)")],
)
def test_whole_business_days_are_shown_as_such(seconds: int, words: str) -> None:
    assert in_business_days(seconds, DAY_OF_OFFICE) == words
    assert in_business_days(seconds, None) == in_words(seconds, exact=True)
