"""The page Calendar of the firm: in whose days, weeks and months the reports count. RevOps sets it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from handoff.console.frame.dialogs import dress
from handoff.console.frame.site import site, viewer
from handoff.models import Firm
from leads.models import Role


class FirmForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Firm
        fields = ["time_zone", "week_starts", "year_starts"]
        labels = {"time_zone": "Time zone", "week_starts": "Weeks begin on", "year_starts": "Fiscal years begin in"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].help_text = "Like Europe/Berlin. Reports are counted by it from now on, past days too."
        dress(self)  # type: ignore[arg-type]


def page(request: HttpRequest) -> HttpResponse:
    if not viewer(request).has_role(Role.REVOPS):
        raise PermissionDenied
    form = FirmForm(request.POST if request.method == "POST" else None, instance=Firm.of_now())
    if form.is_valid():
        firm = form.save(commit=False)
        firm.changed_by, firm.changed_at = viewer(request), timezone.now()
        firm.save()
        messages.success(request, f"Reports count by the days of {firm} now.")
        return redirect("admin:firm")
    context = {**site.each_context(request), "title": "Calendar of the firm", "form": form}
    return TemplateResponse(request, "handoff/console/firm.html", context)


site.mount("firm/", page, "firm")
