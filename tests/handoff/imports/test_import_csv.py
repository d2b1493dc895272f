"""The command: what it says, how it ends, and what it leaves behind."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from handoff.models import Rejection
from leads.models import Campaign, DealState, Lead, Opportunity, Touch, Transition
from tests.handoff.imports.conftest import Import
from tests.world import assert_consistent

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parents[3] / "docs" / "samples"


def unreadable(*arguments: Any) -> str:
    with pytest.raises(CommandError) as refusal:
        call_command("import_csv", *arguments)
    assert refusal.value.returncode == 2
    assert not Lead.objects.exists()
    return str(refusal.value)


def test_it_ends_with_one_line_of_json(bring_in: Import) -> None:
    done = bring_in("leads", "email\ndana@buyer.example\nnobody\nDana@buyer.example\n")
    assert done.counts == {"created": 1, "updated": 0, "unchanged": 1, "refused": 1, "warnings": 1}
    assert done.status == 1
    assert done.errors.startswith("row 3 refused (nobody): email: “nobody” is not a valid email address")


def test_a_dry_run_reports_the_same_and_writes_nothing(bring_in: Import) -> None:
    file = "email,campaign,created_at\ndana@buyer.example,Spring,2024-03-01\nnobody,,\n"
    tried = bring_in("leads", file, "--dry-run")
    assert not Lead.objects.exists()
    assert not Campaign.objects.exists()
    assert bring_in("leads", file) == tried
    won = "email,won_at\ndana@buyer.example,2024-02-01\n"
    tried = bring_in("outcomes", won, "--historical", "--dry-run")
    assert not Transition.objects.exists()
    assert bring_in("outcomes", won, "--historical") == tried
    assert tried.counts == {"created": 1, "updated": 0, "unchanged": 0, "refused": 0, "warnings": 1}


def test_the_report_has_every_row_and_no_formula(tmp_path: Path) -> None:
    file, report = tmp_path / "leads.csv", tmp_path / "report.csv"
    file.write_text("id,company,country\n=cmd(),Fox,\n@evil,Fox,+Narnia\n")
    options = {"system": "x", "report": report, "strict": True, "stdout": io.StringIO(), "stderr": io.StringIO()}
    with pytest.raises(SystemExit):
        call_command("import_csv", "leads", file, **options)
    complaint = '"country: “+Narnia” is not a valid country: give its ISO 3166 code, like DE."'
    assert report.read_text(encoding="utf-8-sig").splitlines() == [
        "row,identity,outcome,reason,id,company,country",
        "2,'=cmd(),created,,'=cmd(),Fox,",
        f"3,'@evil,refused,{complaint},'@evil,Fox,'+Narnia",
    ]


def test_the_outcome_stands_before_a_column_of_that_name(bring_in: Import) -> None:
    done = bring_in("pauses", "email,reason,outcome\nnobody@buyer.example,outage,x\n")
    assert done.outcomes == ["refused"]
    assert "There is no lead" in done.reasons[0]


def test_complaints_of_a_kind_are_summed_up(bring_in: Import) -> None:
    done = bring_in("leads", "email\n" + "nobody\n" * 30)
    assert done.errors.count("refused (nobody)") == 3
    assert "30 x refused: email: “nobody” is not a valid email address" in done.errors.splitlines()[-1]
    assert done.errors.endswith("(rows 2, 3, 4, 5, 6, …)\n")


def test_refused_rows_are_written_to_be_fixed_and_come_back(bring_in: Import, tmp_path: Path) -> None:
    refused = tmp_path / "refused.csv"
    file = "Email;Phone;Land;Notiz\nann@buyer.example;;;\nnobody;+49 1;Germany;x;y\nben@buyer;;;=1+1\n"
    done = bring_in("leads", file, "--refused", refused)
    assert done.outcomes == ["created", "refused", "refused"]
    rows = list(csv.reader(io.StringIO(refused.read_text(encoding="utf-8-sig"))))
    assert rows[0] == ["Refused because", "Email", "Phone", "Land", "Notiz"]
    assert [row[1:] for row in rows[1:]] == [["nobody", "'+49 1", "Germany", "x", "y"], ["ben@buyer", "", "", "'=1+1"]]
    assert "5 values for 4 columns" in rows[1][0]
    fixed = refused.read_text(encoding="utf-8-sig").replace("nobody", "nora@buyer.example").replace(",x,y", ",x y")
    again = bring_in("leads", fixed.replace("ben@buyer,", "ben@buyer.example,"), "--refused", refused)
    assert again.outcomes == ["created", "created"]
    assert refused.read_text(encoding="utf-8-sig") == "Refused because,Email,Phone,Land,Notiz\n"
    assert Lead.objects.get(email="nora@buyer.example").country == "DE"


def test_without_json_it_says_so_in_words(tmp_path: Path) -> None:
    out, file = io.StringIO(), tmp_path / "leads.csv"
    file.write_text("email\ndana@buyer.example\n")
    call_command("import_csv", "leads", file, system="x", dry_run=True, stdout=out)
    assert out.getvalue() == (
        "1 created, 0 updated, 0 unchanged, 0 refused, 0 warnings (dry run: nothing was written)\n"
    )


def test_the_order_of_dates_and_the_zone_can_be_stated(bring_in: Import) -> None:
    file = "email,created_at\ndana@buyer.example,03/04/2024 10:00\n"
    bring_in("leads", file, "--dates", "MDY", "--time-zone", "America/New_York")
    assert Lead.objects.get().created_at.isoformat() == "2024-03-04T15:00:00+00:00"


def test_a_row_that_does_not_fit_the_stated_order_is_refused(bring_in: Import) -> None:
    file = "email,created_at\ndana@buyer.example,13/04/2024\neric@buyer.example,04/13/2024\n"
    done = bring_in("leads", file, "--dates", "MDY", "--strict")
    assert done.outcomes == ["refused", "created"]
    assert done.reasons[0] == "created_at: “13/04/2024” is not a valid date when read as MDY."


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (b"PK\x03\x04", [], "a zip archive"),
        (b"a,b\n\x00\x01", [], "is not text"),
        (b"", [], "is empty"),
        (
            b"name,company\nDana,Fox\n",
            [],
            "No column says who or what a row is about. Name it with --map HEADER=external_id",
        ),
        (b"email\na@b.example\n", ["--map", "mail=email"], "no column “mail”"),
        (b"email\na@b.example\n", ["--map", "email=mail"], "“mail” is not a valid field"),
        (b"email\na@b.example\n", ["--system", "x" * 41], "--system names the system of the file"),
        (b"email,created_at\na@b.example,03/04/2024\n", [], "State which: --dates DMY, --dates MDY or --dates YMD."),
        (b"email\na@b.example\n", ["--report", "/nowhere/report.csv"], "Cannot write /nowhere/report.csv"),
        (b"email\na@b.example\n", ["--refused", "/nowhere/refused.csv"], "Cannot write /nowhere/refused.csv"),
        ("name\nInês\n".encode("cp1252"), [], "--encoding cp1250"),
        (b"email\na@b.example\n", ["--time-zone", "Mars"], "“Mars” is not a valid IANA time zone"),
        (b"email\na@b.example\n", ["--dates", "DYM"], "invalid choice: 'DYM'"),
    ],
)
def test_a_file_that_cannot_be_read_ends_with_2_and_says_why(
    tmp_path: Path, content: bytes, options: list[str], words: str
) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=words.replace("(", r"\(")) as refusal:
        call_command("import_csv", "leads", str(file), "--system", "hubspot", *options)
    # The parser of arguments ends with 2 by itself, but only when it is called from a shell.
    assert refusal.value.returncode == (1 if "--time-zone" in options or "--dates" in options else 2)
    assert not Lead.objects.exists()


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    assert "No such file" in unreadable("leads", str(tmp_path / "none.csv"), "--system", "x")
    assert "Is a directory" in unreadable("leads", str(tmp_path), "--system", "x")


def test_the_samples_come_in_without_a_complaint(world: object) -> None:
    for kind in ("campaigns", "leads", "touches", "outcomes"):
        for wanted in ("created", "unchanged"):
            out = io.StringIO()
            options = {"system": "hubspot", "historical": True, "json": True}
            call_command("import_csv", kind, SAMPLES / f"{kind}.csv", stdout=out, **options)
            counts = json.loads(out.getvalue())
            assert counts == dict.fromkeys(counts, 0) | {wanted: sum(counts.values())}, kind
    assert (Lead.objects.count(), Campaign.objects.count(), Touch.objects.count()) == (5, 3, 4)
    assert set(Opportunity.objects.values_list("state", flat=True)) == {DealState.WON, DealState.LOST}
    assert Rejection.objects.count() == 2
    assert_consistent()
