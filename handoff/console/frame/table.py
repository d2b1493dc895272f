"""A list as a table: small rows with plain cells, each named for the phone, where a row is a card."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import display_for_field, display_for_value, label_for_field, lookup_field
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Field, Model
from django.db.models.expressions import F, OrderBy
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

TICK = "action_checkbox"
LONGEST_PLACE = 4  # digits of the place of a column
UNKNOWN = "–"


@dataclass(frozen=True)
class Head:
    """The head of a column: its label, the address that sorts by it, and how the list is sorted by it now."""

    name: str
    label: str
    link: str = ""
    sorted: str = ""

    @property
    def is_toggle(self) -> bool:
        return self.name == TICK


@dataclass(frozen=True)
class Table:
    heads: list[Head]
    rows: list[list[SafeString]]

    @classmethod
    def of(cls, request: HttpRequest, changelist: ChangeList) -> "Table":
        sorted_by = _sorted_by(request, changelist)
        heads = [_head(changelist, name, at, sorted_by.get(at, "")) for at, name in enumerate(changelist.list_display)]
        rows = [list(_cells(changelist, heads, row)) for row in changelist.result_list]
        return cls(heads, rows)

    @property
    def is_selectable(self) -> bool:
        return any(head.is_toggle for head in self.heads)


def _head(changelist: ChangeList, name: Any, at: int, direction: str) -> Head:
    if name == TICK:
        return Head(TICK, "")
    label = capfirst(str(label_for_field(name, changelist.model, model_admin=changelist.model_admin)))
    if changelist.get_ordering_field(name) is None:
        return Head(name, label)
    link = changelist.get_query_string({ORDER_VAR: f"-{at}" if direction == "ascending" else str(at)}, ["p"])
    return Head(name, label, link, direction)


def _sorted_by(request: HttpRequest, changelist: ChangeList) -> dict[int, str]:
    """The direction by the place of the column that the list is sorted by first; a later one is not what one sees."""
    asked = str(changelist.params.get(ORDER_VAR, "")).split(".")[0]
    if _is_place(asked.removeprefix("-"), changelist):
        return {int(asked.removeprefix("-")): "descending" if asked.startswith("-") else "ascending"}
    page: Any = changelist.model_admin
    if name := page.sorted_first.removeprefix("-"):
        direction = "descending" if page.sorted_first.startswith("-") else "ascending"
        return {list(changelist.list_display).index(name): direction}
    by, direction = _first(request, changelist)
    fields = [_field_of(changelist.get_ordering_field(name)) for name in changelist.list_display]
    return {fields.index(by): direction} if by and by in fields else {}


def _is_place(text: str, changelist: ChangeList) -> bool:
    return text.isascii() and text.isdigit() and len(text) < LONGEST_PLACE and int(text) < len(changelist.list_display)


def _first(request: HttpRequest, changelist: ChangeList) -> tuple[str, str]:
    """By which field a list is sorted first, as long as nobody asks for another order."""
    ordering = changelist.model_admin.get_ordering(request) or changelist.lookup_opts.ordering
    first: Any = ordering[0] if ordering else ""
    is_descending = first.descending if isinstance(first, OrderBy) else str(first).startswith("-")
    return _field_of(first), "descending" if is_descending else "ascending"


def _field_of(ordering: Any) -> str:
    if isinstance(ordering, OrderBy):
        ordering = ordering.expression
    return str(getattr(ordering, "name", "")) if isinstance(ordering, F) else str(ordering or "").removeprefix("-")


def _cells(changelist: ChangeList, heads: list[Head], row: Model) -> Iterator[SafeString]:
    is_titled = False
    for head in heads:
        if head.is_toggle:
            yield _tick(row)
            continue
        shown = _shown(changelist, head.name, row)
        if not is_titled and _is_link(changelist, head.name, is_titled):
            yield format_html('<th scope="row" class="field-{}">{}</th>', head.name, _linked(changelist, row, shown))
            is_titled = True
            continue
        if _is_link(changelist, head.name, is_titled):
            shown = _linked(changelist, row, shown)
        yield format_html('<td class="field-{}" data-label="{}">{}</td>', head.name, head.label, shown)


def _tick(row: Model) -> SafeString:
    return format_html(
        '<td class="tick"><input type="checkbox" class="action-select" name="{}" value="{}" aria-label="{}"></td>',
        ACTION_CHECKBOX_NAME,
        row.pk,
        f"Select {row}",
    )


def _is_link(changelist: ChangeList, name: str, is_titled: bool) -> bool:
    links: Any = changelist.list_display_links
    if links is None:
        return False
    return name in links if links else not is_titled


def _linked(changelist: ChangeList, row: Model, shown: Any) -> SafeString:
    try:
        url = changelist.url_for_result(row)
    except NoReverseMatch:
        return format_html("{}", shown)
    kept: Any = {"preserved_filters": changelist.preserved_filters, "opts": changelist.opts}
    return format_html('<a href="{}">{}</a>', add_preserved_filters(kept, url), shown)


def _shown(changelist: ChangeList, name: str, row: Model) -> Any:
    """A value as a person reads it; a column of yes and no says nothing where the answer is no."""
    page = changelist.model_admin
    empty = page.get_empty_value_display()
    try:
        field, attribute, value = cast("tuple[Any, Any, Any]", lookup_field(name, row, page))
    except ObjectDoesNotExist:
        return empty
    if isinstance(field, Field) and not field.auto_created:
        if field.remote_field:
            return getattr(row, field.name) or empty
        return _yes_no(value) if isinstance(value, bool) else display_for_field(value, field, empty)
    if isinstance(value, bool):
        return _yes_no(value)
    return display_for_value(value, getattr(attribute, "empty_value_display", empty))


def _yes_no(value: bool) -> str:
    return "Yes" if value else UNKNOWN
