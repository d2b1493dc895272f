"""A lead that has nothing but a phone is known by it: by its number, not by its spelling."""

import pytest
from django.core.exceptions import ValidationError

from leads.correct import correct
from leads.identity import IdentityConflict, upsert
from leads.models import ExternalId, Lead
from leads.phones import phone_key
from tests.leads.conftest import at_once


@pytest.mark.parametrize(
    ("text", "country", "key"),
    [
        ("+94 77 123 4567", "", "+94771234567"),
        ("+94 77 123 4567", "DE", "+94771234567"),
        ("0094 77 123 4567", "", "+94771234567"),
        ("077 123 4567", "LK", "+94771234567"),
        ("94771234567", "", "+94771234567"),
        ("94771234567", "LK", "+94771234567"),
        ("(212) 555-1234", "US", "+12125551234"),
        ("+49 (0)30 5550199", "", "+49305550199"),
        ("+49 30 5550199 ext 3", "", "+49305550199;ext=3"),
        ("+49305550199;ext=3", "", "+49305550199;ext=3"),
    ],
)
def test_a_number_has_one_key(text: str, country: str, key: str) -> None:
    assert phone_key(text, country) == key


@pytest.mark.parametrize("text", ["077 123 4567", "5550199", "(212) 555-1234", "+1", "call me", "", "0" * 30])
def test_a_number_of_no_country_identifies_nobody(text: str) -> None:
    with pytest.raises(ValidationError, match="identifies no one without its country"):
        phone_key(text)


@pytest.mark.django_db
class TestLeads:
    def test_a_phone_alone_is_a_lead_and_found_again(self) -> None:
        first = upsert({"name": "Ann", "phone": "+94 77 123 4567"})
        again = upsert({"name": "Ann Perera", "phone": "077-1234567", "country": "Sri Lanka"})
        assert (first.outcome, again.outcome, again.lead) == ("created", "updated", first.lead)
        assert upsert({"name": "Ann Perera", "phone": "077-1234567", "country": "LK"}).outcome == "unchanged"
        assert Lead.objects.get().phone == "077-1234567"

    def test_a_phone_says_nothing_beside_an_email_or_an_id(self) -> None:
        """Families and offices share one."""
        upsert({"name": "Ann", "email": "ann@buyer.example", "phone": "+94 77 123 4567"})
        upsert({"name": "Ben", "email": "ben@buyer.example", "phone": "+94 77 123 4567"})
        upsert({"name": "Cid", "phone": "+94 77 123 4567"}, external_ids=[("crm", "1")])
        assert upsert({"name": "Dee", "phone": "+94 77 123 4567"}).outcome == "created"
        assert Lead.objects.count() == 4

    def test_one_without_its_country_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="write it like"):
            upsert({"name": "Ann", "phone": "077 123 4567"})

    def test_it_may_be_corrected_like_any_other(self) -> None:
        lead = upsert({"name": "Ann", "phone": "+94 77 123 4567"}).lead
        assert correct(lead.pk, {"name": "Anna", "phone": "+94 77 765 4321"}).phone == "+94 77 765 4321"
        assert upsert({"phone": "+94 77 123 4567"}).lead == lead
        assert upsert({"phone": "+94 77 765 4321"}).lead == lead

    def test_a_corrected_phone_that_is_the_key_of_another_lead_is_refused(self) -> None:
        lead = upsert({"name": "Ann", "phone": "+94 77 123 4567"}).lead
        upsert({"name": "Ben", "phone": "+94 77 765 4321"})
        with pytest.raises(IdentityConflict, match="Another lead is known by the phone"):
            correct(lead.pk, {"phone": "+94 77 765 4321"})
        lead.refresh_from_db()
        assert lead.phone == "+94 77 123 4567"

    def test_a_mobile_phone_that_is_corrected_counts_where_there_is_no_other(self) -> None:
        lead = upsert({"name": "Ann", "mobile_phone": "+94 77 123 4567"}).lead
        correct(lead.pk, {"mobile_phone": "+94 77 765 4321"})
        assert upsert({"mobile_phone": "+94 77 765 4321"}).lead == lead


@pytest.mark.django_db(transaction=True)
def test_eight_doors_at_once_make_one_lead() -> None:
    done = at_once(8, lambda number: upsert({"phone": "+94 77 123 4567", "title": f"Title {number}"}))
    assert sorted(each.outcome for each in done) == ["created", *["updated"] * 7]
    assert (Lead.objects.count(), ExternalId.objects.count()) == (1, 1)
