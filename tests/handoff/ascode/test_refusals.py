"""A wrong file changes nothing, and says of each line what to do."""

from typing import Any

import pytest

from handoff.ascode import document
from handoff.ascode.document import FileRefused
from handoff.refusals import NotAllowed
from leads.models import Reason, Team, User
from sla.models import Calendar, Policy

OFFICE = "calendars:\n  - {key: office, name: Office, time_zone: UTC, week: {mon: 09:00-17:00}}\n"
POLICY = "key: accept, name: Accept, metric: time_to_accept, calendar: office"


NOT_READ = (
    ("", "line 1: Write sections"),
    ("- 1", "line 1: Write sections"),
    ("policies: []", "line 1: Begin the file with “format: 1”"),
    ("format: 2", "line 1: Begin the file with “format: 1”"),
    ("format: 1\npolicies: [", "line 2: This is not valid YAML"),
    ("format: 1\na: 1\na: 2", "line 3: This is not valid YAML: “a” stands twice"),
    ("format: 1\na: &x [1]\nb: *x", "line 3: This is not valid YAML: aliases"),
    ("format: 1\na: !!python/name:os.system x", "line 2: This is not valid YAML"),
    ("format: 1\n2026: x", "line 2: This is not valid YAML: the key 2026 is not text"),
    ('format: 1\na: "\\0"', "line 2: This is not valid YAML: this text has characters"),
    (f"format: 1\na: {'9' * 5000}", "line 2: This is not valid YAML: this number is too long"),
    (f"format: 1\na: {'[' * 5000}", "nested too deeply"),
)


def test_what_is_not_the_yaml_of_an_agreement() -> None:
    for text, complaint in NOT_READ:
        with pytest.raises(FileRefused) as refused:
            document.read(text.encode())
        assert complaint in str(refused.value)


def test_bytes_that_are_not_text() -> None:
    with pytest.raises(FileRefused, match="not UTF-8"):
        document.read(b"format: 1\na: \xff")


NOT_DONE = (
    ("polices: []\n", "line 2: “polices” is not known of the file: did you mean “policies”?"),
    ("policies: accept\n", "line 2: “policies” must be a list of entries"),
    ("reasons:\n  - label: A\n", "line 3: Give the code of the reason."),
    ("reasons:\n  - {code: a, colour: red}\n", "line 3: “colour” is not known of a reason: use code, label"),
    ("reasons:\n  - {code: a, position: high}\n", "line 3: “position” must be a whole number."),
    ("reasons:\n  - {code: a, label: 12}\n", "line 3: “label” must be text: put it in quotes."),
    ("reasons:\n  - {code: a, retired: maybe}\n", "line 3: “retired” must be true or false."),
    (
        "reasons:\n  - code: a\n    label: A\n    route: away\n    counts_against: nobody\n",
        "line 5: route: Select a valid",
    ),
    ("reasons:\n  - code: a\n    label: A\n    route: fix\n", "line 3: counts_against: This field is required."),
    ("reasons:\n  - {code: a}\n  - {code: a}\n", "line 4: The reason “a” stands on line 3 already"),
    (f"policies:\n  - {{{POLICY}, target: 4 h}}\n", "line 3: calendar: “office” is not in force: use one of none."),
    (
        f"{OFFICE}policies:\n  - {{{POLICY}, target: soon}}\n",
        "line 5: target: “soon” is not a valid length",
    ),
    (f"{OFFICE}policies:\n  - {{{POLICY}, target: 0 h}}\n", "line 5: target: Give a target longer than nothing."),
    (
        f"{OFFICE}policies:\n  - {{{POLICY}, target: 4 h, segment: [{{field: sore, op: is, value: 1}}]}}\n",
        "line 5: segment: Unknown field",
    ),
    (
        f"{OFFICE}policies:\n  - {{{POLICY}, target: 4 h, ladder: [{{at: 50 %, notifies: [Nobody]}}]}}\n",
        "line 5: notifies: “Nobody” is not the name of a destination",
    ),
    (
        f"{OFFICE}policies:\n  - {{{POLICY}, target: 4 h, ladder: [{{at: 50 %, when: now}}]}}\n",
        "line 5: “when” is not known of a step",
    ),
    (
        f"{OFFICE}policies:\n  - {{{POLICY}, target: 4 h, ladder: [{{at: 50 %}}, {{at: 50 %}}]}}\n",
        "line 5: ladder: two steps are at the same moment",
    ),
    (
        "calendars:\n  - key: a\n    week:\n      mon: nine to five\n",
        "line 5: week: the hours of mon",
    ),
    ("calendars:\n  - {key: a, week: {monday: 09:00-17:00}}\n", "line 3: week: “monday” is not a day"),
    ("teams:\n  - name: Sales\n    manager: nobody\n", "line 4: manager: “nobody” is not a username"),
    ("destinations:\n  - {name: A, audience: owner, medium: pigeon}\n", "line 3: medium: Select a valid choice"),
    (
        "destinations:\n  - {name: A, audience: fixed, medium: webhook, address: 'https://a.example/x'}\n",
        "line 3: address: an address of Webhook (signed) is a secret",
    ),
    (
        "destinations:\n  - {name: A, audience: fixed, medium: webhook, address: 'env:HANDOFF_NOT_SET'}\n",
        "line 3: address: set the environment variable HANDOFF_NOT_SET",
    ),
    ("definitions:\n  - {stage: lead, text: A}\n", "line 3: stage: Select a valid choice"),
    (
        "when_to_notify:\n  - {verb: reject, destination: Gone}\n",
        "line 3: destination: “Gone” is not the name of a destination",
    ),
    ("standard_messages:\n  - {kind: gossip, active: true}\n", "line 3: kind: Select a valid choice"),
)


def test_what_a_form_or_a_rule_refuses(plan: Any) -> None:
    for text, complaint in NOT_DONE:
        with pytest.raises(FileRefused) as refused:
            plan(f"format: 1\n{text}")
        assert complaint in str(refused.value)
    assert not Calendar.objects.exists()


def test_what_is_not_there_is_retired_already(plan: Any) -> None:
    assert plan("format: 1\nteams:\n  - {name: Sales, retired: true, time_zone: UTC}\n") == []


def test_all_wrong_lines_are_named_at_once_and_nothing_is_kept(apply: Any) -> None:
    text = f"format: 1\n{OFFICE}teams:\n  - {{name: A, time_zone: Nowhere}}\nreasons:\n  - {{code: budget_gone}}\n"
    with pytest.raises(FileRefused) as refused:
        apply(text)
    assert [complaint.line for complaint in refused.value.complaints] == [5, 7, 7, 7]
    assert not Calendar.objects.exists()
    assert not Reason.objects.filter(code="budget_gone").exists()


def test_a_team_cannot_be_retired(apply: Any) -> None:
    Team.objects.create(name="Sales")
    with pytest.raises(FileRefused, match="line 2: A team cannot be retired"):
        apply("format: 1\nteams: [{name: Sales, retired: true}]\n")


def test_a_key_that_was_retired_is_not_used_again(apply: Any) -> None:
    apply(f"format: 1\n{OFFICE}")
    apply("format: 1\ncalendars: [{key: office, retired: true}]\n")
    with pytest.raises(FileRefused, match="line 3: key: A calendar with this key exists"):
        apply(f"format: 1\n{OFFICE}")


def test_the_order_of_systems_in_the_file_does_not_matter(apply: Any) -> None:
    """Each order of the two is wrong while only one of them is changed."""
    apply("format: 1\nsystems: [{system: crm, position: 1, values_stay: true}, {system: web, position: 2}]\n")
    apply("format: 1\nsystems: [{system: crm, position: 2}, {system: web, position: 1, values_stay: true}]\n")


def test_only_revops_may(exported: str, plan: Any, apply: Any) -> None:
    for username in ("ada", "max", "mia", "nora"):
        for act in (plan, apply):
            with pytest.raises(NotAllowed, match="RevOps may"):
                act(exported, User.objects.get(username=username))
    assert not Policy.objects.exists()
