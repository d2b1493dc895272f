"""What the buyer agreed to: its section on the page of a lead, and the dialog that records another word."""

from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from handoff import workflow
from handoff.console.frame.dialogs import back, dress, is_in_dialog, leave
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import badge, moment
from handoff.workflow import rights
from handoff.workflow.facts.base import MomentField
from leads.merged import survivor_of
from leads.models import Consent, ConsentStatement, Lead, Purpose, User, Via
from leads.models.consent import LONGEST_SOURCE, LONGEST_WORDING


class ConsentForm(forms.Form):
    """One word of the buyer."""

    purpose = forms.ChoiceField(choices=Purpose.choices, label="What it is about")
    granted = forms.ChoiceField(choices=[("no", "Withdrawn"), ("yes", "Given")], label="The buyer has")
    at = MomentField(required=False, label="When", help_text="Empty: now.")
    source = forms.CharField(
        max_length=LONGEST_SOURCE, required=False, help_text="Like “Phone call” or “Webinar form”."
    )
    wording = forms.CharField(
        max_length=LONGEST_WORDING,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What they agreed to, word by word.",
    )

    def statement(self, by: User) -> ConsentStatement:
        words = self.cleaned_data
        return ConsentStatement(
            words["purpose"],
            words["granted"] == "yes",
            words["at"],
            words["wording"],
            words["source"],
            via=Via.CONSOLE,
            by=by.pk,
        )


def consents_of(lead: Lead) -> list[dict[str, Any]]:
    """All that is on record, the newest first."""
    if not lead.consent:  # the lead itself says whether there is any: most pages are spared the query
        return []
    seen: set[str] = set()
    rows = []
    for consent in sorted(lead.consents.select_related("by"), key=attrgetter("order"), reverse=True):
        rows.append(_row(consent) | {"counts": consent.purpose not in seen})
        seen.add(consent.purpose)
    return rows


def consent_url(lead: Lead, user: User, back_to: str) -> str:
    """Where another word is recorded; empty for whoever may not."""
    if lead.merged_into_id or not rights.may_correct(user, lead, ["email", "phone"]):
        return ""
    return f"{reverse('admin:consent', args=[lead.pk])}?{urlencode({'next': back_to})}"


def page(request: HttpRequest, lead_id: int) -> HttpResponse:
    """Ask for a consent, or record it."""
    user = viewer(request)
    seen = Lead.objects.visible_to(user).select_related("owner", "team")
    lead = get_object_or_404(seen, pk=survivor_of(get_object_or_404(seen, pk=lead_id).pk))
    if not rights.may_correct(user, lead, ["email", "phone"]):
        raise PermissionDenied
    to = back(request, reverse("admin:leads_lead_change", args=[lead.pk]))
    form = ConsentForm(request.POST if request.method == "POST" else None, auto_id="fact_%s")
    if form.is_bound and form.is_valid() and _is_recorded(request, form, lead):
        return leave(request, to)
    dress(form)
    context = {"title": f"Record a consent of {lead}", "submit": "Record", "tone": "primary", "form": form, "back": to}
    context |= {"action": request.get_full_path(), "explained": "It is kept for good. The newest word counts."}
    if is_in_dialog(request):
        return TemplateResponse(request, "handoff/console/dialog_body.html", context)
    return TemplateResponse(request, "handoff/console/dialog.html", site.each_context(request) | context)


def _is_recorded(request: HttpRequest, form: ConsentForm, lead: Lead) -> bool:
    try:
        done = workflow.record_consent(lead.pk, form.statement(viewer(request)))
    except ValidationError as error:
        form.add_error(None, error)
        return False
    if done.is_new:
        messages.success(request, f"Recorded the consent of {lead}.")
    else:
        messages.info(request, "This is on record already; give the moment of a consent that is newer.")
    return True


def _row(consent: Consent) -> dict[str, Any]:
    word = badge("Given", "success") if consent.granted else badge("Withdrawn", "danger")
    return {
        "purpose": consent.get_purpose_display(),
        "word": word,
        "at": moment(consent.at),
        "source": consent.source,
        "by": consent.by,
        "wording": consent.wording,
    }


site.mount("consent/<int:lead_id>/", page, "consent")
