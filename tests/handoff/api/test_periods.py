"""Periods by API: whoever has a role reads both sides' numbers, as on the pages, and RevOps closes."""

from typing import Any

import pytest
from django.urls import reverse

from handoff import workflow
from handoff.models import PeriodClose
from handoff.reports import rate_file
from handoff.reports.rates import bring
from handoff.reviewing import agreeing, in_background
from tests.handoff.api.conftest import AsPerson
from tests.handoff.reviewing.month import APRIL_3, APRIL_10, at, closed, march
from tests.world import World

pytestmark = pytest.mark.django_db
MARCH = "/api/v1/periods/2026-03/"
PATHS = ("/api/v1/periods/", MARCH, *(f"{MARCH}{part}/" for part in ("restatements", "review", "actions")))


def test_whoever_has_a_role_reads_and_revops_closes(world: World, client_of: AsPerson) -> None:
    with at(APRIL_3):
        for name, read, close in (("eve", 403, 403), ("ada", 200, 403), ("nora", 200, 403), ("olga", 200, 200)):
            client = client_of(getattr(world, name))
            assert {client.get(path).status_code for path in PATHS} == {read}, name
            assert client.post(f"{MARCH}close/").status_code == close, name
        again = client.post(f"{MARCH}close/")
        assert (again.status_code, again.json()["code"]) == (409, "not_closable")
        for path in ("2026-13/", "March/review/", "2026-13/close/"):
            assert (client.post if "close" in path else client.get)(f"/api/v1/periods/{path}").status_code == 404


def test_a_period_before_and_after_its_close(world: World, client_of: AsPerson) -> None:
    leads, client = march(world), client_of(world.ada)
    with at(APRIL_3):
        before = client.get(MARCH).json()
        assert (before["obstacle"], before["closed_at"], before["closing"]) == ("", None, None)
    close = closed(world)
    with at(APRIL_10):
        workflow.overturn(leads["Crow"].pk, by=world.olga, decision="It does.")
        agreeing.agree("2026-03", "Call more", world.ada, APRIL_10.date(), by=world.max)
        after, listed, restated, review, actions = (client.get(path).json() for path in (MARCH, *PATHS[:1], *PATHS[2:]))
        on_page = client_of(world.nora).get(MARCH).json()
    assert after["figures"] == before["figures"] == on_page["figures"]
    counts = {each["name"]: each["count"] for each in after["figures"]}
    assert {name: close.figures.get(name, 0) for name in counts} == counts
    assert (after["closed_by"], after["obstacle"]) == ("Olga", "March 2026 is closed: Olga closed it on 03 April 2026.")
    assert [(each["key"], each["closed_at"]) for each in listed] == [("2026-03", "2026-04-03T09:00:00Z")]
    assert restated == [
        {
            "at": "2026-04-10T09:00:00Z",
            "happened": "The rejection was overturned: It does.",
            "by": "Olga",
            "lead": leads["Crow"].pk,
            "figures": [{"figure": f, "change": n} for f, n in (("valid", 1), ("valid_missed", -1), ("overturned", 1))],
        }
    ]
    assert (review["title"], review["ended_at"]) == ("Review of March 2026", None)
    assert [section["title"] for section in review["sections"]][1] == "Scorecard"
    assert [(each["text"], each["owner"], each["done_at"]) for each in actions] == [("Call more", "ada", None)]


def test_a_large_period_is_closed_in_the_background(
    world: World, client_of: AsPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_background, "AT_ONCE", -1)
    march(world)
    client = client_of(world.olga)
    with at(APRIL_3):
        asked: Any = client.post(f"{MARCH}close/")
        assert (asked.status_code, asked.json()["state"], asked.json()["steps_done"]) == (202, "waiting", 0)
        in_background.run_in_turn()
        assert client.get(MARCH).json()["closing"]["state"] == "done"
    assert PeriodClose.objects.get().closed_by == world.olga


def test_rates_are_read_by_api_and_brought_on_their_page(world: World, client_of: AsPerson, client: Any) -> None:
    page, given = reverse("admin:handoff_rate_add"), {"name": "ECB  month-end", "lines": "USD,EUR,2026-03-31,0.9241"}
    for person, status in ((world.ada, 403), (world.nora, 403), (world.olga, 302)):
        client.force_login(person)
        assert client.post(page, given).status_code == status
    wrong = client.post(page, given | {"lines": "USD,EUR,2026-03-31,0"}).content.decode()
    assert "Line 1: “0” is not a valid rate" in wrong
    bring("ECB month-end", rate_file.read("USD,EUR,2026-03-31,0.93"), by=world.olga)
    rows = client_of(world.ada).get("/api/v1/rates/").json()["results"]
    assert [(each["set"], each["rate"], each["since_version"], each["until_version"]) for each in rows] == [
        ("ECB month-end", "0.93", 2, None),
        ("ECB month-end", "0.9241", 1, 2),
    ]
    assert client_of(world.eve).get("/api/v1/rates/").json()["results"] == []
    client.force_login(world.ada)
    for name in ("changelist", "export"):
        shown = client.get(reverse(f"admin:handoff_rate_{name}"))
        text = b"".join(shown).decode() if name == "export" else shown.content.decode()
        assert text.count("0.9241") == 1
        assert "0.93" in text
    old, new = (each["id"] for each in reversed(rows))
    client.force_login(world.olga)
    assert "Withdraw" in client.get(reverse("admin:handoff_rate_change", args=[new])).content.decode()
    client.post(reverse("admin:handoff_rate_withdraw", args=[new]))
    assert {each["until_version"] for each in client_of(world.ada).get("/api/v1/rates/").json()["results"]} == {2, 3}
    assert client.get(reverse("admin:handoff_rate_change", args=[old])).status_code == 200
