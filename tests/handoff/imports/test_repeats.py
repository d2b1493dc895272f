"""Rows of one file about one person: the first one wins, the later ones fill what it left empty and say so."""

from datetime import UTC, datetime

import pytest

from handoff.imports import dry_run, run
from leads.models import Lead, Touchpoint
from tests.handoff.imports.conftest import Import

pytestmark = pytest.mark.django_db
TWICE = """Record ID,Email,Company Name,Phone Number,Campaign
1,bob@example.com,First GmbH,,Spring webinar
1,bob@example.com,Second GmbH,+49 30 5550199,Trade fair
"""


def test_the_first_row_wins_and_the_second_run_changes_nothing(bring_in: Import) -> None:
    strange = "row 3 repeats row 2, whose values stay: company."
    for options, outcomes in (
        (["--dry-run"], ["created", "updated"]),
        ([], ["created", "updated"]),
        ([], ["unchanged", "unchanged"]),
        (["--dry-run"], ["unchanged", "unchanged"]),
    ):
        done = bring_in("leads", TWICE, *options)
        assert (done.outcomes, done.reasons, done.status) == (outcomes, ["", strange], 0)
        assert done.counts["warnings"] == 1
    lead = Lead.objects.get()
    assert (lead.company, lead.phone, str(lead.campaign)) == ("First GmbH", "+49 30 5550199", "Spring webinar")
    assert [str(point.campaign) for point in Touchpoint.objects.all()] == ["Trade fair"]


@pytest.mark.parametrize("chunk", [1, 2, 200])
def test_it_does_not_matter_how_far_apart_they_are(
    bring_in: Import, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(run, "CHUNK", chunk)
    monkeypatch.setattr(dry_run, "CHUNK", chunk)
    others = "".join(f"{number},{number}@example.com,Other,\n" for number in range(2, 6))
    file = f"id,email,company,title\n1,bob@example.com,First,\n{others}1,,Second,CTO\n,BOB@example.com,Third,CEO\n"
    for outcomes in (["created"] * 5 + ["updated", "unchanged"], ["unchanged"] * 7):
        done = bring_in("leads", file)
        assert done.outcomes == outcomes
        assert done.reasons[5:] == [
            "row 7 repeats row 2, whose values stay: company.",
            "row 8 repeats row 2, whose values stay: company, title.",
        ]
    bob = Lead.objects.get(email="bob@example.com")
    assert (bob.company, bob.title) == ("First", "CTO")


def test_a_row_that_says_the_same_again_says_so(bring_in: Import) -> None:
    done = bring_in("leads", "email,name\nbob@example.com,Bob\nBob@Example.com,Bob\n")
    assert (done.outcomes, done.reasons) == (["created", "unchanged"], ["", "row 3 repeats row 2."])


def test_one_id_with_two_emails_keeps_the_first_and_is_told(bring_in: Import) -> None:
    file = "id,email,name\n1,ann@example.com,Ann\n1,ben@example.com,Ben\n,ben@example.com,Ben\n"
    for outcomes in (["created", "unchanged", "created"], ["unchanged"] * 3):
        done = bring_in("leads", file)
        assert done.outcomes == outcomes
        assert done.reasons[1] == "row 3 repeats row 2, whose values stay: email, name."
    assert sorted(Lead.objects.values_list("name", "email")) == [("Ann", "ann@example.com"), ("Ben", "ben@example.com")]


def test_what_is_stored_already_is_changed_by_the_first_row_alone(bring_in: Import) -> None:
    bring_in("leads", "id,email,company,title\n1,bob@example.com,Old,Old\n")
    done = bring_in("leads", "id,company,title\n1,First,\n1,Second,CTO\n")
    assert done.outcomes == ["updated", "updated"]
    assert Lead.objects.values_list("company", "title").get() == ("First", "CTO")
    assert bring_in("leads", "id,company\n1,Newer\n").outcomes == ["updated"]


def test_the_earlier_capture_keeps_the_attribution_whatever_the_order(bring_in: Import) -> None:
    rows = ["1,2026-01-05,google,Spring", "1,2026-01-02,social,Winter", "1,2026-01-09,fair,Summer"]
    file = "\n".join(["id,created_at,source,campaign", *rows, ""])
    assert bring_in("leads", file).outcomes[0] == "created"
    assert bring_in("leads", file).outcomes == ["unchanged"] * 3
    lead = Lead.objects.get()
    assert (lead.created_at, lead.source) == (datetime(2026, 1, 2, tzinfo=UTC), "social")
    assert sorted(Touchpoint.objects.values_list("source", flat=True)) == ["fair", "google"]


def test_a_row_that_was_refused_has_stated_nothing(bring_in: Import) -> None:
    rows = ["bob@example.com," + "x" * 201 + ",First", "bob@example.com,Bob,Second"]
    done = bring_in("leads", "\n".join(["email,name,company", *rows, ""]))
    assert (done.outcomes, done.reasons[1]) == (["refused", "created"], "")
