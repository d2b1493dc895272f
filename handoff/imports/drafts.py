"""A file that was brought and is looked at before it is imported: what it is, how it was understood, and its start."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings

from handoff.doors import Door
from handoff.imports import kinds, rights
from handoff.imports.dates import Order
from handoff.imports.headers import Vocabulary
from handoff.imports.mapping import Columns
from handoff.imports.memory import Remembered, of_system
from handoff.imports.plan import Plan
from handoff.imports.progress import finish
from handoff.imports.run import KINDS, UnknownSystem, Wish, understand
from handoff.imports.run import Import as Prepared
from handoff.imports.run import columns_of as columns_by
from handoff.imports.table import Source, Table, parse
from handoff.imports.unreadable import Unreadable
from handoff.models import FileMapping, Import, ImportState
from handoff.refusals import Refused
from handoff.workflow.backfill import Clocks
from leads.models import User

LONGEST_NAME = 200
NO_SYSTEM = "file"
_IDS = {"external_id", "touch_id", "deal_id", "row_id", "touchpoint_id"}
_REMEMBERED = "is_remembered"  # of what is stated, most was taken from an earlier file


class NotADraft(Refused):
    """The import was started already, or has ended."""

    status = 409
    code = "not_a_draft"


def bring(data: bytes, name: str, stated: Mapping[str, Any], *, by: User | None, door: Door) -> Import:
    """Keep a file as a draft, with how it is understood, or why it cannot be."""
    draft = make(data, name, stated, by=by, door=door)
    draft.save()
    return draft


def make(data: bytes, name: str, stated: Mapping[str, Any], *, by: User | None, door: Door) -> Import:
    """The same, not saved yet. What is not stated is taken from the last file of the system and kind."""
    check_size(len(data))
    draft = Import(content=data, size=len(data), file_name=_printable(name), by=by)
    draft.stated, draft.kind = dict(stated), stated.get("kind", "")
    draft.via, draft.request_id = door.via, door.request_id
    reread(draft)
    known = FileMapping.objects.filter(system=draft.system, kind=draft.kind).first() if draft.layout else None
    if known is not None:
        _remember(draft, known)
    draft.stated = _given(draft.stated)
    return draft


def _printable(name: str) -> str:
    return "".join(filter(str.isprintable, name)).strip()[-LONGEST_NAME:] or "Pasted rows"


def _remember(draft: Import, known: FileMapping) -> None:
    """Understand it as the last file of its system and kind, unless that one was so different that it cannot be."""
    stated = draft.stated
    draft.stated = {**of_system(known.remembered), **stated, _REMEMBERED: True}
    if reread(draft) is None:
        draft.stated = stated
        reread(draft)


def _given(stated: Mapping[str, Any]) -> dict[str, Any]:
    """What is stated as empty is not as it was last time, and otherwise nothing."""
    return {name: value for name, value in stated.items() if value != ""}


def check_size(size: int) -> None:
    if size > settings.IMPORT_MAX_MB * 1_000_000:
        most = f"{settings.IMPORT_MAX_MB} MB"
        raise Unreadable(f"The file is larger than {most}: split it, or let an administrator raise IMPORT_MAX_MB.")
    if not size:
        raise Unreadable("The file is empty: the first row must contain the headers.")


def restate(draft: Import, stated: Mapping[str, Any]) -> None:
    """Understand the file in another way."""
    draft.stated = dict(stated)
    draft.kind = stated.get("kind", draft.kind)
    reread(draft)
    is_saved = Import.objects.filter(pk=draft.pk, state=ImportState.DRAFT).update(
        **{name: getattr(draft, name) for name in _UNDERSTOOD}
    )
    if not is_saved:
        raise NotADraft("The import was started already.")


_UNDERSTOOD = (
    *("stated", "kind", "system", "layout", "understanding", "remembered", "total", "preview", "is_preview_wanted"),
)


def reread(draft: Import) -> Prepared | None:
    """Understand the file by what is stated; None if it cannot be understood, which the draft then says."""
    draft.layout, draft.preview, draft.is_preview_wanted = {}, {}, False
    try:
        prepared = prepared_of(draft)
    except Unreadable as error:
        draft.understanding, draft.total = {"error": str(error)}, 0
        return None
    fill(draft, prepared)
    return prepared


def prepared_of(draft: Import) -> Prepared:
    data = bytes(draft.content or b"")
    if not draft.kind:
        source = Source(encoding=draft.stated.get("encoding", ""), sheet=draft.stated.get("sheet", ""))
        draft.kind = kinds.propose(data, draft.file_name, source)
    wish = _wish_of(draft)
    try:
        return understand(data, draft.file_name, wish)
    except UnknownSystem:
        # Only ids are of a system: a list of people who are known by their emails needs none.
        prepared = understand(data, draft.file_name, replace(wish, system=NO_SYSTEM))
        if prepared.reading.fields & _IDS:
            raise
        return prepared


def fill(draft: Import, prepared: Prepared) -> None:
    """Note on a draft how its file was understood."""
    draft.kind, draft.system = prepared.wish.kind, prepared.reading.system
    draft.layout, draft.understanding = Plan.of(prepared).plain(), prepared.understanding.as_dict()
    draft.remembered, draft.total = of_system(prepared.remembered().plain()), len(prepared.rows)


def _wish_of(draft: Import) -> Wish:
    """With the eyes of whoever has brought the file."""
    wish = wish_of(draft.kind, draft.stated)
    return replace(wish, roles=draft.by.roles) if draft.by else wish


def wish_of(kind: str, stated: Mapping[str, Any]) -> Wish:
    """What is stated, as the importer takes it."""
    if kind not in KINDS:
        raise Unreadable(f"“{kind}” is not a kind of file: use one of {', '.join(KINDS)}.")
    known = Remembered.of(stated)
    if known.dates and known.dates not in list(Order):
        raise Unreadable(f"“{known.dates}” is not an order of dates: use one of {', '.join(Order)}.")
    if known.time_zone and known.time_zone not in available_timezones():
        raise Unreadable(f"“{known.time_zone}” is not a valid time zone: write one like Europe/Berlin.")
    if known.clocks and known.clocks not in list(Clocks):
        raise Unreadable(f"“{known.clocks}” does not say from when clocks run: use one of {', '.join(Clocks)}.")
    return Wish(
        kind=kind,
        system=known.system,
        remembered=known,
        mappings=stated.get("map", ()),
        constants=stated.get("constants", ()),
        values=stated.get("value", ()),
        encoding=known.encoding,
        sheet=known.sheet,
        dates=Order(known.dates) if known.dates else None,
        zone=ZoneInfo(known.time_zone) if known.time_zone else UTC,
        historical=known.historical,
        clocks=Clocks(known.clocks or Clocks.NONE),
        strict=bool(stated.get("strict")),
    )


def start(draft: Import, *, by: User | None) -> None:
    """Let a worker import it."""
    if not draft.layout:
        raise NotADraft(draft.understanding.get("error", "The file is not understood yet."))
    if by is not None:
        rights.check(by, draft)
    started = {"state": ImportState.WAITING, "by": by, "is_preview_wanted": False}
    # Only as it was looked at: another tab may have understood it otherwise since.
    waiting = Import.objects.filter(pk=draft.pk, state=ImportState.DRAFT, stated=draft.stated)
    if not waiting.update(**started):
        raise NotADraft("The import was started or changed in the meantime: look at it again.")
    FileMapping.keep({"system": draft.system, "kind": draft.kind, **draft.remembered}, by)
    draft.refresh_from_db(fields=["state", "by"])


def stop(record: Import, *, by: User | None) -> bool:
    """Stop an import: what is done stays. False when it had ended already."""
    return finish(record, ImportState.STOPPED, f"{by or 'The shell'} stopped it.")


def forget_remembered(draft: Import) -> None:
    """Understand the file by itself, without what an earlier one has taught."""
    restate(draft, {name: draft.stated[name] for name in ("kind", "historical", "clocks") if name in draft.stated})


def table_of(draft: Import) -> Table | None:
    """The rows of a file that is not understood, as far as they can be read."""
    source = Source(encoding=draft.stated.get("encoding", ""), sheet=draft.stated.get("sheet", ""))
    aliases = KINDS[draft.kind].aliases if draft.kind in KINDS else {}
    try:
        return parse(bytes(draft.content or b""), draft.file_name, source, Vocabulary(draft.kind, aliases).recognised)
    except Unreadable:
        return None


def columns_of(draft: Import, table: Table) -> Columns | None:
    """What its columns are taken for, even if that is not enough."""
    try:
        return columns_by(_wish_of(draft), KINDS[draft.kind], table)
    except Unreadable:
        return None


def discard(draft: Import) -> bool:
    """Delete a draft with its file. False when it was started already."""
    return bool(Import.objects.filter(pk=draft.pk, state=ImportState.DRAFT).delete()[0])
