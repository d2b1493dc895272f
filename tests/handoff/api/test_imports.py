"""Files through the API: as a form or as the whole body, started, followed, stopped, undone; for importers alone."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from handoff.imports import job
from handoff.models import Import, ImportState
from leads.models import Attribute, Lead, Role
from tests.handoff.api.conftest import AsPerson
from tests.world import World

IMPORTS = reverse("api:imports")
CSV = b"Record ID,Email,First Name\n1,ann@buyer.example,Ann\n,nobody,Ben\n"
ODD = b"Key,Mail,Firm\n1,ann@buyer.example,Acme\n"


def upload(data: bytes = CSV) -> SimpleUploadedFile:
    return SimpleUploadedFile("leads.csv", data, "text/csv")


def url(name: str, pk: int) -> str:
    return reverse(f"api:{name}", args=[pk])


def test_a_form_brings_a_file_that_is_imported_in_the_background(world: World, client_of: AsPerson) -> None:
    client = client_of(world.mia)
    answer = client.post(IMPORTS, {"file": upload(), "system": "hubspot"}, format="multipart")
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["state"], body["kind"], body["total"], body["by"], body["via"]) == (
        "waiting",
        "leads",
        2,
        "mia",
        "api",
    )
    assert answer.headers["Location"].endswith(url("import", body["id"]))

    job.run_in_turn()
    body = client.get(url("import", body["id"])).json()
    assert (body["state"], body["created"], body["refused"]) == ("done", 1, 1)
    assert [(each["is_refusal"], each["field"], each["count"]) for each in body["complaints"]] == [(True, "email", 1)]
    rows = client.get(url("import_refused", body["id"])).getvalue().decode("utf-8-sig")
    assert rows.splitlines()[0] == "Refused because,Record ID,Email,First Name"
    assert rows.splitlines()[1].endswith(",,nobody,Ben")
    assert [each["id"] for each in client.get(IMPORTS).json()["results"]] == [body["id"]]


def test_the_file_may_be_the_whole_body(world: World, client_of: AsPerson) -> None:
    answer = client_of(world.mia).post(
        f"{IMPORTS}?system=crm&kind=leads&map=Key=external_id&map=Mail=email&map=Firm=company&set=source=fair",
        ODD,
        content_type="application/octet-stream",
    )
    assert answer.status_code == 201, answer.content
    job.run_in_turn()
    lead = Lead.objects.get()
    assert (lead.email, lead.company, lead.source) == ("ann@buyer.example", "Acme", "fair")


def test_a_dry_run_is_a_draft_with_a_preview_until_it_is_started(world: World, client_of: AsPerson) -> None:
    client = client_of(world.mia)
    body = client.post(IMPORTS, {"file": upload(), "system": "hubspot", "dry_run": "true"}, format="multipart").json()
    assert body["state"] == "draft"
    assert body["preview"]["outcomes"] == {"created": 1, "updated": 0, "unchanged": 0, "refused": 1, "warnings": 0}
    assert not Lead.objects.exists()

    assert client.post(url("import_start", body["id"])).json()["state"] == "waiting"
    assert client.post(url("import_start", body["id"])).status_code == 409
    job.run_in_turn()
    assert Lead.objects.count() == 1


def test_it_is_stopped_and_undone(world: World, client_of: AsPerson) -> None:
    client = client_of(world.mia)
    first = client.post(IMPORTS, {"file": upload(), "system": "hubspot"}, format="multipart").json()["id"]
    assert client.post(url("import_undo", first)).status_code == 409
    assert client.post(url("import_stop", first)).json()["state"] == "stopped"

    second = client.post(IMPORTS, {"file": upload(), "system": "hubspot"}, format="multipart").json()["id"]
    job.run_in_turn()
    assert client.post(url("import_undo", second)).json()["state"] == "undoing"
    job.run_in_turn()
    body = client.get(url("import", second)).json()
    assert (body["state"], body["reverted"], body["kept"]) == ("undone", 1, 0)
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        (b"", {}, "empty"),
        (b"Foo,Bar\n1,2\n", {"system": "crm"}, "No column says who"),
        (CSV, {"system": "crm", "map": "Nothing=email"}, "has no column"),
        (CSV, {"kind": "cats"}, "not a valid choice"),
        (CSV, {"colour": "red"}, "not an option"),
    ],
)
def test_what_cannot_be_understood_is_refused_and_not_kept(
    world: World, client_of: AsPerson, data: bytes, options: dict[str, str], words: str
) -> None:
    answer = client_of(world.mia).post(IMPORTS, {"file": upload(data), **options}, format="multipart")
    assert answer.status_code == 400, answer.content
    assert words in answer.json()["detail"]
    assert not Import.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(world: World, client_of: AsPerson, settings) -> None:
    settings.IMPORT_MAX_MB = 0
    answer = client_of(world.mia).post(IMPORTS, CSV, content_type="text/csv")
    assert answer.status_code == 413
    assert "larger than 0 MB" in answer.json()["detail"]


def test_nobody_else_reads_or_does_imports(world: World, client_of: AsPerson) -> None:
    draft = (
        client_of(world.mia)
        .post(IMPORTS, {"file": upload(), "system": "crm", "dry_run": "1"}, format="multipart")
        .json()["id"]
    )
    for user in (world.ada, world.max, world.zoe, world.eve):
        client = client_of(user)
        assert client.post(IMPORTS, {"file": upload()}, format="multipart").status_code == 403
        assert client.get(IMPORTS).status_code == 403
        for name in ("import", "import_refused"):
            assert client.get(url(name, draft)).status_code == 403
        for name in ("import_start", "import_stop", "import_undo"):
            assert client.post(url(name, draft)).status_code == 403
    assert Import.objects.get().state == ImportState.DRAFT


def test_attributes_that_are_not_shown_to_somebody_are_not_shown_by_imports(world: World, client_of: AsPerson) -> None:
    Attribute.objects.create(key="margin", label="Margin", type="decimal", seen_by=[Role.REVOPS])
    data = b"Email,Margin\nann@buyer.example,0.42\nnobody,0.13\nbob@buyer.example,lots of it\n"
    olga, mia = client_of(world.olga), client_of(world.mia)
    options = {"system": "crm", "kind": "leads"}
    draft = olga.post(IMPORTS, {"file": upload(data), "dry_run": "1", **options}, format="multipart").json()["id"]
    done = olga.post(IMPORTS, {"file": upload(data), **options}, format="multipart").json()["id"]
    job.run_in_turn()
    assert "lots of it" in olga.get(url("import", done)).content.decode()

    answers = [mia.get(url("import", done)), mia.get(IMPORTS)]
    assert [answer.status_code for answer in answers] == [200, 200]
    for answer in answers:
        assert not any(words in answer.content.decode() for words in ("margin", "0.13", "lots of it"))
        assert "Margin" in answer.content.decode()  # as a column that is ignored
    closed = [mia.get(url("import", draft)), mia.get(url("import_refused", done)), mia.post(url("import_start", draft))]
    assert [answer.status_code for answer in closed] == [403, 403, 403]
    assert "RevOps may open it" in closed[0].json()["detail"]
