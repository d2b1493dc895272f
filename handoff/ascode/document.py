"""The file as plain values, each with the line on which it stands, so that a refusal can name it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from leads.normalise import is_storable

LARGEST = 2_000_000  # bytes: more is not an agreement, and reading it takes long
FORMAT = 1


@dataclass(frozen=True, order=True)
class Complaint:
    """What is wrong on a line, and what to write instead."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class FileRefused(Exception):
    """The file says something that cannot be done. Nothing was changed."""

    def __init__(self, complaints: Iterable[Complaint]) -> None:
        self.complaints = sorted(complaints)
        super().__init__("\n".join(map(str, self.complaints)))


class Entry(dict[str, Any]):
    """One mapping of the file, which knows its line and those of its keys."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        return self.lines.get(key, self.line)


def read(content: bytes) -> Entry:
    """The document, or FileRefused where it is not the YAML of an agreement."""
    if len(content) > LARGEST:
        raise FileRefused([Complaint(1, f"The file is larger than {LARGEST // 1_000_000} MB: is it an agreement?")])
    try:
        document = yaml.load(content.decode("utf-8-sig"), Loader=_Reader)  # noqa: S506 it is a SafeLoader
    except UnicodeDecodeError:
        raise FileRefused([Complaint(1, "The file is not UTF-8: save it as UTF-8.")]) from None
    except yaml.YAMLError as error:
        raise FileRefused([_complaint(error)]) from error
    except RecursionError:
        raise FileRefused([Complaint(1, "The file is nested too deeply.")]) from None
    if not isinstance(document, Entry):
        raise FileRefused([Complaint(1, "Write sections, like “policies:”. `manage.py agreement export` writes them.")])
    if document.pop("format", None) != FORMAT:
        line = document.line_of("format")
        raise FileRefused([Complaint(line, f"Begin the file with “format: {FORMAT}”: this release reads no other.")])
    return document


def _complaint(error: yaml.YAMLError) -> Complaint:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return Complaint(mark.line + 1 if mark else 1, f"This is not valid YAML: {problem}.")


class _Reader(yaml.SafeLoader):
    """Plain values alone: a date, a time or “no” stays the text that stands there."""

    # Else 09:00 would be read as 540, and NO, the country, as false.
    yaml_implicit_resolvers = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):  # a few of them, nested, would fill the memory
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise _wrong(event.start_mark, "aliases (*) are not read here: write it out")
        return super().compose_node(parent, index)


def _wrong(mark: Any, problem: str) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, mark)


def _mapping(reader: _Reader, node: Any) -> Entry:
    entry = Entry(node.start_mark.line + 1)
    for key_node, value_node in node.value:
        key = reader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise _wrong(key_node.start_mark, f"the key {key} is not text: put it in quotes")
        if key in entry:
            raise _wrong(key_node.start_mark, f"“{key}” stands twice in one entry: keep one of them")
        entry[key] = reader.construct_object(value_node, deep=True)
        entry.lines[key] = key_node.start_mark.line + 1
    return entry


def _text(reader: _Reader, node: Any) -> str:
    text = str(reader.construct_scalar(node))
    if not is_storable(text):
        raise _wrong(node.start_mark, "this text has characters that cannot be stored (NUL or half a character)")
    return text


def _number(kind: Callable[[str], Any]) -> Callable[[_Reader, Any], Any]:
    def construct(reader: _Reader, node: Any) -> Any:
        try:
            return kind(str(reader.construct_scalar(node)).replace("_", ""))
        except ValueError:
            raise _wrong(node.start_mark, "this number is too long") from None

    return construct


# Each matches less than PyYAML's own: whatever would be misread here, the writer puts in quotes.
_PLAIN = {
    "bool": (r"true|false", "tf"),
    "null": (r"~|null|", ["~", "n", ""]),
    "int": (r"[-+]?(?:0|[1-9][0-9_]*)", "-+0123456789"),
    "float": (r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?", "-+0123456789"),
}
for _tag, (_pattern, _first) in _PLAIN.items():
    _Reader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))
_Reader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Reader.add_constructor("tag:yaml.org,2002:str", _text)
_Reader.add_constructor("tag:yaml.org,2002:int", _number(int))
_Reader.add_constructor("tag:yaml.org,2002:float", _number(float))
