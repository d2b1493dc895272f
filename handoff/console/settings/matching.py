"""How many leads meet conditions, while somebody writes them: counted up to a bound, whatever there is."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse

from handoff.console.frame.conditions import ConditionsField
from handoff.console.frame.site import site, viewer
from leads.conditions import Condition, all_hold
from leads.models import Lead, Role

MOST_MATCHING, MOST_LEADS = 1000, 100_000
MOST_READ = 20_000  # leads that are looked at one by one, where a condition cannot be asked of the database
SECONDS = 1.0
TOO_LONG = "There are too many leads to count the matching ones here."
COLUMNS = {"campaign": "campaign__name", "team": "team__name", "owner": "owner__username"}
TEXTS = frozenset({"name", "first_name", "last_name", "email", "company", "title", "phone", "mobile_phone"})
TEXTS |= {"preferred_channel", "do_not_contact_reason", "country", "source", *COLUMNS}


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
            matching, is_all = _matching(leads, conditions)
    except OperationalError:
        return TOO_LONG
    of = f"{MOST_LEADS:,}+" if total > MOST_LEADS else f"{total:,}"
    if not is_all:
        return f"At least {matching:,} of {of} leads match; not all could be read in time"
    if matching > MOST_MATCHING:
        return f"{MOST_MATCHING}+ of {of} leads match"
    return f"{matching:,} of {of} leads match" if total != 1 else f"{matching} of 1 lead matches"


def _matching(leads: "QuerySet[Lead]", conditions: Iterable[Condition]) -> tuple[int, bool]:
    """How many match, up to one more than the bound, and whether all were looked at."""
    asked, rest = Q(), []
    for condition in conditions:
        question = _question(condition)
        if question is None:
            rest.append(condition)
        else:
            asked &= question
    candidates = leads.filter(asked)
    if not rest:
        return candidates[: MOST_MATCHING + 1].count(), True
    return _one_by_one(candidates, rest)


def _one_by_one(leads: "QuerySet[Lead]", conditions: Sequence[Condition]) -> tuple[int, bool]:
    until, matching = time.monotonic() + SECONDS, 0
    latest = leads.select_related("team", "owner", "campaign").order_by("-pk")[: MOST_READ + 1]
    for read, lead in enumerate(latest.iterator(500)):
        if read == MOST_READ or (read % 100 == 99 and time.monotonic() > until):
            return matching, False
        matching += all_hold(conditions, lead.facts())
        if matching > MOST_MATCHING:
            break
    return matching, True


def _question(condition: Condition) -> Q | None:
    """The condition as the database answers it; None if its answer might differ from that of `all_hold`."""
    field, op, wanted = condition["field"], condition["op"], condition["value"]
    if field == "score":
        return _of_number(op, wanted)
    if field not in TEXTS or op in ("at_least", "at_most"):
        return None
    column = COLUMNS.get(field) or str(field)
    if op == "present":
        is_blank = _is_blank(field, column)
        return ~is_blank if wanted else is_blank
    values = wanted if isinstance(wanted, list) else [wanted]
    if not all(isinstance(value, str) for value in values):
        return None
    among = Q(**{f"{column}__in": values})
    if "" in values:
        among |= _is_blank(field, column)
    return among if op in ("is", "in") else ~among


def _is_blank(field: str, column: str) -> Q:
    return Q(**{f"{field}__isnull": True}) if field in COLUMNS else Q(**{column: ""})


def _of_number(op: str, wanted: Any) -> Q | None:
    if op == "present":
        return Q(score__isnull=not wanted)
    values = wanted if isinstance(wanted, list) else [wanted]
    if not all(type(value) is int for value in values):
        return None
    match op:
        case "at_least":
            return Q(score__gte=wanted)
        case "at_most":
            return Q(score__lte=wanted)
    among = Q(score__isnull=False, score__in=values)
    return among if op in ("is", "in") else ~among


site.mount("conditions/count/", count, "conditions_count")
