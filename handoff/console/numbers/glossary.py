"""The glossary of numbers: every report with the definition of each of its columns, read from the reports."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from handoff.console.frame.site import site, viewer
from handoff.models import Firm
from handoff.reports.registry import readable_by


def page(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    if not user.roles:
        raise PermissionDenied
    reports = [(report, reverse(f"admin:{report.name}")) for report in readable_by(user)]
    context = {**site.each_context(request), "title": "Glossary of numbers", "reports": reports, "firm": Firm.of_now()}
    return TemplateResponse(request, "handoff/console/numbers.html", context)


site.mount("numbers/", page, "numbers")
