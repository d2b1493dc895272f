"""check_integrity knows what must hold of where facts are from, and of touchpoints."""

from datetime import timedelta

import pytest
from django.db.models import F

from handoff import workflow
from handoff.amending.integrity import Kind, of_records
from leads.models import Campaign, Consent, ConsentStatement, ExternalId, Lead, Opportunity, Touch, Touchpoint
from tests.world import MONDAY, World, make_lead

pytestmark = pytest.mark.django_db


def found() -> list[str]:
    return [finding.words for finding in of_records() if finding.kind == Kind.ORIGIN]


@pytest.fixture
def dana(world: World) -> Lead:
    fields = {"email": "dana@buyer.example", "title": "CTO", "source": "webinar", "campaign": "Spring"}
    lead = workflow.upsert(fields, at=MONDAY, system="crm").lead
    workflow.upsert({"email": lead.email, "source": "fair"}, at=MONDAY + timedelta(days=1), system="crm")
    workflow.correct(lead.pk, {"title": "CEO"}, by=world.ada)
    assert found() == []
    return lead


def test_a_correction_of_the_attribution_is_right(dana: Lead, world: World) -> None:
    Campaign.objects.create(name="Launch")
    workflow.correct(dana.pk, {"source": "friend", "campaign": "Launch"}, by=world.mia)
    assert found() == []


def test_a_merge_is_right(dana: Lead, world: World) -> None:
    gone = workflow.upsert({"email": "d@buyer.example", "source": "ad"}, at=MONDAY - timedelta(days=9)).lead
    workflow.merge(gone.pk, by=world.mia, into=dana)
    workflow.upsert({"email": gone.email, "source": "ad"}, at=MONDAY - timedelta(days=9))
    assert found() == []


def test_what_is_left_on_a_merged_lead_is_named(dana: Lead, world: World) -> None:
    gone = workflow.upsert({"email": "d@buyer.example"}).lead
    workflow.merge(gone.pk, by=world.mia, into=dana)
    touch = Touch.objects.create(lead=gone, at=MONDAY, channel="call", outcome="reached")
    known = ExternalId.objects.create(lead=gone, system="crm", value="9")
    deal = Opportunity.objects.create(lead=gone, name="Deal", opened_at=MONDAY)
    consent = Consent.objects.create(lead=gone, purpose="email", granted=True, at=MONDAY, via="api")
    left = [finding.words for finding in of_records() if finding.kind == Kind.MERGE]
    rows = {"Touch": touch, "External id": known, "Deal": deal, "Consent": consent}
    expected = [
        f"{kind} {row.pk} is of lead {gone.pk}, which was merged into lead {dana.pk}." for kind, row in rows.items()
    ]
    assert sorted(left) == sorted(expected)


def test_a_consent_that_is_not_what_was_said_is_named(dana: Lead) -> None:
    eric = make_lead("Eric")
    for lead, granted in ((dana, True), (eric, False)):
        workflow.record_consent(lead.pk, ConsentStatement("email", granted, MONDAY))

    def named() -> list[str]:
        return [finding.words.split(":")[0] for finding in of_records() if finding.kind == Kind.CONSENT]

    assert named() == []
    Lead.objects.filter(pk=eric.pk).update(consent={})
    third = make_lead("Third", consent={"phone": {"granted": True, "at": "2026-03-01T00:00:00+00:00"}})
    assert sorted(named()) == [f"Lead {eric.pk}", f"Lead {third.pk}"]


def test_provenance_of_what_is_no_fact_is_named(dana: Lead) -> None:
    Lead.objects.filter(pk=dana.pk).update(provenance={**dana.provenance, "shoe_size": dana.provenance["title"]})
    assert found() == [f"Lead {dana.pk}: its provenance names shoe_size, which is not a fact."]


@pytest.mark.parametrize(("change", "name"), [({"source": "fair"}, "source"), ({"campaign": None}, "campaign")])
def test_an_attribution_that_is_not_that_of_the_earliest_is_named(
    dana: Lead, change: dict[str, None], name: str
) -> None:
    Lead.objects.filter(pk=dana.pk).update(**change)
    assert found() == [f"Lead {dana.pk}: its {name} is not that of its first capture."]


def test_an_enquiry_before_the_first_capture_is_named(dana: Lead) -> None:
    point = dana.touchpoints.get()
    dana.touchpoints.update(at=F("at") - timedelta(days=9))
    assert found() == [f"Lead {dana.pk}: enquiry {point.pk} is older than its first capture."]


def test_a_touchpoint_of_a_lead_that_was_merged_is_named(dana: Lead, world: World) -> None:
    gone = make_lead("Gone")
    workflow.merge(gone.pk, by=world.mia, into=dana)
    point = Touchpoint.objects.create(lead=gone, kind="form", at=MONDAY)
    assert found() == [f"Touchpoint {point.pk} is of lead {gone.pk}, which was merged into lead {dana.pk}."]
