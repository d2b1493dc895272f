"""Moments at both ends of time, with any offset, are either kept in UTC or refused in words."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from leads.moments import EARLIEST, LATEST, storable, storable_day
from sla.business_time import FIRST, LAST

OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moment=st.datetimes(timezones=OFFSETS))
@example(moment=datetime.fromisoformat("9999-12-31T23:59:59-05:00"))
@example(moment=datetime.fromisoformat("9999-12-31T23:59:59-23:59"))
@example(moment=datetime.fromisoformat("9999-12-31T23:59:59Z"))
@example(moment=datetime.fromisoformat("0001-01-01T00:00:00+23:59"))
@example(moment=datetime.fromisoformat("2026-01-01T00:00:00-22:55"))
def test_any_moment_is_kept_in_utc_or_refused(moment: datetime) -> None:
    if EARLIEST <= moment <= LATEST:
        assert storable(moment) == moment
        assert storable(moment).tzinfo is UTC
    else:
        with pytest.raises(ValidationError, match="This time is out of range: use one from 1970 to 2199"):
            storable(moment)


@given(day=st.dates())
def test_any_day_is_kept_or_refused(day: date) -> None:
    if 1970 <= day.year < 2199:
        assert storable_day(day) == day
    elif day.year != 2199:
        with pytest.raises(ValidationError, match="out of range"):
            storable_day(day)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="time zone"):
        storable(datetime(2026, 1, 1))  # noqa: DTZ001 the point of the test


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_every_zone_can_show_the_ends(zone: str) -> None:
    for end in (EARLIEST, LATEST):
        assert end.astimezone(ZoneInfo(zone)) == end


def test_business_time_reaches_beyond_the_ends() -> None:
    assert FIRST < EARLIEST
    assert LATEST < LAST
