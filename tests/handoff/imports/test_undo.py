"""An import that is undone leaves everything as it was, but for what somebody has built on it since."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from handoff import workflow
from handoff.amending import undoing, untouched
from handoff.doors import SHELL
from handoff.imports import drafts, job
from handoff.models import AttainmentCount, FunnelCount, Import, ImportState, RowOutcome
from handoff.reports import rollup
from leads.identity import upsert
from leads.models import (
    Attribute,
    Campaign,
    ConsentStatement,
    ExternalId,
    Lead,
    Opportunity,
    Touch,
    Touchpoint,
    Transition,
    User,
)
from sla import clocks
from sla.models import Clock
from tests.world import MONDAY, World, assert_consistent, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
LEADS = (
    b"Record ID,Email,Company Name,Campaign,Create Date\n"
    b"1,ann@buyer.example,Acme,Spring,2026-01-05\n"
    b"2,ben@buyer.example,Bolt,Spring,2026-01-06\n"
)
DEALS = (
    b"Record ID,Deal ID,Deal Name,Deal Stage,Amount,Currency,Close Date\n1,d1,First,Closed Won,5000,EUR,2026-02-01\n"
)


def imported(data: bytes, by: User, kind: str = "leads", **stated: Any) -> Import:
    draft = drafts.bring(data, "file.csv", {"system": "hubspot", "kind": kind, **stated}, by=by, door=SHELL)
    drafts.start(draft, by=by)
    job.run_in_turn()
    draft.refresh_from_db()
    assert (draft.state, draft.refused) == (ImportState.DONE, 0), draft.complaints
    return draft


def undo(record: Import, by: User) -> list[str]:
    """Undo it, and return what stays, in words."""
    undoing.ask(record, by=by)
    job.run_in_turn()
    record.refresh_from_db()
    assert record.state == ImportState.UNDONE
    return [row.reason for row in record.rows.filter(outcome=RowOutcome.KEPT)]


ROLLUPS: list[Any] = [FunnelCount, AttainmentCount]
MODELS: list[Any] = [Lead, ExternalId, Touch, Touchpoint, Opportunity, Campaign, Transition, Clock]


def everything() -> dict[str, Any]:
    """All rows, but for when they were last written; and the figures of the reports."""
    rollup.fold()
    shown = {model.__name__: [_plain(row) for row in model.objects.order_by("pk").values()] for model in MODELS}
    for rollups in ROLLUPS:
        counted = [_plain(row) for row in rollups.objects.values() if any(_figures(row))]
        shown[rollups.__name__] = sorted(counted, key=json.dumps)
    return shown


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) for name, value in row.items() if name not in ("updated_at", "id")}


def _figures(row: dict[str, Any]) -> list[Any]:
    names = ("leads", "mql", "sal", "sql", "opportunity", "won", "priced", "amount", "n")
    return [row[name] for name in names if name in row]


@pytest.mark.parametrize("at_once", [True, False])
def test_new_leads_with_their_ids_and_campaigns_are_gone(
    world: World, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not at_once:
        monkeypatch.setattr(undoing, "undo_together", lambda *_: None)
    before = everything()
    record = imported(LEADS, world.mia)
    assert (Lead.objects.count(), Campaign.objects.count()) == (2, 1)

    assert undo(record, world.mia) == []
    assert everything() == before
    assert (record.reverted, record.kept, record.undone_by) == (2, 0, world.mia)
    assert_consistent()


@pytest.mark.parametrize("at_once", [True, False])
def test_what_was_changed_has_its_former_value_and_later_corrections_stay(
    world: World, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not at_once:
        monkeypatch.setattr(undoing, "undo_together", lambda *_: None)
    for name in ("ann", "ben"):
        upsert({"email": f"{name}@buyer.example", "company": "Old Ltd", "created_at": "2026-01-01T00:00:00Z"})
    before, provenance = everything(), Lead.objects.get(email="ben@buyer.example").provenance
    record = imported(LEADS, world.mia)
    ann, ben = Lead.objects.order_by("email")
    assert (ann.company, ben.company) == ("Acme", "Bolt")
    workflow.correct(ben.pk, {"company": "Mine Ltd"})

    assert undo(record, world.mia) == ["Changed again since, so it stays: company."]
    ann.refresh_from_db()
    ben.refresh_from_db()
    assert (ann.company, ben.company) == ("Old Ltd", "Mine Ltd")
    workflow.correct(ben.pk, {"company": "Old Ltd"})
    Lead.objects.filter(pk=ben.pk).update(provenance=provenance)  # it says who corrected it
    assert everything() == before


def test_changed_leads_that_nobody_worked_with_are_undone_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    upsert({"email": "ann@buyer.example", "company": "Old Ltd", "score": 4}, external_ids=[("hubspot", "1")])
    upsert({"email": "ben@buyer.example", "company": "Bolt"})
    before, leads = everything(), list(Lead.objects.order_by("pk").values())
    data = (
        b"Record ID,Email,Company,Lead score,Phone\n1,ann@buyer.example,Acme,9,\n,ben@buyer.example,Bolt,,+49 30 5001\n"
    )
    record = imported(data, world.mia)
    monkeypatch.setattr(undoing, "_undo", lambda *_: pytest.fail("one by one"))

    assert undo(record, world.mia) == []
    assert everything() == before
    assert [_plain(lead) for lead in Lead.objects.order_by("pk").values()] == [_plain(lead) for lead in leads]
    assert record.reverted == 2
    assert_consistent()


def test_what_somebody_confirmed_since_stays(world: World) -> None:
    Attribute.objects.create(key="tier", label="Tier", type="text")
    upsert({"email": "ann@buyer.example"})
    data = b"Record ID,Email,Company Name,First Name,Last Name,Tier,Title\n1,ann@buyer.example,Acme,Ann,Fox,Gold,CEO\n"
    record = imported(data, world.mia)
    confirmed = {"company": "Acme", "attributes.tier": "Gold", "last_name": "Fox"}
    ann = Lead.objects.get()
    upsert({"email": ann.email, **confirmed}, system="salesforce", at=timezone.now())

    assert undo(record, world.mia) == ["Changed again since, so it stays: company, last_name, name, tier."]
    ann.refresh_from_db()
    assert (ann.company, ann.name, ann.first_name, ann.title) == ("Acme", "Ann Fox", "", "")
    assert ann.attributes == {"tier": "Gold"}
    assert ann.provenance["company"]["system"] == "salesforce"


def test_what_a_lead_sums_up_follows_what_is_left(world: World) -> None:
    lead = upsert({"email": "ann@buyer.example"}).lead
    workflow.record_consent(lead.pk, ConsentStatement("email", True, MONDAY - timedelta(days=60)))
    record = imported(b"Email,Email Opt Out,Unsubscribe date\nann@buyer.example,1,2026-03-01\n", world.mia)
    lead.refresh_from_db()
    assert lead.consent["email"]["granted"] is False
    workflow.record_consent(lead.pk, ConsentStatement("phone", False, MONDAY))

    undo(record, world.mia)
    lead.refresh_from_db()
    assert {name: word["granted"] for name, word in lead.consent.items()} == {"email": True, "phone": False}


MOVED = b"Record ID,Email\n1,new@buyer.example\n"


def test_what_hinders_it_is_said_in_words(world: World) -> None:
    upsert({"email": "ann@buyer.example"}, external_ids=[("hubspot", "1")])
    record = imported(MOVED, world.mia)
    upsert({"email": "ann@buyer.example"})

    [words] = undo(record, world.mia)
    assert words == ("Another lead has the email by now that it had before the import: merge the two, or correct one.")
    assert Lead.objects.filter(email="new@buyer.example").exists()


def test_after_a_deadlock_it_begins_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything()
    record = imported(LEADS, world.mia)
    failing, undo_lead = [1, 2], undoing._undo_lead

    def deadlocked(*args: Any) -> str:
        if failing and failing.pop():
            raise OperationalError("deadlock detected") from DeadlockDetected("deadlock detected")
        return undo_lead(*args)

    monkeypatch.setattr(undoing, "_undo_lead", deadlocked)
    monkeypatch.setattr(undoing, "undo_together", lambda *_: None)
    assert undo(record, world.mia) == []
    assert (failing, everything()) == ([], before)


def test_it_holds_the_clocks_before_it_looks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def noting(word: str, function: Any) -> Any:
        def noted(*args: Any) -> Any:
            seen.append(word)
            return function(*args)

        return noted

    monkeypatch.setattr(clocks, "hold", noting("hold", clocks.hold))
    monkeypatch.setattr(undoing, "built_upon", noting("look", untouched.built_upon))
    upsert({"email": "ann@buyer.example"})
    undo(imported(LEADS, world.mia), world.mia)
    assert seen[:2] == ["hold", "look"]


def test_past_deals_walk_their_leads_back(world: World) -> None:
    imported(LEADS, world.mia)
    before = everything()
    record = imported(DEALS, world.olga, "outcomes", historical=True)
    assert Lead.objects.get(email="ann@buyer.example").state == "opportunity"

    assert undo(record, world.olga) == []
    assert everything() == before
    assert_consistent()


def test_touches_that_stopped_clocks_let_them_run_again(world: World) -> None:
    make_policy("time_to_touch", 7 * 86_400)
    with time_machine.travel(MONDAY, tick=False):
        bring_to("sal", make_lead("Ann Fox", email="ann@buyer.example"), world)
    before = everything()
    at = (MONDAY + timedelta(minutes=10)).isoformat()
    touches = f"Email,Channel,Outcome,At\nann@buyer.example,call,reached,{at}\n".encode()
    record = imported(touches, world.olga, "touches")
    assert Clock.objects.get().stopped_at is not None

    assert undo(record, world.olga) == []
    assert everything() == before
    assert_consistent()


def test_a_lead_that_somebody_works_with_stays_and_says_so(world: World) -> None:
    record = imported(LEADS, world.mia)
    ann, ben = Lead.objects.order_by("email")
    workflow.comment(ann.pk, by=world.mia, text="Met her at the fair.")

    why, of_campaign = undo(record, world.mia)
    assert why.startswith("Mia commented on it on ")
    assert of_campaign == "The campaign “Spring” stays: it is named by what is still there."
    assert list(Lead.objects.all()) == [ann]
    assert record.rows.get(lead_id__isnull=False).lead_id == ann.pk
    assert Campaign.objects.count() == 1
    assert_consistent()
    assert not Lead.objects.filter(pk=ben.pk).exists()


@pytest.mark.parametrize("by_what", ["touch", "merge", "correction", "second import", "external id"])
def test_whatever_was_built_on_a_new_lead_keeps_it(world: World, by_what: str) -> None:
    record = imported(LEADS, world.mia)
    ann, ben = Lead.objects.order_by("email")
    match by_what:
        case "touch":
            Touch.objects.create(lead=ann, channel="call", outcome="reached", at=MONDAY)
        case "merge":
            workflow.merge(ben.pk, by=world.olga, into=ann)
        case "correction":
            workflow.correct(ann.pk, {"company": "Mine Ltd"})
        case "second import":
            imported(LEADS.replace(b"Acme", b"Other Ltd"), world.mia)
        case "external id":
            ExternalId.objects.create(lead=ann, system="zoho", value="9")

    assert undo(record, world.mia) != []
    assert Lead.objects.filter(pk=ann.pk).exists()
    assert_consistent()


def test_killed_in_the_middle_it_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything()
    record = imported(LEADS, world.mia)
    undoing.ask(record, by=world.mia)
    advance, calls = undoing._advance, iter(range(100))

    def killed(*args: Any) -> None:
        if next(calls) == 1:
            raise KeyboardInterrupt
        advance(*args)

    monkeypatch.setattr(undoing, "_advance", killed)
    monkeypatch.setattr(undoing, "undo_together", lambda *_: None)
    with pytest.raises(KeyboardInterrupt):
        job.run_in_turn()
    assert Lead.objects.count() == 1

    job.run_in_turn()
    record.refresh_from_db()
    assert (record.state, record.reverted) == (ImportState.UNDONE, 2)
    assert everything() == before


def test_the_history_forgets_nothing_but_the_acts_of_an_import_that_is_being_undone(world: World) -> None:
    lead = bring_to("mql", make_lead(), world)
    imported(LEADS, world.mia)
    record = imported(DEALS, world.olga, "outcomes", historical=True)
    own = Transition.objects.exclude(lead=lead).first()
    assert own is not None

    def delete(pk: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('handoff.undo', %s, true)", [str(record.pk)])
            cursor.execute("DELETE FROM leads_transition WHERE id = %s", [pk])

    with pytest.raises(DatabaseError, match="append-only"):
        delete(own.pk)  # the import is not being undone
    Import.objects.filter(pk=record.pk).update(state=ImportState.UNDOING)
    with pytest.raises(DatabaseError, match="append-only"):
        delete(lead.transitions.get().pk)


@pytest.mark.parametrize("state", [ImportState.DRAFT, ImportState.RUNNING, ImportState.UNDONE])
def test_only_what_has_ended_can_be_undone(world: World, state: str) -> None:
    record = imported(LEADS, world.mia)
    Import.objects.filter(pk=record.pk).update(state=state)
    record.refresh_from_db()
    with pytest.raises(undoing.NotUndoable):
        undoing.ask(record, by=world.mia)
