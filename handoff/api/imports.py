"""Imports: bring a file, see how it was understood and what became of its rows, start, stop and undo it."""

from collections.abc import Mapping
from typing import IO, Any

from django.db.models import F, QuerySet
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from handoff.amending import undoing
from handoff.api.authentication import asker
from handoff.api.leads import LOCATION
from handoff.api.pages import KeysetPagination
from handoff.api.parsing import LengthRequired
from handoff.api.problems import TooLarge
from handoff.doors import door
from handoff.imports import drafts, previews, rights, visible
from handoff.imports.dates import Order
from handoff.imports.refused_file import file_name, refused_rows
from handoff.imports.run import KINDS
from handoff.imports.unreadable import Unreadable
from handoff.models import Import, ImportState
from handoff.workflow.backfill import Clocks
from leads.models import User, Via
from leads.models.people import validate_zone

LISTS = ("map", "set", "value")


class FileParser(BaseParser):
    """A file as the whole body. Its size is checked before it is read."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 DRF's
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        return bytes(stream.read())


class OptionsBody(serializers.Serializer[Any]):
    """What may be said of a file that it does not say itself."""

    kind = serializers.ChoiceField(choices=sorted(KINDS), required=False, help_text="Empty: as the columns tell.")
    system = serializers.CharField(max_length=40, required=False, allow_blank=True, help_text="Whose ids it has.")
    file_name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    historical = serializers.BooleanField(required=False, default=False, help_text="A backfill: starts no clock.")
    clocks = serializers.ChoiceField(
        choices=[clocks.value for clocks in Clocks],
        required=False,
        help_text="From when the clocks run of stages that the file brings: from their true moments, from now, or not.",
    )
    strict = serializers.BooleanField(required=False, default=False)
    dates = serializers.ChoiceField(choices=[order.value for order in Order], required=False)
    time_zone = serializers.CharField(max_length=40, required=False, validators=[validate_zone])
    encoding = serializers.CharField(max_length=40, required=False, allow_blank=True)
    sheet = serializers.CharField(max_length=200, required=False, allow_blank=True)
    map = serializers.ListField(child=serializers.CharField(), required=False, help_text="HEADER=field, repeated.")
    set = serializers.ListField(child=serializers.CharField(), required=False, help_text="field=value, repeated.")
    value = serializers.ListField(child=serializers.CharField(), required=False, help_text="HEADER:value=meaning.")
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Keep it as a draft, with a preview, until it is started."
    )


class UploadBody(OptionsBody):
    file = serializers.FileField()


class GroupShape(serializers.Serializer[Any]):
    """Refusals or warnings of one kind."""

    is_refusal = serializers.BooleanField()
    words = serializers.CharField()
    field = serializers.CharField(help_text="Empty if they are about the row.")
    count = serializers.IntegerField()
    rows = serializers.ListField(child=serializers.IntegerField(), help_text="The first ones.")


class ImportShape(serializers.ModelSerializer[Import]):
    """An import, and how far it has come."""

    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    state = serializers.ChoiceField(choices=ImportState.choices)
    complaints = serializers.SerializerMethodField()
    preview = serializers.SerializerMethodField(
        help_text="Of a draft: what a dry run of its first rows, then of all, has shown."
    )
    understanding = serializers.SerializerMethodField(help_text="As `manage.py import --explain --json` prints it.")

    class Meta:
        model = Import
        fields = [
            *("id", "kind", "system", "file_name", "size", "state", "note", "by", "via", "total", "done"),
            *("created", "updated", "unchanged", "refused", "warnings", "reverted", "kept"),
            *("created_at", "started_at", "finished_at", "undone_at", "understanding", "preview", "complaints"),
        ]

    @extend_schema_field(GroupShape(many=True))
    def get_complaints(self, record: Import) -> Any:
        return GroupShape(visible.groups(record.complaints, self.context["by"]), many=True).data

    def get_preview(self, record: Import) -> dict[str, Any]:
        return visible.preview(record, self.context["by"])

    def get_understanding(self, record: Import) -> dict[str, Any]:
        return visible.understanding(record, self.context["by"])


class ImportersView(APIView):
    """What all views of imports have in common: marketing and RevOps may."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        rights.check_importer(asker(request))


IMPORTS = Import.objects.select_related("by").defer("content")


class ImportsView(ImportersView, generics.GenericAPIView[Import]):
    """The imports, and the way to bring a file."""

    serializer_class = ImportShape
    pagination_class = KeysetPagination
    parser_classes = [MultiPartParser, FileParser]
    default_ordering = "-id"
    orderings = {"id": F("id")}

    def get_queryset(self) -> QuerySet[Import]:
        return IMPORTS.all()

    @extend_schema(operation_id="imports_list", responses=ImportShape(many=True))
    def get(self, request: Request) -> Response:
        """Read the imports, in pages, the latest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(ImportShape(page, many=True, context={"by": asker(request)}).data)

    @extend_schema(
        operation_id="imports_create",
        request={"multipart/form-data": UploadBody, "application/octet-stream": OpenApiTypes.BINARY},
        responses={201: ImportShape},
        parameters=[
            LOCATION,
            OpenApiParameter("kind", str, description="With the file as the body, the options are parameters."),
            OpenApiParameter("system", str),
            OpenApiParameter("dry_run", bool),
        ],
    )
    def post(self, request: Request) -> Response:
        """Bring a file: as a form, or as the whole body with the options as parameters. It is imported at once.

        Its rows are done in the background: read its state. What cannot be understood is refused, and not kept.
        """
        _check_length(request)
        data, name, options = _upload(request)
        record = _bring(request, data, name, options)
        location = request.build_absolute_uri(reverse("api:import", args=[record.pk]))
        return Response(_shown(record.pk, asker(request)), status.HTTP_201_CREATED, headers={"Location": location})


class OneImportView(ImportersView):
    """One import."""

    @extend_schema(operation_id="imports_retrieve", responses=ImportShape)
    def get(self, request: Request, pk: int) -> Response:
        """Read how far an import has come."""
        return Response(_shown(pk, asker(request)))


class RefusedView(ImportersView):
    """The refused rows of an import."""

    @extend_schema(operation_id="imports_refused", responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        """Read the refused rows as CSV, with their reasons: fixed, the file can be imported as it is."""
        record = get_object_or_404(IMPORTS, pk=pk)
        visible.check_open(record, asker(request))
        disposition = {"Content-Disposition": f'attachment; filename="{file_name(record)}"'}
        return StreamingHttpResponse(refused_rows(record), content_type="text/csv; charset=utf-8", headers=disposition)


class StartView(ImportersView):
    """The start of a draft."""

    @extend_schema(operation_id="imports_start", request=None, responses=ImportShape)
    def post(self, request: Request, pk: int) -> Response:
        """Start a draft."""
        draft = get_object_or_404(Import, pk=pk)
        visible.check_open(draft, asker(request))
        drafts.start(draft, by=asker(request))
        return Response(_shown(pk, asker(request)))


class StopView(ImportersView):
    """The stop of an import."""

    @extend_schema(operation_id="imports_stop", request=None, responses=ImportShape)
    def post(self, request: Request, pk: int) -> Response:
        """Stop an import: what is done stays. One that has ended is as it was."""
        drafts.stop(get_object_or_404(IMPORTS, pk=pk), by=asker(request))
        return Response(_shown(pk, asker(request)))


class UndoView(ImportersView):
    """The undoing of an import."""

    @extend_schema(operation_id="imports_undo", request=None, responses=ImportShape)
    def post(self, request: Request, pk: int) -> Response:
        """Undo an import in the background: what was built on since stays, and is counted as kept."""
        record = get_object_or_404(Import, pk=pk)
        rights.check(asker(request), record)
        undoing.ask(record, by=asker(request))
        return Response(_shown(pk, asker(request)))


def _shown(pk: int, by: User) -> Any:
    record = get_object_or_404(IMPORTS, pk=pk)
    if record.state == ImportState.DRAFT:
        visible.check_open(record, by)
    return ImportShape(record, context={"by": by}).data


def _check_length(request: Request) -> None:
    """Refuse before it is read what is too large, or of a length that nobody says."""
    if "Transfer-Encoding" in request.headers:
        raise LengthRequired
    try:
        drafts.check_size(int(request.headers.get("Content-Length") or 0))
    except Unreadable as error:
        raise TooLarge(str(error)) if request.headers.get("Content-Length", "0") != "0" else _wrong(error) from error


def _upload(request: Request) -> tuple[bytes, str, dict[str, Any]]:
    """The file, its name, and what is said of it."""
    data: Any = request.data
    if isinstance(data, bytes):
        options = _options(request.query_params)
        return data, options.get("file_name", ""), options
    if (file := request.FILES.get("file")) is None:
        raise ValidationError({"file": ["Send the file in the field “file”, or as the whole body."]})
    options = _options(data)
    return file.read(), options.get("file_name") or file.name or "", options


def _options(given: Any) -> dict[str, Any]:
    known = OptionsBody().fields
    if unknown := sorted(set(given) - set(known) - {"file"}):
        raise ValidationError({name: ["This is not an option of an import."] for name in unknown})
    body = OptionsBody(
        data={name: given.getlist(name) if name in LISTS else given[name] for name in given if name in known}
    )
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _bring(request: Request, data: bytes, name: str, options: dict[str, Any]) -> Import:
    is_dry_run, by = options.pop("dry_run"), asker(request)
    options["constants"] = options.pop("set", [])
    stated = {key: value for key, value in options.items() if value and key != "file_name"}
    try:
        draft = drafts.make(data, name or "Uploaded file", stated, by=by, door=door(Via.API))
    except Unreadable as error:
        raise _wrong(error) from error
    if not draft.layout:
        raise ValidationError({"file": [draft.understanding["error"]]})
    rights.check(by, draft)
    draft.save()
    if is_dry_run:
        previews.sample(draft)
    else:
        drafts.start(draft, by=by)
    return draft


def _wrong(error: Unreadable) -> ValidationError:
    return ValidationError({"file": [str(error)]})
