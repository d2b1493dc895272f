"""How many leads meet conditions, while somebody writes them: counted up to a bound, whatever there is."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from handoff.console.frame.conditions import ConditionsField
from handoff.console.frame.site import site, viewer
from leads.conditions import Condition, as_filter
from leads.models import Lead, Role

MOST_MATCHING, MOST_LEADS = 1000, 100_000
SECONDS = 1.0
TOO_LONG = "There are too many leads to count the matching ones here."


def count(request: HttpRequest) -> HttpResponse:
    """For the page's script: the rows as the form would send them."""
    if not viewer(request).has_role(Role.REVOPS):
        raise PermissionDenied
    name, field = request.GET.get("name", ""), ConditionsField()
    try:
        conditions = field.clean(field.widget.value_from_datadict(request.GET, {}, name))
    except ValidationError as error:
        return JsonResponse({"text": " ".join(error.messages), "is_wrong": True})
    return JsonResponse({"text": in_words(conditions), "is_wrong": False})


def in_words(conditions: Sequence[Condition]) -> str:
    """Like `34 of 419 leads match`, or `1000+ of 100,000+ leads match`."""
    leads = Lead.objects.filter(merged_into=None).order_by()
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = %s", [f"{SECONDS * 1000:.0f}ms"])
            total = leads[: MOST_LEADS + 1].count()
            matching = leads.filter(as_filter(conditions))[: MOST_MATCHING + 1].count()
    except OperationalError:
        return TOO_LONG
    of = f"{MOST_LEADS:,}+" if total > MOST_LEADS else f"{total:,}"
    if matching > MOST_MATCHING:
        return f"{MOST_MATCHING}+ of {of} leads match"
    return f"{matching:,} of {of} leads match" if total != 1 else f"{matching} of 1 lead matches"


site.mount("conditions/count/", count, "conditions_count")
