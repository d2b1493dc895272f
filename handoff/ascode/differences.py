"""What a change does, value by value, as text that a review can read."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from handoff.ascode.writing import write


class Sign(Enum):
    ADD = "+"
    CHANGE = "~"
    RETIRE = "-"


@dataclass(frozen=True)
class Change:
    """What becomes of one row of the agreement."""

    sign: Sign
    noun: str
    name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    note: str = ""

    def lines(self) -> Iterator[str]:
        yield f"{self.sign.value} {self.noun} {self.name}"
        if self.sign is not Sign.RETIRE:
            for name in {**self.before, **self.after}:
                yield from _of_value(name, self.before.get(name), self.after.get(name), is_new=not self.before)
        if self.note:
            yield f"    ({self.note})"


def summary(changes: list[Change]) -> str:
    """Like `1 to add, 2 to change, 0 to retire.`"""
    numbers = {sign: sum(change.sign is sign for change in changes) for sign in Sign}
    return f"{numbers[Sign.ADD]} to add, {numbers[Sign.CHANGE]} to change, {numbers[Sign.RETIRE]} to retire."


def _of_value(name: str, before: Any, after: Any, *, is_new: bool) -> Iterator[str]:
    if before == after or (is_new and after in ("", None, [], {}, False)):
        return
    if is_new:
        yield from _indented(write({name: after}).splitlines())
    elif _is_short(before) and _is_short(after):
        yield f"    {name}: {_shown(before)} -> {_shown(after)}"
    else:
        yield f"    {name}:"
        marked = difflib.ndiff(_written(before), _written(after))
        yield from _indented([line for line in marked if not line.startswith("?")], 6)


def _is_short(value: Any) -> bool:
    return not isinstance(value, list | dict) and "\n" not in str(value) and len(str(value)) <= 60


def _shown(value: Any) -> str:
    return write({"": value}).partition(":")[2].strip() if value not in ("", None) else "(none)"


def _written(value: Any) -> list[str]:
    return value.splitlines() if isinstance(value, str) else write(value).splitlines() if value else []


def _indented(lines: list[str], by: int = 4) -> Iterator[str]:
    return (f"{' ' * by}{line}" for line in lines)
