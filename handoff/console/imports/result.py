"""The page of an import that was started: how far it is, what became of its rows, and what can be done now."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import moment
from handoff.console.imports.access import list_link
from handoff.console.imports.preview import groups_of
from handoff.console.imports.wording import in_the_browser
from handoff.imports import kinds, visible
from handoff.imports.fixing import MOST_CELLS, MOST_ROWS
from handoff.imports.plan import Plan
from handoff.models import ENDED, Import, ImportState, RowOutcome
from handoff.workflow.backfill import Clocks
from leads.models import Lead, User

MOST_KEPT = 100


def page(request: HttpRequest, record: Import, state: SafeString) -> HttpResponse:
    by = viewer(request)
    context = {
        "title": record.file_name,
        "record": record,
        "state": state,
        "kind": kinds.label(record.kind),
        "clocks": _clocks(record),
        "note": in_the_browser(record.note),
        "moments": [
            (label, moment(at))
            for label, at in (
                ("Brought", record.created_at),
                ("Started", record.started_at),
                ("Ended", record.finished_at),
                ("Undone", record.undone_at),
            )
            if at
        ],
        "groups": groups_of(record, by),
        "kept": _kept(record),
        "is_undoing": record.state in (ImportState.UNDOING, ImportState.UNDONE),
        "can_stop": record.state in (ImportState.WAITING, ImportState.RUNNING),
        "can_undo": record.state in ENDED and record.has_file(),
        "understanding": visible.understanding(record, by),
        **_fixing(record, by),
        **list_link(),
    }
    return TemplateResponse(request, "handoff/console/imports/result.html", site.each_context(request) | context)


def _clocks(record: Import) -> str:
    chosen = Clocks(record.layout.get("clocks", Clocks.NONE))
    return kinds.CLOCKS[chosen] if record.kind in kinds.WITH_CLOCKS else ""


def _kept(record: Import) -> list[tuple[Lead | None, str]]:
    rows = list(record.rows.filter(outcome=RowOutcome.KEPT)[:MOST_KEPT])
    leads = Lead.objects.in_bulk([row.lead_id for row in rows if row.lead_id])
    return [(leads.get(row.lead_id or 0), row.reason) for row in rows]


def _fixing(record: Import, by: User) -> dict[str, Any]:
    """The refused rows to be fixed in place, if there are not too many of them."""
    has_rows = record.state in ENDED and record.refused and record.layout and visible.is_open(record, by)
    refused = list(record.rows.filter(outcome=RowOutcome.REFUSED)[: MOST_ROWS + 1]) if has_rows else []
    columns = Plan.load(record.layout).columns if refused else None
    read = sorted({at for places in columns.positions.values() for at in places}) if columns else []
    fits = 0 < len(refused) <= MOST_ROWS and len(refused) * len(read) <= MOST_CELLS
    return {
        "can_fix": fits,
        "can_download": bool(refused),
        "headers": [columns.headers[at] for at in read] if columns and fits else [],
        "refused": [
            (row, in_the_browser(row.reason), [(at, row.cells[at] if at < len(row.cells) else "") for at in read])
            for row in refused
        ]
        if fits
        else [],
    }
