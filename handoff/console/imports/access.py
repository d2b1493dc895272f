"""Who may see and do imports in the console, and where their pages are."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from handoff.console.frame.site import viewer
from handoff.imports import rights, visible
from handoff.models import Import
from leads.models import MARKETING, Role

IMPORTERS = MARKETING | {Role.REVOPS}


def url(name: str, pk: int) -> str:
    return reverse(f"admin:handoff_import_{name}", args=[pk])


def list_link() -> dict[str, str]:
    """For the heading of a page: where it belongs."""
    return {"list_title": "Imports", "list_url": reverse("admin:handoff_import_changelist")}


def for_importers(view: Callable[[HttpRequest, Import], HttpResponseBase]) -> Callable[..., Any]:
    """A page of one import, for whoever may import."""

    @wraps(view)
    def checked(request: HttpRequest, pk: int) -> HttpResponseBase:
        if not rights.may_import(viewer(request)):
            raise PermissionDenied
        return view(request, get_object_or_404(Import.objects.select_related("by").defer("content"), pk=pk))

    return checked


def for_those_it_is_open_to(view: Callable[[HttpRequest, Import], HttpResponseBase]) -> Callable[..., Any]:
    """The same of a page that shows or takes the values of its rows."""

    @for_importers
    @wraps(view)
    def checked(request: HttpRequest, record: Import) -> HttpResponseBase:
        if not visible.is_open(record, viewer(request)):
            raise PermissionDenied(visible.CLOSED)
        return view(request, record)

    return checked
