"""The first number that belongs to a moment or to a later one, by halving the numbers of a table."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from leads.sql import load

FIRST = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def since(moment: datetime) -> int:
    with connection.cursor() as cursor:
        statement = load("handoff.console.frame", "numbers_since.sql").format(table="numbered", column="at")
        cursor.execute(statement, {"moment": moment})
        return int(cursor.fetchone()[0])


@pytest.fixture
def write(db: None):
    def numbered(*numbers: int) -> None:
        """Rows of these numbers, a day after another."""
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE numbered (id bigint PRIMARY KEY, at timestamptz) ON COMMIT DROP")
            rows = [(number, FIRST + place * DAY) for place, number in enumerate(numbers)]
            cursor.executemany("INSERT INTO numbered VALUES (%s, %s)", rows)

    return numbered


@pytest.mark.parametrize("numbers", [(1,), (7, 8), (1, 2, 3), (5, 900, 901, 100_000), tuple(range(2, 200, 3))], ids=len)
def test_it_is_that_of_the_first_row_at_or_after_the_moment(write, numbers: tuple[int, ...]) -> None:
    write(*numbers)

    for place in range(len(numbers)):
        moment = FIRST + place * DAY
        assert {each for each in numbers if each >= since(moment)} == set(numbers[place:]), moment
        assert {each for each in numbers if each >= since(moment + DAY / 2)} == set(numbers[place + 1 :]), moment
    assert since(FIRST - DAY) <= numbers[0]


def test_a_table_without_rows_has_none_to_leave_out(write) -> None:
    write()

    assert since(FIRST) == 0
