"""The agreement as it stands, as a file: always the same bytes for the same agreement."""

from collections.abc import Collection
from typing import Any

from handoff.ascode.document import FORMAT
from handoff.ascode.kinds import KINDS
from handoff.ascode.writing import Line, write

HEADER = "# The agreement. See docs/agreement.md; `manage.py agreement plan` shows what it would change.\n"
PEOPLE = ("manager", "members")
SHORT = 3  # values of an entry that stands on one line


def export(without: Collection[str] = ()) -> str:
    """All sections; `without` names values that are left out, like the people of teams."""
    parts = [HEADER, write({"format": FORMAT})]
    for kind in KINDS:
        entries = [_entry(values, without) for values in kind.all_read()]
        parts.append("\n" + write({kind.section: entries}))
    return "".join(parts)


def _entry(values: dict[str, Any], without: Collection[str]) -> dict[str, Any]:
    """What is not retired is in force, and the file does not say so."""
    left_out = {*without, *([] if values.get("retired") else ["retired"])}
    entry = {name: value for name, value in values.items() if name not in left_out}
    return Line(entry) if len(entry) < SHORT else entry
