"""Rows of the database made as they were before an import, from what triggers have noted of it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection

from handoff.models import Import, ImportChange
from leads.cards import ATTRIBUTES
from leads.models import Lead
from leads.names import PARTS

PASSED_OVER = {"updated_at"}
SUMMED_UP = {"consent"}
"""What a trigger keeps: it follows from other rows, also from those that are removed here."""
# The names of tables come from our own triggers; a name that is none of these would be refused.
TABLES = {
    "leads_lead": "lead",
    "leads_externalid": "external id",
    "leads_touch": "touch",
    "leads_touchpoint": "touchpoint",
    "leads_consent": "consent",
    "leads_opportunity": "deal",
    "leads_campaign": "campaign",
    "leads_transition": "act",
    "handoff_handoff": "handoff",
    "handoff_rejection": "rejection",
}
_ATTRIBUTE = f"{ATTRIBUTES}."
_NAMED = {"leads_campaign": ("leads_lead", "leads_touchpoint")}
"""Which tables name a row, so that it stays."""


@dataclass(frozen=True)
class Changes:
    """What an import did to one lead and all that belongs to it, or to campaigns; the last change first."""

    all: Sequence[ImportChange]

    @cached_property
    def is_new_lead(self) -> bool:
        return bool(self.new("leads_lead"))

    @cached_property
    def acts(self) -> list[int]:
        """The acts that it wrote into the history."""
        return self.new("leads_transition")

    @cached_property
    def has_facts(self) -> bool:
        return any(change.table == "leads_lead" and not change.is_new for change in self.all)

    def new(self, table: str) -> list[int]:
        """The rows of a table that it made."""
        return [change.row_id for change in self.all if change.table == table and change.is_new]

    def expected(self) -> dict[tuple[str, int], dict[str, Any]]:
        """How each row that it made was when it was done with it."""
        rows: dict[tuple[str, int], dict[str, Any]] = {}
        for change in reversed(self.all):
            key = change.table, change.row_id
            if change.is_new:
                rows[key] = dict(change.after or {})
            elif key in rows:
                rows[key] |= change.after or {}
        return rows

    def forget(self) -> None:
        ImportChange.objects.filter(pk__in=[change.pk for change in self.all]).delete()


def changes_of(record: Import, lead_id: int | None) -> Changes:
    """What it did to a lead; without one, to campaigns."""
    return Changes(list(ImportChange.objects.filter(of_import=record, lead_id=lead_id).order_by("-pk")))


def stored(table: str, row_id: int) -> dict[str, Any] | None:
    """A row as it is now; of a lead, what was stated of it."""
    row = "leads_as_stated(to_jsonb(stored))" if table == "leads_lead" else "to_jsonb(stored)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {row}::text FROM {_quoted(table)} stored WHERE id = %s", [row_id])  # noqa: S608
        row = cursor.fetchone()
    return json.loads(row[0]) if row else None


def differing(is_now: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The columns that are not as expected. One that an upgrade has added or removed says nothing."""
    return [name for name in expected.keys() & is_now.keys() - PASSED_OVER if is_now[name] != expected[name]]


def revert(changes: Changes) -> list[str]:
    """Undo the changes, the last one first; what stays of them, in words."""
    complaints = []
    for change in changes.all:
        complaint = _remove(change) if change.is_new else _restore(change)
        if complaint:
            complaints.append(complaint)
    return complaints


def _remove(change: ImportChange) -> str:
    for table in _NAMED.get(change.table, ()):
        if _names(table, change.row_id):
            name = (change.after or {}).get("name", change.row_id)
            return f"The campaign “{name}” stays: it is named by what is still there."
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {_quoted(change.table)} WHERE id = %s", [change.row_id])  # noqa: S608
    return ""


def _names(table: str, campaign_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {_quoted(table)} WHERE campaign_id = %s)", [campaign_id])  # noqa: S608
        return bool(cursor.fetchone()[0])


def _restore(change: ImportChange) -> str:
    """Give columns their former values, unless they were changed again since."""
    is_now = stored(change.table, change.row_id)
    if is_now is None:
        return ""
    was, became = change.before or {}, change.after or {}
    columns = [name for name in was if name in is_now and name not in PASSED_OVER | SUMMED_UP]
    nested = [name for name in columns if all(isinstance(each.get(name), dict) for each in (is_now, was, became))]
    stated = _stated_since(is_now, was, became)
    changed = [
        name
        for name in columns
        if name not in nested and (is_now[name] != became.get(name) or name.removesuffix("_id") in stated)
    ]
    if "name" in columns and not set(PARTS).isdisjoint(changed):
        changed = [*{*changed, "name"}]  # it follows from a part that stays
    keys = {name.removeprefix(_ATTRIBUTE) for name in stated if name.startswith(_ATTRIBUTE)}
    stay = {name: _differing_keys(is_now[name], was[name], became[name]) for name in nested}
    if "attributes" in nested:
        of_import = _changed_keys(was["attributes"], became["attributes"])
        stay["attributes"] = sorted({*stay["attributes"], *(keys & {*of_import})})
    _write(change, {name: _former(is_now[name], was[name], became[name], stay[name]) for name in nested})
    _write(change, {name: was[name] for name in columns if name not in (*changed, *nested)})
    changed += stay.get("attributes", [])
    if not changed:
        return ""
    return f"Changed again since, so it stays: {', '.join(name.removesuffix('_id') for name in sorted(changed))}."


def _stated_since(is_now: Mapping[str, Any], was: Mapping[str, Any], became: Mapping[str, Any]) -> set[str]:
    """The facts of a lead that somebody else has confirmed since: their values are the same, and are theirs."""
    columns = [each.get("provenance") or {} for each in (is_now, was, became)]
    return set(_differing_keys(*columns)) if "provenance" in became else set()


def _former(
    is_now: Mapping[str, Any], was: Mapping[str, Any], became: Mapping[str, Any], kept: Collection[str]
) -> dict[str, Any]:
    """Many values in one column: each is as it was, but for those that stay."""
    undone = {key for key in _changed_keys(was, became) if key not in kept}
    return {key: value for key, value in is_now.items() if key not in undone} | {
        key: was[key] for key in undone if key in was
    }


def _differing_keys(is_now: Mapping[str, Any], was: Mapping[str, Any], became: Mapping[str, Any]) -> list[str]:
    """What an import changed, and somebody else again."""
    return [key for key in _changed_keys(was, became) if is_now.get(key) != became.get(key)]


def _changed_keys(was: Mapping[str, Any], became: Mapping[str, Any]) -> list[str]:
    return [key for key in was.keys() | became.keys() if was.get(key) != became.get(key)]


def _write(change: ImportChange, values: Mapping[str, Any]) -> None:
    if not values:
        return
    if "score" in values and Lead.objects.filter(pk=change.row_id).exclude(scored_by=None).exists():
        values = {name: value for name, value in values.items() if name != "score"} | {"stated_score": values["score"]}
    names = [connection.ops.quote_name(name) for name in values]
    pairs = ", ".join(f"{name} = former.{name}" for name in names)
    table = _quoted(change.table)
    statement = (
        f"UPDATE {table} SET {pairs} FROM jsonb_populate_record(NULL::{table}, %s::jsonb) former "  # noqa: S608
        f"WHERE {table}.id = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(values), change.row_id])


def _quoted(table: str) -> str:
    if table not in TABLES:
        raise ValueError(table)
    return connection.ops.quote_name(table)


def rows_of(lead_id: int, table: str) -> set[int]:
    """The rows of a table that belong to a lead."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {_quoted(table)} WHERE lead_id = %s", [lead_id])  # noqa: S608
        return {pk for (pk,) in cursor.fetchall()}
