"""An attribute that is not shown to somebody's roles is not shown to them by an import either."""

import pytest
from django.urls import reverse

from handoff.imports import job
from handoff.models import FileMapping, Import
from leads.models import Attribute, Role
from tests.handoff.console.conftest import Login
from tests.handoff.console.imports import bring, page, url
from tests.world import World

pytestmark = pytest.mark.django_db
CSV = "Email,Title,Margin\nann@buyer.example,CEO,0.42\nnobody,CTO,0.13\nbob@buyer.example,CFO,lots of it\n"
HIDDEN = ("attributes.margin", "0.42", "0.13", "lots of it")


@pytest.fixture
def margin(db: None) -> Attribute:
    return Attribute.objects.create(key="margin", label="Margin", type="decimal", seen_by=[Role.REVOPS])


def test_its_column_is_listed_as_ignored_and_not_offered(world: World, as_: Login, margin: Attribute) -> None:
    client = as_(world.mia)
    record = bring(client, CSV)
    shown = page(client, record)
    assert all(words not in shown for words in HIDDEN)
    assert '<th scope="row">Margin</th>' in shown
    client.post(url("start", record.pk))
    job.run_in_turn()
    result = page(client, record)
    assert "Ignored: Margin" in result
    assert "Load these rows again" in result
    assert all(words not in result for words in HIDDEN)
    # Who sees the attribute sees the column as the author has brought it.
    assert "attributes.margin" not in record.remembered.get("columns", {}).values()


def test_a_draft_with_it_is_open_to_its_author_and_revops(world: World, as_: Login, margin: Attribute) -> None:
    of_olga, of_mia = bring(as_(world.olga), CSV), bring(as_(world.mia), CSV)
    assert page(as_(world.mia), of_mia)
    assert "attributes.margin" in page(as_(world.olga), of_olga)
    assert page(as_(world.olga), of_mia)
    for user, draft in ((world.mia, of_olga), (world.nora, of_olga), (world.nora, of_mia)):
        client = as_(user)
        assert client.get(url("change", draft.pk)).status_code == 403
        acts = ("change", "start", "forget", "discard", "again", "fix")
        assert {client.post(url(name, draft.pk)).status_code for name in acts} == {403}
    assert Import.objects.filter(state="draft").count() == 2


def test_of_a_file_with_it_others_see_no_values(world: World, as_: Login, margin: Attribute) -> None:
    client = as_(world.olga)
    record = bring(client, CSV)
    client.post(url("start", record.pk))
    job.run_in_turn()
    assert "lots of it" in page(client, record)
    assert "attributes.margin" in client.get(url("mapping", record.pk)).content.decode()

    client = as_(world.mia)
    remembered = reverse("admin:handoff_import_remembered", args=[FileMapping.objects.get().pk])
    shown = [
        page(client, record),
        *(client.get(each).content.decode() for each in (url("mapping", record.pk), remembered)),
    ]
    assert all(words not in text for text in shown for words in HIDDEN)
    assert "Ignored: Margin" in shown[0]
    assert "Load these rows again" not in shown[0]
    assert client.get(url("refused", record.pk)).status_code == 403


def test_a_file_that_is_not_understood_yet_is_closed_as_well(world: World, as_: Login, margin: Attribute) -> None:
    text = "Id,Email,Margin\n1,ann@buyer.example,0.42\n"
    client = as_(world.mia)
    record = bring(client, text)
    assert record.layout == {}
    shown = page(client, record)
    assert "Enter the system" in shown
    assert all(words not in shown for words in HIDDEN)
    assert as_(world.nora).get(url("change", record.pk)).status_code == 403
