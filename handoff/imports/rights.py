"""Who may import what: marketing and RevOps, and nothing that they may not do by hand."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from handoff.imports.kind import Kind, Reading, Row
from handoff.models import Import
from handoff.refusals import NotAllowed
from handoff.workflow.backfill import lock_many
from leads.models import MARKETING, Lead, Role, State, Transition, User

OF_MARKETING = frozenset({"campaigns", "leads", "touchpoints"})
"""Kinds of files that marketing may import in any way. Of the others it may import the past."""
WITH_SALES = "Sales works with this lead: RevOps may import this row."
IMPORTERS = "marketing and RevOps may"


def may_import(user: User) -> bool:
    return user.is_active and user.has_role(*MARKETING, Role.REVOPS)


def check_importer(user: User) -> None:
    if not may_import(user):
        raise NotAllowed("You may not import files: marketing and RevOps may.")


def check(user: User, record: Import) -> None:
    """Refuse what this person may not import."""
    check_importer(user)
    has_more = has_several_kinds(record)
    if record.is_historical or user.has_role(Role.REVOPS) or (record.kind in OF_MARKETING and not has_more):
        return
    kind = "a table of several kinds of records" if has_more else record.kind
    raise NotAllowed(f"You may import {kind} of the past only: mark the file as historical. RevOps may import all.")


def has_several_kinds(record: Import) -> bool:
    """It is a table of leads with what happened to them."""
    columns: Mapping[str, Any] = record.layout
    fields = {name for _, name, _ in columns.get("choices", ())}
    return "record_type" in fields | {*columns.get("constants", ()), *columns.get("implied", ())}


def hindrance(record: Import) -> str:
    """Why an import may not go on. Whoever started it may have lost the right in the meantime; the shell has it."""
    if record.by is None:
        return ""
    try:
        check(record.by, record)
    except NotAllowed:
        return f"{record.by} may no longer do this: {IMPORTERS}."
    return ""


def hold_leads(rows: Sequence[Row], kind: Kind, reading: Reading) -> list[Lead | None]:
    """Lock the leads of the rows, in their order, before anything else is locked; and say which row is about which.

    Row by row they would be locked in the order of the file, and two imports could wait for each other.
    """
    ids = [_lead_of(keys) for keys in kind.keys(rows, reading)]
    leads = lock_many({pk for pk in ids if pk})
    return [leads.get(pk) if pk else None for pk in ids]


def taken_by_sales(user: User | None, lead_ids: Sequence[int | None]) -> set[int]:
    """Those leads whose state this person may not change by hand: they were handed to sales, and not by a backfill."""
    if user is None or user.has_role(Role.REVOPS):
        return set()
    handed = Lead.objects.filter(pk__in=[pk for pk in lead_ids if pk]).exclude(state=State.RAW)
    live = Transition.objects.filter(lead__in=handed.values("pk"), historical=False)
    return set(live.values_list("lead_id", flat=True).distinct().order_by())


def _lead_of(keys: Collection[object]) -> int | None:
    return next((key[1] for key in keys if isinstance(key, tuple) and key[0] == "lead"), None)
