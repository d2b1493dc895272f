"""Rows of a file in another order than they stand in, however many there are: sorted in parts on disk, and merged."""

import pickle
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import islice
from operator import itemgetter
from tempfile import TemporaryFile
from typing import IO, Any, TypeVar

T = TypeVar("T")
IN_MEMORY = 20_000  # rows of a part

_by_place = itemgetter(0)


def in_places(rows: Iterable[T], place: Callable[[T], Any]) -> Iterator[T]:
    """The rows by their places; those of one place stay in their order. No more than a part of them is in memory."""
    placed = ((place(row), row) for row in rows)
    parts: list[IO[bytes]] = []
    while part := sorted(islice(placed, IN_MEMORY), key=_by_place):
        if len(part) < IN_MEMORY and not parts:
            return map(itemgetter(1), part)
        parts.append(_stored(part))
    return map(itemgetter(1), merge(*map(_read, parts), key=_by_place))


def _stored(part: Iterable[tuple[Any, T]]) -> IO[bytes]:
    """In a file without a name, which goes with the process, however that ends."""
    file = TemporaryFile()  # noqa: SIM115 whoever merges the parts reads it to its end
    for pair in part:
        pickle.dump(pair, file)
    file.seek(0)
    return file


def _read(file: IO[bytes]) -> Iterator[tuple[Any, Any]]:
    with file:
        while True:
            try:
                yield pickle.load(file)  # noqa: S301 nobody else has written it
            except EOFError:
                return
