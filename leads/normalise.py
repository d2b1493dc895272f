"""One spelling for what many systems spell differently: emails, countries, sources, and the many words for nothing."""

import re
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from email_validator import EmailNotValidError, validate_email

from leads.countries import country_code

# What exports write where there is nothing. "NA" is not among them: it is Namibia, and a name.
_NO_NAMES = frozenset(
    {
        *("-", "--", "---", ".", "?", "n/a", "#n/a", "n.a.", "tbd", "undefined"),
        *("(null)", "[null]", "<null>", "(none)", "[none]", "-none-", "- none -", "--none--", "-- none --"),
        *("(empty)", "[empty]", "(blank)", "[blank]", "(unknown)", "[unknown]"),
        *(
            "(no value)",
            "(no name)",
            "not set",
            "(not set)",
            "not provided",
            "(not provided)",
            "[not provided]",
            "not available",
        ),
        *("[select]", "-select-", "- select -", "--select--", "-- select --", "select...", "select…"),
        *("please select", "please select...", "please select…"),
        *("#ref!", "#name?", "#value!", "#div/0!", "#null!", "#num!"),
    }
)
# Words for nothing that people are called as well: Jennifer Null, Nil Blank.
_NAMES_TOO = frozenset({"null", "nil", "nan", "none", "empty", "blank", "select"})
_PLACEHOLDERS = _NO_NAMES | _NAMES_TOO


# Nobody sees them, so two texts that differ in them alone would look the same. The joiners that scripts need stay.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))
_IN_NO_ADDRESS = dict.fromkeys(map(ord, "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"))
_HEADER = re.compile(r"[^<>]*<(?P<inner>[^<>]+)>[;,]?|(?P<first>[^\s()<>@]+@[^\s()<>@]+) ?\([^()]*\)")
"""“Ann Fox <ann@buyer.example>”, and the older “ann@buyer.example (Ann Fox)”."""
_MAILTO = re.compile(r"^mailto:\s*", re.IGNORECASE)
_TEXT_FORMULA = re.compile(r'="(?P<text>[^"]*)"')
_PLAIN_LOCAL, _SHORT = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*", re.ASCII), 64
_QUOTED = 80  # characters of a wrong value that a message repeats


@lru_cache(maxsize=4096)  # one cell is asked for many times, and many cells are the same
def normalise_text(text: str) -> str:
    """The text without what surrounds it, and nothing when it only stands for nothing: “n/a”, “Select”, “null”, “-”."""
    text = _visible(text)
    return "" if text.casefold() in _PLACEHOLDERS else text


@lru_cache(maxsize=4096)
def normalise_name(text: str) -> str:
    """The same of a person's name: nothing only where nobody is called so. “Null” and “Blank” are family names."""
    text = _visible(text)
    words = set(text.casefold().split())
    is_repeated = len(words) == 1 < len(text.split())  # “None None” is what a program writes
    return "" if text.casefold() in _NO_NAMES or (is_repeated and words <= _PLACEHOLDERS) else text


def _visible(text: str) -> str:
    return " ".join((text if text.isascii() else text.translate(_INVISIBLE)).split())


def without_formula(text: str) -> str:
    """The text that a spreadsheet was made to keep as it is by ="00123"; any other text stays."""
    formula = _TEXT_FORMULA.fullmatch(text) if text.startswith("=") else None
    return formula["text"] if formula else text


def is_storable(text: str) -> bool:
    """PostgreSQL has no text with a NUL or with half a surrogate pair."""
    if text.isascii():
        return "\0" not in text
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
    text = normalise_text(text if text.isascii() else text.translate(_IN_NO_ADDRESS))
    if header := _HEADER.fullmatch(text) if text.endswith((">", ")", ";", ",")) else None:
        text = (header["inner"] or header["first"]).strip()
    address = _MAILTO.sub("", text)
    if not address:
        return ""
    try:
        return _valid_address(address)
    except EmailNotValidError as error:
        raise ValidationError(f"{quoted(text)} is not a valid email address: {error}") from error


@lru_cache(maxsize=4096)  # a row of a file asks once how it is to be read, and once to write it
def _valid_address(text: str) -> str:
    local, _, domain = text.lower().rpartition("@")
    if len(text) <= _SHORT and _PLAIN_LOCAL.fullmatch(local):
        return f"{local}@{_valid_domain(domain)}"  # many people have the same domain, which takes longest to check
    return _validated(text)


@lru_cache(maxsize=4096)
def _valid_domain(domain: str) -> str:
    return _validated(f"a@{domain}").removeprefix("a@")


def _validated(text: str) -> str:
    return validate_email(text, check_deliverability=False).normalized.lower()


def normalise_country(text: str) -> str:
    """The ISO 3166 code of a country given by its code or its name; ValidationError for what is none."""
    text = normalise_text(text)
    if not text:
        return ""
    code = country_code(text)
    if code is None:
        raise ValidationError(f"{quoted(text)} is not a valid country: give its ISO 3166 code, like DE.")
    return code


def normalise_source(text: str) -> str:
    """One spelling for a source: “Google” and “google ” are the same."""
    return normalise_text(text).casefold()


def normalise_system(text: str) -> str:
    """One spelling for the name of another system: “HubSpot” and “hubspot” are the same."""
    return normalise_text(text).casefold()


def normalise_kind(text: str) -> str:
    """One spelling for the kind of a touchpoint: “Page visit” is page_visit."""
    return re.sub(r"[\s/.-]+", "_", normalise_text(text).casefold())
