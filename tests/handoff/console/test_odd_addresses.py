"""Whatever is typed into the address of a list, the answer is a page, a way back or a refusal, and not status 500."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from handoff.console.frame.site import site
from leads.models import State
from tests.world import World, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
HOSTILE = ["99999999999", "9" * 5000, "1e999999999", "9999-12-31T23:59:59-23:59", "()[]{}\\'\";--%²\U0010ffff"]
LOOKUPS = ["year", "range", "gt", "regex", "unknown"]


def pages() -> list[str]:
    names = [f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in site._registry]
    return [*names, "admin:my_leads", "admin:my_leads_export", "admin:leads_lead_export"]


def admin_of(name: str) -> Any:
    by_name = {f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist": page for m, page in site._registry.items()}
    lead_page = by_name["admin:leads_lead_changelist"]
    return by_name.get(name, lead_page)


def questions(name: str) -> Iterator[tuple[str, str]]:
    """What a filter of the page takes, with odd values; and each field of its rows by a kind of lookup."""
    page = admin_of(name)
    filters = [entry[0] if isinstance(entry, tuple) else entry for entry in page.list_filter]
    paths = [path for path in filters if isinstance(path, str)]
    asked = ["p", "o", "q", "due", "whose", "versions", "answer_state"]
    asked += [f"{path}__{lookup}" for path in paths for lookup in ("id__exact", "exact", "in")]
    asked += [f"{path}_from" for path in paths]
    for number, parameter in enumerate(asked):
        yield from ((parameter, HOSTILE[(number + turn) % len(HOSTILE)]) for turn in range(2))
    for number, field in enumerate(page.model._meta.concrete_fields):
        yield f"{field.name}__{LOOKUPS[number % len(LOOKUPS)]}", HOSTILE[0]
    yield from [("created_at__year", "99999999999"), ("score__range", "1"), ("p", HOSTILE[1]), ("q", HOSTILE[4])]


@pytest.fixture
def rows(world: World) -> None:
    """A row on most pages, as an empty table forgives what a full one does not."""
    make_policy("time_to_accept")
    bring_to(State.REJECTED, make_lead(score=50, source="web"), world)


@pytest.mark.parametrize("name", pages())
def test_no_address_of_a_list_answers_500(name: str, rows: None, world: World) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(world.max if "my_leads" in name else world.olga)
    wrong = []
    for parameter, value in questions(name):
        before = transaction.savepoint()  # what the database refuses would break the transaction of the test
        response: Any = client.get(reverse(name), {parameter: value.encode(errors="surrogatepass")})
        if response.streaming:
            b"".join(response.streaming_content)
        transaction.savepoint_rollback(before)
        if response.status_code >= 500:
            wrong.append((parameter, value[:40], response.status_code))
    assert wrong == []
