"""What the user states of values: constants for every row, and what a word of the file stands for."""

from collections.abc import Mapping, Sequence

from handoff.imports.headers import Aliases, check_field, listed
from handoff.imports.mapping import Columns, ValueMap, position
from handoff.imports.unreadable import Unreadable


def constants(texts: Sequence[str], aliases: Aliases) -> dict[str, str]:
    """`field=value` of --set."""
    stated: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not value:
            raise Unreadable(f"--set {text}: write it as field=value.")
        check_field(name, aliases, f"--set {text}")
        if stated.setdefault(name, value) != value:
            raise Unreadable(f"--set gives two values to “{name}”: {stated[name]} and {value}.")
    return stated


def values(texts: Sequence[str], columns: Columns) -> ValueMap:
    """`HEADER:value=meaning` of --value, or `value=meaning` for every column that is read."""
    stated: dict[tuple[int | None, str], str] = {}
    for text in texts:
        left, equals, meaning = (part.strip() for part in text.rpartition("="))
        if not equals or not left:
            raise Unreadable(f"--value {text}: write it as HEADER:value=meaning, or as value=meaning.")
        where, value = _column(left, columns)
        if stated.setdefault((where, value.casefold()), meaning) != meaning:
            raise Unreadable(
                f"--value gives two meanings to “{value}”: {stated[where, value.casefold()]} and {meaning}."
            )
    return stated


def _column(text: str, columns: Columns) -> tuple[int | None, str]:
    """The column and the value. A colon may be part of either, so the longest header that fits is meant."""
    parts = text.split(":")
    for cut in range(len(parts) - 1, 0, -1):
        header, value = ":".join(parts[:cut]).strip(), ":".join(parts[cut:]).strip()
        at = position(header, columns.headers)
        if at is None and header in columns.positions:
            at = columns.positions[header][0]
        if at is not None and value:
            _check_is_read(at, header, columns)
            return at, value
    if len(parts) == 2 and parts[1].strip() and parts[0].strip():
        headers = listed(columns.headers)
        raise Unreadable(f"--value {text}=…: the file has no column “{parts[0].strip()}”; it has {headers}.")
    return None, text


def _check_is_read(at: int, header: str, columns: Columns) -> None:
    if not any(at in places for places in columns.positions.values()):
        raise Unreadable(f"--value {header}: the column is not read; say which field it is with --map {header}=field.")


def spelled(stated: Mapping[tuple[int | None, str], str], headers: Sequence[str]) -> list[str]:
    """The values as the option has them."""
    return [
        f"{headers[at]}:{value}={meaning}" if at is not None else f"{value}={meaning}"
        for (at, value), meaning in stated.items()
    ]
