"""Consent in files: whatever the column is called, opted out is withdrawn, and not opted out says nothing."""

import pytest

from leads.models import Consent, Lead, Purpose
from leads.permission import may_use
from tests.handoff.imports.conftest import Import

pytestmark = pytest.mark.django_db
COLUMNS = [
    ("Email Opt Out", "1", "email", False),
    ("Email Opt Out", "0", "email", None),
    ("HasOptedOutOfEmail", "true", "email", False),
    ("HasOptedOutOfEmail", "false", "email", None),
    ("EMAIL_BLACKLISTED", "Yes", "email", False),
    ("SMS_BLACKLISTED", "TRUE", "phone", False),
    ("Do Not Call", "1", "phone", False),
    ("DoNotCall", "0", "phone", None),
    ("Do not allow Emails", "Do Not Allow", "email", False),
    ("Do not allow Emails", "Allow", "email", None),
    ("Unsubscribed from all email", "true", "email", False),
    ("Unsubscribed", "x", "email", False),
    ("Opt-in", "yes", "email", True),
    ("Opt-in", "no", "email", False),
    ("OPT_IN", "1", "email", True),
    ("Double Opt-In", "Ja", "email", True),
    ("Marketing contact status", "Marketing contact", "email", True),
    ("Marketing contact status", "Non-marketing contact", "email", False),
    ("Person - Marketing status", "Unsubscribed", "email", False),
    ("Marketing status", "Subscribed", "email", True),
    ("UNSUB_TIME", "2026-03-01 10:00:00", "email", False),
    ("Einwilligung", "Ja", "email", True),
    ("Email Opt Out", "", "email", None),
]


@pytest.mark.parametrize(("header", "cell", "purpose", "granted"), COLUMNS)
def test_the_sense_of_each_column_is_right(
    bring_in: Import, header: str, cell: str, purpose: str, granted: bool | None
) -> None:
    file = f"Email,Name,{header}\ndana@buyer.example,Dana Fox,{cell}\n"
    assert bring_in("leads", file).outcomes == ["created"]
    word = Lead.objects.get().consent.get(purpose)
    assert (word and word["granted"]) is granted
    assert bring_in("leads", file).outcomes == ["unchanged"]
    assert Consent.objects.count() == (granted is not None)


def test_the_moment_and_the_wording_come_along(bring_in: Import) -> None:
    header = "Email,Opt-in,Consent date,Consent text,Source of consent"
    bring_in("leads", f'{header}\ndana@buyer.example,yes,2026-03-01,"I agree, yes.",Webinar\n')
    kept = Consent.objects.get()
    assert (kept.at.date().isoformat(), kept.wording, kept.source) == ("2026-03-01", "I agree, yes.", "Webinar")
    assert kept.via == "import"


def test_an_old_file_gives_no_consent_back(bring_in: Import) -> None:
    bring_in("leads", "Email,Email Opt Out\ndana@buyer.example,1\n")
    bring_in("leads", "Email,Opt-in\ndana@buyer.example,yes\n")
    bring_in("leads", "Email,Opt-in,Consent date\ndana@buyer.example,yes,2020-01-01\n")
    assert Lead.objects.get().consent["email"]["granted"] is False


def test_of_two_columns_the_stricter_one_counts(bring_in: Import) -> None:
    bring_in("leads", "Email,Opt-in,Email Opt Out\ndana@buyer.example,yes,1\n")
    assert not may_use(Lead.objects.get(), Purpose.EMAIL)


def test_a_word_that_says_neither_is_left_out(bring_in: Import) -> None:
    done = bring_in("leads", "Email,Email Opt Out\ndana@buyer.example,perhaps\n")
    assert "“perhaps” is neither yes nor no. It was left out." in done.reasons[0]
    assert bring_in("leads", "Email,Email Opt Out\nb@buyer.example,perhaps\n", "--strict").outcomes == ["refused"]


def test_do_not_contact_comes_in_and_is_not_lifted(bring_in: Import) -> None:
    bring_in("leads", "Email,Do Not Contact\ndana@buyer.example,yes\n")
    assert bring_in("leads", "Email,Do Not Contact\ndana@buyer.example,no\n").outcomes == ["unchanged"]
    assert Lead.objects.get().do_not_contact


def test_touches_of_the_past_are_kept_with_a_warning_and_those_of_now_refused(bring_in: Import) -> None:
    bring_in("leads", "Email,Do Not Contact\ndana@buyer.example,yes\n")
    file = "Email,At,Channel,Outcome\ndana@buyer.example,2026-03-02 10:00,call,reached\n"
    done = bring_in("touches", file, "--historical")
    assert done.outcomes == ["created"]
    assert "Do not contact" in done.reasons[0]
