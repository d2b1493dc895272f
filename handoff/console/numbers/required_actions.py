"""The page Required actions: how many touches sales owes a lead of each tier. RevOps sets them, everyone reads them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from handoff.console.frame.dialogs import dress
from handoff.console.frame.fields import DayInput
from handoff.console.frame.site import site
from handoff.console.numbers.sheet import reader
from handoff.models import Firm, PeriodClose, RequiredActions
from leads.models import Role


class TermsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The terms of one tier from a day on. Those of a closed period stay as they were."""

    class Meta:
        model = RequiredActions
        fields = ["tier", "actions", "within_days", "score_from", "starts_on"]
        widgets = {"starts_on": DayInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)  # type: ignore[arg-type]

    def clean_starts_on(self) -> Any:
        day, last = self.cleaned_data["starts_on"], PeriodClose.objects.order_by("-end").first()
        if last is not None and day < last.end.astimezone(Firm.of_now().zone).date():
            raise forms.ValidationError("That day is in a period that is closed: choose a later one.")
        return day


def page(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    may_set = user.has_role(Role.REVOPS)
    if request.method == "POST" and not may_set:
        raise PermissionDenied
    today = timezone.now().astimezone(Firm.of_now().zone).date()
    form = TermsForm(request.POST if request.method == "POST" else None, initial={"starts_on": today})
    if form.is_valid():
        terms = form.save(commit=False)
        terms.set_by = user
        terms.save()
        messages.success(request, f"Set: {terms}.")
        return redirect("admin:required_actions")
    context = {
        **site.each_context(request),
        "title": "Required actions",
        "form": form if may_set else None,
        "terms": RequiredActions.objects.select_related("set_by"),
    }
    return TemplateResponse(request, "handoff/console/required_actions.html", context)


site.mount("required-actions/", page, "required_actions")
