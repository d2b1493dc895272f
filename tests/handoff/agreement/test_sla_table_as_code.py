"""A file of the agreement changes no SLA value that both sides sign: it takes it up into the draft, and once."""

from typing import Any

import pytest

from handoff.agreement.sla_table import sign
from handoff.ascode import carrying_out, document
from handoff.ascode.differences import Change
from handoff.ascode.exporting import export
from handoff.models import SlaTable
from sla.models import Calendar, Policy
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signed_values")]
DRAFT = "A draft, version 1: it comes into force when a marketing lead and a sales manager have signed it."


def lines_of(changes: list[Change]) -> str:
    return "\n".join(line for change in changes for line in change.lines())


@pytest.fixture
def do(world: World) -> Any:
    def act(how: Any, text: str) -> list[Change]:
        changes: list[Change] = how(document.read(f"format: 1\n{text}".encode()), by=world.olga)
        return changes

    return act


def test_a_plan_says_that_it_makes_a_draft_and_applied_twice_it_makes_one(do: Any, world: World) -> None:
    text = "policies:\n  - {key: accept, target: 2 h}\ncalendars:\n  - {key: always, time_zone: Europe/Berlin}\n"
    for act in (carrying_out.plan, carrying_out.apply):
        assert lines_of(do(act, text)) == (
            f"~ calendar always\n    time_zone: UTC -> Europe/Berlin\n    ({DRAFT})\n"
            f"~ policy accept\n    target: 4 h -> 2 h\n    ({DRAFT})"
        )
        assert SlaTable.objects.exists() is (act is carrying_out.apply)
    assert do(carrying_out.apply, text) == do(carrying_out.apply, text.replace("2 h", "120 min")) == []
    table = SlaTable.objects.get()
    assert Policy.objects.get().target_seconds == 4 * 3600

    exported = "\n".join(part for part in export().split("\n\n") if part.startswith(("calendars:", "policies:")))
    assert "target: 2 h" in exported
    assert do(carrying_out.plan, exported) == []

    for person in (world.nora, world.max):
        sign(table.pk, by=person, seen=table.digest)
    assert do(carrying_out.plan, text) == []
    assert Policy.objects.get(retired_at=None).target_seconds == 2 * 3600
    assert Calendar.objects.get(key="always", retired_at=None).zone == "Europe/Berlin"


def test_what_is_in_force_takes_no_draft_back_however_it_is_spelled(do: Any) -> None:
    do(carrying_out.apply, "policies:\n  - {key: accept, target: 2 h}\n")
    digest = SlaTable.objects.get().digest
    for target in ("4 h", "240 min"):
        assert do(carrying_out.apply, f"policies:\n  - {{key: accept, target: {target}}}\n") == []
    assert SlaTable.objects.get().digest == digest


def test_further_values_are_added_to_the_draft(do: Any) -> None:
    do(carrying_out.apply, "policies:\n  - {key: accept, target: 2 h}\n")
    do(carrying_out.apply, "policies:\n  - {key: accept, priority: 5}\n")
    [change] = SlaTable.objects.get().listed
    assert change.after
    assert (change.after["target_seconds"], change.after["position"]) == (7200, 5)


def test_a_policy_is_added_changed_and_retired_in_the_draft_alone(do: Any) -> None:
    answer = "policies:\n  - {key: answer, name: Answer, metric: time_to_answer, target: 1 h, calendar: spare}\n"
    assert lines_of(do(carrying_out.apply, answer)).startswith("+ policy answer")
    assert do(carrying_out.apply, answer) == []
    assert "target: 1 h -> 2 h" in lines_of(do(carrying_out.apply, answer.replace("1 h", "2 h")))
    retired = "policies:\n  - {key: accept, retired: true}\n  - {key: answer, retired: true}\n"
    assert lines_of(do(carrying_out.apply, retired)).splitlines()[:2] == ["- policy accept", f"    ({DRAFT})"]
    assert do(carrying_out.apply, retired) == []
    assert [change.in_words for change in SlaTable.objects.get().listed] == ["Retires the policy Accept a lead"]
    assert list(Policy.objects.values_list("key", "retired_at")) == [("accept", None)]


def test_a_calendar_that_nothing_counts_by_is_written_at_once(do: Any) -> None:
    do(carrying_out.apply, "calendars:\n  - {key: berlin, name: Berlin, time_zone: UTC, week: {mon: 09:00-17:00}}\n")
    assert Calendar.objects.filter(key="berlin").exists()
    assert not SlaTable.objects.exists()
