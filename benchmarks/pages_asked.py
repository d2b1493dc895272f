"""What a list offers, read from its own page: the addresses of its sorts, filters and pages, for each role."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.test import Client
from django.test.utils import setup_test_environment, teardown_test_environment
from django.urls import reverse
from django.utils import timezone

from handoff.api.leads import LeadsView
from handoff.api.touchpoints import TouchpointsView
from handoff.console.frame.site import site
from handoff.reports.registry import REPORTS
from leads.models import SALES, Lead, Role, State, User

PEOPLE = ("rep1", "manager", "marketer", "revops")
IMPORTERS = ("marketer", "revops")
MOST_VALUES = 4
"""Of each filter so many values are asked for, the first and the last among them."""
SEARCHED = ("Anna", "anna ai", "lead77", "Company 41", "lead4711@buyer.example", "+49 30 10000077", "#4711", "zzzz")


@dataclass(frozen=True)
class Address:
    """Something to ask for: of which kind of page, who asks, and where."""

    kind: str
    who: str
    url: str
    is_api: bool = False


def addresses(clients: dict[str, Client]) -> Iterator[Address]:
    """All of the console, then all of the API."""
    setup_test_environment()
    try:
        for who, client in clients.items():
            for kind, url in _pages(User.objects.get(username=who)):
                yield from (Address(kind, who, each) for each in _offered(client, url))
            yield from _of_api(who)
    finally:
        teardown_test_environment()


def _pages(user: User) -> Iterator[tuple[str, str]]:
    """The lists that this person may read, and what else is of many rows."""
    yield from _lists(user)
    mine, board = reverse("admin:my_leads"), reverse("admin:board")
    for scope in ("mine", "queue", "team") if user.has_role(*SALES) else ():
        yield "My leads", f"{mine}?whose={scope}"
    if user.has_role(Role.SALES_MANAGER, Role.REVOPS):
        yield from (("Board", f"{board}{query}") for query in ("", "?who=all&of=overdue"))
    yield from (("Lead", reverse("admin:leads_lead_change", args=[lead])) for lead in _leads_of(user))
    yield from (("Other lists", f"{reverse('admin:find')}?{urlencode({'q': words})}") for words in SEARCHED)
    yield from (("Reports", reverse(f"admin:{name}")) for name in REPORTS)


def _lists(user: User) -> Iterator[tuple[str, str]]:
    request: Any = type("Request", (), {"user": user, "GET": {}})()
    for model, page in site._registry.items():  # noqa: SLF001
        if page.has_view_permission(request):
            name = f"{model._meta.app_label}_{model._meta.model_name}"
            yield "Rejections" if name == "handoff_rejection" else "Other lists", reverse(f"admin:{name}_changelist")
    if user.has_role(Role.REVOPS):
        yield "Other lists", reverse("admin:engine")


def _leads_of(user: User) -> list[int]:
    seen = Lead.objects.visible_to(user)
    leads = [seen.filter(state=state).order_by("-pk").first() for state in (State.MQL, State.SAL, State.REJECTED)]
    return [lead.pk for lead in leads if lead]


def _offered(client: Client, url: str) -> Iterator[str]:
    """The page itself, then each sort both ways, each value of each filter, the second and the last page, a search."""
    yield url
    response: Any = client.get(url)
    context = response.context
    if response.status_code != 200 or not context:
        return
    if "list" in context and hasattr(context["list"], "choices"):
        yield from _of_inbox(url, context["list"])
    if "cl" not in context:
        return
    pages = [link.link for link in context["pages"] if link.link]
    sorts = [
        f"?o={sign}{place}" for place, head in enumerate(context["table"].heads) if head.link for sign in ("", "-")
    ]
    values = [f"?{urlencode({name: value})}" for each in context["filters"] for name, value in _values(each.fields)]
    words = [f"?{urlencode({'q': text})}" for text in SEARCHED] if context["cl"].search_fields else []
    last = context["cl"].paginator.num_pages
    deep = [f"{query}&p={last}" for query in (*sorts, *values)] if last > 1 else []
    yield from (url + query for query in dict.fromkeys([*pages, *sorts, *values, *words, *deep]))


def _of_inbox(url: str, listing: Any) -> Iterator[str]:
    for name, choices in listing.choices().items():
        for value in _some([value for value, _label in choices]):
            yield f"{url}&{urlencode({name: value})}"
    yield from (f"{url}&{urlencode({'q': words})}" for words in SEARCHED)
    yield f"{url}&more-later=500&more-overdue=500"


def _values(fields: list[forms.BoundField]) -> Iterator[tuple[str, str]]:
    for bound in fields:
        today = timezone.localdate()
        if isinstance(bound.field, forms.DateField):
            yield from ((bound.name, str(day)) for day in (today, today.replace(year=today.year - 1)))
        elif isinstance(bound.field, forms.ChoiceField):
            offered: Any = bound.field.choices
            yield from ((bound.name, str(value)) for value in _some([value for value, _label in offered if value]))


def _some(values: list[Any]) -> list[Any]:
    return values if len(values) <= MOST_VALUES else [*values[: MOST_VALUES // 2], *values[-(MOST_VALUES // 2) :]]


def _of_api(who: str) -> Iterator[Address]:
    queries = ["", "page_size=200"]
    queries += [f"ordering={sign}{name}" for name in LeadsView.orderings for sign in ("", "-")]
    queries += [f"search={words}" for words in ("Anna", "lead4711%40buyer.example", "zzzz")]
    queries += [f"state={state}" for state in State.values]
    queries += ["owner=rep1", "owner=rep1&ordering=due", "unowned=true", "source=source3", "campaign=Campaign+7"]
    queries += ["team=Team+3", "team=Team+3&ordering=-score", "do_not_contact=true", "metric=time_to_accept"]
    queries += ["created_after=2020-01-01T00:00:00Z", "created_before=2020-01-01T00:00:00Z"]
    queries += [f"clock={name}" for name in ("running", "at_risk", "overdue", "met", "breached")]
    points = [
        "",
        "kind=form",
        "kind=page_visit",
        "source=source3",
        "campaign=Campaign+7",
        "system=hubspot",
        "ordering=at",
    ]
    for query in queries:
        yield Address("API", who, f"{reverse('api:leads')}?{query}", is_api=True)
    for query in points:
        yield Address("API", who, f"{reverse('api:touchpoints')}?{query}", is_api=True)
    lists = ["duplicates", "campaigns", "reasons", "attributes", *(["imports"] if who in IMPORTERS else [])]
    for name in lists:
        yield Address("API", who, reverse(f"api:{name}"), is_api=True)
    assert TouchpointsView.orderings.keys() == {"at"}
