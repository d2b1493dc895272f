"""A rejection that lacks something is refused through every door alike, with the same words, and nothing is written."""

import html
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from handoff import workflow
from handoff.models import Rejection
from handoff.refusals import FactsRefused
from leads.models import Lead, Reason
from tests.world import World, bring_to, make_lead

CASES = [
    pytest.param({}, "Give a reason: choose one of the list.", id="without a reason"),
    pytest.param(
        {"reason": "old"}, "The reason “Old one” is retired: choose one of the list.", id="with a retired one"
    ),
    pytest.param(
        {"reason": "other"}, "“Other” needs a note of at least 15 characters that says what was wrong.", id="no note"
    ),
    pytest.param(
        {"reason": "duplicate"},
        "“Duplicate of another lead” needs the other lead: give its number.",
        id="duplicate without the other lead",
    ),
]


@pytest.fixture
def lead(world: World) -> Lead:
    Reason.objects.create(
        code="old", label="Old one", route="retire", counts_against="nobody", retired_at=timezone.now()
    )
    lead = bring_to("mql", make_lead(), world)
    lead.external_ids.create(system="crm", value="L-1")
    return lead


@pytest.mark.parametrize(("facts", "words"), CASES)
def test_it_is_refused_in_the_same_words_everywhere(
    world: World, lead: Lead, tmp_path: Path, facts: dict[str, Any], words: str
) -> None:
    for said in (
        by_the_shell(world, lead, facts),
        by_the_api(world, lead, facts),
        by_the_console(world, lead, facts),
        by_a_file(tmp_path, facts),
    ):
        assert words in said

    lead.refresh_from_db()
    assert (lead.state, lead.transitions.count(), Rejection.objects.count()) == ("mql", 1, 0)


def by_the_shell(world: World, lead: Lead, facts: dict[str, Any]) -> str:
    with pytest.raises(FactsRefused) as refusal:
        workflow.reject(lead.pk, by=world.ada, **facts)
    return refusal.value.message


def by_the_api(world: World, lead: Lead, facts: dict[str, Any]) -> str:
    client = APIClient()
    client.force_authenticate(world.ada)
    answer = client.post(f"/api/v1/leads/{lead.pk}/transitions/", {"verb": "reject", **facts})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    return " ".join(error["detail"] for error in answer.json()["errors"])


def by_the_console(world: World, lead: Lead, facts: dict[str, Any]) -> str:
    client = Client()
    client.force_login(world.ada)
    page = client.post(f"/console/do/reject/{lead.pk}/", facts)
    return html.unescape(page.content.decode())


def by_a_file(folder: Path, facts: dict[str, Any]) -> str:
    file, complaints = folder / "outcomes.csv", StringIO()
    columns = {"external_id": "L-1", "rejected_at": timezone.now().isoformat(), "reason": "", **facts}
    file.write_text(f"{','.join(columns)}\n{','.join(columns.values())}\n")
    with pytest.raises(SystemExit) as ended:
        call_command("import_csv", "outcomes", str(file), "--system", "crm", stdout=StringIO(), stderr=complaints)
    assert ended.value.code == 1
    return complaints.getvalue()
