"""The plain facts of a lead: those that every lead has, and the attributes that RevOps has added.

Every door asks `facts()` or `fact(name)`, never the columns: so a fact that is added here is added everywhere.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from leads.cards import ATTRIBUTES, BUILT_IN, Fact
from leads.catalogue import attributes
from leads.values import LARGEST, SMALLEST, Choice, FactType

_BY_NAME = {each.name: each for each in BUILT_IN}


def built_in_facts() -> tuple[Fact, ...]:
    """The facts that every lead has, in the order in which they are shown. They are the same in every installation."""
    return BUILT_IN


def facts() -> tuple[Fact, ...]:
    """All plain facts of a lead, in the order in which they are shown. They are in the database: not at import."""
    return (*BUILT_IN, *(each for each in attributes() if not each.is_archived))


def fact(name: str) -> Fact:
    """The fact of this name, also an archived one; KeyError for any other."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    for each in attributes() if name.startswith(f"{ATTRIBUTES}.") else ():
        if each.name == name:
            return each
    raise KeyError(name)


def contact_facts() -> tuple[Fact, ...]:
    """The facts by which the buyer is reached. Score, source and campaign carry attribution: they are marketing's."""
    return tuple(each for each in BUILT_IN if each.is_contact)


def seen_facts(roles: Collection[str] | None) -> tuple[Fact, ...]:
    """Those that may be seen with these roles; without any, which is the system, all."""
    return facts() if roles is None else tuple(each for each in facts() if each.is_seen_by(roles))


def seen_attributes(roles: Collection[str] | None) -> tuple[Fact, ...]:
    return tuple(each for each in seen_facts(roles) if each.key)


def value_of(record: Any, wanted: Fact) -> Any:
    """The value of a fact of a lead. Nothing else reads one by the name of its fact."""
    if wanted.key:
        return record.attributes.get(wanted.key)
    value = getattr(record, wanted.name)
    if wanted.type == FactType.CAMPAIGN:
        return value.name if value else ""
    return value


# A lead keeps a built-in fact in a column of its name, and all attributes in one.


def kept(record: Any, name: str) -> Any:
    """What a lead keeps under a name: of a fact, or of another column."""
    return record.attributes.get(_key(name)) if _key(name) else getattr(record, _column(record, name))


def keep(record: Any, name: str, value: Any) -> None:
    """Set what a lead keeps under a name, unsaved. An attribute of which nothing is known is not there at all."""
    if not (key := _key(name)):
        setattr(record, _column(record, name), value)
        return
    others = {other: known for other, known in record.attributes.items() if other != key}
    record.attributes = others if value is None else others | {key: value}


def columns(names: Iterable[str]) -> set[str]:
    """The columns in which these are kept."""
    kept_in = {ATTRIBUTES if _key(name) else name for name in names}
    return kept_in | {"stated_score"} if "score" in kept_in else kept_in


def as_columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Facts by name as the columns of a new lead."""
    plain = {name: value for name, value in fields.items() if not _key(name)}
    return plain | {ATTRIBUTES: {_key(name): value for name, value in fields.items() if _key(name)}}


def _column(record: Any, name: str) -> str:
    """Where a scoring model gives the score, what others say of it is kept beside it."""
    return "stated_score" if name == "score" and record.scored_by_id else name


def _key(name: str) -> str:
    return name.removeprefix(f"{ATTRIBUTES}.") if name.startswith(f"{ATTRIBUTES}.") else ""


__all__ = [
    "LARGEST",
    "SMALLEST",
    "Choice",
    "Fact",
    "FactType",
    "as_columns",
    "built_in_facts",
    "columns",
    "contact_facts",
    "fact",
    "facts",
    "keep",
    "kept",
    "seen_attributes",
    "seen_facts",
    "value_of",
]
