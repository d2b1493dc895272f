"""A marketer finishes a file alone in the browser: brings it, corrects how it is understood, fixes, and undoes."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from handoff.imports import job, previews
from handoff.models import FileMapping, Import, ImportState
from leads.identity import upsert
from leads.models import Lead
from tests.handoff.console.conftest import Login
from tests.handoff.console.imports import CSV, NEW, bring, page, url
from tests.world import World

LIST = reverse("admin:handoff_import_changelist")
DEALS = (
    "Record ID,Email,Deal ID,Deal Name,Deal Stage,Amount,Close Date\n"
    "1,ann@buyer.example,d1,First,Qualification,100,2026-02-01\n"
    "1,ann@buyer.example,d2,Second,Gewonnen,200,2026-02-01\n"
)


def test_a_file_shows_how_it_is_understood_and_what_it_would_do(world: World, as_: Login) -> None:
    upsert({"email": "ann@buyer.example", "name": "Anna"})
    client = as_(world.mia)
    record = bring(client)
    shown = page(client, record)
    for words in (
        *("How this file was understood", "Recognised by its headers", "ann@buyer.example", "Start the import"),
        *(
            "all 2 rows tried",
            "<b>1</b> changed",
            "<b>1</b> refused",
            "Anna",
            "so leads are dated now",
            "Check the column Email",
        ),
    ):
        assert words in shown, words
    assert not Lead.objects.filter(name="Ann").exists()


def test_corrections_are_applied_and_the_preview_follows(world: World, as_: Login) -> None:
    client = as_(world.mia)
    record = bring(client)
    client.post(url("change", record.pk), {"column-3": "company", "system": "hubspot", "do": "apply"})
    record.refresh_from_db()
    assert record.stated["columns"] == {"Firm": "company"}
    assert 'value="company" selected' in page(client, record)

    answer = client.post(
        url("change", record.pk),
        {"column-3": "", "constant-field": "source", "constant-value": "fair", "do": "start"},
        follow=True,
    )
    assert "look at it, then start" in answer.content.decode()
    record.refresh_from_db()
    assert (record.state, record.stated["ignore"], record.stated["set"]) == ("draft", ["Firm"], {"source": "fair"})


def test_started_followed_and_listed(world: World, as_: Login) -> None:
    client = as_(world.mia)
    record = bring(client)
    answer = client.post(url("change", record.pk), {"do": "start", "system": "hubspot"}, follow=True)
    shown = answer.content.decode()
    for words in ("Waiting", "0 of 2 rows", "data-follow", "It goes on in the background", ">Stop<"):
        assert words in shown, words
    job.run_in_turn()
    shown = page(client, record)
    for words in ("Done", "2 of 2 rows", "<b>1</b> created", "Refused rows", "Load these rows again", ">Undo<"):
        assert words in shown, words
    assert "data-follow" not in shown
    listed = client.get(LIST).content.decode()
    for words in ("leads.csv", "Leads of hubspot", "Mia", "Done"):
        assert words in listed, words


def started(client: Client, text: str = CSV, **more: object) -> Import:
    record = bring(client, text, **more)
    client.post(url("start", record.pk))
    job.run_in_turn()
    record.refresh_from_db()
    assert record.state == ImportState.DONE
    return record


def test_refused_rows_are_fixed_on_the_page(world: World, as_: Login) -> None:
    client = as_(world.mia)
    record = started(client)
    row = record.rows.get(outcome="refused")
    assert f'name="cell-{row.pk}-1"' in page(client, record)
    again = client.post(url("fix", record.pk), {f"cell-{row.pk}-1": "still nobody"}, follow=True).content.decode()
    assert "1 is still refused" in again

    fixed = client.post(url("fix", record.pk), {f"cell-{row.pk}-1": "ben@buyer.example"}, follow=True)
    assert "1 row came in." in fixed.content.decode()
    record.refresh_from_db()
    assert (record.created, record.refused, record.rows.count()) == (2, 0, 0)
    assert Lead.objects.get(email="ben@buyer.example").name == "Ben"

    client.post(url("undo", record.pk))
    job.run_in_turn()
    assert not Lead.objects.exists()


def test_refused_rows_are_fixed_in_a_spreadsheet_and_brought_again(world: World, as_: Login) -> None:
    client = as_(world.mia)
    record = bring(client)
    client.post(url("change", record.pk), {"column-3": "company", "do": "apply", "system": "hubspot"})
    client.post(url("start", record.pk))
    job.run_in_turn()
    refused = b"".join(client.get(url("refused", record.pk)).streaming_content)  # type: ignore[attr-defined]
    fixed = io.BytesIO(refused.replace(b"nobody", b"ben@buyer.example"))
    fixed.name = "fixed.csv"
    answer = client.post(url("again", record.pk), {"file": fixed}, follow=True)
    assert "all 1 rows tried" in answer.content.decode()
    draft = Import.objects.latest("pk")
    client.post(url("start", draft.pk))
    job.run_in_turn()
    assert Lead.objects.get(email="ben@buyer.example").company == "Bolt"


def test_values_are_mapped_with_the_counts_of_each(world: World, as_: Login) -> None:
    upsert({"email": "ann@buyer.example"}, external_ids=[("crm", "1")])
    client = as_(world.olga)
    record = bring(client, DEALS, kind="outcomes")
    client.post(url("change", record.pk), {"system": "crm", "historical": "1", "do": "apply", "kind": "outcomes"})
    shown = page(client, record)
    for words in ("Values of Deal Stage", "Qualification", "Gewonnen", "Open, in this stage"):
        assert words in shown, words
    client.post(
        url("change", record.pk),
        {"system": "crm", "historical": "1", "do": "apply", "kind": "outcomes", "meaning-4": ["", "won"]},
    )
    record.refresh_from_db()
    assert record.stated["values"] in (["Deal Stage:Gewonnen=won"], ["Deal Stage:Qualification=won"])


def test_pasted_rows_are_a_file_too(world: World, as_: Login) -> None:
    client = as_(world.mia)
    answer = client.post(NEW, {"pasted": "Email\tFirst Name\nann@buyer.example\tAnn\n"})
    assert answer.status_code == 302
    record = Import.objects.get()
    assert (record.file_name, record.system) == ("Pasted rows", "file")  # without ids it needs no system
    assert record.preview["outcomes"]["created"] == 1


def test_ids_need_a_system_and_the_columns_are_shown_all_the_same(world: World, as_: Login) -> None:
    client = as_(world.mia)
    record = bring(client, "Id,Email\n1,ann@buyer.example\n")
    shown = page(client, record)
    assert "Enter the system whose ids it has" in shown
    assert 'value="email" selected' in shown
    client.post(url("change", record.pk), {"system": "crm", "do": "apply"})
    record.refresh_from_db()
    assert (record.system, record.preview["outcomes"]["created"]) == ("crm", 1)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Choose a file, or paste rows below."),
        ({"file": b"", "name": "empty.csv"}, "The file is empty"),
        ({"file": b"Email\na@b.example", "pasted": "Email"}, "not both"),
        ({"file": b"Email\na@b.example", "mapping": b"colour: red"}, "is not a valid setting"),
    ],
)
def test_a_form_without_a_file_says_what_to_do(world: World, as_: Login, form: dict[str, object], words: str) -> None:
    given = {
        name: SimpleUploadedFile("x.csv", value) if isinstance(value, bytes) else value for name, value in form.items()
    }
    answer = as_(world.mia).post(NEW, given)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Import.objects.exists()


def test_a_file_that_is_not_understood_can_be_corrected(world: World, as_: Login) -> None:
    client = as_(world.mia)
    record = bring(client, "Record ID,Email,Lead Status,Create Date\n1,a@b.example,Open,03/04/2026\n", kind="leads")
    shown = page(client, record)
    assert "Choose the order of dates" in shown
    assert "Start the import" not in shown
    client.post(url("change", record.pk), {"dates": "DMY", "system": "hubspot", "do": "apply"})
    assert "Start the import" in page(client, record)


@pytest.mark.parametrize(
    "odd",
    [
        {"dates": "XYZ"},
        {"time_zone": "Mars/Olympus"},
        {"encoding": "klingon"},
        {"sheet": "None"},
        {"kind": "cats"},
        {"system": "x" * 60},
        {"column-1": "colour"},
        {"constant-field": "colour", "constant-value": "red"},
    ],
)
def test_what_makes_no_sense_is_said_on_the_page(world: World, as_: Login, odd: dict[str, str]) -> None:
    client = as_(world.mia)
    record = bring(client)
    client.post(url("change", record.pk), {"system": "hubspot", "do": "apply", **odd})
    assert 'role="alert"' in page(client, record)
    assert client.get(f"{LIST}abc/change/").status_code == 404
    client.post(url("change", record.pk), {"system": "hubspot", "do": "apply", "kind": "leads", "column-1": "email"})
    assert "Start the import" in page(client, record)


def test_a_large_draft_is_tried_in_the_background(world: World, as_: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "SAMPLE", 1)
    client = as_(world.mia)
    record = bring(client)
    assert "1 of 2 rows tried so far" in page(client, record)
    job.run_in_turn()
    assert "all 2 rows tried" in page(client, record)
    assert not Lead.objects.exists()


def test_mappings_are_remembered_downloaded_and_brought_along(world: World, as_: Login) -> None:
    client = as_(world.mia)
    record = started(client)
    yaml = client.get(url("mapping", record.pk)).content.decode()
    assert "system: hubspot" in yaml
    assert FileMapping.objects.get().by == world.mia
    remembered = client.get(reverse("admin:handoff_import_remembered", args=[FileMapping.objects.get().pk]))
    assert remembered.content.decode() == yaml
    assert "Remembered mappings" in client.get(NEW).content.decode()
    assert "Understood as last time for hubspot leads." in page(client, bring(client))
    mapping = SimpleUploadedFile("hubspot.yaml", b"system: zoho\nkind: leads\n")
    assert bring(client, CSV.replace("Record ID", "Id"), mapping=mapping).system == "zoho"


def test_a_draft_is_discarded_and_a_running_import_is_stopped_after_a_question(world: World, as_: Login) -> None:
    client = as_(world.mia)
    record = bring(client)
    assert "Nothing of it was imported." in client.get(url("discard", record.pk)).content.decode()
    client.post(url("discard", record.pk))
    assert not Import.objects.exists()

    record = bring(client)
    client.post(url("start", record.pk))
    assert "What was done stays" in client.get(url("stop", record.pk)).content.decode()
    assert "Mia stopped it." in client.post(url("stop", record.pk), follow=True).content.decode()
    assert "It had ended already." in client.post(url("stop", record.pk), follow=True).content.decode()


def test_what_could_not_be_undone_is_listed_with_the_reason(world: World, as_: Login) -> None:
    client = as_(world.mia)
    record = started(client)
    lead = Lead.objects.get()
    lead.company = "Mine Ltd"
    lead.save()
    assert "stay as they are" in client.get(url("undo", record.pk)).content.decode()
    client.post(url("undo", record.pk))
    job.run_in_turn()
    shown = page(client, record)
    for words in ("Undone", "<b>1</b> not undone", "Its company changed since."):
        assert words in shown, words


def test_nobody_but_marketing_and_revops_sees_or_does_imports(world: World, as_: Login) -> None:
    record = started(as_(world.mia))
    draft = bring(as_(world.nora))
    gets = [NEW, LIST, url("change", record.pk), url("change", draft.pk), url("refused", record.pk)]
    gets += [url(name, record.pk) for name in ("mapping", "stop", "undo", "discard")]
    gets.append(reverse("admin:handoff_import_remembered", args=[FileMapping.objects.get().pk]))
    posts = [url(name, draft.pk) for name in ("start", "forget", "discard", "stop", "undo", "fix", "again", "change")]
    for user in (world.ada, world.max, world.zoe, world.eve):
        client = as_(user)
        assert {client.get(address).status_code for address in gets} == {403}
        assert {client.post(address).status_code for address in [*posts, NEW]} == {403}
        assert "Imports" not in client.get(reverse("admin:leads_lead_changelist")).content.decode()
    assert "Imports" in as_(world.olga).get(LIST).content.decode()
    assert Import.objects.get(pk=draft.pk).state == ImportState.DRAFT
