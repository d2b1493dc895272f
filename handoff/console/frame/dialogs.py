"""Dialogs: how a question is dressed, and where it leads back to."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme
from unfold import widgets

NOTHING_CHOSEN = {"reason": "Choose a reason", "owner": "No one: leave it in the queue", "team": "As the owner's"}


def back(request: HttpRequest, otherwise: str) -> str:
    """The page to return to, with its filters; only one of our own."""
    wanted = request.GET.get("next") or request.POST.get("next", "")
    is_ours = (
        wanted.startswith("/") and wanted.isprintable() and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    )
    return wanted if is_ours else otherwise


def is_in_dialog(request: HttpRequest) -> bool:
    """The page's script asks: it shows what comes in a dialog."""
    return "X-Handoff-Dialog" in request.headers


def leave(request: HttpRequest, to: str) -> HttpResponse:
    """Go on to another page, also from within a dialog."""
    return HttpResponse(headers={"X-Handoff-Location": iri_to_uri(to)}) if is_in_dialog(request) else redirect(to)


def dress(form: forms.Form) -> None:
    """Give the fields of a plain form the look of the console."""
    if next(iter(form.fields), "") == "note":
        form.order_fields([*list(form.fields)[1:], "note"])
    for name, field in form.fields.items():
        if isinstance(field, forms.ModelChoiceField):
            field.empty_label = NOTHING_CHOSEN.get(name, "–")
        if isinstance(field, forms.DateTimeField):
            field.widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        classes = widgets.INPUT_CLASSES
        if isinstance(field.widget, forms.CheckboxInput):
            classes = widgets.CHECKBOX_CLASSES
        elif isinstance(field.widget, forms.Select):
            classes = widgets.SELECT_CLASSES
        elif isinstance(field.widget, forms.Textarea):
            classes = widgets.TEXTAREA_CLASSES
        field.widget.attrs["class"] = " ".join(classes)
