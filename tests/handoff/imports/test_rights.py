"""Marketing imports what it may do by hand; of a lead that sales works with, its facts and what the buyer did."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from handoff.doors import SHELL
from handoff.imports import drafts, fixing, job, previews
from handoff.imports.rights import WITH_SALES
from handoff.models import Import
from handoff.refusals import NotAllowed
from leads.identity import upsert
from leads.models import Attribute, Lead, Opportunity, Role, State, Touch, Touchpoint, User
from tests.world import World, bring_to, make_lead

pytestmark = pytest.mark.django_db
FULL = (
    "Record ID,Email,Title,MQL Date,SQL Date,Contact owner,Deal ID,Deal Name,Deal Stage,Amount,Currency\n"
    "1,dana.fox@buyer.example,CEO,2026-01-02,2026-01-09,ben,d1,First,Open,100,EUR\n"
)
MIXED = (
    "Record Type,Record ID,Email,Title,At,Stage,Outcome,Deal ID,Deal Name,Deal Stage\n"
    "lead,1,dana.fox@buyer.example,CEO,,,,,,\n"
    "stage,1,,,2026-01-09,sql,,,,\n"
    "call,1,,,2026-01-10 10:00,,reached,,,\n"
    "deal,1,,,,,,d1,First,Open\n"
)


@pytest.fixture
def dana(world: World) -> Lead:
    """A lead that ada works with, handed to her live."""
    lead = make_lead("Dana Fox")
    bring_to(State.SAL, lead, world)
    upsert({"email": lead.email}, external_ids=[("crm", "1")])
    return lead


def imported(text: str, by: User, kind: str = "leads", **stated: Any) -> Import:
    draft = drafts.bring(text.encode(), "file.csv", {"kind": kind, "system": "crm", **stated}, by=by, door=SHELL)
    previews.sample(draft)
    drafts.start(draft, by=by)
    job.run_in_turn()
    tried = draft.preview["outcomes"]
    draft.refresh_from_db()
    # The preview has the rights of its author too.
    assert {name: tried[name] for name in draft.counts()} == draft.counts()
    return draft


def reasons(record: Import) -> list[str]:
    return [row.reason for row in record.rows.all()]


def test_marketing_corrects_facts_of_a_lead_with_sales_and_moves_nothing(world: World, dana: Lead) -> None:
    record = imported(FULL, world.mia, historical=True)
    dana.refresh_from_db()
    assert (dana.title, dana.state, dana.owner) == ("CEO", State.SAL, world.ada)
    assert not Opportunity.objects.exists()
    assert (record.updated, record.refused, reasons(record)) == (1, 0, [WITH_SALES])


def test_revops_moves_it_with_the_same_file(world: World, dana: Lead) -> None:
    record = imported(FULL, world.olga, historical=True)
    dana.refresh_from_db()
    assert (record.refused, dana.title, dana.state) == (0, "CEO", State.OPPORTUNITY)
    assert Opportunity.objects.get().name == "First"


def test_facts_alone_are_of_marketing(world: World, dana: Lead) -> None:
    record = imported("Record ID,Email,Title\n1,dana.fox@buyer.example,CEO\n", world.mia)
    assert (record.updated, record.refused, reasons(record)) == (1, 0, [])


def test_a_table_of_several_kinds_is_of_the_past_for_marketing(world: World) -> None:
    with pytest.raises(NotAllowed, match="of the past only"):
        imported(MIXED, world.mia)
    record = imported(MIXED, world.mia, historical=True)
    assert (record.created, record.refused) == (4, 0)


def test_of_several_kinds_only_the_facts_of_a_lead_with_sales_come_in(world: World, dana: Lead) -> None:
    record = imported(MIXED, world.mia, historical=True)
    dana.refresh_from_db()
    assert (dana.title, dana.state, record.updated, record.refused) == ("CEO", State.SAL, 1, 3)
    assert reasons(record) == [WITH_SALES] * 3
    assert not Opportunity.objects.exists()
    assert not Touch.objects.filter(lead=dana, system="crm").exists()


def test_marketing_records_what_a_buyer_did_who_is_with_sales(world: World, dana: Lead) -> None:
    record = imported("Email,Kind,At\ndana.fox@buyer.example,form,2026-01-02\n", world.mia, kind="touchpoints")
    assert (record.created, record.refused) == (1, 0)
    assert Touchpoint.objects.filter(lead=dana, kind="form").exists()


def test_a_lead_that_is_named_by_its_deal_alone_is_with_sales_too(world: World, dana: Lead) -> None:
    Opportunity.objects.create(lead=dana, system="crm", external_id="d1", name="First", owner=world.ada)
    record = imported(
        "Deal ID,Deal Name,Deal Stage,Won At\nd1,First,won,2026-01-02\n", world.mia, "outcomes", historical=True
    )
    assert (record.refused, reasons(record)) == (1, [WITH_SALES])


def command(file: Path, *options: str) -> dict[str, int]:
    out = io.StringIO()
    call_command("import", "leads", file, "--system", "crm", "--json", *options, stdout=out, stderr=io.StringIO())
    counts: dict[str, int] = json.loads(out.getvalue().splitlines()[-1])
    return counts


def test_the_dry_run_of_the_command_has_the_rights_of_whom_it_names(world: World, dana: Lead, tmp_path: Path) -> None:
    file = tmp_path / "mixed.csv"
    file.write_text(MIXED)
    with pytest.raises(CommandError, match="of the past only"):
        command(file, "--dry-run", "--by", "mia")
    with pytest.raises(CommandError, match="may not import files"):
        command(file, "--dry-run", "--by", "ada")
    with pytest.raises(SystemExit):
        command(file, "--dry-run", "--historical", "--by", "mia")
    assert command(file, "--dry-run", "--historical")["refused"] == 0


@pytest.fixture
def budget(db: None) -> Attribute:
    """Marketing leads edit it; marketers only see it."""
    return Attribute.objects.create(key="budget", label="Budget", type="text", edited_by=[Role.MARKETING_LEAD])


def test_attributes_are_read_with_the_roles_of_the_author_everywhere(world: World, budget: Attribute) -> None:
    record = imported("Email,Budget\nann@buyer.example,much\n", world.mia)
    assert reasons(record) == ["attributes.budget: Budget is not edited by your roles. It was left out."]
    strict = imported("Email,Budget\nbob@buyer.example,much\n", world.mia, strict=True)
    [row] = strict.rows.all()
    assert fixing.fix(strict, {row.pk: row.cells}, by=world.mia) == (0, 1)
    assert fixing.fix(strict, {row.pk: row.cells}, by=world.nora) == (1, 0)


MARGIN = "Email,Title,Margin\nann@buyer.example,CEO,0.42\nnobody,CTO,0.13\n"


@pytest.fixture
def margin(db: None) -> Attribute:
    return Attribute.objects.create(key="margin", label="Margin", type="decimal", seen_by=[Role.REVOPS])


def test_what_is_not_shown_to_the_author_is_ignored_and_offered_by_no_message(world: World, margin: Attribute) -> None:
    record = imported(MARGIN, world.mia)
    assert record.understanding["ignored"] == ["Margin"]
    assert "attributes.margin" not in json.dumps([record.understanding, record.complaints, record.remembered])
    assert Lead.objects.get().attributes == {}
    for stated in (
        {"constants": ["attributes.margin=1"]},
        {"map": ["Margin=attributes.margin"]},
        {"map": ["Margin=x"]},
    ):
        draft = drafts.bring(
            MARGIN.encode(), "f.csv", {"kind": "leads", "system": "crm", **stated}, by=world.mia, door=SHELL
        )
        words = draft.understanding["error"].partition("use one of")
        assert "is not a valid field" in words[0]
        assert "attributes.margin" not in words[2]
    assert imported(MARGIN, world.mia, map=["Margin=company"]).layout["hidden"] == []


def test_what_others_remember_of_it_is_neither_shown_nor_lost(world: World, margin: Attribute) -> None:
    odd = MARGIN.replace("Margin", "Spread")
    imported(odd, world.olga, columns={"Spread": "attributes.margin"})
    record = imported(odd.replace("ann", "bob"), world.mia)
    assert record.stated["is_remembered"]
    assert (record.understanding["ignored"], record.layout["hidden"]) == (["Spread"], [[2, "attributes.margin"]])
    assert Lead.objects.get(email="bob@buyer.example").attributes == {}
    imported(odd.replace("ann", "cid"), world.olga)
    assert Lead.objects.get(email="cid@buyer.example").attributes == {"margin": 0.42}
