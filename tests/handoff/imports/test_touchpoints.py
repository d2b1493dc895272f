"""Files of touchpoints: as the systems export them, each kept once, and new intent where a known buyer asks again."""

from datetime import UTC, datetime

import pytest
import time_machine

from handoff.models import Delivery
from leads.models import Lead, Touchpoint
from tests.handoff.imports.conftest import Explain, Import
from tests.world import MONDAY, World, make_lead

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 5, 1, tzinfo=UTC)
FILES = {
    "salesforce members": (
        (
            "Id,CampaignId,LeadId,Status,HasResponded,CreatedDate,FirstRespondedDate\n"
            "00v5g00000AbCdEAAV,7015g000000AbCdAAK,00Q5g00000AbCdEEAV,Responded,true,2026-03-03T09:00:00Z,2026-03-05\n"
        ),
        "salesforce",
        ("campaign_membership", "Responded", "2026-03-05"),
    ),
    "hubspot form submissions": (
        (
            "Email,First Name,Conversion Date,Conversion Title,Conversion Page\n"
            "dana.fox@buyer.example,Dana,2026-03-05 10:30,Pricing form,https://fox.example/pricing\n"
        ),
        "hubspot",
        ("form", "Pricing form", "2026-03-05"),
    ),
    "mailchimp activity": (
        (
            "Email Address,Campaign Title,Action,Timestamp,URL\n"
            "dana.fox@buyer.example,Spring mail,click,2026-03-05 08:00:00,https://fox.example/\n"
        ),
        "mailchimp",
        ("email_click", "https://fox.example/", "2026-03-05"),
    ),
    "typeform responses": (
        (
            "#,What is your email?,Response Type,Start Date (UTC),Submit Date (UTC),Network ID\n"
            "abcdefgh12345678ijkl,dana.fox@buyer.example,completed,2026-03-05 07:00:00,2026-03-05 07:02:00,aa11\n"
        ),
        "typeform",
        ("form", "", "2026-03-05"),
    ),
    "german meetings": (
        (
            "E-Mail,Aktivitätstyp,Datum,Betreff\n"
            "dana.fox@buyer.example,Meeting booked,05.03.2026 10:00,Vorführung\n"
            "dana.fox@buyer.example,Meeting booked,15.03.2026 10:00,Vorführung\n"
        ),
        "crm",
        ("meeting", "Vorführung", "2026-03-05"),
    ),
}


@pytest.fixture
def dana(world: World) -> Lead:
    lead = make_lead(created_at=MONDAY)
    lead.external_ids.create(system="salesforce", value="00Q5g00000AbCdEEAV")
    return lead


@pytest.mark.parametrize("name", FILES)
def test_what_systems_export_comes_in_without_an_option_and_once(bring_in: Import, dana: Lead, name: str) -> None:
    content, system, (kind, detail, day) = FILES[name]
    rows = content.count("\n") - 1
    with time_machine.travel(LATER):
        done = bring_in("touchpoints", content, system=system)
        assert (done.outcomes, done.reasons) == (["created"] * rows, [""] * rows)
        again = bring_in("touchpoints", content, system=system)
        assert (again.outcomes, again.reasons) == (["unchanged"] * rows, [""] * rows)
    point = dana.touchpoints.order_by("at")[0]
    assert (point.kind, point.detail, f"{point.at:%Y-%m-%d}", point.system) == (kind, detail, day, system)


def test_a_live_file_notifies_whoever_owes_and_a_historical_one_nobody(bring_in: Import, dana: Lead) -> None:
    file = "email,kind,at,detail\ndana.fox@buyer.example,form,2026-03-05,One\n"
    bring_in("touchpoints", file, "--historical")
    assert not Delivery.objects.exists()
    bring_in("touchpoints", file.replace("One", "Two"))
    assert list(Delivery.objects.values_list("recipient__username", flat=True)) == ["nora"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("nobody@buyer.example,form,2026-03-05", "There is no lead “nobody@buyer.example”: create it first"),
        ("dana.fox@buyer.example,,2026-03-05", "kind: Say what the buyer did"),
        ("dana.fox@buyer.example,form,", "at: Give the moment of the touchpoint."),
        ("dana,form,2026-03-05", "email: “dana” is not a valid email address"),
    ],
)
def test_a_row_is_refused_with_what_to_do(bring_in: Import, dana: Lead, row: str, words: str) -> None:
    done = bring_in("touchpoints", f"email,kind,at\n{row}\ndana.fox@buyer.example,reply,2026-03-06\n")
    assert done.outcomes == ["refused", "created"]
    assert words in done.reasons[0]


def test_a_member_whose_status_changes_is_updated(bring_in: Import, dana: Lead) -> None:
    content, system, _ = FILES["salesforce members"]
    bring_in("touchpoints", content, system=system)
    assert bring_in("touchpoints", content.replace("Responded,true", "Attended,true"), system=system).outcomes == [
        "updated"
    ]
    assert Touchpoint.objects.get().detail == "Attended"


def test_it_is_said_what_the_file_is_of(explain: Explain) -> None:
    content, _, _ = FILES["typeform responses"]
    text = explain(content, kind="touchpoints")
    assert "Understood as touchpoints of typeform" in text
    assert "kind = form (by the headers)" in text
    assert "Submit Date (UTC) -> at" in text


def test_a_dry_run_reports_the_same_and_keeps_nothing(bring_in: Import, dana: Lead) -> None:
    content, system, _ = FILES["german meetings"]
    with time_machine.travel(LATER):
        assert bring_in("touchpoints", content, "--dry-run", system=system).outcomes == ["created", "created"]
    assert not Touchpoint.objects.exists()
