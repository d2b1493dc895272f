"""What a list can be narrowed by: its filters as fields, and those in use as chips that can be taken away."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib.admin.filters import ListFilter
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.http import HttpRequest, QueryDict
from django.utils.text import capfirst

from handoff.console.frame.words import day, source_of

TITLES = {
    "by": "Rejected by",
    "at": "When",
    "via": "Came through",
    "due at": "Due",
    "fired at": "Fired",
    "offered at": "Offered",
    "created at": "Created",
    "active": "Status",
    "groups": "Role",
    "reason": "Reason",
    "medium": "Channel",
}
"""For what a column of the database is called: what a person calls it."""
_SLUG = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_BOUNDS = {"_from": "from", "_to": "until"}


@dataclass(frozen=True)
class Filter:
    """One filter: its title, and the fields of a form that set it."""

    title: str
    fields: list[forms.BoundField]
    names: list[str]
    labels: dict[str, str]
    """What a value of it is called."""


@dataclass(frozen=True)
class Chip:
    """A filter in use: its title, what it is narrowed to, and the address of the list without it."""

    title: str
    value: str
    without: str


def filters_of(changelist: ChangeList) -> list[Filter]:
    return [_filter(changelist, spec) for spec in changelist.filter_specs]


def chips_of(request: HttpRequest, filters: Iterable[Filter]) -> list[Chip]:
    """One for each value that is asked for, in the order of the filters."""
    return [chip for each in filters for name in each.names for chip in _chips(request.GET, each, name)]


def kept_of(request: HttpRequest, filters: Iterable[Filter]) -> list[tuple[str, str]]:
    """What else is asked for, like a search or an order: it stays when the filters change."""
    own = {name for each in filters for name in each.names} | {PAGE_VAR}
    return [(name, value) for name, values in request.GET.lists() if name not in own for value in values]


def _filter(changelist: ChangeList, spec: ListFilter) -> Filter:
    title = title_of(str(spec.title))
    choices: list[Any] = list(spec.choices(changelist))
    form: Any = choices[0].get("form") if choices else None
    if form is None:
        form = _form_of_links(spec, choices)
    names = [name for name in spec.expected_parameters() if name]
    labels: dict[str, str] = {}
    for bound in form:
        _dress(bound, title)
        labels |= {str(value): str(label) for value, label in getattr(bound.field, "choices", ())}
    return Filter(title, list(form), names, labels)


def title_of(name: str) -> str:
    """Like `Due` for a column that is called `due at`."""
    return TITLES.get(name.strip().lower(), capfirst(name.strip().replace("_", " ")))


def _form_of_links(spec: ListFilter, choices: list[dict[str, Any]]) -> forms.Form:
    """The links of a filter of Django's as a choice: each has the values that it sets in its address."""
    names = [name for name in spec.expected_parameters() if name]
    name = names[0] if names else "filter"
    offered: list[tuple[str, str]] = []
    chosen = ""
    for choice in choices:
        value = QueryDict(choice["query_string"].removeprefix("?")).get(name, "")
        if value or not offered:  # the empty address is that of all rows, and stands first
            offered.append((value, str(choice["display"])))
        chosen = value if choice["selected"] else chosen
    form = forms.Form({name: chosen})
    form.fields[name] = forms.ChoiceField(choices=offered, required=False)
    return form


def _dress(bound: forms.BoundField, title: str) -> None:
    """Plain controls of the browser, named; a value that the database keeps as a code is worded."""
    field: Any = bound.field
    widget = field.widget
    field.label = title
    if isinstance(field, forms.DateField):
        side = next((word for end, word in _BOUNDS.items() if bound.name.endswith(end)), "")
        field.widget = forms.DateInput(
            {"type": "date", "class": "field", "aria-label": f"{title}, {side}"}, format="%Y-%m-%d"
        )
        return
    if hasattr(field, "choices"):
        field.choices = [(value, _worded(str(label))) for value, label in field.choices]
        widget = _plain(field)
    widget.attrs = {"class": "field", "aria-label": title}
    field.widget = widget


def _plain(choice: Any) -> forms.Widget:
    offered = list(choice.choices)
    if not isinstance(choice, forms.MultipleChoiceField):
        return forms.Select(choices=offered)
    choice.choices = [(value, label) for value, label in offered if value != ""]  # none chosen is all
    return forms.CheckboxSelectMultiple(choices=list(choice.choices))


def _worded(label: str) -> str:
    """Like `Organic search` for organic_search: only where the label is a code, with no capital and no space."""
    return source_of(label) if _SLUG.fullmatch(label) else label


def _chips(asked: QueryDict, each: Filter, name: str) -> Iterator[Chip]:
    side = next((word for end, word in _BOUNDS.items() if name.endswith(end)), "")
    for value in filter(None, asked.getlist(name)):
        rest = asked.copy()
        rest.setlist(name, [other for other in asked.getlist(name) if other != value])
        rest.pop(PAGE_VAR, None)
        yield Chip(
            each.title, f"{side} {_day(value)}" if side else each.labels.get(value, value), f"?{rest.urlencode()}"
        )


def _day(text: str) -> str:
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text
