"""What the page of a draft states: of one file, only what somebody has changed, and nothing else is lost by it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from handoff.doors import SHELL
from handoff.imports import drafts, job
from handoff.models import FileMapping, Import, ImportState
from handoff.refusals import NotAllowed
from leads.identity import upsert
from tests.handoff.console.conftest import Login
from tests.handoff.console.imports import bring, meanings_of, page, url
from tests.world import World

STAGES = "Record ID,Email,Stage,At\n1,ann@buyer.example,mql,2026-01-02\n2,bob@buyer.example,cat,2026-01-02\n"


def test_the_past_is_said_of_one_file_and_never_of_its_system(world: World, as_: Login) -> None:
    upsert({"email": "ann@buyer.example"}, external_ids=[("crm", "1")])
    client = as_(world.olga)
    past = bring(client, STAGES, kind="stages")
    said = {"system": "crm", "kind": "stages", "historical": "1", "clocks": "true"}
    for do in ("apply", "start"):
        client.post(url("change", past.pk), {**said, "do": do})
    job.run_in_turn()
    past.refresh_from_db()
    assert (past.state, past.layout["historical"], past.layout["clocks"]) == ("done", True, "true")
    assert "From the true moments" in page(client, past)

    live = bring(client, STAGES.replace("2026-01-02", "2026-01-03"), kind="stages")
    client.post(url("change", live.pk), {"system": "crm", "kind": "stages", "do": "apply"})
    live.refresh_from_db()
    assert (live.layout["historical"], live.layout["clocks"]) == (False, "none")
    assert "historical" not in client.get(url("mapping", past.pk)).content.decode()
    # Also of what was remembered before this was known.
    FileMapping.objects.update(remembered={"system": "crm", "kind": "stages", "historical": True, "clocks": "true"})
    following = drafts.bring(STAGES.encode(), "s.csv", {"system": "crm", "kind": "stages"}, by=world.mia, door=SHELL)
    assert (following.stated["is_remembered"], following.is_historical, following.layout["clocks"]) == (
        True,
        False,
        "none",
    )
    with pytest.raises(NotAllowed):
        drafts.start(following, by=world.mia)


@pytest.mark.parametrize("is_historical", [False, True])
def test_a_fixed_file_is_as_live_as_its_import_and_starts_when_start_is_pressed(
    world: World, as_: Login, *, is_historical: bool
) -> None:
    for number, name in ((1, "ann"), (2, "bob")):
        upsert({"email": f"{name}@buyer.example"}, external_ids=[("crm", str(number))])
    client = as_(world.olga)
    said = {"historical": "1", "clocks": "import"} if is_historical else {}
    record = bring(client, STAGES, kind="stages")
    shown = {"system": "crm", "kind": "stages", **said}
    for do in ("apply", "start"):
        client.post(url("change", record.pk), {**shown, "do": do})
    job.run_in_turn()
    refused = b"".join(client.get(url("refused", record.pk)).streaming_content)  # type: ignore[attr-defined]
    # Another file of the system has been imported since, and the other way.
    FileMapping.objects.update(remembered={**record.remembered, "historical": not is_historical})

    fixed = SimpleUploadedFile("fixed.csv", refused.replace(b"cat", b"mql"), "text/csv")
    client.post(url("again", record.pk), {"file": fixed})
    draft = Import.objects.latest("pk")
    assert (draft.pk != record.pk, draft.is_historical) == (True, is_historical)
    client.post(url("change", draft.pk), {**shown, **meanings_of(page(client, draft)), "do": "start"})
    draft.refresh_from_db()
    assert draft.state == ImportState.WAITING
    job.run_in_turn()
    draft.refresh_from_db()
    assert (draft.updated + draft.created, draft.refused) == (1, 0)


def test_from_when_clocks_run_is_chosen_where_there_are_any(world: World, as_: Login) -> None:
    client = as_(world.olga)
    record = bring(client)
    assert 'name="clocks"' in page(client, record)
    client.post(url("change", record.pk), {"system": "hubspot", "clocks": "x", "do": "apply"})
    assert "“x” does not say from when clocks run" in page(client, record)
    client.post(url("change", record.pk), {"system": "hubspot", "clocks": "import", "do": "apply"})
    assert '<option value="import" selected>' in page(client, record)
    assert 'name="clocks"' not in page(client, bring(client, "Name,Channel\nSpring,web\n", kind="campaigns"))


ODD = (
    "Record ID,Email,Deal ID,Phase: now,Amount\n"
    "1,ann@buyer.example,d1,Zu: eins,100\n"
    "1,ann@buyer.example,d2,Gewonnen,200\n"
)


def test_meanings_stay_until_somebody_changes_them(world: World, as_: Login) -> None:
    """Whatever colons are in the header and in the values, and though this file does not have each value."""
    upsert({"email": "ann@buyer.example"}, external_ids=[("crm", "1")])
    client, shown = as_(world.olga), {"system": "crm", "kind": "outcomes", "historical": "1"}
    stated = {
        "columns": {"Phase: now": "deal_stage"},
        "values": ["Phase: now:zu: eins=won", "Phase: now:Verloren=lost", "Gewonnen=won"],
    }
    said = {"system": "crm", "kind": "outcomes", "historical": True}
    record = drafts.bring(ODD.encode(), "d.csv", {**said, **stated}, by=world.olga, door=SHELL)
    seen = meanings_of(page(client, record))
    assert seen == {"meaning-3": ["won", "won"]}

    def apply(*meanings: str) -> list[str]:
        client.post(url("change", record.pk), {**shown, "meaning-3": meanings, "do": "apply"})
        record.refresh_from_db()
        values: list[str] = record.stated.get("values", [])
        return values

    assert apply("won", "won") == stated["values"]
    assert apply("lost", "won") == [*stated["values"][1:], "Phase: now:Zu: eins=lost"]
    assert apply("", "won") == stated["values"][1:]
    # What is stated for all columns is taken back for this one.
    assert apply("", "") == [*stated["values"][1:], "Phase: now:Gewonnen=Gewonnen"]
    assert meanings_of(page(client, record)) == {"meaning-3": ["", ""]}
