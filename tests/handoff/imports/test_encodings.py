"""The encoding of a file is certain, decided by which reading has words in it, or asked for. Never guessed wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.imports.encodings import decode
from handoff.imports.unreadable import Unreadable

NAMES = {
    "mac_roman": "José García, Zoë Müller, Büro Köln, Straße 1, “Größe” – Ömer",
    "cp1252": "José García, Zoë Müller, Büro Köln, Straße 1, “Größe” – Ömer, 5 €, Hélène, São Paulo, Søren, Åsa",
    "cp850": "José García, Müller, Büro Köln, Straße",
    "iso8859_2": "Łukasz Żółć, Świętosława Dąbrowska, Beneš, Božena, Šťastný",
    "cp1250": "Łukasz Żółć, Świętosława Dąbrowska, Dvořák, Beneš, Božena, Růžička, Szabó Győző",
    "cp1251": "Иван Петров, Мария Сидорова, Москва, улица Ленина",
    "koi8_r": "Иван Петров, Мария Сидорова, Москва, улица Ленина",
    "cp1253": "Νίκος Παπαδόπουλος, Μαρία Γεωργίου, Αθήνα",
    "cp1254": "Ayşe Yıldız, Şükrü Çelik, İstanbul, Kadıköy",
    "cp932": "山田 太郎, 佐藤 花子, 株式会社サンプル, 東京都",
    "euc_jp": "山田 太郎, 佐藤 花子, 株式会社サンプル, 東京都",
    "gb18030": "王伟, 李娜, 张敏, 上海市浦东新区, 科技有限公司",
    "big5": "陳志明, 林小姐, 台北市, 科技股份有限公司",
    "cp949": "김민수, 이영희, 박지성, 서울 강남구, 주식회사",
}


@pytest.mark.parametrize(("encoding", "names"), NAMES.items())
def test_a_file_of_some_names_is_read_as_it_was_written(encoding: str, names: str) -> None:
    text = "name,city\n" + names.replace(", ", "\n") + "\n"
    assert decode(text.encode(encoding), "f.csv")[0] == text


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("mac_roman", "Büro"),
        ("mac_roman", "Peña"),
        ("iso8859_2", "Łukasz Żółć"),
        ("iso8859_2", "Beneš"),
        ("gbk", "伟 王"),
        ("gbk", "李"),
        ("shift_jis", "山田 太郎"),
        ("shift_jis", "さとう"),
        ("big5", "陳志明"),
        ("euc_kr", "김민수"),
        ("cp1250", "Čapek"),
        ("cp1250", "Smrčka"),
        ("cp1250", "Fűrész"),
        ("cp1250", "Kráľ"),
        ("cp1250", "Marković"),
        ("cp1254", "Erdoğan"),
        ("cp1254", "Ayşe"),
        ("cp1257", "Žukauskaitė"),
        ("cp1255", "שלום"),
        ("cp1256", "محمد علي"),
        ("cp866", "Иван"),
        ("koi8_r", "Иван"),
        ("cp1251", "отказ"),
        ("cp1252", "Peña"),
        ("cp1252", "Inês"),
        ("cp1252", "København"),
        ("cp1252", "don’t"),
    ],
)
def test_of_one_name_alone_it_is_decided_right_or_asked_for(encoding: str, name: str) -> None:
    text = f"name\n{name}\n"
    assert decided_or_asked(text.encode(encoding)) in (text, "asked")


def decided_or_asked(data: bytes) -> str:
    try:
        return decode(data, "f.csv")[0]
    except Unreadable as question:
        is_question = "The encoding of f.csv is not certain. Which is right: “" in str(question)
        return "asked" if is_question and "--encoding" in str(question) else str(question)


@pytest.mark.parametrize("name", ["Zoë", "Müller", "Peña", "Hélène", "João", "Søren", "Håkan", "Nicolò", "5 €", "it’s"])
def test_what_windows_writes_in_western_europe_needs_no_option(name: str) -> None:
    assert decode(f"name\n{name}\n".encode("cp1252"), "f.csv") == (f"name\n{name}\n", "cp1252")


def test_the_question_shows_the_first_line_that_differs_in_each_reading() -> None:
    with pytest.raises(Unreadable) as question:
        decode("name\nMüller\nInês\n".encode("cp1252"), "f.csv")
    assert str(question.value).startswith(
        "The encoding of f.csv is not certain. "
        "Which is right: “Inês” (--encoding cp1252), or “Inęs” (--encoding cp1250)"
    )


@pytest.mark.parametrize(("encoding", "name"), [("cp1252", "Inês"), ("cp1250", "Inęs"), ("windows-1250", "Inęs")])
def test_a_stated_encoding_is_taken_exactly(encoding: str, name: str) -> None:
    assert decode("name\nInês\n".encode("cp1252"), "f.csv", encoding)[0] == f"name\n{name}\n"


def test_a_stated_encoding_wins_over_one_that_seems_certain() -> None:
    assert decode("Zoë".encode(), "f.csv", "cp1252")[0] == "ZoÃ«"


@pytest.mark.parametrize(
    ("data", "stated", "words"),
    [
        (b"name\nZo\xeb\n", "utf-8", "is not in the encoding utf-8: line 2 has the byte 0xEB"),
        (b"name\n", "klingon", "is not a valid encoding: write one like"),
        (b"name\n", "base64", "is not a valid encoding"),
        (b"name\n", "zip", "is not a valid encoding"),
        (b"na\0me\n", "cp1252", "is not text .NUL byte in line 1."),
    ],
)
def test_a_stated_encoding_that_does_not_fit_is_refused(data: bytes, stated: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        decode(data, "f.csv", stated)


def test_chinese_in_utf_16_without_a_mark_is_read() -> None:
    text = "姓名,邮箱\n王伟,wei@buyer.example\n李娜,na@buyer.example\n"
    for encoding in ("utf-16-le", "utf-16-be"):
        assert decode(text.encode(encoding), "f.csv") == (text, encoding)


@given(name=st.text(alphabet=st.characters(codec="cp1250", categories=["L"]), min_size=1, max_size=12))
@settings(max_examples=300, deadline=None)
def test_what_is_certain_stays_certain(name: str) -> None:
    """No reading in another encoding comes before UTF-8."""
    assert decode(f"name\n{name}\n".encode(), "f.csv")[0] == f"name\n{name}\n"
