"""What all pages have in common: roles decide, titles are plain, and an empty list says what to do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin, TabularInline

from handoff.console.frame import export
from handoff.console.frame.changelist import BoundedRows, CappedPaginator
from handoff.console.frame.dialogs import back
from handoff.console.frame.narrowing import chips_of, filters_of, kept_of
from handoff.console.frame.paging import pages_of
from handoff.console.frame.reading import PlainTimes, ReadAs
from handoff.console.frame.site import viewer
from handoff.console.frame.table import Table
from handoff.console.frame.words import noun
from leads.finding import is_id
from leads.models import Lead, Role, User
from leads.search import search

EVERYBODY = frozenset(Role)
REVOPS = frozenset({Role.REVOPS})
NAMED = 3  # people whom an empty list names
FILTER_LOOKUPS = frozenset({"exact", "in", "isnull"})
UNANSWERABLE = (IncorrectLookupParameters, OverflowError, ValueError, DataError)
"""What a filter raises that is not offered, or whose value no row can have."""


@dataclass(frozen=True)
class Tool:
    """A button above a form; it asks before it acts, in a dialog or on a page of its own."""

    label: str
    url: str
    tone: str = "plain"
    in_dialog: bool = True


class Page(PlainTimes, ReadAs, ModelAdmin):  # type: ignore[misc]
    """A list with its form. `readers` see it, `writers` change it; rows are deleted only where a page says so."""

    readers: ClassVar[frozenset[str]] = EVERYBODY
    writers: ClassVar[frozenset[str]] = REVOPS
    acting: ClassVar[frozenset[str] | None] = None
    """Those who do something about its rows, where that is more than changing them in the form."""
    acts: ClassVar[str] = "change these"
    title: ClassVar[str] = ""
    empty: ClassVar[str] = "There is nothing here yet."
    export_name: ClassVar[str] = ""
    sorted_first: ClassVar[str] = ""
    """The column that the list is sorted by at first, with - where the largest is first: no ordering of it says so."""
    lead_path: ClassVar[str] = ""
    """Where the lead of a row stands; empty where rows are of no lead."""
    list_per_page = 50
    show_full_result_count = False
    paginator = CappedPaginator
    list_filter_submit = True
    compressed_fields = True
    change_list_template = "handoff/console/list.html"
    change_form_template = "handoff/console/form.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return _holds(request, self.readers | self.writers)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return _holds(request, self.writers)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _holds(request, self.writers)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            _keep_ids(request)
        context: dict[str, Any] = {
            "title": self.title,
            "empty": self.empty_words(request),
            "empty_link": self.empty_link(request),
            "who_can": partial(self.who_can_add, request),
            "who_acts": partial(self.who_acts, request),
            "noun": noun(self.opts),
        }
        if self.export_name:
            context["export_url"] = f"{reverse(self.export_name)}?{request.GET.urlencode()}"
        try:
            response: HttpResponse = super().changelist_view(request, context | (extra_context or {}))
            if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
                changelist = response.context_data["cl"]
                list(changelist.result_list)
                above = dict(self.above(request, changelist))  # first: it may read for all rows what each of them shows
                response.context_data |= _list_of(request, changelist) | above
        except UNANSWERABLE:
            if ERROR_FLAG in request.GET:
                raise
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
        return response

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002
        return BoundedRows

    def empty_words(self, request: HttpRequest) -> str:
        """What an empty list says; whoever may not add a row is not asked to."""
        is_for_others = bool(self.writers) and not self.has_add_permission(request)
        return f"{self.empty.partition('. Add ')[0].rstrip('.')}." if is_for_others else self.empty

    def empty_link(self, request: HttpRequest) -> tuple[str, str] | None:
        """What to do about an empty list, as a label and an address."""
        if not self.has_add_permission(request):
            return None
        return f"Add {noun(self.opts)}", self.url("add")

    def who_can_add(self, request: HttpRequest) -> str:
        """For whoever may not add a row themselves; asked by the template of an empty list alone."""
        if not self.writers or self.has_add_permission(request):
            return ""
        return _can(self.writers, "add one")

    def who_acts(self, request: HttpRequest) -> str:
        """For whoever only reads the rows, below them."""
        roles = self.writers if self.acting is None else self.acting
        return _can(roles, self.acts) if roles and not _holds(request, roles) else ""

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Leads, and what belongs to them, are found by one search, which reads no more of them with a million."""
        if not self.lead_path or not search_term.strip():
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(**{f"{self.lead_path}__in": self.leads_like(request, search_term)}), False

    def leads_like(self, request: HttpRequest, text: str) -> list[int]:
        """The leads that a search means."""
        return search(Lead.objects.visible_to(viewer(request)), text).ids

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the page's own filters ask for: other lookups of a field fail in the database on odd values.

        A pattern is refused outright, as a malicious one keeps the database busy; from the others one is led back.
        """
        path, _, kind = lookup.rpartition("__")
        if kind.endswith("regex"):
            return False
        is_of_field = lookup.split("__", maxsplit=1)[0] in {field.name for field in self.opts.get_fields()}
        if is_of_field and (kind not in FILTER_LOOKUPS or path.removesuffix("__id") not in self._filtered(request)):
            raise IncorrectLookupParameters
        return bool(super().lookup_allowed(lookup, value, request))

    def _filtered(self, request: HttpRequest) -> set[str]:
        """The fields that the page's filters are about."""
        filters = [entry[0] if isinstance(entry, tuple) else entry for entry in self.get_list_filter(request)]
        return {path for path in filters if isinstance(path, str)}

    def as_csv(self, request: HttpRequest, columns: Mapping[str, export.Column], name: str) -> HttpResponseBase:
        """The filtered rows of all pages. A filter that makes no sense leads back to the list, as it does there."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            changelist = self.get_changelist_instance(request)
            changelist.queryset.exists()
        except UNANSWERABLE:
            return HttpResponseRedirect(f"../?{ERROR_FLAG}=1")
        return export.as_csv(changelist.queryset.select_related(*self.list_select_related), columns, name)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = kwargs.get("obj")
        title = self.title_of(obj) if obj else f"Add {noun(self.opts)}"
        context |= {
            "title": title,
            "noun": noun(self.opts),
            "list_title": self.title,
            "list_url": self.url("changelist"),
        }
        context |= {"tools": self.tools(request, obj) if obj else [], **self.beside(request, obj)}
        context["cancel_url"] = back(request, "")
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        """Where one came from, if that is said."""
        return HttpResponseRedirect(back(request, super().response_post_save_add(request, obj).url))

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return HttpResponseRedirect(back(request, super().response_post_save_change(request, obj).url))

    def title_of(self, obj: Any) -> str:
        return str(obj)

    def tools(self, request: HttpRequest, obj: Any) -> Sequence[Tool]:  # noqa: ARG002
        """What else may be done with a row, besides saving it."""
        return []

    def beside(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:  # noqa: ARG002
        """What the form's own templates show besides the fields."""
        return {}

    def url(self, name: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    def extra_path(self, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        """The address of an act on one row, like `7/retire/`."""
        wanted = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        pattern: URLPattern = path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=wanted)
        return pattern

    def above(self, request: HttpRequest, changelist: ChangeList) -> Mapping[str, Any]:  # noqa: ARG002
        """What stands above the list, computed from its filtered rows."""
        return {}


class Kept(Page):
    """A page of what the engine keeps: it is read, and nobody writes it here."""

    writers: ClassVar[frozenset[str]] = frozenset()


class Rows(PlainTimes, ReadAs, TabularInline):  # type: ignore[misc]
    """Rows inside another page's form, under the rights of that page."""

    extra = 0
    writers: ClassVar[frozenset[str]] = REVOPS

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return _holds(request, EVERYBODY)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return _holds(request, self.writers)

    has_add_permission = has_change_permission
    has_delete_permission = has_change_permission


def _can(roles: frozenset[str], acts: str) -> str:
    """Like `RevOps can change these: ask Olga Tarn.`"""
    people = User.objects.filter(groups__name__in=roles, is_active=True).distinct().order_by("username")
    names = ", ".join(map(str, people[:NAMED]))
    return f"{' or '.join(sorted(roles))} can {acts}{f': ask {names}' if names else ''}."


def _list_of(request: HttpRequest, changelist: ChangeList) -> dict[str, Any]:
    """The rows of a list, what it can be narrowed by, and its pages, as the templates show them."""
    filters = filters_of(changelist)
    return {
        "table": Table.of(request, changelist),
        "filters": filters,
        "chips": chips_of(request, filters),
        "kept": kept_of(request, filters),
        "pages": pages_of(changelist),
        "amount": f"{changelist.result_count} {noun(changelist.opts, changelist.result_count)}",
    }


def _keep_ids(request: HttpRequest) -> None:
    """Drop from the chosen rows what is not a number: a row of that name is not there to be chosen."""
    sent = request.POST.copy()
    sent.setlist(ACTION_CHECKBOX_NAME, [text for text in sent.getlist(ACTION_CHECKBOX_NAME) if is_id(text)])
    request.POST = sent  # type: ignore[assignment]


def _holds(request: HttpRequest, roles: Sequence[str] | frozenset[str]) -> bool:
    return request.user.is_authenticated and viewer(request).has_role(*roles)
