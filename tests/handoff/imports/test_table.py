"""A file is read whatever wrote it; of any other file the message says what it is."""

import pytest

from handoff.imports.headers import Vocabulary
from handoff.imports.leads import ALIASES
from handoff.imports.table import Table, parse
from handoff.imports.unreadable import Unreadable

TEXT = "Name;Note\r\nJosé;“hi”\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_encoding_that_exports_come_in(encoding):
    table = parse(TEXT.encode(encoding))
    assert table.headers == ("Name", "Note")
    assert [line.values for line in table.lines] == [("José", "“hi”")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_delimiter(delimiter):
    table = parse(delimiter.join(["Name", "Note"]).encode() + b"\n" + delimiter.join(["Dana", "a, b; c"]).encode())
    if delimiter in ",;":
        table = parse(f'Name{delimiter}Note\nDana{delimiter}"a, b; c"\n'.encode())
    assert table.delimiter == delimiter
    assert [line.values for line in table.lines] == [("Dana", "a, b; c")]


def test_a_delimiter_inside_the_values_of_another_one_does_not_mislead():
    assert parse(b"email;tags\na@b.example;x,y\nc@d.example;x,y,z\n").delimiter == ";"


def test_one_column_has_no_delimiter():
    assert parse(b"email\na@b.example\n").headers == ("email",)


def test_excels_hint_is_followed_and_counted_as_a_row():
    table = parse(b"sep=|\nemail|note\na@b.example|x;y;z\n")
    assert (table.headers, table.lines[0].number) == (("email", "note"), 3)


def test_rows_have_the_numbers_of_the_spreadsheet():
    table = parse(b'email,note\n\na@b.example,"two\nlines"\n,\nc@d.example,\n')
    assert [(line.number, line.values[0]) for line in table.lines] == [(3, "a@b.example"), (5, "c@d.example")]


@pytest.mark.parametrize("start", ["{x},name\na@b.example,1\n", "[tag],email\n1,a@b.example\n"])
def test_a_bracket_alone_is_no_json(start: str) -> None:
    assert len(parse(start.encode()).lines) == 1


def with_titles(text: str) -> Table:
    return parse(text.encode(), "leads.csv", recognised=Vocabulary("leads", ALIASES).recognised)


@pytest.mark.parametrize(
    ("titles", "first_row"),
    [
        ("", 2),
        ("Leads of January\n", 3),
        ("\n\nReport,Leads\nFilter,all, of them\nExported by,Ada\n\n", 8),
        ("Leads; all of them\n", 3),
        ("Company\n", 3),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_titles_above_the_headers_are_no_headers(titles: str, first_row: int, delimiter: str) -> None:
    table = with_titles(titles + "Email,Name,Phone\na@buyer.example,Ann,1\n".replace(",", delimiter))
    assert table.headers == ("Email", "Name", "Phone")
    assert [(line.number, line.values[0]) for line in table.lines] == [(first_row, "a@buyer.example")]
    assert len(table.skipped) == len([title for title in titles.split("\n") if title])


@pytest.mark.parametrize(
    "text",
    [
        "mql_id,origin\n1,email\n2,phone\n",
        "Kennung,Weg\n1,Email\n",
        "Email\nName\n",
        "a,b,c\n1,2,3\n",
        "My list\nEmily\n",
    ],
)
def test_the_first_row_has_the_headers_unless_another_one_clearly_does(text: str) -> None:
    assert with_titles(text).headers == tuple(text.split("\n", maxsplit=1)[0].split(","))


def test_a_title_above_one_column() -> None:
    assert with_titles("My list\nEmail\na@buyer.example\n").headers == ("Email",)


def test_quotation_marks_inside_a_value_are_kept():
    assert parse(b'name,note\nA "B" C,x\n').lines[0].values == ('A "B" C', "x")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04rest", "a zip archive. Unpack it first, and import the file that is in it"),
        (b"PK\x03\x04..xl/workbook.xml", "a workbook that cannot be read"),
        (b"\xd0\xcf\x11\xe0rest", "a workbook that cannot be read"),
        (b"%PDF-1.7", "a PDF, not a CSV file. A PDF has no rows: export it as CSV"),
        (b"\x1f\x8brest", "a gzip archive, not a CSV file. Unpack it first"),
        (b"\x89PNG\r\n", "a picture"),
        (b"<html><head><meta>\n<table><tr><th>Lead ID</th></tr></table>", "a web page .HTML., whatever its name says"),
        (b"\r\n <!DOCTYPE html>\n", "Export the report as “Details Only” in the format CSV"),
        (b"<table><tr><td>a</td></tr></table>", "a web page"),
        (b'<?xml version="1.0"?><rows/>', "is XML"),
        (b'[{"email": "a@buyer.example"}]', "is JSON. Export it as CSV"),
        (b'{"email": "a@buyer.example"}\n{"email": "b@buyer.example"}\n', "is JSON"),
        (b"{\\rtf1 a}", "a text of a word processor"),
        (b"a,b\n\x00\x01\x02\x03", "is not text .NUL byte in line 2."),
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n", "is empty"),
        (b'a,b\n"opened,1\n2,3\n', "a quotation mark that is opened and never closed"),
    ],
)
def test_what_is_no_such_file_is_refused_with_what_it_is(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        parse(data)
