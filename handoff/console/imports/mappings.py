"""How files were understood, as YAML: for the command, and to be brought along with another file."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from handoff.console.frame.site import viewer
from handoff.console.imports.access import for_importers
from handoff.imports import rights, visible
from handoff.imports.memory import Remembered
from handoff.models import FileMapping, Import


@for_importers
def of_import(request: HttpRequest, record: Import) -> HttpResponse:
    return _as_file(visible.mapping(Remembered.of(record.remembered), viewer(request)))


def remembered(request: HttpRequest, pk: int) -> HttpResponse:
    if not rights.may_import(viewer(request)):
        raise PermissionDenied
    kept = Remembered.of(get_object_or_404(FileMapping, pk=pk).remembered)
    return _as_file(visible.mapping(kept, viewer(request)))


def _as_file(mapping: Remembered) -> HttpResponse:
    name = "".join(c for c in f"{mapping.system}-{mapping.kind}" if c.isascii() and (c.isalnum() or c in "-_"))
    headers = {"Content-Disposition": f'attachment; filename="{name}.yaml"'}
    return HttpResponse(mapping.as_yaml(), content_type="application/yaml; charset=utf-8", headers=headers)
