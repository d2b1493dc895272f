"""The countries and their parts that have a list of public holidays, by name."""

from collections.abc import Sequence
from functools import cache

import holidays
from babel import Locale
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse

from handoff.console.frame.site import site, viewer
from leads.models import Role

LONGEST_PART = 6  # characters of a code that a calendar keeps
Choices = Sequence[tuple[str, str]]


@cache
def countries() -> Choices:
    names = Locale("en").territories
    codes = [code for code in holidays.list_supported_countries(include_aliases=False) if len(code) == 2]
    return sorted(((code, str(names.get(code, code))) for code in codes), key=lambda pair: pair[1])


@cache
def parts_of(country: str) -> Choices:
    """Like `Bayern (BY)`; none for a country without parts, or without a list."""
    if country not in dict(countries()):
        return ()
    names = holidays.country_holidays(country).get_subdivision_aliases()
    parts = [(code, f"{known[0]} ({code})" if known else code) for code, known in names.items()]
    return sorted(((code, name) for code, name in parts if len(code) <= LONGEST_PART), key=lambda pair: pair[1])


def parts(request: HttpRequest) -> HttpResponse:
    """For the page's script, once a country is chosen."""
    if not viewer(request).has_role(Role.REVOPS):
        raise PermissionDenied
    return JsonResponse({"parts": list(parts_of(request.GET.get("country", "")))})


site.mount("calendars/parts/", parts, "holiday_parts")
