"""A file is read whatever wrote it; what is no such file is told clearly."""

import pytest

from handoff.imports.table import Unreadable, parse

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


def test_quotation_marks_inside_a_value_are_kept():
    assert parse(b'name,note\nA "B" C,x\n').lines[0].values == ('A "B" C', "x")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04rest", "an XLSX workbook, whatever its name says: save it as “CSV UTF-8”"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook"),
        (b"%PDF-1.7", "a PDF, not a CSV file"),
        (b"\x1f\x8brest", "a gzip archive"),
        (b"a,b\n\x00\x01\x02\x03", "not text in UTF-8, UTF-16 or Windows-1252"),
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n", "is empty"),
        (b'a,b\n"opened,1\n2,3\n', "a quotation mark that is opened and never closed"),
    ],
)
def test_what_is_no_such_file_is_told(data, words):
    with pytest.raises(Unreadable, match=words):
        parse(data)
