"""An id of another system has one spelling, and one that a spreadsheet has damaged identifies nobody."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from leads.external_ids import former_spellings, normalise_id
from leads.identity import IdentityConflict, upsert
from leads.models import ExternalId, Lead

SHORT, LONG = "00Q5e000001AbCd", "00Q5e000001AbCdEAK"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("12", "12"),
        (" 12\t", "12"),
        ("12.0", "12"),
        ("12,0", "12"),
        ("39779200001.0", "39779200001"),
        ("00012", "00012"),
        ("00012.0", "00012"),
        ("'00012", "00012"),
        ('="00012"', "00012"),
        ("12.5", "12.5"),
        ("12.00", "12.00"),
        ("1.2.0", "1.2.0"),
        ("1e5", "1e5"),
        ("4e10", "4e10"),
        ("d41e8", "d41e8"),
        ("00Q1", "00Q1"),
        ("null", ""),
        ("'", ""),
        ("#REF!", ""),
    ],
)
def test_an_id_has_one_spelling(text: str, kept: str) -> None:
    assert normalise_id("hubspot", text) == kept


@pytest.mark.parametrize(
    "text",
    [
        *("3.97792E+10", "3,97792E+10", "3.97792e+10", "4E+10", "39.8E+9", "3.97792E10", "'3.97792E+10"),
        *("1.2E-05", "12345678901234567890.0", "9007199254740993.0"),
    ],
)
def test_what_a_spreadsheet_rounded_is_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(ValidationError, match=r"has rounded this id.*format the column as text and export again"):
        normalise_id("hubspot", text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (SHORT, LONG),
        (LONG, LONG),
        (LONG.lower(), LONG),
        (LONG.upper(), LONG),
        ("00Q5e00000AbCdE", "00Q5e00000AbCdEEAV"),
        ("001000000000001", "001000000000001AAA"),
        ("a0B5e000001AbCd", "a0B5e000001AbCdEAK"),
        ("00Q1", "00Q1"),
        ("web-form-20260213", "web-form-20260213"),
        ("webform20260213", "webform20260213"),
    ],
)
def test_the_two_forms_of_salesforce_are_one(text: str, kept: str) -> None:
    assert normalise_id("salesforce", text) == kept


@pytest.mark.parametrize("text", [f"{SHORT}EAV", "00Q5e000001abCdEAK", "00Q5e000001AbCdZZZ"])
def test_a_checksum_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="is not a valid Salesforce id"):
        normalise_id("salesforce", text)


def test_another_system_may_have_ids_of_that_shape() -> None:
    assert normalise_id("hubspot", SHORT) == SHORT


ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@given(st.text(alphabet=ALPHANUMERIC, min_size=12, max_size=12).map("00Q".__add__))
def test_every_spelling_of_a_salesforce_id_leads_to_one(short: str) -> None:
    long = normalise_id("salesforce", short)
    assert (len(long), long[:15]) == (18, short)
    assert {normalise_id("salesforce", text) for text in (long, long.upper(), long.lower())} == {long}
    assert short in former_spellings("salesforce", long, long)


@given(st.text(max_size=30))
def test_an_id_that_is_kept_is_its_own_spelling(text: str) -> None:
    for system in ("hubspot", "salesforce"):
        try:
            kept = normalise_id(system, text)
        except ValidationError:
            continue
        assert kept == "" or normalise_id(system, kept) == kept or kept.startswith("'")


@pytest.mark.django_db
class TestLeads:
    def test_a_lead_is_found_by_either_form(self) -> None:
        lead = upsert({"name": "Sia"}, external_ids=[("Salesforce", SHORT)]).lead
        for spelled in (LONG, SHORT, LONG.upper()):
            done = upsert({"name": "Sia"}, external_ids=[("salesforce", spelled)])
            assert (done.lead, done.outcome) == (lead, "unchanged")
        assert [stored.value for stored in ExternalId.objects.all()] == [LONG]

    def test_a_lead_that_an_earlier_release_kept_by_the_short_form_is_found(self) -> None:
        lead = Lead.objects.create(name="Sia")
        ExternalId.objects.create(lead=lead, system="salesforce", value=SHORT)
        assert upsert({"title": "CTO"}, external_ids=[("salesforce", LONG)]).lead == lead
        assert upsert({"title": "CTO"}, external_ids=[("salesforce", SHORT)]).outcome == "unchanged"

    def test_a_lead_that_an_earlier_release_kept_by_a_damaged_spelling_is_found_by_the_same_file(self) -> None:
        lead = Lead.objects.create(name="Ann")
        ExternalId.objects.create(lead=lead, system="hubspot", value="12.0")
        assert upsert({"name": "Ann"}, external_ids=[("hubspot", "12.0")]).lead == lead
        assert upsert({"name": "Ann"}, external_ids=[("hubspot", "12")]).lead == lead

    def test_two_leads_that_earlier_releases_made_of_one_are_told_apart_by_name(self) -> None:
        for value in (SHORT, LONG):
            ExternalId.objects.create(lead=Lead.objects.create(name=value), system="salesforce", value=value)
        with pytest.raises(IdentityConflict, match="merge the two if they are one and the same"):
            upsert({}, external_ids=[("salesforce", LONG)])

    def test_zeros_in_front_make_another_lead(self) -> None:
        upsert({"name": "Ann"}, external_ids=[("hubspot", "12")])
        assert upsert({"name": "Ben"}, external_ids=[("hubspot", "0012")]).outcome == "created"
