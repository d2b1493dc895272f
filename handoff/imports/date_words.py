"""The words of dates: months and weekdays in the languages that exports are written in, and the names of zones."""

import unicodedata
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from django.core.exceptions import ValidationError

# No word among them is the name of two months; Polish and Croatian, for one, would disagree on “listopad”.
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "pl", "fi")
_MORE_MONTHS = {"jaen": 1, "jaenner": 1, "janner": 1, "maerz": 3, "mrz": 3}
_HOURS = {
    "z": 0,
    "utc": 0,
    "gmt": 0,
    "ut": 0,
    "wet": 0,
    "west": 1,
    "cet": 1,
    "cest": 2,
    "mez": 1,
    "mesz": 2,
    "eet": 2,
    "eest": 3,
    "bst": 1,
    "msk": 3,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "akst": -9,
    "akdt": -8,
    "hst": -10,
    "brt": -3,
    "sgt": 8,
    "hkt": 8,
    "awst": 8,
    "jst": 9,
    "kst": 9,
    "aest": 10,
    "aedt": 11,
    "nzst": 12,
    "nzdt": 13,
}
"""Those of RFC 5322, and others that have one meaning in the files of companies."""
_AMBIGUOUS = {
    "ist": "Indian, Irish or Israeli time",
    "ast": "Atlantic or Arabian time",
    "gst": "Gulf or South Georgia time",
    "wst": "Western Australian or Samoan time",
}


def month_of(word: str) -> int | None:
    """The number of a month by its name, in full or short."""
    return _months().get(_key(word))


def is_weekday(word: str) -> bool:
    return _key(word) in _weekdays()


def zone_of(name: str) -> tzinfo | None:
    """The zone of a name like CET or Europe/Berlin; None for any other word."""
    if "/" in name:
        return _region(name)
    word = name.casefold()
    if word in _AMBIGUOUS:
        raise ValidationError(f"“{name}” may be {_AMBIGUOUS[word]}: write the offset from UTC instead, like +05:30.")
    hours = _HOURS.get(word)
    return None if hours is None else timezone(timedelta(hours=hours)) if hours else UTC


def _region(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def _months() -> dict[str, int]:
    names = dict(_MORE_MONTHS)
    for language in _LANGUAGES:
        for kind in Locale(language).months.values():
            for width in ("wide", "abbreviated"):
                names |= {_key(name): number for number, name in kind[width].items()}
    return names


@cache
def _weekdays() -> frozenset[str]:
    days = (kind for language in _LANGUAGES for kind in Locale(language).days.values())
    names = (name for kind in days for width in ("wide", "abbreviated", "short") for name in kind[width].values())
    return frozenset(map(_key, (*names, "tues", "weds", "thur", "thurs")))


def _key(word: str) -> str:
    """“févr.”, “Févr” and “fevr” are the same."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in plain if character.isalpha())
