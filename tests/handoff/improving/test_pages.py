"""The pages Improve and Replay, and the same at the command line."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from handoff.agreement.definitions import drafts
from leads.models import Attribute, AttributeType, Definition, Reason, Stage, User
from tests.handoff.improving.conftest import OFFERED, HandOverAll
from tests.world import World

pytestmark = pytest.mark.django_db
As = Callable[[User], Client]
EVERYTHING = {"from": ""}


@pytest.fixture
def recorded(hand_over_all: HandOverAll, employees: Attribute) -> None:
    """Of small firms sales rejects nearly all, of large ones accepts them all."""
    endings = [("accepted", 300), ("not_our_customer", 7), ("won", 300), ("not_our_customer", 7), ("accepted", 7)]
    made = [(n, *endings[n % 5]) for n in range(200)]
    hand_over_all(
        [
            {"became": became, "at": OFFERED + timedelta(hours=n), "source": "fair", "attributes": {"employees": size}}
            for n, became, size in made
        ]
    )


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_a_proposal_is_drafted_replayed_and_waits_for_two_signatures(recorded: None, world: World, as_: As) -> None:
    client = as_(world.nora)
    shown = text(client.get(reverse("admin:finder")))
    assert "80 of 200 handoffs were rejected" in shown
    assert "1. Ask for Employees at least 300" in shown
    assert "<b>80 of 80</b> rejected leads, 40 of 120 accepted ones, and <b>0 of 40</b> that were won" in shown

    in_force = Definition.active(Stage.MQL)
    assert in_force is not None
    conditions = json.dumps([{"field": "attributes.employees", "op": "at_least", "value": 300}])
    response = client.post(reverse("admin:finder_draft"), {"conditions": conditions, "seen": in_force.digest})
    [draft] = drafts()
    assert response["Location"] == reverse("admin:replay", args=[draft.pk])
    shown = text(client.get(response["Location"], EVERYTHING))
    assert "Employees at least 300" in shown
    assert "66.7 %" not in shown
    for where in (reverse("admin:leads_definition_change", args=[draft.pk]), reverse("admin:signatures")):
        assert f'href="{reverse("admin:replay", args=[draft.pk])}"' in text(client.get(where))


def test_the_page_says_of_a_reason_which_criterion_it_points_at(recorded: None, world: World, as_: As) -> None:
    """RevOps says on the page of the reason what it is about; before, no criterion asks for that."""
    finder, reason = reverse("admin:finder"), Reason.objects.get(code="not_our_customer")
    criteria = [{"field": "attributes.employees", "op": "at_least", "value": 5}]
    Definition.objects.filter(stage=Stage.MQL).update(criteria=criteria)
    shown = text(as_(world.nora).get(finder))
    assert '<th scope="row">Fit grade</th><td><b>80</b><small>Not our customer profile 80</small>' in shown
    page = reverse("admin:leads_reason_change", args=[reason.pk])
    fields = as_(world.olga).get(page).context["adminform"].form.initial
    sent = {name: value for name, value in fields.items() if value is not None and value is not False}
    as_(world.olga).post(page, sent | {"concerns": ["attributes.employees", "score"]})
    reason.refresh_from_db()
    assert reason.concerns == ["attributes.employees", "score"]
    shown = text(as_(world.nora).get(finder))
    assert "<td><b>80</b><small>Not our customer profile 80</small></td><td>80</td>" in shown
    assert '<th scope="row">Score</th>' in shown
    assert "Fit grade" not in shown


def test_numbers_lead_to_their_leads_and_all_of_it_to_a_file(recorded: None, world: World, as_: As) -> None:
    draft = Definition.objects.create(
        stage=Stage.MQL,
        version=7,
        text="Larger ones",
        criteria=[{"field": "attributes.employees", "op": "at_least", "value": 300}],
    )
    client, leads = as_(world.max), reverse("admin:replay_leads", args=[draft.pk])
    page = client.get(reverse("admin:replay", args=[draft.pk]), EVERYTHING)
    assert f"{leads}?from=&amp;verdict=fail&amp;ending=rejected" in text(page)
    first = client.get(leads, {"verdict": "fail", "ending": "rejected"} | EVERYTHING)
    assert (text(first).count("Rejected: Not our customer profile"), "Older" in text(first)) == (50, True)
    second = client.get(leads + first.context["next"])
    assert (text(second).count("Rejected: Not our customer profile"), "Older" in text(second)) == (30, False)
    asked = {"verdict": "fail", "ending": "rejected", "source": "fair"} | EVERYTHING
    lines = exported(client, reverse("admin:replay_leads_export", args=[draft.pk]), asked)
    assert (len(lines), {line["reason"] for line in lines}) == (80, {"not_our_customer"})
    lines = exported(client, reverse("admin:replay_export", args=[draft.pk]), EVERYTHING)
    passing = next(line for line in lines if line["by"] == "all" and line["verdict"] == "pass")
    assert (passing["handoffs"], passing["accepted"], passing["won_amount"]) == ("80", "80", "40000.00 EUR")


def exported(client: Client, url: str, asked: dict[str, str]) -> list[dict[str, str]]:
    response: Any = client.get(url, asked)
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_it_costs_as_many_queries_with_more_leads(recorded: None, world: World, as_: As) -> None:
    definition, client = Definition.objects.get(stage=Stage.MQL), as_(world.nora)
    urls = [
        reverse("admin:finder"),
        *(reverse(f"admin:{name}", args=[definition.pk]) for name in ("replay", "replay_leads")),
    ]
    for url in urls:
        client.get(url)  # what is kept is kept by then
        numbers = []
        for asked in ({"from": "", "to": "2025-03-04"}, EVERYTHING):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url, asked).status_code == 200
            numbers.append(len(queries))
        assert numbers[0] <= numbers[1] + 1
        assert numbers[1] <= 60


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "yesterday"},
        {"from": "2025-03-04", "to": "2025-03-03"},
        {"verdict": "x", "ending": "y", "reason": "z", "criterion": "0", "after": "q"},
        {"reasons": "x", "campaign": "%s {} 'quoted'", "source": "%"},
        {"criterion": "99", "reason": "99999999999999999999", "after": "99999999999999999999"},
    ],
    ids=["no date", "backwards", "no number", "odd texts", "too large"],
)
def test_what_makes_no_sense_is_answered_in_words(asked: dict[str, str], recorded: None, world: World, as_: As) -> None:
    definition, client = Definition.objects.get(stage=Stage.MQL), as_(world.nora)
    names = ("replay", "replay_export", "replay_leads", "replay_leads_export")
    for url in (reverse("admin:finder"), *(reverse(f"admin:{name}", args=[definition.pk]) for name in names)):
        assert client.get(url, asked).status_code in (200, 302)


def test_who_may_not_look_or_draft_is_refused(recorded: None, world: World, as_: As) -> None:
    definition = Definition.objects.get(stage=Stage.MQL)
    for url in (reverse("admin:finder"), reverse("admin:replay", args=[definition.pk])):
        assert as_(world.eve).get(url).status_code == 403
        assert as_(world.ada).get(url).status_code == 200
    sql = Definition.objects.get(stage=Stage.SQL)
    assert as_(world.nora).get(reverse("admin:replay", args=[sql.pk])).status_code == 404
    for user, status in ((world.ada, 403), (world.mia, 403), (world.max, 302)):
        assert as_(user).post(reverse("admin:finder_draft"), {"conditions": "{", "seen": ""}).status_code == status
    assert "Draft this change" not in text(as_(world.ada).get(reverse("admin:finder")))
    assert not drafts().exists()


def test_a_criterion_on_what_one_may_not_see_is_not_spelled_out(world: World, as_: As) -> None:
    Attribute.objects.create(key="secret", label="Secret", type=AttributeType.NUMBER, seen_by=["RevOps"])
    criteria = [{"field": "attributes.secret", "op": "at_least", "value": 4711}]
    draft = Definition.objects.create(stage=Stage.MQL, version=7, text="Ours", criteria=criteria)
    for user, is_shown in ((world.olga, True), (world.nora, False)):
        assert (
            "4711" in text(as_(user).get(reverse("admin:replay_leads", args=[draft.pk]), {"criterion": 1}))
        ) == is_shown


def test_the_commands_say_the_same(recorded: None) -> None:
    criteria = json.dumps([{"field": "attributes.employees", "op": "at_least", "value": 300}])
    replayed = json.loads(run("replay", "--criteria", criteria, "--json"))
    assert (replayed["pass"]["accepted"], replayed["fail"]["reasons"]) == (80, {"not_our_customer": 80})
    assert "Would pass: 80, of which 80 were decided; 80 accepted (100 %)" in run("replay", "--criteria", criteria)
    assert "All handoffs: 200" in run("replay", "--definition", "1")
    finding = json.loads(run("find_criteria", "--json"))
    assert finding["proposals"][0]["conditions"] == json.loads(criteria)
    assert finding["unasked"] == [{"name": "fit_grade", "rejected": 80, "reasons": {"not_our_customer": 80}}]
    assert "would have withheld 80 of 80 rejected and 0 of 40 won" in run("find_criteria")
    assert "That is too few to say" in run("find_criteria", "--reason", "wrong_territory")
    for wrong in (("replay", "--definition", "99"), ("replay", "--criteria", "["), ("find_criteria", "--reason", "x")):
        with pytest.raises(CommandError):
            run(*wrong)


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()
