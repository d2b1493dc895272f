"""What a verb sends to PostgreSQL, as a script by which pgbench does the same to other leads."""

import re
from collections.abc import Callable, Mapping, Sequence

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.clones import Mould, keys_of, table_of

HEAD = r"""\set n :client_id * :each + :done
\set done :done + 1"""
NUMBER = re.compile(r"\b\d{11,}\b")  # see benchmarks.clones.APART


def record(act: Callable[[int], object], mould: Mould) -> str:
    """Act on a fresh copy and write down each statement, with ids that depend on the number :n of the copy.

    The script wants the number of transactions of :each client, :done as 0, and the `variables` of a cast.
    """
    lead_id = mould.cast(1)[0]
    before = keys_of(lead_id)
    with CaptureQueriesContext(connection) as sent:
        act(lead_id)
    head = [HEAD] + [
        f"\\set old_{key} {mould.key(model, rank, f':{table_of(model)}', ':n')}"
        for model, keys in before.items()
        for rank, key in enumerate(keys)
    ]
    names = {key: f":old_{key}" for keys in before.values() for key in keys}
    fresh = {table_of(model): sorted({*keys} - {*before[model]}) for model, keys in keys_of(lead_id).items()}
    return "\n".join([*head, *_lines([query["sql"] for query in sent.captured_queries], names, fresh), ""])


def variables(mould: Mould) -> dict[str, int]:
    """Where the rows of the copies last cast begin, as the script calls it."""
    return {table_of(model): first for model, first in mould.firsts.items()}


def _lines(statements: Sequence[str], names: dict[int, str], fresh: Mapping[str, Sequence[int]]) -> list[str]:
    lines = []

    def renamed(number: re.Match[str]) -> str:
        return names.get(int(number[0]), number[0])

    for position, statement in enumerate(statements):
        line = NUMBER.sub(renamed, statement) + ";"
        keys = _written(statement, fresh)
        if any(str(key) in later for later in statements[position + 1 :] for key in keys):
            made = {key: f"new_{key}" for key in keys}
            found = ", ".join(
                f"(array_agg(id ORDER BY id))[{rank}] AS {name}" for rank, name in enumerate(made.values(), 1)
            )
            line = f"WITH written AS ({line[:-1]}) SELECT {found} FROM written \\gset"
            names |= {key: f":{name}" for key, name in made.items()}
        lines.append(line)
    return lines


def _written(statement: str, fresh: Mapping[str, Sequence[int]]) -> Sequence[int]:
    """The ids that an insert returned, in their order."""
    inserts = re.match(r'INSERT INTO "(\w+)".* RETURNING .*"id"\s*$', statement, re.DOTALL)
    return fresh.get(inserts[1], ()) if inserts else ()
