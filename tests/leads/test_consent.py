"""Consent: the newest word on each purpose counts, in whatever order words arrive; and nobody can change one."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from leads.identity import upsert
from leads.models import Consent, ConsentStatement, Lead, Purpose
from leads.models.consent import record
from leads.permission import block_of, may_use, warnings_of
from tests.world import make_lead

pytestmark = pytest.mark.django_db
MARCH, APRIL, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5))


def says(lead: Lead, purpose: str, granted: bool, at: datetime | None = None, **more: Any) -> Lead:
    record([(lead, ConsentStatement(purpose, granted, at, **more))])
    lead.refresh_from_db()
    return lead


@pytest.mark.parametrize("order", [*permutations([(MARCH, True), (APRIL, False), (MAY, True)])])
def test_the_newest_word_counts_in_whatever_order_they_arrive(order: Any) -> None:
    lead = make_lead()
    for at, granted in order:
        says(lead, Purpose.EMAIL, granted, at)
    assert lead.consent["email"]["granted"] is True
    assert datetime.fromisoformat(lead.consent["email"]["at"]) == MAY
    assert lead.consents.count() == 3


def test_the_same_word_again_is_kept_once() -> None:
    lead = make_lead()
    for _ in range(2):
        says(lead, Purpose.EMAIL, True, MARCH)
        says(lead, Purpose.EMAIL, False, APRIL)
    assert lead.consents.count() == 2


def test_of_two_words_at_one_moment_the_stricter_one_counts() -> None:
    lead = make_lead()
    says(lead, Purpose.EMAIL, False, MARCH)
    says(lead, Purpose.EMAIL, True, MARCH)
    assert lead.consent["email"]["granted"] is False


def test_a_consent_without_a_moment_gives_nothing_back() -> None:
    lead = says(make_lead(), Purpose.EMAIL, False, MARCH)
    says(lead, Purpose.EMAIL, True)
    assert not may_use(lead, Purpose.EMAIL)
    assert lead.consents.count() == 1


@pytest.mark.parametrize("purpose", [Purpose.EMAIL, Purpose.ALL])
@pytest.mark.parametrize("order", list(permutations([(MARCH, True), (APRIL, False), (None, True)])))
def test_nor_does_it_in_any_order_of_arrival(order: Any, purpose: str) -> None:
    lead = make_lead()
    for at, granted in order:
        says(lead, Purpose.EMAIL if at is None else purpose, granted, at)
    assert not may_use(lead, Purpose.EMAIL)


def test_without_any_other_word_it_counts() -> None:
    lead = says(make_lead(), Purpose.EMAIL, True)
    assert lead.consent["email"]["is_dated"] is False
    assert may_use(lead, Purpose.EMAIL)
    assert "is_dated" not in says(lead, Purpose.EMAIL, True, MARCH).consent["email"]


def test_a_lead_does_not_sum_up_words_that_are_gone() -> None:
    lead = says(make_lead(), Purpose.EMAIL, True, MARCH)
    Consent.objects.create(lead=lead, purpose="email", granted=False, at=APRIL, via="console", is_inferred=True)
    lead.refresh_from_db()
    assert not may_use(lead, Purpose.EMAIL)
    lead.consents.filter(is_inferred=True).delete()
    connection.check_constraints()
    lead.refresh_from_db()
    assert may_use(lead, Purpose.EMAIL)


def test_a_withdrawal_without_a_moment_holds_from_now_and_once() -> None:
    lead = says(make_lead(), Purpose.EMAIL, True, MARCH)
    for _ in range(2):
        says(lead, Purpose.EMAIL, False)
    assert not may_use(lead, Purpose.EMAIL)
    assert lead.consents.count() == 2


def test_what_was_withdrawn_for_everything_is_given_back_for_one_purpose_later() -> None:
    lead = says(make_lead(), Purpose.ALL, False, MARCH)
    assert warnings_of(lead) == ["No email: consent was withdrawn.", "No calls: consent was withdrawn."]
    says(lead, Purpose.EMAIL, True, APRIL)
    assert warnings_of(lead) == ["No calls: consent was withdrawn."]


def lose_words_of(lead: Lead) -> None:
    lead.consents.all()._raw_delete("default")
    connection.check_constraints()  # as at the end of a transaction


@pytest.mark.parametrize("change", [{"granted": True}, {"wording": "x"}, {"at": MAY}])
def test_the_database_refuses_to_change_a_word(change: dict[str, Any]) -> None:
    lead = says(make_lead(), Purpose.EMAIL, False, MARCH)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        lead.consents.update(**change)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        lose_words_of(lead)
    assert Consent.objects.get().granted is False


def test_a_word_goes_with_its_lead() -> None:
    says(make_lead(), Purpose.EMAIL, False, MARCH).delete()
    connection.check_constraints()
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (ConsentStatement("fax", True), "“fax” is not a valid purpose: use one of email, phone, all"),
        (ConsentStatement("email", True, timezone.now() + timedelta(days=1)), "in the future"),
        (ConsentStatement("email", True, wording="a\0"), "invalid characters"),
        (ConsentStatement("email", True, wording="x" * 10_001), "at most 10000 characters"),
        (ConsentStatement("email", True, source="x" * 201), "at most 200"),
    ],
)
def test_a_word_that_cannot_be_kept_is_refused(statement: ConsentStatement, words: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        upsert({"email": "dana@buyer.example"}, consents=[statement])
    assert words in " ".join(refusal.value.messages)
    assert not Lead.objects.exists()


def test_a_capture_brings_its_consent_along() -> None:
    statement = ConsentStatement("email", True, MARCH, "I want news.", "Webinar form")
    first = upsert({"email": "dana@buyer.example"}, consents=[statement])
    again = upsert({"email": "dana@buyer.example"}, consents=[statement])
    later = upsert({"email": "dana@buyer.example"}, consents=[ConsentStatement("email", False, APRIL)])
    assert (first.outcome, again.outcome, later.outcome) == ("created", "unchanged", "updated")
    kept = first.lead.consents.earliest("at")
    assert (kept.wording, kept.source, kept.at) == ("I want news.", "Webinar form", MARCH)


def test_since_when_not_to_contact_is_kept_by_the_database() -> None:
    lead = make_lead()
    Lead.objects.filter(pk=lead.pk).update(do_not_contact=True, do_not_contact_reason="Asked us to.")
    lead.refresh_from_db()
    since = lead.do_not_contact_since
    assert since is not None
    assert block_of(lead).endswith(f"{since:%Y}: Asked us to.")
    lead.name = "Dana Wolf"
    lead.save()
    lead.refresh_from_db()
    assert lead.do_not_contact_since == since
    Lead.objects.filter(pk=lead.pk).update(do_not_contact=False)
    lifted = Lead.objects.get(pk=lead.pk)
    assert (lifted.do_not_contact_since, lifted.do_not_contact_reason) == (None, "")


def test_a_sync_sets_a_block_and_never_lifts_it() -> None:
    lead = upsert({"email": "dana@buyer.example", "do_not_contact": "yes"}).lead
    assert upsert({"email": "dana@buyer.example", "do_not_contact": False}).outcome == "unchanged"
    lead.refresh_from_db()
    assert lead.do_not_contact


def test_an_older_release_writes_leads_without_the_new_columns() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO leads_lead (email, name, company, title, phone, country, source, state, entered_at, cycle, "
            "created_at, updated_at) "
            "VALUES ('dana@buyer.example', '', '', '', '', '', '', 'raw', now(), 0, now(), now())"
        )
    lead = Lead.objects.get()
    assert (lead.attributes, lead.consent, lead.do_not_contact, lead.mobile_phone) == ({}, {}, False, "")
