"""How shares and lengths of time read in a table. What is not there is a dash, never a nought."""

NOTHING = "–"
MINUTE, HOUR = 60, 3600


def percent(share: float | None) -> str:
    """Like `97.3 %`. Only what is whole reads 100 %, and only nothing at all reads 0 %."""
    if share is None:
        return NOTHING
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    return f"{min(max(100 * share, 0.1), 99.9):.1f} %"


def length(seconds: float | None) -> str:
    """Like `42 s`, `12 min` or `41 h 5 min`; never in days, as a day of business time has no fixed length."""
    if seconds is None:
        return NOTHING
    if round(seconds) < MINUTE:
        return f"{round(seconds)} s"
    hours, minutes = divmod(round(seconds / MINUTE), 60)
    return " ".join([f"{hours:,} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes))
