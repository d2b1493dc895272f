"""A dry run: every chunk is written and taken back at once, so that it holds no lock for longer than one.

What a row writes can decide what becomes of a later one, so the rows about the same lead are tried in the same chunk.
"""

from collections.abc import Iterable, Iterator, Sequence

from django.db import transaction

from handoff.imports.kind import Kind, Reading, Result, Row

CHUNK = 50  # rows whose leads are locked at once; somebody who works with one of them waits for that long
LONGEST = 200  # rows about the same lead that are still tried together
LOOKED_UP = 1000
WINDOW = 10_000  # rows that are in memory at once; rows about one lead are tried together within it


def write(rows: Sequence[Row], kind: Kind, reading: Reading) -> Iterator[Result]:
    """The results of writing the rows, in their order, with nothing written."""
    batches = (_try(chunk, kind, reading) for chunk in _chunks(_groups(rows, kind, reading)))
    yield from _in_order(rows, batches)


@transaction.atomic
def _try(rows: Sequence[Row], kind: Kind, reading: Reading) -> list[Result]:
    results = kind.write(rows, reading)
    transaction.set_rollback(True)
    return results


def _groups(rows: Sequence[Row], kind: Kind, reading: Reading) -> Iterable[list[Row]]:
    """The rows that share a key, directly or by way of others, in the order of the file."""
    groups = _Groups()
    for start in range(0, len(rows), LOOKED_UP):
        part = rows[start : start + LOOKED_UP]
        for row, keys in zip(part, kind.keys(part, reading), strict=True):
            groups.join((("row", row.number), *keys))
    gathered: dict[object, list[Row]] = {}
    for row in rows:
        gathered.setdefault(groups.root(("row", row.number)), []).append(row)
    return gathered.values()


class _Groups:
    """Sets of keys that grow together (union-find)."""

    def __init__(self) -> None:
        self._above: dict[object, object] = {}

    def join(self, keys: Iterable[object]) -> None:
        first, *others = (self.root(key) for key in keys)
        for other in others:
            self._above[self.root(other)] = self.root(first)

    def root(self, key: object) -> object:
        above = self._above.setdefault(key, key)
        while above != key:
            # Each look shortens the way for the next one: without it a long file takes time by the square.
            self._above[key] = self._above[above]
            key, above = above, self._above[above]
        return key


def _chunks(groups: Iterable[list[Row]]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for group in groups:
        for start in range(0, len(group), LONGEST):
            part = group[start : start + LONGEST]
            if chunk and len(chunk) + len(part) > CHUNK:
                yield chunk
                chunk = []
            chunk += part
    if chunk:
        yield chunk


def _in_order(rows: Iterable[Row], batches: Iterable[Sequence[Result]]) -> Iterator[Result]:
    waiting: dict[int, Result] = {}
    unread = iter(batches)
    for row in rows:
        while row.number not in waiting:
            waiting |= {result.row.number: result for result in next(unread)}
        yield waiting.pop(row.number)
