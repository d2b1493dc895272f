"""Field notes on the page of a lead: a kind, a line, and it is kept."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from handoff.console.frame.dialogs import back
from handoff.console.frame.site import site, viewer
from handoff.models import FieldNote, NoteKind
from handoff.workflow import rights
from leads.merged import survivor_of
from leads.models import Lead, User

SHOWN = 50


class FieldNoteForm(forms.Form):
    kind = forms.ChoiceField(choices=NoteKind.choices, error_messages={"required": "Choose what it is about."})
    text = forms.CharField(max_length=500, error_messages={"required": "Write what you heard."})


def field_notes_of(lead: Lead, user: User, back_to: str) -> dict[str, Any]:
    """Those of the lead and of what was merged into it, and where another is kept by who may."""
    notes = FieldNote.objects.filter(Q(lead=lead) | Q(lead__merged_into=lead)).select_related("by")[:SHOWN]
    may = rights.works(user, lead) and not lead.merged_into_id
    return {
        "field_notes": list(notes),
        "field_note_url": reverse("admin:field_note", args=[lead.pk]) if may else "",
        "field_note_kinds": NoteKind.choices,
        "field_note_back": back_to,
    }


@require_POST
def keep(request: HttpRequest, lead_id: int) -> HttpResponse:
    user = viewer(request)
    seen = Lead.objects.visible_to(user).select_related("owner", "team")
    lead = get_object_or_404(seen, pk=survivor_of(get_object_or_404(seen, pk=lead_id).pk))
    if not rights.works(user, lead):
        raise PermissionDenied
    form = FieldNoteForm(request.POST)
    if form.is_valid():
        FieldNote.objects.create(lead=lead, by=user, **form.cleaned_data)
        messages.success(request, "Kept the field note. Marketing reads it by campaign.")
    else:
        messages.warning(request, " ".join(str(words) for each in form.errors.values() for words in each))
    return redirect(back(request, reverse("admin:leads_lead_change", args=[lead.pk])))


site.mount("field-note/<int:lead_id>/", keep, "field_note")
