"""What a page shows of refusals and warnings, and where each is corrected."""

from collections.abc import Mapping, Sequence
from typing import Any

from handoff.console.imports.wording import in_the_browser
from handoff.imports import visible
from handoff.imports.choices import ValueColumn
from handoff.imports.columns import ColumnView
from handoff.imports.complaints import Group
from handoff.models import Import
from leads.models import User

WORDS = (("created", "created"), ("updated", "changed"), ("unchanged", "unchanged"), ("refused", "refused"))


def preview_of(draft: Import, columns: Sequence[ColumnView], values: Sequence[ValueColumn], by: User) -> dict[str, Any]:
    preview: Mapping[str, Any] = visible.preview(draft, by)
    outcomes = preview.get("outcomes", {})
    groups = visible.groups(preview.get("complaints", []), by)
    return {
        "failed": preview.get("error", ""),
        "tried": preview.get("rows", 0),
        "outcomes": [(words, outcomes.get(name, 0)) for name, words in WORDS],
        "changes": preview.get("changes", []),
        "groups": [_shown(group, columns, values) for group in groups],
    }


def groups_of(record: Import, by: User) -> list[dict[str, Any]]:
    """The same of an import that has ended, where nothing is corrected any more."""
    return [_shown(group, (), ()) for group in visible.groups(record.complaints, by)]


def _shown(group: Group, columns: Sequence[ColumnView], values: Sequence[ValueColumn]) -> dict[str, Any]:
    numbers = ", ".join(map(str, group.rows))
    return {
        "is_refusal": group.is_refusal,
        "count": group.count,
        "words": in_the_browser(group.words),
        "rows": f"{numbers}, …" if group.count > len(group.rows) else numbers,
        "many": group.count != 1,
        **_control(group.field, columns, values),
    }


def _control(field: str, columns: Sequence[ColumnView], values: Sequence[ValueColumn]) -> dict[str, str]:
    """Where on the page it is corrected: the values of the column, else the column, else the constants."""
    with_values = next((column for column in values if column.field == field), None)
    if with_values is not None:
        return {"anchor": f"values-{with_values.at}", "advice": f"Map the values of {with_values.header}"}
    column = next((column for column in columns if column.field == field), None)
    if column is not None:
        return {"anchor": f"column-{column.at}", "advice": f"Check the column {column.header}"}
    return {"anchor": "constants", "advice": f"Set {field} for all rows"} if field and columns else {}
