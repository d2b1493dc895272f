"""What becomes of a message that could not be sent."""

from datetime import timedelta

MAX_ATTEMPTS = 10
FIRST_CEILING = timedelta(seconds=30)
LAST_CEILING = timedelta(hours=2)


def wait_before_next(
    attempts: int, *, permanent: bool, retry_after: timedelta | None = None, luck: float
) -> timedelta | None:
    """How long to wait after so many attempts; None when it is given up.

    Exponential with full jitter: `luck`, from 0 to 1, is the share taken of a ceiling that doubles, so that what
    failed together does not come back together. At least what the receiver asked for, within the last ceiling.
    """
    if permanent or attempts >= MAX_ATTEMPTS:
        return None
    ceiling = min(FIRST_CEILING * (1 << attempts - 1), LAST_CEILING)
    return min(retry_after or timedelta(0), LAST_CEILING) + ceiling * luck
