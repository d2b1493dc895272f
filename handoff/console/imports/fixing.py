"""Refused rows: downloaded to be fixed in a spreadsheet and brought again, or fixed on the page."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from handoff.console.frame.site import viewer
from handoff.console.imports.access import for_those_it_is_open_to, url
from handoff.console.imports.wording import in_the_browser
from handoff.doors import door
from handoff.imports import drafts, fixing, previews
from handoff.imports.refused_file import file_name, refused_rows
from handoff.imports.unreadable import Unreadable
from handoff.models import Import, RowOutcome
from handoff.refusals import Refused
from leads.models import Via


@for_those_it_is_open_to
def download(_request: HttpRequest, record: Import) -> HttpResponseBase:
    headers = {"Content-Disposition": f'attachment; filename="{file_name(record)}"'}
    return StreamingHttpResponse(refused_rows(record), content_type="text/csv; charset=utf-8", headers=headers)


@for_those_it_is_open_to
def fix(request: HttpRequest, record: Import) -> HttpResponse:
    """Write the rows again as they were typed into the page."""
    if request.method == "POST":
        try:
            came_in, refused = fixing.fix(record, _typed(request, record), by=viewer(request))
        except Refused as refusal:
            messages.warning(request, refusal.message)
        else:
            _say(request, came_in, refused)
    return redirect(url("change", record.pk) + "#refused")


def _typed(request: HttpRequest, record: Import) -> dict[int, list[str]]:
    """The cells of each refused row, those that the page does not show as they were."""
    typed = {}
    for row in record.rows.filter(outcome=RowOutcome.REFUSED)[: fixing.MOST_ROWS]:
        width = max(len(row.cells), len(record.layout["headers"]))
        cells = [*row.cells, *[""] * (width - len(row.cells))]
        names = [f"cell-{row.pk}-{at}" for at in range(width)]
        if any(name in request.POST for name in names):
            typed[row.pk] = [request.POST.get(name, cell) for name, cell in zip(names, cells, strict=True)]
    return typed


def _say(request: HttpRequest, came_in: int, refused: int) -> None:
    if came_in:
        messages.success(request, f"{came_in} row{'s' if came_in != 1 else ''} came in.")
    if refused:
        messages.warning(request, f"{refused} {'are' if refused != 1 else 'is'} still refused: see why below.")


@for_those_it_is_open_to
def again(request: HttpRequest, record: Import) -> HttpResponse:
    """A file of the refused rows comes back: it is understood as the one that they come from."""
    file = request.FILES.get("file")
    if request.method != "POST" or file is None:
        messages.warning(request, "Choose the file of the refused rows that you have fixed.")
        return redirect(url("change", record.pk))
    try:
        drafts.check_size(file.size or 0)
        draft = drafts.bring(file.read(), file.name or "", _stated(record), by=viewer(request), door=door(Via.CONSOLE))
    except Unreadable as error:
        messages.warning(request, in_the_browser(str(error)))
        return redirect(url("change", record.pk))
    if draft.layout:
        previews.sample(draft)
    return redirect(url("change", draft.pk))


def _stated(record: Import) -> dict[str, Any]:
    """It is of the same past, or as live, as the one that its rows come from, but written by us."""
    of_file = {name: record.stated[name] for name in ("historical", "clocks", "strict") if record.stated.get(name)}
    return {**record.remembered, **of_file, "kind": record.kind, "encoding": "", "sheet": ""}
