"""What the systems around us export comes in whole, without one option. The people in it are made up."""

import io
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from leads.models import Lead

pytestmark = pytest.mark.django_db
EXPORTS = Path(__file__).parent / "exports"
DANA: dict[str, Any] = {
    "name": "Dana Fox",
    "email": "dana@foxworks.example",
    "company": "Foxworks",
    "title": "Head of Operations",
    "phone": "+1 555 0100",
    "country": "US",
    "created_at": datetime(2026, 1, 15, 9, 14, tzinfo=UTC),
}
SHORT_PHONE = {"phone": "+15550100"}
NO_TITLE = {"title": ""}
AT_MIDNIGHT = {"created_at": datetime(2026, 1, 15, tzinfo=UTC)}
JUERGEN = {
    **DANA,
    "name": "Jürgen Groß",
    "email": "juergen@gross.example",
    "company": "Groß & Söhne",
    "title": "Geschäftsführer",
    "phone": "+49 30 5550111",
    "country": "DE",
}


@pytest.mark.parametrize(
    ("file", "system", "external_id", "first"),
    [
        ("hubspot_contacts.csv", "hubspot", "39779212301", DANA | {"source": "organic search", "score": 82}),
        ("hubspot_kontakte.csv", "hubspot", "39779212401", JUERGEN | {"source": "organische suche"}),
        ("salesforce_lead.csv", "salesforce", "00Q5e00000AbCdEEAV", DANA | {"source": "web"}),
        ("salesforce_report.csv", "salesforce", "00Q5e00000AbCdEEAV", DANA | {"source": "web"} | AT_MIDNIGHT),
        ("dynamics.csv", "dynamics", "6f1c2a7e-0c0d-4e9a-9d5b-1f0a2b3c4d01", DANA | {"campaign": "Spring webinar"}),
        ("pipedrive.csv", "pipedrive", "8a1b2c3d-0001-11ee-b962-0242ac120001", DANA | {"source": "web forms"}),
        ("zoho.csv", "zoho", "zcrm_4876876000000470001", DANA | {"source": "web download"}),
        ("mailchimp.csv", "mailchimp", "5c1c9e0001", DANA | NO_TITLE | {"country": ""}),
        ("brevo.csv", "brevo", "1", DANA | NO_TITLE | SHORT_PHONE),
        ("mautic.csv", "mautic", "1", DANA | {"score": 82}),
        ("meta.csv", "meta", "901", DANA | SHORT_PHONE | {"campaign": "31"}),
        ("linkedin.csv", "linkedin", "e1a2-0001", DANA | {"campaign": "31"}),
        ("typeform.csv", "typeform", "0k1x2y3z4a5b6c7d8e9f0g1h2i3j4k5l", DANA | NO_TITLE),
        ("google_ads.csv", "google_ads", "TeSter-0001", DANA | {"campaign": "Spring webinar"}),
    ],
)
def test_an_export_comes_in_whole_without_an_option(
    file: str, system: str, external_id: str, first: dict[str, Any]
) -> None:
    assert bring_in(file)["created"] == 3
    lead = Lead.objects.get(email=first["email"])
    assert {name: str(value) if name == "campaign" else value for name, value in facts(lead, first).items()} == first
    assert any(f"{system}:{external_id}" in str(each) for each in lead.external_ids.all())
    assert sorted(Lead.objects.exclude(email="").values_list("country", flat=True).distinct())
    assert Lead.objects.exclude(name="").exclude(company="").count() == 3
    again = bring_in(file)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 3)
    assert Lead.objects.count() == 3


def facts(lead: Lead, names: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(lead, name) for name in names}


def test_the_second_column_for_a_field_counts_where_the_first_is_empty() -> None:
    for file in ("hubspot_contacts.csv", "zoho.csv", "pipedrive.csv"):
        bring_in(file)
        emil = Lead.objects.get(email="emil@bergbau.example")
        assert (emil.phone, emil.company, emil.title) == ("+49 30 5550102", "Bergbau GmbH", "CTO")
        Lead.objects.all().delete()


def bring_in(file: str) -> dict[str, int]:
    out = io.StringIO()
    options: dict[str, Any] = {"historical": True, "json": True, "stdout": out, "stderr": io.StringIO()}
    with suppress(SystemExit):  # footers may be refused: the counts say what came in
        call_command("import_csv", "leads", EXPORTS / file, **options)
    counts: dict[str, int] = json.loads(out.getvalue())
    return counts
