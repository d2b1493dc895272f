"""A side value that cannot be read is left out with a warning, and its lead comes in; --strict refuses the row."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from handoff.imports.side_values import read_email, read_phone, read_score
from leads.models import Lead
from tests.handoff.imports.conftest import Import

pytestmark = pytest.mark.django_db
UNREADABLE = [
    *(("country", text) for text in ("unknown", "Other", "EMEA", "Asia/Pacific Region", "Narnia", "Germany (US)")),
    *(("score", text) for text in ("A+", "hot", "1.200", "85/100", "9" * 30)),
    *(("phone", text) for text in ("unknown", "4.93012E+11", "x" * 41, "12")),
    *(("created_at", text) for text in ("0000-00-00", "########", "soon", "2999-01-01", "0021-04-15", "1.771E+12")),
    *(("created_at", text) for text in ("2026-02-13 09:00 IST", "13022026", "2026")),
]


@pytest.mark.parametrize(("field", "text"), UNREADABLE)
def test_what_cannot_be_read_is_left_out_with_a_warning(bring_in: Import, field: str, text: str) -> None:
    file = f"id,email,name,{field}\n1,ann@example.com,Ann,{text}\n"
    strict = bring_in("leads", file, "--strict")
    assert (strict.outcomes, strict.status) == (["refused"], 1)
    assert strict.reasons[0].startswith(f"{field}: ")
    assert not Lead.objects.exists()
    for outcome in ("created", "unchanged"):
        done = bring_in("leads", file)
        assert (done.outcomes, done.status, done.counts["warnings"]) == ([outcome], 0, 1)
        assert done.reasons[0].startswith(f"{field}: ")
        assert done.reasons[0].endswith("It was left out.")
    lead = Lead.objects.get()
    assert (lead.name, lead.country, lead.score, lead.phone) == ("Ann", "", None, "")


def test_what_was_known_is_not_erased_by_it(bring_in: Import) -> None:
    bring_in("leads", "email,country,score\nann@example.com,DE,5\n")
    assert bring_in("leads", "email,country,score\nann@example.com,EMEA,A+\n").outcomes == ["unchanged"]
    assert Lead.objects.values_list("country", "score").get() == ("DE", 5)


@pytest.mark.parametrize("text", ["unknown", "n.n.", "ann@", "none@none", "ann at example.com"])
def test_an_unreadable_email_is_left_out_where_an_id_says_who_it_is(bring_in: Import, text: str) -> None:
    done = bring_in("leads", f"id,email\n1,{text}\n")
    assert done.outcomes == ["created"]
    assert done.reasons[0].startswith(f"email: “{text}” is not a valid email address")
    assert Lead.objects.get().email == ""
    assert bring_in("leads", f"email,phone\n{text},+49 30 5550199\n").outcomes == ["refused"]
    touch = f"id,lead id,email,channel,outcome,at\nt,1,{text},call,reached,2026-01-05\n"
    assert bring_in("touches", touch, "--historical").outcomes == ["created"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@example.com; bob@example.com", "ann@example.com"),
        ("ann@example.com, bob@example.com", "ann@example.com"),
        ("ann@example.com / bob@example.com", "ann@example.com"),
        ("ann@example.com bob@example.com", "ann@example.com"),
        ("ann@example.com|bob@example.com", "ann@example.com"),
        ("Ann <ann@example.com>; Bob <bob@example.com>", "ann@example.com"),
        ("ann@, bob@example.com", "bob@example.com"),
    ],
)
def test_of_several_addresses_the_first_is_read_with_a_warning(bring_in: Import, text: str, address: str) -> None:
    assert read_email(text) == (address, f"“{text}” has several addresses: {address} was read.")
    for file in (f'id,email\n1,"{text}"\n', f'email\n"{text}"\n'):
        assert bring_in("leads", file, "--strict").outcomes == ["refused"]
        done = bring_in("leads", file)
        assert done.reasons == [f"email: “{text}” has several addresses: {address} was read."]
    assert Lead.objects.get().email == address


@pytest.mark.parametrize("text", ['"Fox, Ann" <ann@example.com>', "Ann <ann@example.com>", "\u200bann@example.com"])
def test_an_address_in_a_header_needs_no_warning(bring_in: Import, text: str) -> None:
    quoted = text.replace('"', '""')
    assert bring_in("leads", f'email\n"{quoted}"\n', "--strict").reasons == [""]
    assert Lead.objects.get().email == "ann@example.com"


@pytest.mark.parametrize("text", ["a b@example.com", "ann@x@example.com", "ann@", "no one"])
def test_one_bad_address_is_not_several(text: str) -> None:
    with pytest.raises(ValidationError, match="is not a valid email address"):
        read_email(text)


@pytest.mark.parametrize(
    ("text", "score", "is_remarked"),
    [
        ("85", 85, False),
        ("85.0", 85, False),
        ("-3", -3, False),
        ("", None, False),
        ("85.5", 86, True),
        ("85,5", 86, True),
        ("84.4", 84, True),
        ("0.5", 1, True),
        ("85%", 85, True),
        ("85.5 %", 86, True),
        ("1,200", 1200, True),
        ("1 200", 1200, True),
        ("1,234,567", 1234567, True),
        ("85.1234567", 85, True),
    ],
)
def test_a_score_is_a_whole_number(text: str, score: int | None, is_remarked: bool) -> None:
    value, remark = read_score(text)
    assert (value, bool(remark)) == (score, is_remarked)
    assert not remark or remark == f"“{text}” was read as {score}."


def test_a_rounded_score_is_said_and_refused_where_nothing_may_be_in_doubt(bring_in: Import) -> None:
    file = "email,score\nann@example.com,85.5\n"
    assert bring_in("leads", file, "--strict").reasons == [
        "score: “85.5” was read as 86. With --strict, such a value is refused."
    ]
    assert bring_in("leads", file).reasons == ["score: “85.5” was read as 86."]
    assert Lead.objects.get().score == 86


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("+49 30 5550199", "+49 30 5550199"),
        ("'0305550199", "0305550199"),
        ("491701234567.0", "491701234567"),
        ("1-800-FLOWERS", "1-800-FLOWERS"),
        ("+49 30 5550199 / +49 170 1234567", "+49 30 5550199 / +49 170 1234567"),
        ("+49 30 5550199 / +49 170 1234567; +49 170 7654321", "+49 30 5550199"),
    ],
)
def test_a_phone_stays_as_it_was_written(text: str, phone: str) -> None:
    assert read_phone(text)[0] == phone


@time_machine.travel(datetime(2026, 3, 2, tzinfo=UTC))
@pytest.mark.parametrize(
    ("text", "moment", "is_remarked"),
    [
        ("46066", datetime(2026, 2, 13, tzinfo=UTC), True),
        ("46066.375", datetime(2026, 2, 13, 9, tzinfo=UTC), True),
        ("1771000000", datetime(2026, 2, 13, 16, 26, 40, tzinfo=UTC), False),
        ("1771000000000", datetime(2026, 2, 13, 16, 26, 40, tzinfo=UTC), False),
        ("20260213", datetime(2026, 2, 13, tzinfo=UTC), False),
        ("2026-02-13 09:00 EST", datetime(2026, 2, 13, 14, tzinfo=UTC), False),
        ("13. Februar 2026", datetime(2026, 2, 13, tzinfo=UTC), False),
    ],
)
def test_a_date_as_programs_count_it(bring_in: Import, text: str, moment: Any, is_remarked: bool) -> None:
    file = f"email,created_at\nann@example.com,{text}\n"
    assert bring_in("leads", file, "--strict").outcomes == ["refused" if is_remarked else "created"]
    done = bring_in("leads", file)
    assert bool(done.reasons[0]) == is_remarked
    assert Lead.objects.get().created_at == moment


def test_several_odd_values_of_one_row_are_all_said(bring_in: Import) -> None:
    done = bring_in("leads", "id,email,country,score,created_at\n1,unknown,EMEA,A+,########\n")
    assert done.outcomes == ["created"]
    assert [f"{name}: “" in done.reasons[0] for name in ("email", "country", "score", "created_at")] == [True] * 4
