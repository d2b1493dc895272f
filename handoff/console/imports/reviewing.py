"""The page of a draft: how its file was understood, to be corrected, and what importing it would do."""

from itertools import islice
from typing import Any
from zoneinfo import available_timezones

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.site import site, viewer
from handoff.console.imports.access import for_those_it_is_open_to, list_link, url
from handoff.console.imports.preview import preview_of
from handoff.console.imports.stating import stated_by
from handoff.console.imports.wording import in_the_browser
from handoff.imports import attributes, drafts, kinds, previews, visible, workbook
from handoff.imports.choices import ValueColumn, value_columns
from handoff.imports.columns import LOOKED_AT, ColumnView, view_columns
from handoff.imports.dates import Order
from handoff.imports.encodings import NAMES
from handoff.imports.formats import is_workbook
from handoff.imports.plan import Plan
from handoff.imports.run import KINDS
from handoff.imports.unreadable import Unreadable
from handoff.models import Import
from handoff.refusals import Refused
from handoff.workflow.backfill import Clocks
from leads.models import User

ZONES = sorted(available_timezones())


def page(request: HttpRequest, draft: Import) -> HttpResponse:
    by = viewer(request)
    if not visible.is_open(draft, by):
        raise PermissionDenied(visible.CLOSED)
    seen = _Seen(draft, by)
    if request.method == "POST":
        return _apply(request, draft, seen)
    shown = {**_file(draft, seen), **_understood(draft, seen), **preview_of(draft, seen.columns, seen.values, by)}
    context = {"title": draft.file_name, "draft": draft, **list_link(), **shown}
    return TemplateResponse(request, "handoff/console/imports/draft.html", site.each_context(request) | context)


class _Seen:
    """What the page shows somebody of the rows of a draft."""

    def __init__(self, draft: Import, by: User) -> None:
        self.unseen, self.understanding = attributes.unseen(by.roles), visible.understanding(draft, by)
        self.columns: list[ColumnView] = []
        self.values: list[ValueColumn] = []
        if draft.layout:
            plan = Plan.load(draft.layout)
            data = bytes(draft.content or b"")
            first = [line for line, _ in islice(plan.rows(data), LOOKED_AT)]
            self.columns = view_columns(plan.columns.headers, first, plan.columns)
            values = value_columns(draft.kind, plan.columns, (line for line, _ in plan.rows(data)))
            self.values = [column for column in values if column.field not in self.unseen]
        elif table := drafts.table_of(draft):
            columns = drafts.columns_of(draft, table)
            self.columns = view_columns(table.headers, table.lines[:LOOKED_AT], columns)
        self.columns = visible.columns(self.columns, by)


def _apply(request: HttpRequest, draft: Import, seen: _Seen) -> HttpResponse:
    """Understand it as the page says; start it only if that is how it was looked at."""
    stated = stated_by(draft, request.POST, seen.columns, seen.values)
    if stated == draft.stated and request.POST.get("do") == "start":
        return _start(request, draft)
    try:
        drafts.restate(draft, stated)
    except Refused as refusal:
        messages.warning(request, in_the_browser(refusal.message))
        return redirect(url("change", draft.pk))
    if draft.layout:
        previews.sample(draft)
        if request.POST.get("do") == "start":
            messages.info(request, "The preview has changed with what you have corrected: look at it, then start.")
    return redirect(url("change", draft.pk))


def _start(request: HttpRequest, draft: Import) -> HttpResponse:
    try:
        drafts.start(draft, by=viewer(request))
    except Refused as refusal:
        messages.warning(request, in_the_browser(refusal.message))
    return redirect(url("change", draft.pk))


def _file(draft: Import, seen: _Seen) -> dict[str, Any]:
    """How the file is written, and what else may be said of it."""
    data, understanding = bytes(draft.content or b""), draft.understanding
    is_book = is_workbook(data)
    return {
        "kinds": [(kind, kinds.label(kind)) for kind in KINDS],
        "sheets": _sheets(data, draft.file_name) if is_book else [],
        "encodings": [] if is_book else sorted(NAMES.items(), key=lambda item: item[1]),
        "encoding_recognised": NAMES.get(understanding.get("encoding", ""), ""),
        "delimiter": _DELIMITERS.get(understanding.get("delimiter", ""), understanding.get("delimiter", "")),
        "orders": [order.value for order in Order],
        "zones": ZONES,
        "clocks": _clocks(draft),
        "has_columns": bool(seen.columns),
    }


def _clocks(draft: Import) -> list[tuple[str, str, bool]]:
    """Value, label and whether it is chosen. What nobody has stated is chosen without being stated by that."""
    stated = draft.stated.get("clocks", "")
    if draft.kind not in kinds.WITH_CLOCKS and not stated:
        return []
    values = {clocks: clocks.value for clocks in kinds.CLOCKS} | ({} if stated == "none" else {Clocks.NONE: ""})
    return [(values[clocks], label, values[clocks] == stated) for clocks, label in kinds.CLOCKS.items()]


_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def _sheets(data: bytes, name: str) -> list[str]:
    try:
        return workbook.sheets_of(data, name)
    except Unreadable:
        return []


def _understood(draft: Import, seen: _Seen) -> dict[str, Any]:
    aliases = KINDS[draft.kind].aliases if draft.kind in KINDS else {}
    fields = list(attributes.without(seen.unseen, aliases))
    constants = dict(seen.understanding.get("constants", {}))
    stated = Plan.load(draft.layout).columns.constants if draft.layout else draft.stated.get("set", {})
    return {
        "columns": seen.columns,
        "values": seen.values,
        "fields": fields,
        "constants": [(name, value) for name, value in stated.items() if name not in seen.unseen],
        "implied": [(name, value) for name, value in constants.items() if name not in stated],
        "not_read": [column for column in seen.columns if column.because],
        "ignored": seen.understanding.get("ignored", []),
        "dated_now": draft.understanding.get("dated_now", ""),
        "error": in_the_browser(draft.understanding.get("error", "")),
    }


@for_those_it_is_open_to
def start(request: HttpRequest, draft: Import) -> HttpResponse:
    return _start(request, draft) if request.method == "POST" else redirect(url("change", draft.pk))


@for_those_it_is_open_to
def forget(request: HttpRequest, draft: Import) -> HttpResponse:
    """Understand it without what an earlier file has taught."""
    if request.method == "POST":
        try:
            drafts.forget_remembered(draft)
            if draft.layout:
                previews.sample(draft)
        except Refused as refusal:
            messages.warning(request, in_the_browser(refusal.message))
    return redirect(url("change", draft.pk))


@for_those_it_is_open_to
def discard(request: HttpRequest, draft: Import) -> HttpResponse:
    def do() -> str:
        return "The draft was discarded." if drafts.discard(draft) else "It was started already."

    question = Question("Discard the draft", "Its file is deleted. Nothing of it was imported.", "Discard")
    return confirm(request, question, list_link()["list_url"], do)
