"""One spelling for what many systems spell differently: emails, countries, sources, and the many words for nothing."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

from django.core.exceptions import ValidationError
from email_validator import EmailNotValidError, validate_email

# What exports write where there is nothing. "NA" is not among them: it is Namibia, and a name.
_PLACEHOLDERS = frozenset(
    {
        *("-", "--", "---", ".", "?", "n/a", "#n/a", "n.a.", "tbd"),
        *("null", "(null)", "nil", "nan", "undefined"),
        *("none", "(none)", "-none-", "- none -", "--none--", "-- none --", "[none]"),
        *("empty", "(empty)", "blank", "(blank)", "not set", "(not set)", "not provided", "[not provided]"),
        *("select", "[select]", "-select-", "- select -", "--select--", "-- select --", "select...", "select…"),
        *("please select", "please select...", "please select…"),
    }
)
_COUNTRY_ALIASES = {
    "UK": "GB",
    "Great Britain": "GB",
    "United Kingdom": "GB",
    "England": "GB",
    "Scotland": "GB",
    "Wales": "GB",
    "Northern Ireland": "GB",
    "USA": "US",
    "U.S.": "US",
    "U.S.A.": "US",
    "United States of America": "US",
    "Deutschland": "DE",
    "DEU": "DE",
    "Österreich": "AT",
    "Schweiz": "CH",
    "Suisse": "CH",
    "España": "ES",
    "Italia": "IT",
    "Nederland": "NL",
    "The Netherlands": "NL",
    "Holland": "NL",
    "Belgique": "BE",
    "België": "BE",
    "Danmark": "DK",
    "Norge": "NO",
    "Sverige": "SE",
    "Suomi": "FI",
    "Polska": "PL",
    "Brasil": "BR",
    "BRA": "BR",
    "México": "MX",
    "FRA": "FR",
    "GBR": "GB",
    "CAN": "CA",
    "AUS": "AU",
    "Czechia": "CZ",
    "Ireland, Republic of": "IE",
    "South Korea": "KR",
    "Republic of Korea": "KR",
    "Russian Federation": "RU",
    "Türkiye": "TR",
    "Vietnam": "VN",
    "Viet Nam": "VN",
    "UAE": "AE",
    "Hong Kong SAR": "HK",
}


# Nobody sees them, so two texts that differ in them alone would look the same. The joiners that scripts need stay.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))
_QUOTED = 80  # characters of a wrong value that a message repeats


def normalise_text(text: str) -> str:
    """The text without what surrounds it, and nothing when it only stands for nothing: “n/a”, “Select”, “null”, “-”."""
    text = " ".join(text.translate(_INVISIBLE).split())
    return "" if text.casefold() in _PLACEHOLDERS else text


def is_storable(text: str) -> bool:
    """PostgreSQL has no text with a NUL or with half a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def quoted(value: Any) -> str:
    """A wrong value for a message, of bounded length."""
    try:
        text = str(value)
    except ValueError:  # a number of thousands of digits
        text = "this number"
    return f"“{text}”" if len(text) <= _QUOTED else f"“{text[:_QUOTED]}…”"


def normalise_email(text: str) -> str:
    """The address as we keep it, in lower case; nothing for blanks and placeholders; ValidationError for what is none.

    Whether the domain takes mail is not asked: that would need the network.
    """
    text = normalise_text(text).removeprefix("mailto:")
    if not text:
        return ""
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise ValidationError(f"{quoted(text)} is not a valid email address: {error}") from error


def normalise_country(text: str) -> str:
    """The ISO 3166 code of a country given by its code or its name; ValidationError for what is none."""
    text = normalise_text(text)
    if not text:
        return ""
    code = _countries().get(_country_key(text))
    if code is None:
        raise ValidationError(f"{quoted(text)} is not a valid country: give its ISO 3166 code, like DE.")
    return code


def normalise_source(text: str) -> str:
    """One spelling for a source: “Google” and “google ” are the same."""
    return normalise_text(text).casefold()


def normalise_system(text: str) -> str:
    """One spelling for the name of another system: “HubSpot” and “hubspot” are the same."""
    return normalise_text(text).casefold()


@cache
def _countries() -> dict[str, str]:
    codes: dict[str, str] = {}
    for line in files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, name = line.split("\t")
            codes |= {_country_key(code): code, _country_key(name): code}
    return codes | {_country_key(name): code for name, code in _COUNTRY_ALIASES.items()}


def _country_key(text: str) -> str:
    return re.sub(r"\s*&\s*", " and ", text.casefold())
