"""Which column of a file is which field, by the labels of other systems and by what the user states."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from handoff.imports.table import Unreadable

Aliases = Mapping[str, tuple[str, ...]]


SHOWN, SHOWN_CHARACTERS = 20, 60  # headers that a message lists, and how much of each


@dataclass(frozen=True)
class Columns:
    """Where each field is in a row of the file."""

    positions: Mapping[str, int]
    width: int
    warnings: tuple[str, ...] = ()

    def cells(self, values: Sequence[str]) -> dict[str, str]:
        return {name: values[at].strip() if at < len(values) else "" for name, at in self.positions.items()}

    def has(self, names: Iterable[str]) -> bool:
        return not self.positions.keys().isdisjoint(names)


def map_columns(headers: Sequence[str], aliases: Aliases, stated: Sequence[str] = ()) -> Columns:
    """Find the column of each field. `stated` is HEADER=field, which wins; with no field the column is left out."""
    by_key: dict[str, list[int]] = {}
    for at, header in enumerate(headers):
        by_key.setdefault(_key(header), []).append(at)
    assigned = [_assigned(text, headers, aliases) for text in stated]
    positions: dict[str, int] = {}
    for at, name in assigned:
        if name and positions.setdefault(name, at) != at:
            raise Unreadable(f"--map gives two columns to “{name}”: {headers[positions[name]]} and {headers[at]}.")
    taken = {at for at, _ in assigned}
    for name, names in aliases.items():
        columns = [by_key[_key(alias)][0] for alias in (name, *names) if _key(alias) in by_key]
        free = [at for at in columns if at not in taken]
        if name not in positions and free:
            positions[name] = free[0]
    return Columns(positions, len(headers), _repeated(headers, by_key, positions, taken))


def listed(headers: Iterable[str]) -> str:
    """The headers of a file for a message, of which there may be any number, of any length."""
    named = [header[:SHOWN_CHARACTERS] for header in headers if header]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return ", ".join(named[:SHOWN]) + more


def _repeated(
    headers: Sequence[str], by_key: Mapping[str, list[int]], positions: Mapping[str, int], taken: set[int]
) -> tuple[str, ...]:
    """Say of a column that is read that another one of the same name is not."""
    used = {_key(headers[at]): at for at in positions.values() if _key(headers[at])}
    left_out = {key: [at for at in by_key[key] if at != used[key] and at not in taken] for key in used}
    return tuple(
        f"The file has the column “{headers[used[key]][:SHOWN_CHARACTERS]}” {len(by_key[key])} times: column "
        f"{used[key] + 1} is read. Rename the others, or leave them out of the file."
        for key, others in left_out.items()
        if others
    )


def _assigned(text: str, headers: Sequence[str], aliases: Aliases) -> tuple[int, str]:
    header, equals, name = text.rpartition("=")
    name = name.strip()
    if not equals:
        raise Unreadable(f"--map {text}: write it as HEADER=field.")
    if name and name not in aliases:
        hint = " A state is moved by the verbs, never set." if name == "state" else ""
        raise Unreadable(f"--map {text}: there is no field “{name}”; use one of {', '.join(aliases)}.{hint}")
    exact = [at for at, spelled in enumerate(headers) if spelled == header.strip()]
    alike = [at for at, spelled in enumerate(headers) if _key(spelled) == _key(header)]
    if not exact and not alike:
        raise Unreadable(f"--map {text}: the file has no column “{header}”; it has {listed(headers)}.")
    return (exact or alike)[0], name


def _key(header: str) -> str:
    """“E-Mail Address”, “email_address” and “EmailAddress” are the same header."""
    return "".join(character for character in header.casefold() if character.isalnum())
