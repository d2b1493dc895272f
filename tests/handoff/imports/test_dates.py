"""Day or month first is decided once for a file; what can be read in several ways is asked, never guessed."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from handoff.imports.dates import Order, decide_order, doubt_of, read_day, read_moment
from handoff.imports.table import Unreadable

FORMATS = {Order.DMY: "{0.day}{1}{0.month}{1}{0.year}", Order.MDY: "{0.month}{1}{0.day}{1}{0.year}"}
days = st.dates(min_value=date(1990, 1, 1), max_value=date(2060, 12, 31))
marks = st.sampled_from("-./")


def written(order: Order, day: date, mark: str) -> str:
    return FORMATS[order].format(day, mark)


def decide(*texts: str) -> Order:
    return decide_order(enumerate(texts, start=2))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("15 Apr, 2021 00:03:00", datetime(2021, 4, 15, 0, 3, tzinfo=UTC)),
        ("Apr 15, 2021", datetime(2021, 4, 15, tzinfo=UTC)),
        ("April 15th, 2021 2:30 PM", datetime(2021, 4, 15, 14, 30, tzinfo=UTC)),
        ("15-Apr-2021", datetime(2021, 4, 15, tzinfo=UTC)),
        ("Thu, 15 Apr 2021 00:03:00 +0200", datetime(2021, 4, 14, 22, 3, tzinfo=UTC)),
        ("2021-04-15", datetime(2021, 4, 15, tzinfo=UTC)),
        ("2021/4/5 9:14", datetime(2021, 4, 5, 9, 14, tzinfo=UTC)),
        ("2021-04-15T00:03:00.5Z", datetime(2021, 4, 15, 0, 3, 0, 500000, tzinfo=UTC)),
        ("2021-04-15T00:03:00-05:00", datetime(2021, 4, 15, 5, 3, tzinfo=UTC)),
        ("15/04/2021 12:00 am", datetime(2021, 4, 15, tzinfo=UTC)),
        ("15.04.21, 14:30", datetime(2021, 4, 15, 14, 30, tzinfo=UTC)),
    ],
)
def test_the_spellings_of_a_moment(text, moment):
    assert read_moment(text, Order.DMY, UTC) == moment


@pytest.mark.parametrize(
    "text",
    [
        *("13. Februar 2026 um 09:00 Uhr", "Freitag, 13. Februar 2026 09:00", "13 Feb. 2026 09.00"),
        *("vendredi 13 février 2026 à 09h00", "13 févr. 2026 09:00", "13 FÉVRIER 2026 09:00"),
        *("13 de febrero de 2026 09:00", "viernes, 13 de febrero de 2026, 9:00", "13/feb/2026 09:00"),
        *("13 febbraio 2026 09:00", "venerdì 13 febbraio 2026 09:00"),
        *("13 de fevereiro de 2026 às 09:00", "sexta-feira, 13 de fevereiro de 2026 09:00", "13-fev-26 09:00"),
        *("13 februari 2026 09:00", "vrijdag 13 februari 2026 om 09:00"),
        *("2026-Feb-13 09:00", "Feb 13, 2026 at 9:00 AM", "Fri Feb 13 09:00:00 2026", "2026年2月13日 09:00"),
        *("20260213T0900", "202602130900", "20260213090000", "46066.375", "46066,375"),
        *("2026-02-13 09:00 UTC", "2026-02-13 04:00 EST", "2026-02-13 05:00 EDT", "2026-02-13 10:00 CET"),
        *("2026-02-13 11:00 CEST", "2026-02-13 10:00 MEZ", "2026-02-13 1:00 AM PST", "2026-02-13 18:00 JST"),
        *("Fri Feb 13 10:00:00 CET 2026", "2026-02-13 10:00 Europe/Berlin", "2026-02-13 09:00:00 +0000 UTC"),
        *("Fri Feb 13 2026 10:00:00 GMT+0100 (Central European Standard Time)", "2026-02-13T09:00:00.000+0000"),
        *("1770973200", "1770973200000", "1770973200.0", "1770973200000000"),
    ],
)
def test_one_moment_as_other_languages_and_programs_write_it(text):
    assert read_moment(text, Order.DMY, UTC) == datetime(2026, 2, 13, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        *(("13. März 2026", 3), ("13 Mrz 2026", 3), ("1er août 2026", 8), ("13 mei 2026", 5), ("13 dic 2026", 12)),
        *(("13 ottobre 2026", 10), ("13 set 2026", 9), ("13 maio 2026", 5), ("13. Jänner 2026", 1), ("1 juil. 26", 7)),
    ],
)
def test_the_months_of_other_languages(text, month):
    assert read_day(text, Order.DMY).month == month


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-02-13 09:00 IST", "may be Indian, Irish or Israeli time: write the offset"),
        ("2026-02-13 09:00 XYZ", "names no time zone|is not a time zone"),
        ("2026-02-13 09:00 +99:00", "names no time zone|is not a time zone"),
        ("2026-02-13 09:00 Mars/Base", "names no time zone|is not a time zone"),
        ("########", "column that is too narrow: widen it and export again"),
        ("0000-00-00", "is not a valid date"),
        ("0000-00-00 00:00:00", "is not a valid date"),
        ("13022026", "is not a valid date"),
        ("2026", "is not a valid date"),
        ("99999", "is not a valid date"),
        ("1.771E+12", "is not a valid date"),
        ("Foo 13 Feb 2026", "is not a valid date"),
        ("31 février 2026", "is not a valid date"),
    ],
)
def test_what_is_in_doubt_is_refused_with_the_way_out(text, words):
    with pytest.raises(ValidationError, match=words):
        read_moment(text, Order.DMY, UTC)


def test_a_number_of_a_day_is_read_by_a_convention_and_says_so():
    assert doubt_of("46066", date(2026, 2, 13)) == (
        "“46066” was read as 13 February 2026, which is how spreadsheets number that day."
    )
    assert doubt_of("2026-02-13", date(2026, 2, 13)) == doubt_of("1770973200", date(2026, 2, 13)) == ""


def test_a_time_without_a_zone_is_in_the_zone_of_the_file():
    berlin = ZoneInfo("Europe/Berlin")
    assert read_moment("2021-07-01 10:00", Order.DMY, berlin) == datetime(2021, 7, 1, 8, tzinfo=UTC)
    assert read_moment("2021-07-01T10:00Z", Order.DMY, berlin) == datetime(2021, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["soon", "31/02/2021", "04/15/2021", "2021-15-04", "2021-04-15 25:00", "1 Foo 2021", "0"]
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValidationError, match=f"“{text}” "):
        read_moment(text, Order.DMY, UTC)


def test_one_date_that_only_fits_one_order_decides_for_all():
    assert decide("01-02-2018", "20-10-2017") == Order.DMY
    assert decide("01/02/2018", "10/20/2017 2:30 PM") == Order.MDY


def test_dates_that_mean_the_same_either_way_need_no_decision():
    assert read_day("05/05/2018", decide("05/05/2018", "2018-03-04", "3 Apr 2018")) == date(2018, 5, 5)


def test_an_undecidable_file_is_refused_with_both_readings_and_the_way_out():
    with pytest.raises(Unreadable) as refusal:
        decide("05/05/2018", "03/04/2018")
    assert str(refusal.value) == (
        "“03/04/2018” (row 3) may be 3 April 2018 (DMY), or 4 March 2018 (MDY). "
        "State which: --dates DMY, --dates MDY or --dates YMD."
    )


def test_a_file_that_mixes_orders_is_refused_with_an_example_of_each():
    with pytest.raises(Unreadable, match=r"contradict each other: “13/01/2020” \(row 2\) and “01/13/2020” \(row 3\)"):
        decide("13/01/2020", "01/13/2020")


def test_a_text_that_is_no_date_has_no_say():
    assert decide("45/13/2020", "soon", "01/13/2020") == Order.MDY


def test_years_of_two_digits_may_stand_in_front():
    assert decide("69-03-15") == Order.YMD
    with pytest.raises(Unreadable, match=r"24 March 2015 \(DMY\), or 15 March 2024 \(YMD\)"):
        decide("24-03-15")


@given(st.sampled_from([Order.DMY, Order.MDY]), st.lists(st.tuples(days, marks), min_size=1, max_size=20))
def test_a_file_written_in_one_order_is_read_back_or_refused_but_never_misread(order, dates):
    texts = [written(order, day, mark) for day, mark in dates]
    if all(day.day <= 12 for day, _ in dates) and any(day.day != day.month for day, _ in dates):
        with pytest.raises(Unreadable, match="State which"):
            decide(*texts)
    else:
        assert [read_day(text, decide(*texts)) for text in texts] == [day for day, _ in dates]


@given(days, days, marks)
def test_a_mixture_is_refused_whenever_it_shows(first, second, mark):
    texts = written(Order.DMY, first, mark), written(Order.MDY, second, mark)
    if first.day > 12 and second.day > 12:
        with pytest.raises(Unreadable, match="contradict each other"):
            decide(*texts)
