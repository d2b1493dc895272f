"""What the page of a draft states of its file: only where somebody has changed what was understood."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from handoff.imports.choices import ValueColumn
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
        text = post.get(name, "").strip()
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
    """What values stand for. Those of columns that the page does not show stay as they are."""
    shown = {column.header for column in value_columns}
    texts = [text for text in earlier.get("values", ()) if text.partition(":")[0] not in shown]
    for column in value_columns:
        meanings = post.getlist(f"meaning-{column.at}")
        pairs = zip((value.text for value in column.values), meanings, strict=False)
        texts += [f"{column.header}:{text}={meaning}" for text, meaning in pairs if meaning]
    return texts
