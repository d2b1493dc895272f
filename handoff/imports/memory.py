"""A mapping in a file: all that was stated of an export or understood of it, so that the next one needs no option."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import yaml

from handoff.imports.dates import Order
from handoff.imports.unreadable import Unreadable
from handoff.workflow.backfill import Clocks

_TEXTS = ("kind", "system", "dates", "time_zone", "encoding", "sheet", "clocks")
OF_ONE_FILE = frozenset({"historical", "clocks"})
"""What is said of one file, and not of all that its system exports: the next one may be live."""
_LISTS = ("ignore", "values")
_TABLES = ("columns", "set")


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """What a mapping says; empty is what it leaves out."""

    kind: str = ""
    system: str = ""
    dates: str = ""
    time_zone: str = ""
    encoding: str = ""
    sheet: str = ""
    clocks: str = ""
    historical: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    """Headers and their fields; of several for a field, the first that is not empty counts."""
    ignore: tuple[str, ...] = ()
    set: Mapping[str, str] = field(default_factory=dict)
    values: tuple[str, ...] = ()

    @property
    def by_header(self) -> dict[str, str]:
        return {**dict(self.columns), **dict.fromkeys(self.ignore, "")}

    def without(self, names: Collection[str]) -> "Remembered":
        """The same of somebody who does not know some of the fields: their columns say nothing."""
        return replace(
            self,
            columns={header: "" if name in names else name for header, name in self.columns.items()},
            set={name: value for name, value in self.set.items() if name not in names},
        )

    def save(self, path: Path) -> None:
        try:
            path.write_text(_written(path.suffix, self.plain()), encoding="utf-8")
        except (OSError, ValueError) as error:
            raise Unreadable(f"Cannot write {path}: {getattr(error, 'strerror', None) or error}.") from error

    def as_yaml(self) -> str:
        return _written(".yaml", self.plain())

    def plain(self) -> dict[str, Any]:
        """What it says, without what it leaves out."""
        everything = {
            **{name: getattr(self, name) for name in (*_TEXTS, "historical")},
            **{name: dict(getattr(self, name)) for name in _TABLES},
            **{name: list(getattr(self, name)) for name in _LISTS},
        }
        return {name: value for name, value in everything.items() if value}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Remembered":
        """What `plain` has kept; names of other things are passed over."""
        names = (*_TEXTS, "historical", *_TABLES, *_LISTS)
        stated: dict[str, Any] = {name: plain[name] for name in names if name in plain}
        return cls(**stated | {name: tuple(stated[name]) for name in _LISTS if name in stated})


NOTHING = Remembered()


def of_system(plain: Mapping[str, Any]) -> dict[str, Any]:
    """What one file has taught of the next one."""
    return {name: value for name, value in plain.items() if name not in OF_ONE_FILE}


def load(path: Path) -> Remembered:
    """Read a mapping from a file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise Unreadable(f"Cannot read {path}: {getattr(error, 'strerror', None) or error}.") from error
    return parse(text, path.name)


def parse(text: str, name: str) -> Remembered:
    """Read a mapping strictly: what is misspelled in it would be passed over in silence otherwise."""
    try:
        stated = json.loads(text) if name.endswith(".json") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise Unreadable(f"{name} is not a valid mapping: {_where(error)}.") from error
    if not isinstance(stated, dict):
        raise Unreadable(f"{name} is not a valid mapping: it must have names and values, like “system: hubspot”.")
    for setting, value in stated.items():
        _check(name, setting, value)
    return Remembered.of(stated)


def _written(suffix: str, stated: Mapping[str, Any]) -> str:
    if suffix == ".json":
        return json.dumps(stated, ensure_ascii=False, indent=2) + "\n"
    return yaml.safe_dump(dict(stated), allow_unicode=True, sort_keys=False)


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"line {mark.line + 1}, {getattr(error, 'problem', '')}"
    return " ".join(str(error).split())[:200]


def _check(file: str, name: object, value: object) -> None:
    settings = (*_TEXTS, "historical", *_TABLES, *_LISTS)
    if name not in settings:
        raise Unreadable(f"{file}: “{name}” is not a valid setting: use one of {', '.join(settings)}.")
    is_right = {
        **dict.fromkeys(_TEXTS, isinstance(value, str)),
        **dict.fromkeys(_LISTS, isinstance(value, list) and all(isinstance(each, str) for each in value)),
        **dict.fromkeys(
            _TABLES, isinstance(value, dict) and all(isinstance(x, str) for x in (*value, *value.values()))
        ),
        "historical": isinstance(value, bool),
    }[str(name)]
    if name == "dates" and value not in list(Order):
        raise Unreadable(f"{file}: “dates” must be one of {', '.join(Order)}.")
    if name == "clocks" and value not in list(Clocks):
        raise Unreadable(f"{file}: “clocks” must be one of {', '.join(Clocks)}.")
    if name == "time_zone" and value not in available_timezones():
        raise Unreadable(f"{file}: “{value}” is not a valid time zone: write one like Europe/Berlin.")
    if not is_right:
        wanted = {
            **dict.fromkeys(_TEXTS, "a text"),
            **dict.fromkeys(_LISTS, "a list of texts"),
            "historical": "true or false",
        }
        raise Unreadable(
            f"{file}: “{name}” must be {wanted.get(str(name), 'a table of texts')}. Put quotation marks around "
            "what looks like a number, a date or a yes."
        )
