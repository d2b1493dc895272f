"""How a file was understood is shown before anything is written, and all of it."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from leads.models import DealState, Lead, Opportunity, Touch
from tests.handoff.imports.conftest import Explain, Import
from tests.world import World, make_lead

pytestmark = pytest.mark.django_db
FILE = """Leads of January
Record ID;E-Mail;Phone;Mobile;Company / Account;Lead Status;Tags;Erstellungsdatum
1;dana@buyer.example;;+49 30 1;Foxworks;New;a;13.01.2026
2;emil@buyer.example;+1 555;;Bergbau;;b;01.02.2026
"""


def test_it_says_what_became_of_every_column_and_does_nothing(explain: Explain) -> None:
    assert explain(FILE, "--system", "crm", "--set", "source=Trade fair").splitlines() == [
        "Understood as leads of crm: 2 rows, ASCII, semicolon",
        "  skipped   “Leads of January”, above the headers",
        "  dates     DMY, because of “13.01.2026” (row 3); times without a zone are in UTC",
        "  column    Record ID -> external_id (synonym)",
        "  column    E-Mail -> email (name)",
        "  column    Phone -> phone (name)",
        "  column    Mobile -> mobile_phone (synonym)",
        "  column    Company / Account -> company (synonym)",
        "  column    Lead Status -> lead_status (name)",
        "  column    Erstellungsdatum -> created_at (synonym)",
        "  constant  source = Trade fair",
        "  ignored   Tags",
    ]
    assert not Lead.objects.exists()


def test_the_system_that_is_recognised_is_named(explain: Explain) -> None:
    text = explain("Lead - ID,Person - Name,Person - Email\n1,Dana,dana@buyer.example\n")
    assert text.startswith("Understood as leads of pipedrive (recognised by its headers): 1 rows")


def test_a_file_of_an_unknown_system_asks_for_it(explain: Explain) -> None:
    with pytest.raises(CommandError, match="Say with --system whose ids it has, like hubspot") as refusal:
        explain("email,name\na@buyer.example,A\n")
    assert refusal.value.returncode == 2


def test_what_is_dated_now_is_said(explain: Explain) -> None:
    option = ("--system", "crm")
    assert "dated now created_at: no column says when, so leads are dated now" in explain(
        "email\na@buyer.example\n", *option
    )
    assert "dated now created_at: empty in 1 rows, so these leads are dated now" in explain(
        "email,created\na@buyer.example,2026-01-01\nb@buyer.example,\n", *option
    )
    assert "dated now" not in explain("email,created\na@buyer.example,2026-01-01\n", *option)
    assert "dated now won_at: no column says when" in explain(
        "email,stage,amount\na@buyer.example,won,5\n", *option, kind="outcomes"
    )


def test_a_guess_is_said_to_be_one(explain: Explain) -> None:
    text = explain("A,Name\na@buyer.example,Ann\nb@buyer.example,Ben\n", "--system", "crm")
    assert "column    A -> email (content, a guess)" in text


def test_dates_in_no_doubt_name_no_order(explain: Explain) -> None:
    text = explain("email,created\na@buyer.example,2026-01-02\n", "--system", "crm")
    assert "dates     in no doubt; times without a zone are in UTC" in text


def test_an_amount_shows_its_decimal_mark(explain: Explain) -> None:
    text = explain("email;won_at;amount\na@buyer.example;2026-01-01;1.850,00 €\n", "--system", "crm", kind="outcomes")
    assert "amounts   “1.850,00 €” (row 2) is read as 1850.00 EUR" in text


def test_it_is_bounded_and_steers_no_terminal(explain: Explain) -> None:
    headers = ",".join(f"column {number} {'x' * 500}" for number in range(2000))
    text = explain(f"email,\x1b]0;pwned\x07,{headers}\na@buyer.example\n", "--system", "crm")
    assert len(text) < 3000
    assert "\x1b" not in text
    assert "and 1981 more" in text


def test_programs_get_all_of_it(explain: Explain) -> None:
    understood = json.loads(explain(FILE, "--system", "crm", "--json"))
    assert understood["dates"]["order"] == "DMY"
    assert understood["delimiter"] == ";"
    assert understood["skipped_rows"] == [1]
    assert {"header": "Mobile", "column": 4, "field": "mobile_phone", "how": "synonym"} in understood["columns"]
    assert understood["ignored"] == ["Tags"]


def test_a_run_shows_it_before_its_rows(tmp_path: Path) -> None:
    file, errors = tmp_path / "file.csv", io.StringIO()
    file.write_text("email\nnobody\n")
    with pytest.raises(SystemExit):
        call_command("import_csv", "leads", file, system="crm", dry_run=True, stdout=io.StringIO(), stderr=errors)
    lines = errors.getvalue().splitlines()
    assert lines[0] == "Understood as leads of crm: 1 rows, ASCII, comma"
    assert lines[-1].startswith("row 2 refused (nobody)")


# --- constants and values ---------------------------------------------------------------------------------------------


def test_a_constant_is_the_value_of_every_row(bring_in: Import) -> None:
    file = "email,Source,won_at,amount\na@buyer.example,Google,2026-01-01,5\n"
    bring_in("leads", file, "--set", "source=Trade fair", "--set", "country=DE")
    assert Lead.objects.values_list("source", "country").get() == ("trade fair", "DE")
    bring_in("outcomes", file, "--set", "currency=AED", "--historical")
    assert Opportunity.objects.get().currency == "AED"


def test_values_mean_what_the_user_says(bring_in: Import, world: World) -> None:
    lead = make_lead("Dana Fox")
    file = f"email,Call Start Time,Call Type,Subject\n{lead.email},2026-03-02 10:00,INBOUND,Inbound\n"
    options = ("--map", "Call Type=outcome", "--value", "Call Type:Inbound=reached", "--historical")
    assert bring_in("touches", file, *options).outcomes == ["created"]
    assert Touch.objects.values_list("channel", "outcome", "note").get() == ("call", "reached", "Inbound")
    file = f"email,Call Start Time,Call Result\n{lead.email},2026-03-03 10:00,Spoke to them\n"
    assert bring_in("touches", file, "--value", "spoke to them=reached", "--historical").outcomes == ["created"]


def test_a_flag_is_an_outcome(bring_in: Import) -> None:
    Lead.objects.create(email="a@buyer.example")
    file = "email,Converted,won_date\na@buyer.example,1,2026-01-01\n"
    bring_in("outcomes", file, "--historical")
    assert Opportunity.objects.get().state == DealState.WON


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--set", "colour=red"], "--set colour=red: “colour” is not a valid field: use one of external_id, email"),
        (["--set", "source"], "--set source: write it as field=value"),
        (["--set", "source="], "write it as field=value"),
        (["--set", "source=a", "--set", "source=b"], "--set gives two values to “source”: a and b"),
        (["--value", "won"], "--value won: write it as HEADER:value=meaning"),
        (["--value", "Stage:1=won"], "the file has no column “Stage”; it has email, name"),
        (["--value", "note:1=won"], "--value note: the column is not read; say which field it is with --map"),
        (["--value", "name:a=b", "--value", "Name:A=c"], "--value gives two meanings to “A”: b and c"),
    ],
)
def test_what_cannot_be_stated_is_refused(explain: Explain, options: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        explain("email,name,note\na@buyer.example,A,1\n", "--system", "crm", *options)
