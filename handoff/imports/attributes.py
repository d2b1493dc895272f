"""Attributes from a file: the columns that mean them, by key, label or synonym, and values as people write them."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

from django.core.exceptions import ValidationError

from handoff.imports.headers import Vocabulary
from handoff.imports.kind import Reading, Row
from handoff.imports.money import read_money
from leads.facts import Fact, FactType, seen_attributes
from leads.normalise import quoted

_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?")
_DOUBTFUL = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
"""One point or comma, and three digits behind it: thousands here, thousandths there."""


def aliases() -> dict[str, tuple[str, ...]]:
    """By the names of the attributes, what files call them."""
    return {each.name: each.aliases for each in seen_attributes(None)}


def unseen(roles: Collection[str] | None) -> frozenset[str]:
    """The names of those that are not shown to these roles."""
    return frozenset(aliases()) - {each.name for each in seen_attributes(roles)}


def without(names: Collection[str], fields: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """Fields with what files call them, but for some."""
    return {name: words for name, words in fields.items() if name not in names} if names else fields


def columns_of(names: Collection[str], headers: Sequence[str]) -> dict[int, str]:
    """The columns whose headers mean one of these attributes."""
    called = {name: words for name, words in aliases().items() if name in names}
    vocabulary = Vocabulary("leads", called) if called else None
    meanings = {at: vocabulary.meaning(header) for at, header in enumerate(headers)} if vocabulary else {}
    return {at: word.field for at, word in meanings.items() if word}


class Aliases(Mapping[str, tuple[str, ...]]):
    """What files call the fields of a kind, with the attributes that there are when somebody asks."""

    def __init__(self, plain: Mapping[str, tuple[str, ...]]) -> None:
        self._plain = plain

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self._plain[name] if name in self._plain else aliases()[name]

    def __iter__(self) -> Iterator[str]:
        """Attributes first: their words were chosen for this installation, and win over what others mean by them."""
        yield from aliases()
        yield from self._plain

    def __len__(self) -> int:
        return len(self._plain) + len(aliases())


def dates() -> frozenset[str]:
    """The attributes whose values help to tell in which order the dates of a file are."""
    return frozenset(each.name for each in seen_attributes(None) if each.type == FactType.DATE)


def values_of(row: Row, reading: Reading) -> dict[str, Any]:
    """What a row says of attributes. Each is a side value: what cannot be read is left out with a remark."""
    if not _has_any(reading.fields):
        return {}
    wanted = [each for each in seen_attributes(reading.roles) if each.name in reading.fields]
    return {each.name: reading.side(row, each.name, partial(_value, row, reading, each)) for each in wanted}


@lru_cache(maxsize=64)  # it is asked of each row
def _has_any(fields: frozenset[str]) -> bool:
    return any("." in name for name in fields)


def _value(row: Row, reading: Reading, attribute: Fact) -> Any:
    text = row.get(attribute.name)
    if not text:
        return None
    if reading.roles is not None and not attribute.is_edited_by(reading.roles):
        raise ValidationError(f"{attribute.label} is not edited by your roles.")
    value, doubt = _READERS.get(attribute.type, _as_it_is)(row, reading, attribute)
    cleaned = attribute.clean(value)
    reading.note(row, attribute.name, doubt)
    return cleaned


def _as_it_is(row: Row, reading: Reading, attribute: Fact) -> tuple[Any, str]:  # noqa: ARG001 as the others
    return row.get(attribute.name), ""


def _long(row: Row, reading: Reading, attribute: Fact) -> tuple[Any, str]:  # noqa: ARG001 as the others
    return row.prose(attribute.name), ""


def _day(row: Row, reading: Reading, attribute: Fact) -> tuple[Any, str]:
    return reading.day(row, attribute.name), ""


def _number(row: Row, reading: Reading, attribute: Fact) -> tuple[Any, str]:  # noqa: ARG001 as the others
    text = row.get(attribute.name)
    plain = re.sub(r"\s*%$", "", text)
    value = plain if _PLAIN.fullmatch(plain) else _plain(read_money(plain).amount)
    return value, f"{quoted(text)} was read as {value}." if _DOUBTFUL.fullmatch(plain) else ""


def _money(row: Row, reading: Reading, attribute: Fact) -> tuple[Any, str]:  # noqa: ARG001 as the others
    text = row.get(attribute.name)
    money = read_money(text)
    currency = money.currency or row.get("currency")
    doubt = f"{quoted(text)} was read as {_plain(money.amount)}." if _DOUBTFUL.fullmatch(text) else ""
    return {"amount": _plain(money.amount), "currency": currency}, doubt


def _plain(amount: Decimal) -> str:
    return f"{amount:f}"


_READERS: Mapping[FactType, Callable[[Row, Reading, Fact], tuple[Any, str]]] = {
    FactType.LONG_TEXT: _long,
    FactType.DATE: _day,
    FactType.DECIMAL: _number,
    FactType.MONEY: _money,
}
