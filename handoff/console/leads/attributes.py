"""The attributes of leads in the console: filters, columns of the file, and the form's fields, as roles allow."""

from collections.abc import Collection
from functools import partial
from typing import Any, ClassVar

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, TextFilter

from handoff.console.frame.export import Column
from leads.facts import Fact, FactType, seen_attributes, value_of
from leads.finding import FILTERED, having
from leads.models import Lead

NOT_KNOWN = ("(none)", "Not known")
YES_NO = [("yes", "Yes"), ("no", "No")]


class _Having:
    """Narrows leads to those with a value of one attribute."""

    attribute: ClassVar[Fact]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 Django's
        wanted = self.value()  # type: ignore[attr-defined]
        if not wanted:
            return queryset
        try:
            return queryset.filter(having(self.attribute, ["" if wanted == NOT_KNOWN[0] else wanted]))
        except ValidationError as error:
            raise IncorrectLookupParameters(*error.messages) from error


class _ChoiceFilter(_Having, DropdownFilter):  # type: ignore[misc]
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 Django's
        offered = [(choice.key, choice.label) for choice in self.attribute.choices]
        return [*(offered or YES_NO), NOT_KNOWN]


class _ValueFilter(_Having, TextFilter):  # type: ignore[misc]
    """Exactly this value, as it would be typed into the lead."""


def filters(roles: Collection[str]) -> list[type]:
    """A filter for each attribute that may be seen; a long text has too many values."""
    return [_filter(each) for each in seen_attributes(roles) if each.type != FactType.LONG_TEXT]


def _filter(attribute: Fact) -> type:
    base = _ChoiceFilter if attribute.type in FILTERED else _ValueFilter
    names = {"attribute": attribute, "title": attribute.label, "parameter_name": f"attribute_{attribute.key}"}
    return type("AttributeFilter", (base,), names)


def exported(roles: Collection[str]) -> dict[str, Column]:
    """The columns of a file for attributes, under the names by which an import knows them."""
    return {each.name: partial(text_of, wanted=each) for each in seen_attributes(roles)}


def text_of(lead: Lead, wanted: Fact) -> str:
    return wanted.as_text(value_of(lead, wanted))


def rows_of(lead: Lead, roles: Collection[str]) -> list[tuple[str, str]]:
    """What is known, for whoever reads it only."""
    shown = [(each.label, each.shown(value_of(lead, each))) for each in seen_attributes(roles)]
    return [(label, text) for label, text in shown if text]
