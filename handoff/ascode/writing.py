"""Plain values as the text of the file: the same values are always the same bytes."""

from typing import Any

import yaml

WIDEST = 1_000_000  # no line is broken, so that a change of one value is a change of one line


class Line(dict[str, Any]):
    """A mapping that is written on one line."""


class _Writer(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 lists are indented
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _line(writer: _Writer, values: Line) -> Any:
    return writer.represent_mapping("tag:yaml.org,2002:map", values.items(), flow_style=True)


def _text(writer: _Writer, text: str) -> Any:
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Writer.add_representer(Line, _line)
_Writer.add_representer(str, _text)


def write(values: Any) -> str:
    style: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "default_flow_style": False, "width": WIDEST}
    return str(yaml.dump(values, Dumper=_Writer, **style))
