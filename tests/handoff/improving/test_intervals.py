"""The intervals are those of the books."""

import pytest

from handoff.improving.intervals import Share, corrected, difference, wilson


def test_wilson_is_as_published() -> None:
    """Newcombe 1998, table I: 81 of 263, and 15 of 148; 0 of 20; 1 of 29."""
    for part, whole, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        interval = wilson(part, whole)
        assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_the_difference_is_as_published() -> None:
    """Newcombe 1998, method 10: 56 of 70 less 48 of 80."""
    interval = difference(Share(56, 70), Share(48, 80))
    assert (interval.low, interval.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_of_nothing_nothing_is_known() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)
    assert difference(Share(0, 0), Share(1, 2)).low == -1


def test_the_more_was_tried_the_more_must_stand_out() -> None:
    assert corrected(1) == pytest.approx(1.96, abs=0.001)
    assert corrected(1) < corrected(100) < corrected(10_000)
