"""The page New import: a file or pasted text becomes a draft."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from handoff.console.frame.dialogs import dress
from handoff.console.frame.site import site, viewer
from handoff.console.imports.access import list_link, url
from handoff.console.imports.wording import in_the_browser
from handoff.doors import door
from handoff.imports import drafts, kinds, memory, previews, rights
from handoff.imports.run import KINDS
from handoff.imports.unreadable import Unreadable
from handoff.models import FileMapping
from leads.models import Via

LONGEST_MAPPING = 1_000_000


class BringForm(forms.Form):
    """A file, or text that is pasted."""

    file = forms.FileField(
        required=False,
        label="Drop a file here, or choose one",
        help_text="CSV, TSV, XLSX or XLS, whatever its name says.",
        allow_empty_file=True,
    )
    pasted = forms.CharField(
        required=False,
        label="Or paste rows from a spreadsheet",
        widget=forms.Textarea({"rows": 5, "placeholder": "With the headers in the first row"}),
        strip=False,
    )
    kind = forms.ChoiceField(required=False, label="What is in it")
    mapping = forms.FileField(
        required=False, label="Mapping", help_text="A mapping that was downloaded from an earlier import (YAML)."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"auto_id": "fact_%s"})
        choices = [("", "Recognise it"), *((kind, kinds.label(kind)) for kind in KINDS)]
        self.fields["kind"] = forms.ChoiceField(choices=choices, required=False, label="What is in it")
        dress(self)
        self.fields["file"].widget.attrs["class"] = "drop"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not given.get("file") and not given.get("pasted", "").strip():
            self.add_error("file", "Choose a file, or paste rows below.")
        if given.get("file") and given.get("pasted", "").strip():
            self.add_error("pasted", "Give a file or pasted rows, not both.")
        return given

    def clean_mapping(self) -> dict[str, Any]:
        file = self.cleaned_data["mapping"]
        if file is None:
            return {}
        try:
            text = file.read(LONGEST_MAPPING).decode("utf-8-sig")
            return memory.parse(text, file.name).plain()
        except (Unreadable, UnicodeDecodeError) as error:
            raise forms.ValidationError(str(error)) from error

    def content(self) -> tuple[bytes, str]:
        if file := self.cleaned_data["file"]:
            drafts.check_size(file.size)
            return file.read(), file.name
        return self.cleaned_data["pasted"].encode(), "Pasted rows"


def page(request: HttpRequest) -> HttpResponse:
    if not rights.may_import(viewer(request)):
        raise PermissionDenied
    form = BringForm(request.POST, request.FILES) if request.method == "POST" else BringForm()
    if request.method == "POST" and form.is_valid() and (draft_id := _bring(request, form)):
        return redirect(url("change", draft_id))
    remembered = FileMapping.objects.select_related("by")
    context = {"title": "New import", "form": form, "remembered": remembered, **list_link()}
    return TemplateResponse(request, "handoff/console/imports/new.html", site.each_context(request) | context)


def _bring(request: HttpRequest, form: BringForm) -> int:
    """The new draft; 0 if the file is refused, which the form then says."""
    stated = dict(form.cleaned_data["mapping"])
    if kind := form.cleaned_data["kind"]:
        stated["kind"] = kind
    try:
        data, name = form.content()
        draft = drafts.bring(data, name, stated, by=viewer(request), door=door(Via.CONSOLE))
    except Unreadable as error:
        form.add_error("file", in_the_browser(str(error)))
        return 0
    if draft.layout:
        previews.sample(draft)
    return int(draft.pk)
