"""What becomes of a message that could not be sent: one table."""

from datetime import timedelta

import pytest

from handoff.alerts.retry import wait_before_next

S, M, H = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("case", "attempts", "permanent", "retry_after", "luck", "wait"),
    [
        ("the first wait is at most half a minute", 1, False, None, 1.0, 30 * S),
        ("the ceiling doubles", 2, False, None, 1.0, 1 * M),
        ("and doubles", 5, False, None, 1.0, 8 * M),
        ("up to two hours", 9, False, None, 1.0, 2 * H),
        ("luck takes a share of the ceiling", 5, False, None, 0.25, 2 * M),
        ("with no luck it is tried at once", 5, False, None, 0.0, 0 * S),
        ("the receiver's wish is the least", 1, False, 60 * S, 0.0, 60 * S),
        ("and luck comes on top, so that not all come at once", 1, False, 60 * S, 0.5, 75 * S),
        ("a mad wish is cut", 1, False, 999 * H, 0.0, 2 * H),
        ("the tenth attempt is the last", 10, False, None, 0.5, None),
        ("a wish does not prolong it", 10, False, 60 * S, 0.5, None),
        ("a killed last attempt is not tried again", 11, False, None, 0.5, None),
        ("a permanent error is given up at once", 1, True, None, 0.5, None),
    ],
)
def test_a_wait(
    case: str, attempts: int, permanent: bool, retry_after: timedelta | None, luck: float, wait: timedelta | None
) -> None:
    assert wait_before_next(attempts, permanent=permanent, retry_after=retry_after, luck=luck) == wait, case
