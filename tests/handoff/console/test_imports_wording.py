"""On a page nobody is told of options of a command; through the API the words are those of the importer."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from handoff.console.imports.wording import in_the_browser
from handoff.imports import job
from handoff.models import Import
from tests.handoff.console.conftest import Login
from tests.handoff.console.imports import NEW, bring, page, url
from tests.world import World

pytestmark = pytest.mark.django_db
SAID = [
    (
        "The headers do not tell which system the file is from. Say with --system whose ids it has, like hubspot;",
        "The headers do not tell which system the file is from. Enter the system whose ids it has, like hubspot;",
    ),
    ("--system names the system of the file, in at most 40", "Enter the system of the file, in at most 40"),
    ("It has several: “A”, “B”. Choose one with --sheet NAME.", "It has several: “A”, “B”. Choose a sheet."),
    (
        "State how to read them: --dates DMY, --dates MDY or --dates YMD.",
        "Choose the order of dates: DMY, MDY or YMD.",
    ),
    ("Name it with --map HEADER=email or phone;", "Choose below which column is the email or phone;"),
    ("For the stage of a deal, use --map HEADER=deal_stage.", "For the stage of a deal, map the column to deal_stage."),
    ("If it is that of a deal: --map HEADER=deal_stage.", "If it is that of a deal: map the column to deal_stage."),
    (
        "It is read as 3. With --strict, such a value is refused.",
        "It is read as 3. Such a value is refused, as the page says.",
    ),
    ("“Łó” (--encoding cp1250), or “£ó”", "“Łó” (choose the encoding Windows-1250, Central Europe), or “£ó”"),
    ("--encoding klingon is not a valid encoding: write", "“klingon” is not a valid encoding: write"),
    ("--sheet None: a.csv is not a workbook", "None: a.csv is not a workbook"),
    ("--map Firm=colour: “colour” is not a valid field", "Firm=colour: “colour” is not a valid field"),
    (
        "--value My Stage: the column is not read; say which field it is with --map My Stage=field.",
        "My Stage: the column is not read; choose which field it is.",
    ),
    ("--set gives two values to “source”: a and b.", "The page gives two values to “source”: a and b."),
]


@pytest.mark.parametrize(("message", "words"), SAID)
def test_options_are_what_the_page_has_for_them(message: str, words: str) -> None:
    assert in_the_browser(message) == words
    assert "--" not in words


def test_complaints_of_rows_name_no_options_on_the_page(world: World, as_: Login) -> None:
    text = "Email,Score\nann@buyer.example,85%\nbob@buyer.example,n/a\n"
    client = as_(world.mia)
    record = bring(client, text)
    client.post(url("change", record.pk), {"strict": "1", "do": "apply"})
    assert "Such a value is refused" in page(client, record)
    client.post(url("start", record.pk))
    job.run_in_turn()
    shown = page(client, record)
    assert shown.count("Such a value is refused") == 2  # summed up, and beside the row
    assert "--strict" not in shown
    assert "--strict" in record.rows.get().reason


def test_the_encoding_is_asked_in_the_words_of_the_page(world: World, as_: Login) -> None:
    client = as_(world.mia)
    data = "Email,Name\nann@buyer.example,Ł\n".encode("cp1250")
    client.post(NEW, {"file": SimpleUploadedFile("a.csv", data), "kind": "leads"})
    record = Import.objects.get()
    assert "--encoding" in record.understanding["error"]
    shown = page(client, record)
    assert "choose the encoding" in shown
    assert "--encoding" not in shown


def test_through_the_api_an_error_has_the_words_of_the_importer(world: World, as_: Login) -> None:
    record = bring(as_(world.mia), "Id,Email\n1,ann@buyer.example\n")
    assert "Enter the system" in page(as_(world.mia), record)
    answer = as_(world.mia).get(reverse("api:import", args=[record.pk]))
    assert "Say with --system" in answer.json()["understanding"]["error"]
