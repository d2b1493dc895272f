"""Which column of a file is which field, by what the systems around us call them and by what the user says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from handoff.imports.table import Unreadable

Aliases = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Columns:
    """Where each field stands in a row of the file."""

    positions: Mapping[str, int]
    width: int

    def cells(self, values: Sequence[str]) -> dict[str, str]:
        return {name: values[at].strip() if at < len(values) else "" for name, at in self.positions.items()}

    def has(self, names: Iterable[str]) -> bool:
        return not self.positions.keys().isdisjoint(names)


def map_columns(headers: Sequence[str], aliases: Aliases, said: Sequence[str] = ()) -> Columns:
    """Find the column of each field. `said` is HEADER=field, which wins; with no field the column is left out."""
    by_key: dict[str, int] = {}
    for at, header in enumerate(headers):
        by_key.setdefault(_key(header), at)
    told = [_told(text, headers, aliases) for text in said]
    positions: dict[str, int] = {}
    for at, name in told:
        if name and positions.setdefault(name, at) != at:
            raise Unreadable(f"--map gives two columns to “{name}”: {headers[positions[name]]} and {headers[at]}.")
    taken = {at for at, _ in told}
    for name, called in aliases.items():
        found = [by_key[_key(alias)] for alias in (name, *called) if _key(alias) in by_key]
        free = [at for at in found if at not in taken]
        if name not in positions and free:
            positions[name] = free[0]
    return Columns(positions, len(headers))


def _told(text: str, headers: Sequence[str], aliases: Aliases) -> tuple[int, str]:
    header, equals, name = text.rpartition("=")
    name = name.strip()
    if not equals:
        raise Unreadable(f"--map {text}: write it as HEADER=field.")
    if name and name not in aliases:
        hint = " A state is moved by the verbs, never set." if name == "state" else ""
        raise Unreadable(f"--map {text}: there is no field “{name}”; use one of {', '.join(aliases)}.{hint}")
    exact = [at for at, known in enumerate(headers) if known == header.strip()]
    alike = [at for at, known in enumerate(headers) if _key(known) == _key(header)]
    if not exact and not alike:
        raise Unreadable(f"--map {text}: the file has no column “{header}”; it has {', '.join(filter(None, headers))}.")
    return (exact or alike)[0], name


def _key(header: str) -> str:
    """“E-Mail Address”, “email_address” and “EmailAddress” are the same header."""
    return "".join(character for character in header.casefold() if character.isalnum())
