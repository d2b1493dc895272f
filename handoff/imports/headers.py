"""Headers as many systems spell them: “E-Mail Address”, “Person - Email - Work” and “What is your email?” are one."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from handoff.imports.synonyms import synonyms, word_list
from handoff.imports.unreadable import Unreadable

Aliases = Mapping[str, tuple[str, ...]]
LONGEST = 200  # characters of a header that may be recognised
SHOWN, SHOWN_CHARACTERS = 20, 60  # headers that a message lists, and how much of each


class How(StrEnum):
    """By what a column is known to be a field."""

    STATED = "stated"
    REMEMBERED = "remembered"
    NAME = "name"
    SYNONYM = "synonym"
    PATTERN = "pattern"
    CONTENT = "content, a guess"


_PERSON = {"person", "contact", "lead", "prospect", "user", "kontakt", "contacto", "contatto", "contato"}
_COMPANY = {"organization", "organisation", "company", "account", "unternehmen", "firma"}
_DEAL = {"deal", "opportunity", "potential"}
_OF_COMPANY = {"name": "company", "country": "country", "phone": "phone"}
_OF_DEAL = {"title": "dealname", "name": "dealname", "id": "dealid", "recordid": "dealid"}
_CURRENCY = re.compile(
    r"[\s_(\[-]+(USD|EUR|GBP|AED|AUD|BRL|CAD|CHF|CNY|CZK|DKK|HUF|INR|JPY|MXN|NOK|NZD|PLN|SEK|SGD|ZAR)[)\]]?$"
)
_VARIANTS = {"work", "home", "mobile", "other", "primary", "business", "private", "value", "1"}
_FILLERS = word_list("fillers")


def key(header: str) -> str:
    """“E-Mail Address”, “email_address” and “EmailAddress” are the same header."""
    return "".join(character for character in header.casefold() if character.isalnum())


def currency_of(header: str) -> str:
    """The currency of “Sale_Value_AED” and “Amount (EUR)”."""
    match = _CURRENCY.search(header.strip())
    return match[1] if match else ""


def spellings(header: str) -> Iterator[tuple[str, How]]:
    """The keys by which a header may be known, the surest first."""
    yield key(header), How.SYNONYM
    plain = re.sub(r"\s*[(（\[][^)）\]]*[)）\]]\s*", " ", header).strip()
    if plain != header and plain:
        yield key(plain), How.PATTERN
    if currency_of(header):
        yield key(_CURRENCY.sub("", header)), How.PATTERN
    parts = [part.strip() for part in re.split(r"\s+[-–:|]\s+|(?<=\w):\s+", plain)]
    if len(parts) > 1:
        yield from ((spelled, How.PATTERN) for spelled in _of_entity(parts))
    elif _is_question(plain):
        rest = [word for word in re.findall(r"[\w'’-]+", plain.casefold()) if word.replace("’", "'") not in _FILLERS]
        yield key(" ".join(rest)), How.PATTERN


def loose_spellings(header: str) -> Iterator[str]:
    """The same of lists of leads alone: “1. Email”, “contact_phone” and “properties.email”. Elsewhere they may differ:
    the type of a contact is not that of a call."""
    plain = re.sub(
        r"^Q?\d+\s*[.):]\s*|^(?:properties|attributes|fields|data)[._]", "", header.strip(), flags=re.IGNORECASE
    )
    yield key(plain)
    entity = re.match(r"([^\W\d_]+)[\s_.:]+(.+)$", plain, re.DOTALL)
    if entity and key(entity[1]) in _PERSON | _COMPANY:
        yield from _of_entity([entity[1], entity[2]])


def _is_question(header: str) -> bool:
    return header.rstrip().endswith("?") or bool(
        re.match(r"(your|please|enter|what|ihre?|votre|tu)\b", header.casefold())
    )


def _of_entity(parts: list[str]) -> Iterator[str]:
    """“Person - Email - Work” is the email of the person; “Lead - Title” is a title of the record, not of a person."""
    keys = [key(part) for part in parts]
    if keys[-1] in _VARIANTS:
        keys = keys[:-1]
    entity, rest = (keys[0], keys[1:]) if keys[0] in _PERSON | _COMPANY | _DEAL else (keys[-1], keys[:-1])
    spelled = "".join(rest)
    if entity in _DEAL:
        yield from (_OF_DEAL.get(spelled, f"deal{spelled}"), spelled if spelled not in _OF_DEAL else "")
    elif entity in _COMPANY:
        yield _OF_COMPANY.get(spelled, "")
    elif entity in _PERSON and not (entity == "lead" and spelled == "title"):
        yield from (f"{entity}{spelled}", spelled)


@dataclass(frozen=True)
class Word:
    """What a header means: a field, and how much it is preferred to other words for it."""

    field: str
    rank: int
    how: How


class Vocabulary:
    """The fields of a kind of file by the words for them."""

    def __init__(self, kind: str, aliases: Aliases) -> None:
        self._is_of_leads = kind == "leads"
        self._words: dict[str, Word] = {}
        self._words.update((key(field), Word(field, 0, How.NAME)) for field in aliases)
        for field, names in aliases.items():
            words = dict.fromkeys(map(key, (*names, *synonyms(kind, field))))
            for rank, word in enumerate(words, 1):
                self._words.setdefault(word, Word(field, rank, How.SYNONYM))

    def meaning(self, header: str) -> Word | None:
        """What a header means by itself. A long text is none: looking for patterns in it could take for ever."""
        if not header or len(header) > LONGEST:
            return None
        loose = loose_spellings(header) if self._is_of_leads else ()
        for spelled, how in (*spellings(header), *((spelled, How.PATTERN) for spelled in loose)):
            if spelled and (word := self._words.get(spelled)):
                return word if how == How.SYNONYM else Word(word.field, word.rank, how)
        return None

    def recognised(self, headers: Iterable[str]) -> int:
        """How many different fields the headers name."""
        return len({word.field for header in headers if (word := self.meaning(header))})


def check_field(name: str, aliases: Aliases, where: str = "") -> None:
    """Refuse a field that this kind of file does not have; `where` it is stated stands before the message."""
    if name not in aliases:
        hint = " A state is moved by the verbs, never set." if name == "state" else ""
        place = f"{where}: " if where else ""
        raise Unreadable(f"{place}“{name}” is not a valid field: use one of {', '.join(aliases)}.{hint}")


def shown(header: str) -> str:
    """A header for a message: on one line, however long it is."""
    return " ".join(header.split())[:SHOWN_CHARACTERS]


def listed(headers: Iterable[str]) -> str:
    """The headers of a file for a message, of which there may be any number, of any length."""
    named = [shown(header) for header in headers if header]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return ", ".join(named[:SHOWN]) + more
