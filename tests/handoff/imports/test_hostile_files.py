"""No cell and no line ends an import: it is read, or refused in words, and exits as documented."""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.imports.dates import Order, decide_order, read_day, read_moment
from handoff.imports.leads import ALIASES
from handoff.imports.mapping import map_columns
from handoff.imports.money import read_currency, read_money
from handoff.imports.table import parse
from handoff.imports.unreadable import Unreadable
from handoff.management.terminal import printable
from handoff.reports.cells import safe_cell
from leads.models import Lead
from tests.handoff.imports.conftest import Import

LONG = "x" * 2_000_000


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (f"email,notes\na@b.example,{LONG[:200_000]}\n", 1),
        (f'email,notes\na@b.example,"{LONG}"\n', 1),
        (f"email,{LONG[:200_000]}\na@b.example,1\n", 1),
        (f"email\n{LONG}{LONG[:1_000_000]}\n", 1),
        ("email" + "," * 200_000 + "\na@b.example\n", 1),
        ("email,name\n" + "," * 1_000_000 + "x\n", 1),
        ("\n" * 250_000 + "email,name\na@b.example,Ann\n", 1),
        ("\r\n" * 250_000 + " \n" * 9 + "email;name\na@b.example;Ann\n", 1),
    ],
    ids=["200 KB", "2 MB in quotes", "long header", "3 MB line", "columns", "cells", "blank lines", "blanks"],
)
def test_what_is_long_is_read(content: str, lines: int) -> None:
    table = parse(content.encode())
    assert table.headers[0] == "email"
    assert len(table.lines) == lines


@pytest.mark.parametrize(
    "content",
    ["sep=;", "sep=;\n", "sep=;\n;;;\n", ",,,", '" "," "', '""', ";;\n;;\n", '"\n"', "sep=,\r\n\r\n"],
)
def test_a_file_of_delimiters_alone_has_no_headers(content: str) -> None:
    with pytest.raises(Unreadable, match=r"only delimiters and blanks|is empty"):
        parse(content.encode())


@pytest.mark.parametrize("hint", ['sep="', "sep=x", "sep=\r", "sep= ", "sep=\n"])
def test_a_hint_that_names_no_delimiter_is_a_header(hint: str) -> None:
    assert parse(f"{hint}\nemail\n".encode()).headers


@given(data=st.binary(max_size=300) | st.text(alphabet='ab@.,;|\t\n\r" =sepÿ\0\x1b', max_size=300).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_table_or_refused_in_words(data: bytes) -> None:
    if words := refusal(parse, data):
        assert len(words) < 400
        return
    table = parse(data)
    assert any(table.headers)
    rows = [line.values for line in table.lines]
    assert map_columns(table.headers, ALIASES, rows=rows).width == len(table.headers)


TEXTS = st.text(max_size=40) | st.text(alphabet="0123456789٣８²/-.: +TZapm,$€kMbn()'eE", max_size=30)


@given(text=TEXTS)
@settings(max_examples=200, deadline=None)
@pytest.mark.parametrize(
    "read",
    [
        read_money,
        read_currency,
        lambda text: read_day(text, Order.DMY),
        lambda text: decide_order([(1, text)]),
        lambda text: read_moment(text, Order.MDY, UTC),
    ],
    ids=["money", "currency", "day", "order", "moment"],
)
def test_any_text_is_a_value_or_refused_in_words(read: Callable[[str], Any], text: str) -> None:
    assert refusal(read, text) != ""


def refusal(read: Callable[[Any], Any], text: Any) -> str | None:
    """The words of a refusal; None for a value."""
    try:
        read(text)
    except (Unreadable, ValidationError) as error:
        return " ".join(getattr(error, "messages", [str(error)]))
    return None


@pytest.mark.parametrize(
    "content",
    [
        b"name\nZo\xc3\xab M\xc3\xbcller\nZo\xeb\n",
        b"name\nZo\xeb\nZo\xc3\xab\n",
        "name\nZoë\n".encode() + b"M\xfcller\n" + b"plain\n" * 500,
    ],
)
def test_a_file_of_two_encodings_is_refused_with_the_lines(content: bytes) -> None:
    with pytest.raises(Unreadable, match=r"mixes encodings: line [23] is UTF-8 and line [23] is not\. Save it as"):
        parse(content)


def test_a_file_of_windows_alone_is_read() -> None:
    assert parse("name\nZoë\nMüller\n".encode("cp1252")).lines[1].values == ("Müller",)


def test_a_nul_is_refused_with_its_line() -> None:
    with pytest.raises(Unreadable, match="NUL byte in line 3"):
        parse(b"name\nDana\nEm\0il\n")


def test_of_a_column_that_is_there_twice_the_first_that_is_not_empty_is_read() -> None:
    columns = map_columns(["Email", "Name", "E-Mail", "Note", "note"], ALIASES)
    assert columns.positions["email"] == (0, 2)
    assert columns.cells(["", "", "a@buyer.example"])["email"] == "a@buyer.example"
    assert map_columns(["Email", "Email"], ALIASES, ["Email="]).positions == {"email": (1,)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "score",
    ["1e999999999", "-1e999999999", "9" * 10_000, "1e-999999999", "٣" * 50, "0x1", "1" + "0" * 309 + ".5", "Infinity"],
)
def test_a_number_beyond_measure_is_left_out_or_refuses_its_row_alone(bring_in: Import, score: str) -> None:
    file = f"email,score\na@buyer.example,1\nb@buyer.example,{score}\nc@buyer.example,3\n"
    for options, outcome in ((["--strict"], "refused"), ([], "created")):
        done = bring_in("leads", file, *options)
        assert done.outcomes[1] == outcome
        assert done.reasons[1].startswith("score: “")
        assert len(done.reasons[1]) < 200
    assert sorted(Lead.objects.values_list("email", "score")) == [
        ("a@buyer.example", 1),
        ("b@buyer.example", None),
        ("c@buyer.example", 3),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("leads", "email,created_at\na@buyer.example,9999-12-31T23:59:59-23:59\n"),
        ("leads", "email,created_at\na@buyer.example,0001-01-01T00:00:00+23:59\n"),
        ("campaigns", "name,cost,starts_on\nSpring,1e9,0001-01-01\n"),
        ("campaigns", "name,cost,currency\nSpring,99999999999999999999999999999999,EUR\n"),
        ("touches", "email,at,channel,outcome\na@buyer.example,9999-12-31,call,reached\n"),
        ("outcomes", "email,won_at,amount\na@buyer.example,0001-01-01,99999999999999999999999b\n"),
        ("outcomes", "email,rejected_at,reason,retry_on\na@buyer.example,2026-01-01,not_now,9999-12-31\n"),
        ("pauses", "email,from,until,cause\na@buyer.example,2026-01-01,9999-12-31T23:59:59-23:59,outage\n"),
    ],
)
def test_moments_and_amounts_that_nothing_can_hold_refuse_their_row(bring_in: Import, kind: str, file: str) -> None:
    Lead.objects.create(email="a@buyer.example")
    done = bring_in(kind, file, "--historical", "--strict")
    assert (done.status, done.outcomes) == (1, ["refused"])
    assert done.reasons[0]


ESCAPES = "esc\x1b]0;pwned\x07\u202e"


def test_what_does_not_print_is_written_out() -> None:
    assert printable(f"{ESCAPES}\ntwo “ok”") == "esc\\x1b]0;pwned\\x07\\u202e\ntwo “ok”"
    assert printable("\ud800") == "\\ud800"


@pytest.mark.django_db
def test_a_file_does_not_steer_the_terminal(bring_in: Import, tmp_path: Path) -> None:
    done = bring_in("leads", f"id,email\n{ESCAPES},nobody\n")
    assert "esc\\x1b]0;pwned\\x07\\u202e" in done.errors
    file = tmp_path / "file.csv"
    file.write_text(f"{ESCAPES}\nx\n")
    with pytest.raises(CommandError) as refused:
        call_command("import_csv", "leads", file, system="x")
    assert "\x1b" not in str(refused.value)
    assert refused.value.returncode == 2


@pytest.mark.django_db
@pytest.mark.parametrize("content", [",,,\n", "sep=;\n", "\n" * 1000, "name\nZoë\n".encode() + b"Zo\xeb\n"])
def test_a_file_without_headers_ends_with_2(tmp_path: Path, content: str | bytes) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CommandError) as refused:
        call_command("import_csv", "leads", file, system="x")
    assert refused.value.returncode == 2


@pytest.mark.parametrize(
    "text",
    [
        "=1",
        "+1",
        "-1",
        "@x",
        "\t=1",
        "\rx",
        " =1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "　＝1",
        "\u200b=1",
        "\ufeff＝1",
        "\x00=1",
    ],
)
def test_a_formula_is_defused_however_it_is_written(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Dana", "a=1", "1-2", "ａ＝1", " x", "’=1"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text
