"""What the values of a column look like: a guess where no header says it, and a veto where a header misleads."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.core.exceptions import ValidationError

from handoff.imports.headers import Aliases, key
from handoff.imports.synonyms import word_list
from leads.normalise import normalise_country, normalise_text

SAMPLE = 200  # rows whose values are looked at
LONGEST = 300  # characters of a value that are looked at
Values = Sequence[str]

_EMAIL = re.compile(r"(?:[^<>]*<)?[^\s@<>;,]+@[^\s@<>;,]+\.[^\W\d_][\w-]+>?")
_PHONE = re.compile(r"(?:p:)?(?:\+|00|\()\d[\d\s()./-]{6,18}\d|\d{2,5}[\s/-]\(?\d{2,4}\)?[\s.-]\d[\d\s.-]{2,10}\d")
_MOMENT = re.compile(r"(?:\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}[/.]\d{4})[T ]\d{1,2}:\d\d.*")
_SALUTATIONS, _REGIONS = word_list("salutations"), word_list("regions")
_OF_OTHERS = re.compile(
    r"owner|rep\b|agent|assign|"
    r"manager|sender|(?<![a-z])from(?![a-z])|created by|modified|referr|bcc|cc\b|host|coordinator"
    r"|seller|sales|user|besitzer"
    r"|zuständig|propri|last|next|\bdue\b|birth|geburt|naissance|nacimiento|update|change|expir|valid|delet"
    r"|(?<![a-z])(?:end|start|closed?)(?![a-z])"
    r"|activity|bounce|unsubscri|opt.?out|identified|viewed|sync|import",
    re.IGNORECASE,
)


def filled(values: Iterable[str]) -> list[str]:
    return [text for value in values if (text := normalise_text(value[:LONGEST]))]


def vetoed(kind: str, field: str, header: str, values: Values) -> str:
    """Why a column is not the field that its header names; empty where nothing speaks against it."""
    texts = filled(values)
    if field == "title" and _all(texts, lambda text: key(text) in _SALUTATIONS or text.casefold() in _SALUTATIONS):
        return "has salutations"
    if kind == "outcomes" and field == "state" and _all(texts, lambda text: key(text) in _REGIONS):
        return "has regions"
    if (
        field == "email"
        and key(header) not in ("email", "emailaddress")
        and texts
        and not _any(texts, _EMAIL.fullmatch)
    ):
        return "has no emails"
    return ""


def is_repeated(values: Values) -> bool:
    """A column of few different values, as of owners, cannot be the key of the rows."""
    texts = filled(values)
    return len(texts) >= 4 and len(set(texts)) * 2 <= len(texts)


def guesses(kind: str, headers: Mapping[int, str], aliases: Aliases, column: Callable[[int], Values]) -> dict[int, str]:
    """The fields that are still missing, each by the only column left whose values cannot be anything else."""
    wanted = [field for field in _LOOKS if field in aliases and (kind == "leads" or field == "email")]
    texts = {at: filled(column(at)) for at, header in headers.items() if not _OF_OTHERS.search(header)}
    alike = {field: [at for at in texts if texts[at] and _LOOKS[field](texts[at])] for field in wanted}
    return {places[0]: field for field, places in alike.items() if len(places) == 1}


def _is_country(text: str) -> bool:
    try:
        return len(text) > 3 and bool(normalise_country(text))
    except ValidationError:
        return False


def _all(texts: Values, test: Callable[[str], object]) -> bool:
    return bool(texts) and all(map(test, texts))


def _any(texts: Values, test: Callable[[str], object]) -> bool:
    return any(map(test, texts))


_LOOKS: Mapping[str, Callable[[Values], bool]] = {
    "email": lambda texts: _all(texts, _EMAIL.fullmatch),
    "phone": lambda texts: _all(texts, _PHONE.fullmatch),
    "country": lambda texts: len(set(texts)) > 1 and _all(texts, _is_country),
    "created_at": lambda texts: _all(texts, _MOMENT.fullmatch),
}
