"""Lengths of time as people type them."""

import re

UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
LONGEST = 2**31 - 1  # what a target can hold


def seconds_of(text: str) -> int:
    """Read `4h`, `90m`, `1h30m` or `45s`. A day is 24 hours. Raise ValueError with an example."""
    parts = re.fullmatch(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text.replace(" ", ""))
    seconds = sum(int(n or 0) * UNITS[unit] for n, unit in zip(parts.groups(), UNITS, strict=True)) if parts else 0
    if not 0 < seconds <= LONGEST:
        raise ValueError(f"“{text}” is no length of time: write one like 4h, 90m or 1h30m.")
    return seconds
