"""What the rows of an import have stated so far, kept in the database: it goes on elsewhere, and memory stays flat."""

from collections.abc import Hashable, Iterable
from hashlib import blake2b
from uuid import UUID

from django.db import connection

from handoff.imports.kind import FirstRows
from handoff.models import StatedRow
from leads.repeats import Repeats, Stated

_BITS = 26
_SAVE = """
    INSERT INTO handoff_statedrow (of_import_id, key, "row", names)
    SELECT %s, * FROM unnest(%s::uuid[], %s::bigint[], %s::text[])
    ON CONFLICT (of_import_id, key) DO UPDATE SET names = EXCLUDED.names
"""


class StatedRows(FirstRows):
    """By what a row is about: the number of the first one, and the facts that it and later ones gave."""

    def __init__(self, import_id: int) -> None:
        super().__init__()
        self._import_id = import_id
        self._new: dict[UUID, Stated] = {}
        self._kept = _Sketch(StatedRow.objects.filter(of_import=import_id).values_list("key", flat=True).iterator())

    def of(self, key: object) -> Stated | None:
        return self._of(_digest(key))

    def gather(self, key: object, stated: Stated) -> None:
        """Add what another row stated; the first one stays the first."""
        digest = _digest(key)
        if earlier := self._of(digest):
            stated = Stated(earlier.row, earlier.names | stated.names)
        self._new[digest] = stated

    def _of(self, digest: UUID) -> Stated | None:
        if digest in self._new:
            return self._new[digest]
        if digest not in self._kept:
            return None
        stored = StatedRow.objects.filter(of_import=self._import_id, key=digest).first()
        return Stated(stored.row, frozenset(filter(None, stored.names.split(",")))) if stored else None

    def put(self, key: object, stated: Stated) -> None:
        self._new[_digest(key)] = stated

    def save(self) -> None:
        """Write what the rows of a chunk have stated. Call it in the transaction that writes the chunk."""
        if self._new:
            # In one order, as two processes may write the same ones.
            stated = sorted(self._new.items())
            spelled = {names: ",".join(sorted(names)) for names in {each.names for _, each in stated}}
            names = [spelled[each.names] for _, each in stated]
            with connection.cursor() as cursor:
                keys, rows = [key for key, _ in stated], [each.row for _, each in stated]
                cursor.execute(_SAVE, [self._import_id, keys, rows, names])
        self._kept.update(self._new)

    def forget(self) -> None:
        """Begin with the next chunk, or with the same one again."""
        self._new.clear()

    # The first row about a thing, as a mapping would have it.

    def setdefault(self, key: object, row: int) -> int:
        stated = self.of(key)
        if stated is None:
            self.put(key, Stated(row, frozenset()))
        return stated.row if stated else row

    def get(self, key: object, default: int) -> int:
        stated = self.of(key)
        return stated.row if stated else default


class StoredRepeats(Repeats):
    """What rows stated of a record, by its key, in the database."""

    def __init__(self, rows: StatedRows) -> None:
        super().__init__()
        self._rows = rows

    def of(self, record: Hashable) -> Stated | None:
        return self._rows.of(("record", record))

    def add(self, record: Hashable, row: int, names: Iterable[str]) -> None:
        self._rows.gather(("record", record), Stated(row, frozenset(names)))


class _Sketch:
    """A set that never forgets and sometimes says yes by mistake (a Bloom filter), in eight megabytes.

    It spares a query for each row that is about nothing that was stated before, as nearly all are.
    """

    def __init__(self, keys: Iterable[UUID]) -> None:
        self._bits = bytearray(1 << (_BITS - 3))
        self.update(keys)

    def update(self, keys: Iterable[UUID]) -> None:
        for key in keys:
            for at in _places(key):
                self._bits[at >> 3] |= 1 << (at & 7)

    def __contains__(self, key: UUID) -> bool:
        bits = self._bits
        return all(bits[at >> 3] & 1 << (at & 7) for at in _places(key))


def _places(key: UUID) -> list[int]:
    number, mask = key.int, (1 << _BITS) - 1
    return [number & mask, number >> _BITS & mask, number >> 2 * _BITS & mask, number >> 3 * _BITS & mask]


def _digest(key: object) -> UUID:
    return UUID(bytes=blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=16).digest())
