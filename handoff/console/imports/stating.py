"""What the page of a draft states of its file: only where somebody has changed what was understood."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from handoff.imports.choices import Value, ValueColumn
from handoff.imports.columns import ColumnView
from handoff.models import Import

TEXTS = ("system", "sheet", "encoding", "dates", "time_zone", "clocks")
FLAGS = ("historical", "strict")
KEPT = ("map", "constants", "value", "is_remembered")


def stated_by(
    draft: Import, post: QueryDict, columns: list[ColumnView], value_columns: list[ValueColumn]
) -> dict[str, Any]:
    """All that is stated from now on."""
    kind = post.get("kind") or draft.kind
    stated = _settings(draft, post, kind)
    if kind != draft.kind:  # the fields are others
        return stated
    stated |= {name: draft.stated[name] for name in KEPT if name in draft.stated}
    stated |= _columns(draft.stated, post, columns)
    if constants := _constants(post):
        stated["set"] = constants
    if values := _values(draft.stated, post, value_columns):
        stated["values"] = values
    return stated


def _settings(draft: Import, post: QueryDict, kind: str) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    if kind != draft.kind or "kind" in draft.stated:
        stated["kind"] = kind
    for name in TEXTS:
        # Of a kind without clocks, the page has no control for them.
        text = post.get(name, draft.stated.get(name, "") if name == "clocks" else "").strip()
        # A system that was recognised is shown, and not stated by that.
        if text and not (name == "system" and text == draft.system and name not in draft.stated):
            stated[name] = text
    return stated | {name: True for name in FLAGS if post.get(name)}


def _columns(earlier: Mapping[str, Any], post: QueryDict, columns: list[ColumnView]) -> dict[str, Any]:
    fields, ignored = dict(earlier.get("columns", {})), list(earlier.get("ignore", ()))
    for column in columns:
        wanted = post.get(f"column-{column.at}", column.field)
        if wanted == column.field or not column.header:
            continue
        fields.pop(column.header, None)
        ignored = [header for header in ignored if header != column.header]
        if wanted:
            fields[column.header] = wanted
        else:
            ignored.append(column.header)
    return {name: value for name, value in (("columns", fields), ("ignore", ignored)) if value}


def _constants(post: QueryDict) -> dict[str, str]:
    pairs = zip(post.getlist("constant-field"), post.getlist("constant-value"), strict=False)
    return {name: value.strip() for name, value in pairs if name and value.strip()}


def _values(earlier: Mapping[str, Any], post: QueryDict, value_columns: list[ValueColumn]) -> list[str]:
    """What values stand for. What the page does not show stays, also of values that this file does not have."""
    texts = list(earlier.get("values", ()))
    for column in value_columns:
        for value, meaning in zip(column.values, post.getlist(f"meaning-{column.at}"), strict=False):
            if meaning != value.meaning:
                others = [text for text in texts if not _is_about(text, column, value)]
                # What nobody has stated is not forgotten by forgetting a statement: the value stands for itself.
                is_known_otherwise = not meaning and len(others) == len(texts)
                stated = [f"{column.header}:{value.text}={value.text if is_known_otherwise else meaning}"]
                texts = [*others, *(stated if meaning or is_known_otherwise else ())]
    return texts


def _is_about(text: str, column: ValueColumn, value: Value) -> bool:
    """Both the header and the value may have colons in them."""
    left = "".join(text.rpartition("=")[0].casefold().split())
    return any(left == "".join(f"{name}:{value.text}".casefold().split()) for name in (column.header, column.field))
