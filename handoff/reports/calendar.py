"""Days, weeks, months and quarters as SQL, by the firm's zone, its first weekday and its fiscal year."""

ZONE = "(SELECT time_zone FROM handoff_firm)"
_DAYS = "(SELECT mod(8 - week_starts, 7) FROM handoff_firm)"
_MONTHS = "(SELECT mod(13 - year_starts, 12) FROM handoff_firm)"


def local(at: str) -> str:
    """The firm's wall clock at a moment."""
    return f"({at} AT TIME ZONE {ZONE})"


def day(at: str) -> str:
    """Like 2026-03-09."""
    return f"to_char({local(at)}, 'YYYY-MM-DD')"


def week(at: str) -> str:
    """Like 2026-W10: the week of ISO 8601, begun earlier where the firm's weeks begin on a Saturday or Sunday."""
    return f"""to_char({local(at)} + {_DAYS} * interval '1 day', 'IYYY-"W"IW')"""


def month(at: str) -> str:
    """Like 2026-03."""
    return f"to_char({local(at)}, 'YYYY-MM')"


def quarter(at: str) -> str:
    """Like 2026-Q1, of the fiscal year that is named for the year in which it ends."""
    return f"""to_char({local(at)} + {_MONTHS} * interval '1 month', 'YYYY-"Q"Q')"""
