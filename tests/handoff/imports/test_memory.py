"""A mapping that was saved spares the next file of the same kind every option."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from tests.handoff.imports.conftest import Explain

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["zoho.yaml", "zoho.json"])
def test_a_saved_mapping_spares_every_option(explain: Explain, tmp_path: Path, name: str) -> None:
    mapping = tmp_path / name
    stated = ["--system", "zoho", "--map", "Work=phone", "--map", "Ort=", "--set", "source=Import", "--dates", "MDY"]
    stated += ["--time-zone", "Europe/Berlin", "--value", "Firma:x=Foxworks", "--encoding", "cp1252"]
    file = "Kennung,E-Mail,Work,Firma,Ort,Created\n1,zoë@buyer.example,+49 1,X,Köln,03/04/2026 10:00\n".encode("cp1252")
    first = json.loads(explain(file, *stated, "--json", "--save-mapping", mapping))
    second = json.loads(explain(file, "--json", "--mapping", mapping))

    def without_how(understood: dict[str, Any]) -> dict[str, Any]:
        columns = [{name: each[name] for name in ("header", "field")} for each in understood["columns"]]
        return {**understood, "columns": sorted(columns, key=str), "system_recognised": None}

    assert without_how(second) == without_how(first)
    assert {each["how"] for each in second["columns"]} == {"remembered"}


def test_a_mapping_is_for_reading_too(explain: Explain, tmp_path: Path) -> None:
    mapping = tmp_path / "crm.yaml"
    explain("email,Größe\na@buyer.example,5\n", "--system", "crm", "--save-mapping", mapping)
    assert mapping.read_text(encoding="utf-8") == (
        "kind: leads\nsystem: crm\ncolumns:\n  email: email\nignore:\n- Größe\n"
    )


def test_what_is_stated_wins_over_what_is_remembered(explain: Explain, tmp_path: Path) -> None:
    mapping = tmp_path / "crm.yaml"
    mapping.write_text("system: crm\ncolumns: {Mail: email}\nset: {source: Fair}\ndates: DMY\n")
    options = ("--system", "other", "--map", "Work=email", "--set", "source=Web", "--dates", "MDY", "--json")
    file = "Mail,Work,Created\na@buyer.example,b@buyer.example,03/04/2026\n"
    understood = json.loads(explain(file, "--mapping", mapping, *options))
    assert (understood["system"], understood["constants"]) == ("other", {"source": "Web"})
    assert understood["dates"]["order"] == "MDY"
    assert [each["header"] for each in understood["columns"] if each["field"] == "email"] == ["Work"]


def test_a_column_that_is_missing_now_is_said(explain: Explain, tmp_path: Path) -> None:
    mapping = tmp_path / "crm.yaml"
    mapping.write_text("system: crm\ncolumns: {email: email, Firma: company}\n")
    assert "missing   Firma" in explain("email\na@buyer.example\n", "--mapping", mapping)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("system: [", "crm.yaml is not a valid mapping: line"),
        ("- a", "it must have names and values"),
        ("", "it must have names and values"),
        ("sytem: crm", "“sytem” is not a valid setting: use one of kind, system, dates"),
        ("system: 5", "“system” must be a text. Put quotation marks"),
        ("system: crm\ncolumns: [a]", "“columns” must be a table of texts"),
        ("system: crm\ncolumns: {no: email}", "“columns” must be a table of texts"),
        ("system: crm\nvalues: won", "“values” must be a list of texts"),
        ("system: crm\nhistorical: maybe", "“historical” must be true or false"),
        ("system: crm\ndates: DYM", "“dates” must be one of DMY, MDY, YMD"),
        ("system: crm\ntime_zone: Mars", "“Mars” is not a valid time zone"),
        ("system: crm\nkind: touches", "crm.yaml is a mapping for touches, not for leads"),
        ("system: crm\nset: {colour: red}", "“colour” is not a valid field"),
        ("system: crm\ncolumns: {email: colour}", "“colour” is not a valid field"),
    ],
)
def test_a_mapping_is_read_strictly(explain: Explain, tmp_path: Path, text: str, words: str) -> None:
    mapping = tmp_path / "crm.yaml"
    mapping.write_text(text)
    with pytest.raises(CommandError, match=words.replace(".yaml", r"\.yaml")) as refusal:
        explain("email\na@buyer.example\n", "--mapping", mapping)
    assert refusal.value.returncode == 2


def test_a_mapping_that_cannot_be_read_or_written_is_refused(explain: Explain, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"Cannot read .*none\.yaml: No such file"):
        explain("email\na@buyer.example\n", "--mapping", tmp_path / "none.yaml")
    with pytest.raises(CommandError, match=r"Cannot write /nowhere/crm\.yaml"):
        explain("email\na@buyer.example\n", "--system", "crm", "--save-mapping", "/nowhere/crm.yaml")
