"""What a person may see of an import: nothing of the attributes that are not shown to their roles."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from handoff.imports import attributes, drafts
from handoff.imports.columns import ColumnView
from handoff.imports.complaints import Complaints, Group, field_of
from handoff.imports.memory import Remembered
from handoff.imports.plan import Plan
from handoff.models import Import
from handoff.refusals import NotAllowed
from leads.models import Role, User

CLOSED = "This file has values that are not shown to your roles: its author and RevOps may open it."


def check_open(record: Import, user: User) -> None:
    """Refuse to show the rows of a file to somebody who may not see all that they are read for."""
    if not is_open(record, user):
        raise NotAllowed(CLOSED)


def is_open(record: Import, user: User) -> bool:
    """To its author and RevOps always: the author has the file."""
    if record.by_id == user.pk or user.has_role(Role.REVOPS):
        return True
    unseen = attributes.unseen(user.roles)
    return not unseen or unseen.isdisjoint(_fields_of(record, unseen))


def _fields_of(record: Import, unseen: Collection[str]) -> Collection[str]:
    """The fields of its columns, also of those that were hidden from its author."""
    if record.layout:
        columns = Plan.load(record.layout).columns
        return {*columns.fields, *columns.hidden.values(), *(each.field for each in columns.choices)}
    if record.kind not in ("leads", "") or (table := drafts.table_of(record)) is None:
        return ()
    stated = {*record.stated.get("columns", {}).values(), *record.stated.get("set", {})}
    return {*stated, *attributes.columns_of(unseen, table.headers).values()}


def columns(views: Sequence[ColumnView], user: User) -> list[ColumnView]:
    """The columns of a file, the hidden ones as if nobody knew what they are, and without their values."""
    unseen = attributes.unseen(user.roles)
    called = attributes.columns_of(unseen, [view.header for view in views])
    hidden = {at for at, view in enumerate(views) if view.field in unseen or (not view.field and at in called)}
    return [
        replace(view, field="", how="", because="", samples=()) if at in hidden else view
        for at, view in enumerate(views)
    ]


def understanding(record: Import, user: User) -> dict[str, Any]:
    """How a file was understood; a column that is hidden is ignored."""
    plain: dict[str, Any] = record.understanding
    unseen = attributes.unseen(user.roles)
    hidden = [column["header"] for column in plain.get("columns", ()) if column["field"] in unseen]
    if not unseen or "columns" not in plain:
        return plain
    return plain | {
        "columns": [column for column in plain["columns"] if column["field"] not in unseen],
        "constants": {name: value for name, value in plain["constants"].items() if name not in unseen},
        "values": [value for value in plain["values"] if value["header"] not in hidden],
        "ignored": [*plain["ignored"], *hidden],
    }


def mapping(remembered: Remembered, user: User) -> Remembered:
    """The same of how the files of a system are understood."""
    unseen = attributes.unseen(user.roles)
    hidden = [header for header, name in remembered.columns.items() if name in unseen]
    return replace(
        remembered.without(unseen),
        columns={header: name for header, name in remembered.columns.items() if name not in unseen},
        values=tuple(text for text in remembered.values if not any(text.startswith(f"{name}:") for name in hidden)),
    )


def groups(plain: Sequence[Mapping[str, Any]], user: User) -> list[Group]:
    """Refusals and warnings, which quote values."""
    unseen = attributes.unseen(user.roles)
    return [group for group in Complaints.load(plain).groups() if group.field not in unseen]


def preview(record: Import, user: User) -> dict[str, Any]:
    """What a dry run has shown, without what it has shown of others."""
    plain: dict[str, Any] = record.preview
    unseen = attributes.unseen(user.roles)
    if not unseen or not plain:
        return plain
    kept = [each for each in plain.get("complaints", ()) if field_of(each["template"]) not in unseen]
    return plain | {"complaints": kept, "changes": plain["changes"] if is_open(record, user) else []}
