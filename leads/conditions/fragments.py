"""Pieces of SQL with their parameters, put together in the order in which they stand."""

from dataclasses import dataclass
from itertools import chain
from typing import Any


@dataclass(frozen=True)
class Sql:
    """A piece of a statement, with a `%s` for each of its parameters."""

    text: str
    params: tuple[Any, ...] = ()


def value(given: Any, kind: str) -> Sql:
    """A value as a parameter of a type of PostgreSQL."""
    return Sql(f"%s::{kind}", (given,))


def compose(template: str, *parts: Sql) -> Sql:
    """The template with a part in place of each `{}`."""
    return Sql(template.format(*(part.text for part in parts)), tuple(chain(*(part.params for part in parts))))


def joined(between: str, parts: list[Sql]) -> Sql:
    return compose(between.join(["({})"] * len(parts)), *parts)
