"""What a file changes: new versions where the console writes versions, drafts where signatures are needed."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from handoff.agreement.definitions import sign
from handoff.ascode import carrying_out
from handoff.ascode.differences import Sign
from handoff.models import Subscription
from leads import catalogue
from leads.models import Definition, Reason, ScoringModel, SourceRank, Team, User
from sla.models import Calendar, Policy
from tests.handoff.ascode.conftest import SECRET, do, make_people_without_teams

NEW_TEXT = "Somebody who asked for something."


@pytest.fixture(scope="module")
def agreement(agreed: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Applied once for all tests of this module, which takes three seconds. Each of them is rolled back to it."""
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANDOFF_ADDRESS_CRM_WEBHOOK", SECRET)
        make_people_without_teams()
        do(carrying_out.apply, agreed, User.objects.get(username="olga"))
        yield agreed
        transaction.set_rollback(True)


@pytest.fixture
def olga(agreement: str, exported: str, db: None) -> User:
    catalogue.forget()
    return User.objects.get(username="olga")


@pytest.fixture
def applied(agreement: str, olga: User) -> str:
    return agreement


def lines_of(changes: list[Any]) -> str:
    return "\n".join(line for change in changes for line in change.lines())


def test_another_target_is_the_next_version(applied: str, plan: Any, apply: Any) -> None:
    text = "format: 1\npolicies:\n  - {key: accept, target: 2 h}\n"
    expected = "~ policy accept\n    target: 4 h -> 2 h\n    (Version 2; running clocks keep theirs.)"
    assert lines_of(plan(text)) == expected
    assert Policy.objects.filter(key="accept").count() == 1
    assert lines_of(apply(text)) == expected
    revised = Policy.objects.get(key="accept", retired_at=None)
    assert (revised.version, revised.target_seconds) == (2, 7200)
    assert [step.destinations.count() for step in revised.ladder] == [2, 2, 3, 3]  # what was not named is kept


def test_another_spelling_is_no_change(applied: str, apply: Any) -> None:
    assert apply("format: 1\npolicies:\n  - {key: accept, target: 240 min, floor: 0 min}\n") == []
    assert not Policy.objects.filter(version=2).exists()


def test_a_ladder_is_compared_step_by_step(applied: str, apply: Any) -> None:
    text = """format: 1
policies:
  - key: assign
    ladder:
      - {at: 80 %, notifies: [RevOps by email]}
      - {at: 100 %, notifies: [RevOps by email]}
      - {at: 100 %, after: 1 h, notifies: [Manager by email, RevOps by email], ignores_quiet_hours: true}
"""
    words = lines_of(apply(text))
    assert "      - - {at: 75 %, notifies: [RevOps by email]}" in words
    assert "      + - {at: 80 %, notifies: [RevOps by email]}" in words
    assert "        - {at: 100 %, notifies: [RevOps by email]}" in words
    assert Policy.objects.get(key="assign", version=2).ladder[-1].pierces


def test_other_hours_take_their_policies_along(applied: str, apply: Any) -> None:
    [change] = apply("format: 1\ncalendars:\n  - {key: new-york, week: {mon: 08:00-16:00}}\n")
    assert change.note == "Version 2, and with it a version of 4 policies that count by it; running clocks keep theirs."
    assert Calendar.objects.get(key="new-york", version=2).weekly == {"mon": [["08:00", "16:00"]]}


@pytest.mark.usefixtures("applied")
def test_other_rules_of_the_score_are_a_draft_that_both_sides_sign(apply: Any, plan: Any) -> None:
    """What is signed stays as it is; the rules that the file does not name are kept, with their keys."""
    ScoringModel.objects.update(
        active_from=timezone.now(),
        review_on="2031-01-01",
        marketing_signatory=User.objects.get(username="nora"),
        sales_signatory=User.objects.get(username="max"),
    )
    [in_force] = ScoringModel.objects.all()
    text = "format: 1\nscoring:\n  - {model: leads, behaviour_rules: [{name: Wrote, kinds: [reply], points: 9}]}\n"
    assert plan(text)[0].note == (
        "A draft, version 2: it comes into force when a marketing lead and a sales manager have signed it."
    )
    assert (len(apply(text)), apply(text)) == (1, [])
    assert ScoringModel.active() == in_force
    draft = ScoringModel.objects.get(version=2)
    assert [rule["key"] for rule in draft.behaviour_rules] == ["wrote"]
    assert (draft.fit_rules, draft.text) == (in_force.fit_rules, in_force.text)


@pytest.mark.usefixtures("applied")
class TestSignatures:
    TEXT = f"format: 1\ndefinitions:\n  - {{stage: mql, text: {NEW_TEXT}}}\n"

    def test_other_words_are_a_draft_that_both_sides_sign(self, apply: Any) -> None:
        self._sign_all()
        in_force = Definition.active("mql")
        assert in_force
        assert "a marketing lead and a sales manager have signed it" in lines_of(apply(self.TEXT))
        draft = Definition.objects.get(stage="mql", version=in_force.version + 1)
        assert (draft.text, draft.criteria, draft.active_from) == (NEW_TEXT, in_force.criteria, None)
        assert Definition.active("mql") == in_force

    def test_applied_again_it_makes_no_second_draft(self, apply: Any) -> None:
        apply(self.TEXT)
        assert apply(self.TEXT) == []

    def test_a_draft_that_nobody_has_signed_is_changed(self, apply: Any) -> None:
        apply(self.TEXT)
        versions = Definition.objects.count()
        apply(self.TEXT.replace("something", "a price"))
        assert Definition.objects.count() == versions

    def test_what_somebody_has_signed_stays_as_they_read_it(self, apply: Any) -> None:
        apply(self.TEXT)
        draft = Definition.objects.get(text=NEW_TEXT)
        sign(draft.pk, by=User.objects.get(username="nora"), seen=draft.digest)
        apply(self.TEXT.replace("something", "a price"))
        draft.refresh_from_db()
        assert (draft.text, draft.marketing_signatory.username) == (NEW_TEXT, "nora")  # type: ignore[union-attr]
        assert Definition.objects.filter(stage="mql", version=draft.version + 1).exists()

    def test_the_words_in_force_make_no_draft_while_another_waits(self, applied: str, apply: Any) -> None:
        self._sign_all()
        apply(self.TEXT)
        assert apply(applied) == []
        assert Definition.objects.filter(text=NEW_TEXT).exists()

    def _sign_all(self) -> None:
        for draft in Definition.objects.filter(active_from=None):
            for name in ("nora", "max"):
                sign(draft.pk, by=User.objects.get(username=name), seen=draft.digest)


def test_what_the_file_does_not_name_stays(applied: str, apply: Any) -> None:
    policies, reasons = Policy.objects.count(), Reason.objects.count()
    assert apply("format: 1\npolicies: []\nreasons:\n") == []
    assert (Policy.objects.count(), Reason.objects.count()) == (policies, reasons)


def test_a_choice_and_a_member_that_are_not_named_stay(applied: str, apply: Any) -> None:
    text = """format: 1
attributes:
  - key: industry
    choices: [{key: retail, label: Retail}]
teams:
  - {name: Berlin, members: []}
"""
    [change] = apply(text)
    assert [each["key"] for each in change.after["choices"]][:2] == ["retail", "software"]
    assert Team.objects.get(name="Berlin").members.count() == 3


def test_retired_is_the_word_that_takes_out_of_force(applied: str, plan: Any, apply: Any) -> None:
    text = """format: 1
policies: [{key: accept-hot, retired: true}]
reasons: [{code: wrong_territory, retired: true}]
when_to_notify: [{verb: answer, destination: Owner by email, retired: true}]
systems: [{system: hubspot, retired: true}]
"""
    assert [change.sign for change in plan(text)] == [Sign.RETIRE, Sign.CHANGE, Sign.RETIRE, Sign.RETIRE]
    apply(text)
    assert apply(text) == []
    assert not Policy.objects.filter(key="accept-hot", retired_at=None).exists()
    assert Reason.objects.get(code="wrong_territory").retired_at
    assert not Subscription.objects.filter(verb="answer").exists()
    assert [rank.fact for rank in SourceRank.objects.filter(system="hubspot")] == ["company"]


def test_a_retired_reason_that_the_file_names_is_restored(applied: str, apply: Any) -> None:
    apply("format: 1\nreasons: [{code: spam_or_test}]\n")
    assert Reason.objects.get(code="spam_or_test").retired_at is None


def test_the_log_says_who_applied_what(applied: str, apply: Any, olga: User) -> None:
    apply("format: 1\npolicies:\n  - {key: accept, target: 2 h}\n")
    entry = LogEntry.objects.latest("pk")
    assert (entry.user, entry.object_repr) == (olga, "Accept (version 2)")
    assert "target: 4 h -> 2 h" in entry.change_message
