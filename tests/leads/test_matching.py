"""Who may be one person, and why: never by one thing alone that many people share."""

import socket
from typing import Any

import pytest

from leads.matching import places
from leads.matching.people import Likeness, likeness, name_of
from leads.matching.profile import Profile
from leads.matching.scoring import SUGGESTED, Score, compare

JON = {
    "name": "Jon Smith",
    "email": "jon.smith@acme.example.com",
    "company": "Acme Logistics Inc.",
    "phone": "+49 30 5550123",
    "country": "DE",
}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Jon Smith", "jon  SMITH", Likeness.SAME),
        ("Jon Smith", "Smith, Jon", Likeness.SAME),
        ("Dr. Jürgen Müller", "Juergen Mueller", Likeness.SAME),
        ("Jürgen Müller", "Jurgen Muller", Likeness.SAME),
        ("Иван Петров", "Ivan Petrov", Likeness.SAME),
        ("Jean-Luc Moreau", "Jeanluc Moreau", Likeness.SAME),
        ("Ludwig van Beethoven", "Ludwig Beethoven", Likeness.SAME),
        ("John Smith", "Jon Smith", Likeness.ALIKE),
        ("Bill Johnson", "William Johnson", Likeness.ALIKE),
        ("Anna Schmidt", "Anna Schmidt-Meyer", Likeness.ALIKE),
        ("John Johnson", "John Jonhson", Likeness.ALIKE),
        ("J. Smith", "John Smith", Likeness.INITIAL),
        ("Jan Novak", "Jana Novak", Likeness.DIFFERENT),
        ("Mario Rossi", "Maria Rossi", Likeness.DIFFERENT),
        ("Christian Weber", "Christina Weber", Likeness.DIFFERENT),
        ("John Smith", "John Smith Jr.", Likeness.DIFFERENT),
        ("Tim Meyer", "Tom Meyer", Likeness.DIFFERENT),
        ("Marie Weber", "Marion Weber", Likeness.DIFFERENT),
        ("Peter Weber", "Paul Weber", Likeness.DIFFERENT),
        ("Smith", "Smith", Likeness.UNKNOWN),
        ("Smith", "John Smith", Likeness.UNKNOWN),
        ("", "John Smith", Likeness.UNKNOWN),
        ("Test Test", "Test Test", Likeness.UNKNOWN),
        ("Unknown", "Unknown", Likeness.UNKNOWN),
    ],
)
def test_names_of_people(one: str, other: str, expected: Likeness) -> None:
    assert likeness(name_of(one), name_of(other)) == expected
    assert likeness(name_of(other), name_of(one)) == expected


def scored(one: dict[str, Any], other: dict[str, Any], holders: int = 2) -> Score:
    mine, theirs = Profile.of(1, one), Profile.of(2, other)
    score = compare(mine, theirs, holders=holders)
    assert score == compare(theirs, mine, holders=holders) or score.points == compare(theirs, mine).points
    return score


@pytest.mark.parametrize(
    "other",
    [
        {"name": "John Smith", "phone": "030 5550123", "email": "js@gmx.de"},
        {"name": "Jon Smith", "email": "j.smith@acme.example.com"},
        {"name": "Jon Smyth", "email": "jon.smyth@acme.example.com"},
        {"name": "Smith Jon", "company": "ACME LOGISTICS GmbH", "email": "jon.smith@gmail.com"},
        {"name": "Jon Smith", "email": "jon.smith+webinar@acme.example.com"},
        {"name": "", "email": "jon.smith+webinar@acme.example.com"},
        {"name": "", "email": "jon.smith@sales.acme.example.com"},
    ],
)
def test_one_person_is_found_again(other: dict[str, Any]) -> None:
    score = scored(JON, other)
    assert score.points >= SUGGESTED
    assert score.reasons
    assert Profile.of(1, JON).blocks() & Profile.of(2, other).blocks()


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Jon Smith", "company": "Other Foods Ltd", "email": "jon.smith@other.example.org"},
        {"name": "Jon Smith", "email": "jon.smith@gmail.com"},
        {"name": "Ann Smith", "phone": JON["phone"], "company": JON["company"], "email": "ann@acme.example.com"},
        {"name": "Jon Smith Jr.", "phone": JON["phone"], "company": JON["company"], "email": "jr@acme.example.com"},
        {"name": "", "phone": JON["phone"], "company": JON["company"], "email": "info@acme.example.com"},
        {"name": "Test", "email": "test@acme.example.com", "company": "Acme Logistics"},
        {"name": "Jon Smith", "email": "", "company": "n/a", "phone": "0000000000"},
    ],
)
def test_what_many_share_makes_nobody_the_same(other: dict[str, Any]) -> None:
    assert scored(JON, other).points < SUGGESTED


def test_the_reasons_are_plain_words() -> None:
    other = {"name": "John Smith", "email": "john@acme.example.com", "phone": "+49305550123"}
    assert scored(JON, other).reasons == (
        "names alike: “Jon Smith” and “John Smith”",
        "same phone",
        "same company domain",
    )


def test_the_phone_of_an_office_is_a_weak_sign() -> None:
    other = {"name": "Jon Smith", "phone": JON["phone"], "email": "jon@gmx.de"}
    assert scored(JON, other).points >= SUGGESTED
    assert scored(JON, other, holders=12).points < SUGGESTED
    assert "same phone, which 12 leads have" in scored(JON, other, holders=12).reasons


@pytest.mark.parametrize("name", ["phone", "mobile_phone"])
def test_a_mobile_phone_is_a_phone(name: str) -> None:
    one = {"name": "Jon Smith", "phone": "+49 30 5550123", "mobile_phone": "+49 171 5550199", "email": "jon@web.de"}
    other = {"name": "John Smith", name: "0171 5550199", "country": "DE", "email": "js@gmx.de"}
    assert scored(one, other).points >= SUGGESTED
    assert Profile.of(1, one).shared_phones(Profile.of(2, other))
    assert not Profile.of(1, one).shared_phones(Profile.of(2, other | {name: "+43 171 5550199"}))


def test_the_dots_of_an_address_matter_but_at_google() -> None:
    def boxes(*emails: str) -> set[str]:
        return {Profile.of(1, {"email": email}).mailbox for email in emails}

    assert len(boxes("jon.smith@gmail.com", "jonsmith+x@googlemail.com")) == 1
    assert len(boxes("jon.smith@acme.example.com", "jonsmith@acme.example.com")) == 2


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("mail.acme.co.uk", "acme.co.uk"),
        ("acme.de", "acme.de"),
        ("localhost", "localhost"),
        ("a.b.c.acme.com.br", "acme.com.br"),
    ],
)
def test_a_domain_is_that_of_whoever_registered_it(domain: str, expected: str) -> None:
    assert places.registered(domain) == expected


def test_no_network_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    places._suffixes.cache_clear()
    places.registered.cache_clear()
    assert places.registered("mail.nobody-asked-before.co.jp") == "nobody-asked-before.co.jp"
