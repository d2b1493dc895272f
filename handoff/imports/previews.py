"""What an import would do: its first rows are tried at once, all of them in the background; nothing stays written."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any

from django.db import transaction

from handoff.imports import dry_run
from handoff.imports.complaints import Complaints
from handoff.imports.kind import FirstRows, Kind, Reading, Result, Row
from handoff.imports.plan import Opening, Plan, unhurried
from handoff.imports.rows import noting_changes_of, write_as_author
from handoff.imports.run import KINDS, OUTCOMES, written
from handoff.imports.table import Line
from handoff.models import Import, ImportChange, ImportState
from leads.cards import ATTRIBUTES
from leads.facts import Fact, FactType, seen_facts
from leads.models import Campaign, Lead
from leads.repeats import Repeats

SAMPLE = 200  # rows that are tried within the request
WINDOW = 1000  # rows that are tried at once in the background
MOST_CHANGES = 20  # leads whose changes are shown field by field

GoOn = Callable[[], bool]


def sample(draft: Import) -> None:
    """Try the first rows, and ask a worker to try the others."""
    begin(draft, SAMPLE)
    draft.is_preview_wanted = draft.total > draft.preview["rows"]
    _save(draft)


def begin(draft: Import, most: int) -> None:
    draft.preview = {"rows": 0, "cursor": 0, "outcomes": {}, "complaints": [], "changes": []}
    pairs = _rows_left(draft)
    rows = [row for _, row in islice(pairs, most)]
    _add(draft, rows)


def go_on(draft: Import, may_go_on: GoOn, opening: Opening = unhurried) -> None:
    """Try further rows of a draft. A worker calls it, until all are tried or the file is understood otherwise."""
    current = Import.objects.filter(pk=draft.pk, state=ImportState.DRAFT, is_preview_wanted=True).first()
    if current is None or current.content is None:
        return
    with suppress(Import.DoesNotExist):  # it was discarded
        with opening() as keep:
            rows = (row for _, row in _rows_left(current, keep))
        _go_on(current, rows, may_go_on)


def give_up(draft: Import, words: str) -> None:
    """Say why not all rows were tried, and try no more of them."""
    wanted = Import.objects.filter(pk=draft.pk, state=ImportState.DRAFT, is_preview_wanted=True)
    for current in wanted.only("preview"):
        wanted.update(is_preview_wanted=False, preview=current.preview | {"error": words})


def _go_on(draft: Import, rows: Iterator[Row], may_go_on: GoOn) -> None:
    while may_go_on():
        window = list(islice(rows, WINDOW))
        draft.refresh_from_db(fields=["by"])  # with the rights that its author has now
        if window:
            _add(draft, window)
        draft.is_preview_wanted = bool(window)
        if not _save(draft) or not window:
            return


def _rows_left(draft: Import, keep: GoOn = lambda: True) -> Iterator[tuple[Line, Row]]:
    """The rows that were not tried yet, in the order in which they would be imported."""
    data, done = bytes(draft.content or b""), draft.preview.get("cursor", 0)
    return Plan.load(draft.layout).rows_left(data, KINDS[draft.kind], done, keep)


def _save(draft: Import) -> bool:
    """False when it was started, or understood otherwise, in the meantime."""
    same = Import.objects.filter(pk=draft.pk, state=ImportState.DRAFT, layout=draft.layout)
    return same.update(preview=draft.preview, is_preview_wanted=draft.is_preview_wanted) == 1


def _add(draft: Import, rows: Sequence[Row]) -> None:
    """Try rows, and add what came of it to what the preview has shown so far."""
    preview, kind = draft.preview, KINDS[draft.kind]
    changes: list[dict[str, Any]] = []
    reading = replace(Plan.load(draft.layout).reading, repeats=Repeats(), first_rows=FirstRows())
    trial = replace(kind, write=lambda rows, reading: _try(draft, kind, rows, reading, changes))
    complaints, counted = Complaints.load(preview["complaints"]), Counter(preview["outcomes"])
    for result in written(rows, lambda sound: dry_run.write(sound, trial, reading)):
        complaints.add(result)
        counted[result.outcome] += 1
        counted["warnings"] += bool(result.reason) and result.outcome != "refused"
    shown = [*preview["changes"], *changes][:MOST_CHANGES]
    draft.preview = {
        "rows": preview["rows"] + len(rows),
        "cursor": preview["cursor"] + len(rows),
        "outcomes": {name: counted[name] for name in (*OUTCOMES, "warnings")},
        "complaints": complaints.plain(),
        "changes": shown,
    }


def _try(
    draft: Import, kind: Kind, rows: Sequence[Row], reading: Reading, changes: list[dict[str, Any]]
) -> list[Result]:
    """Write rows within the transaction that is taken back, and read what the database has noted of it."""
    with transaction.atomic():
        with noting_changes_of(draft):
            results = write_as_author(draft, rows, kind, reading)
        if len(changes) < MOST_CHANGES:
            changes += _changes(draft)
    return results


def _changes(draft: Import) -> Iterator[dict[str, Any]]:
    """Fact by fact, old and new, of leads that were there before: those facts that the author sees."""
    noted = ImportChange.objects.filter(of_import=draft.pk, table="leads_lead")
    new = set(noted.filter(is_new=True).values_list("row_id", flat=True))
    seen = seen_facts(draft.by.roles if draft.by else None)
    changed = [change for change in noted.filter(is_new=False).order_by("pk") if change.row_id not in new]
    leads = Lead.objects.in_bulk([change.row_id for change in changed[:MOST_CHANGES]])
    for change in changed[:MOST_CHANGES]:
        before, after = change.before or {}, change.after or {}
        values = ((card, _shown(card, before), _shown(card, after)) for card in seen)
        shown = [[card.label, old, new] for card, old, new in values if old != new]
        if shown and change.row_id in leads:
            yield {"lead": change.row_id, "name": str(leads[change.row_id]), "fields": shown}


def _shown(card: Fact, columns: Mapping[str, Any]) -> str:
    """A fact as people read it, from the columns of a lead that differ."""
    if card.key:
        return card.shown((columns.get(ATTRIBUTES) or {}).get(card.key))
    if card.type == FactType.CAMPAIGN:
        campaign = Campaign.objects.filter(pk=columns.get("campaign_id") or 0).first()
        return campaign.name if campaign else ""
    return card.shown(columns.get(card.name))
