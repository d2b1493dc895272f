"""Countries by what people and systems call them: codes, and official, usual and foreign names."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from babel import Locale
from babel.core import get_global

# English first: where one name means two countries, that meaning stays.
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "fi", "cs", "hu", "ja")
_LONGEST = 80  # characters of a name; a cell may have two million
_WITHOUT_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_ABBREVIATED = {r"\bst\b": "saint", r"\brep\b": "republic", r"\bdem\b": "democratic", "&": " and "}
_FORMAL = re.compile(
    r"(?:the\s+)?(?:republic|kingdom|principality)\s+of\s+(?P<name>.+)"
    r"|(?P<first>.+?)\s*[,(]\s*(?:the\s+)?(?:republic|kingdom|principality)\s+of(?:\s+the)?\)?",
    re.IGNORECASE,
)
_WITH_CODE = re.compile(r"(?P<name>.+?)\s*[(\[](?P<code>[A-Za-z]{2,3})[)\]]")


@lru_cache(maxsize=4096)  # a file of a million rows names a hundred countries
def country_code(text: str) -> str | None:
    """The ISO 3166 code of a country by one of its codes or names; None for any other text."""
    if len(text) > _LONGEST:
        return None
    if code := _codes().get(_key(text)):
        return code
    if formal := _FORMAL.fullmatch(text):
        return _codes().get(_key(formal["name"] or formal["first"]))
    if both := _WITH_CODE.fullmatch(text):  # “United States (US)”; of two that contradict each other, neither is right
        name, code = (_codes().get(_key(both[group])) for group in ("name", "code"))
        return code if name == code else None
    return None


@cache
def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for name, code in (*_of_iso(), *_of_ours(), *_of_cldr()):
        codes.setdefault(_key(name), code)
    return codes


def _of_iso() -> Iterator[tuple[str, str]]:
    """The codes of two and of three letters, and the short English names."""
    short = dict(_pairs(files("tzdata.zoneinfo").joinpath("iso3166.tab")))
    short["XK"] = "Kosovo"  # assigned by its users alone, but by all of them
    for code, name in short.items():
        yield code, code
        yield name, code
    for alias, codes in get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and len(codes) == 1 and codes[0] in short:
            yield alias, codes[0]


def _of_ours() -> Iterator[tuple[str, str]]:
    for code, name in _pairs(files("leads").joinpath("data/countries.tsv")):
        yield name, code


def _of_cldr() -> Iterator[tuple[str, str]]:
    codes = {code for _, code in _of_iso()}
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in codes:
                yield name, code
                yield name.translate(_WITHOUT_UMLAUTS), code


def _pairs(table: Traversable) -> Iterator[tuple[str, str]]:
    for line in table.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, _, name = line.partition("\t")
            yield code, name


def _key(text: str) -> str:
    """“U.K.” and “UK”, “Côte d’Ivoire” and “Cote d'Ivoire”, “The Gambia” and “Gambia” are the same."""
    text = unicodedata.normalize("NFKD", text).casefold()
    for short, full in _ABBREVIATED.items():
        text = re.sub(short, full, text)
    text = re.sub(r"^\s*the\s+|[,(]\s*the\s*\)?\s*$", "", text)
    return "".join(character for character in text if character.isalnum())
