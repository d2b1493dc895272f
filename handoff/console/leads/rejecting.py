"""The dialog of a rejection: the usual reasons first, only the evidence that is asked for, and doubts said before."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from handoff.console.frame.site import viewer
from handoff.models import Rejection
from handoff.refusals import FactsRefused
from handoff.workflow.doubts import doubts
from handoff.workflow.facts import Facts
from handoff.workflow.facts.rejection import WHOSE
from handoff.workflow.other_leads import others
from leads.finding import is_id
from leads.models import Evidence, Lead, Reason, Route, Verb

EVIDENCE_FIELDS = {
    Evidence.OTHER_LEAD: ["duplicate_of"],
    Evidence.RETRY_ON: ["retry_on"],
    Evidence.WRONG_FIELD: ["wrong_field"],
}
"""Which fields of the rejection show the evidence that a reason demands."""
USUAL = timedelta(days=90)
MOST_LOOKED_AT = 1000
LAST = "other"
SURE = "sure"


class Reasons(forms.RadioSelect):
    """A list of reasons, each with the key that chooses it."""

    template_name = "handoff/console/radios.html"


def dress_rejection(form: Facts, lead: Lead) -> None:
    """Show the reasons as a list, and let the other lead be picked."""
    reason = form.fields["reason"]
    reason.widget = Reasons()
    reason.widget.choices = [(each.code, each.label) for each in usual_reasons(lead)]
    url = reverse("admin:find_leads", args=[lead.pk])
    classes = form.fields["duplicate_of"].widget.attrs.get("class", "")
    attrs = {"class": classes, "data-picker": url, "autocomplete": "off", "list": "candidates"}
    form.fields["duplicate_of"].widget = forms.TextInput(attrs)


def usual_reasons(lead: Lead) -> list[Reason]:
    """Those in force, what its team has given most often lately first; “Other” stays last."""
    lately = Rejection.objects.filter(at__gte=timezone.now() - USUAL).order_by("-at", "-pk")
    given = lately.values_list("reason_id", "transition__team_id")[:MOST_LOOKED_AT]
    used = Counter(reason for reason, team in given if team == lead.team_id)
    reasons = Reason.objects.filter(retired_at=None).order_by("position", "label")
    return sorted(reasons, key=lambda reason: (reason.code == LAST, -used[reason.pk]))


def evidence_of(form: Facts) -> dict[str, Any]:
    """Which fields each reason asks for, and how long a note: the script shows no more than that."""
    if not isinstance(form.fields.get("reason"), forms.ModelChoiceField):
        return {}
    return {
        reason.code: {
            "fields": EVIDENCE_FIELDS.get(Evidence(reason.evidence), []) or _asked_for(reason),
            "demanded": reason.evidence in EVIDENCE_FIELDS,
            "note": reason.min_note_length,
        }
        for reason in Reason.objects.filter(retired_at=None)
    }


def unconfirmed(request: HttpRequest, verb: str, lead: Lead) -> FactsRefused | None:
    """What speaks against the lead that is named as the other one, until whoever rejects says that they are sure."""
    named = request.POST.get("duplicate_of", "")
    if verb != Verb.REJECT or not is_id(named) or request.POST.get(SURE) == named:
        return None
    other = others(viewer(request), lead).filter(pk=named).first()
    against = doubts(lead, other) if other else []
    if other is None or not against:
        return None
    words = f"Lead {other.pk}: {' '.join(against)} Reject again if it is the right one all the same."
    return FactsRefused(words)


def confirmed(request: HttpRequest, verb: str) -> dict[str, str]:
    """What goes along with the question when it is asked again: the doubts were read."""
    named = request.POST.get("duplicate_of", "")
    return {SURE: named} if verb == Verb.REJECT and named else {}


def _asked_for(reason: Reason) -> list[str]:
    return list(WHOSE) if reason.route == Route.REROUTE else []
