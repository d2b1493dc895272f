"""A merge ends nothing that is owed to the buyer: it goes on, on the lead that stays, or the merge is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from handoff import workflow
from handoff.ladder.sweep import sweep
from handoff.models import Delivery, Destination, Rejection, Subscription
from handoff.refusals import FactsRefused, Refused, WrongState
from leads.models import Lead, State, Touchpoint, Transition, Verb
from sla.metrics import Metric
from sla.models import Alarm, Clock, Policy
from tests.world import MONDAY, World, assert_consistent, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
CALL: dict[str, Any] = {"channel": "call", "outcome": "reached"}

# How the one that vanishes stands (rows) and the one that stays (columns).  yes: merged.  -: refused.
# <: refused, and the other direction is named.
TABLE = """
               raw  recycled  queue  mql  sal  sql  opportunity  unanswered  answered  disputed  duplicate
    raw        yes  yes       yes    yes  yes  yes  yes          yes         yes       yes       yes
    recycled   yes  yes       yes    yes  yes  yes  yes          yes         yes       yes       yes
    queue      <    <         yes    yes  yes  yes  -            -           <         -         <
    mql        <    <         <      yes  yes  yes  -            -           <         -         <
    sal        <    <         <      <    yes  yes  -            -           <         -         <
    sql        <    <         <      <    <    yes  -            -           <         -         <
    unanswered <    <         -      -    -    -    -            -           <         -         <
    answered   yes  yes       yes    yes  yes  yes  yes          yes         yes       yes       yes
    disputed   <    <         -      -    -    -    -            -           <         -         <
    duplicate  yes  yes       yes    yes  yes  yes  yes          yes         yes       yes       yes
"""


def cells() -> dict[str, dict[str, str]]:
    """The words by the one that vanishes and the one that stays."""
    header, *rows = (line.split() for line in TABLE.strip().splitlines())
    return {gone: dict(zip(header, words, strict=True)) for gone, *words in rows}


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


@contextmanager
def moment(minutes: float) -> Iterator[None]:
    with time_machine.travel(at(minutes), tick=False):
        yield


def stand(how: str, name: str, world: World) -> Lead:
    """A lead that stands as a word of the table says."""
    lead = make_lead(name)
    match how:
        case "raw" | "mql" | "sal" | "sql" | "opportunity":
            return bring_to(how, lead, world)
        case "queue":
            workflow.promote(lead.pk, by=world.mia, team=world.berlin)
        case "recycled":
            bring_to(State.REJECTED, lead, world)
            workflow.recycle(lead.pk, by=world.mia, reenter_on="2031-01-01")
        case "unanswered":
            return bring_to(State.REJECTED, lead, world)
        case "answered":
            bring_to(State.REJECTED, lead, world)
            workflow.answer(lead.pk, by=world.mia, kind="acknowledge")
        case "disputed":
            bring_to(State.REJECTED, lead, world)
            workflow.dispute(lead.pk, by=world.mia, argument="It fits.")
        case "duplicate":
            bring_to(State.MQL, lead, world)
            other = make_lead(f"Other of {name}", team=world.berlin)
            workflow.reject(lead.pk, by=world.ada, reason="duplicate", duplicate_of=other.pk)
    lead.refresh_from_db()
    return lead


def stored() -> list[object]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (Lead, Transition, Clock, Alarm, Rejection, Delivery, Touchpoint)
    ]


def running(lead: Lead) -> set[str]:
    return set(Clock.objects.filter(lead=lead, stopped_at=None).values_list("metric", flat=True))


@pytest.mark.parametrize("how_gone", cells())
def test_what_is_owed_goes_on_or_the_merge_is_refused(how_gone: str, world: World) -> None:
    """Each row in one world, as the one that vanishes is long in the making; each merge is undone."""
    for metric in Metric:
        make_policy(metric)
    gone = stand(how_gone, "Twin Gone", world)
    for how_stays, word in cells()[how_gone].items():
        with transaction.atomic():
            stays = stand(how_stays, "Twin Stays", world)
            if word == "yes":
                assert_merged(how_gone, how_stays, gone, stays, world)
            else:
                assert_refused(how_stays, word, gone, stays, world)
            transaction.set_rollback(True)


def assert_refused(how_stays: str, word: str, gone: Lead, stays: Lead, world: World) -> None:
    everything = stored()
    with pytest.raises(FactsRefused) as refusal:
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    assert stored() == everything, how_stays
    assert (f"Merge {stays.pk} into {gone.pk} instead" in refusal.value.message) is (word == "<"), how_stays


def assert_merged(how_gone: str, how_stays: str, gone: Lead, stays: Lead, world: World) -> None:
    owed, before = running(gone), running(stays)
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    assert running(gone) == set(), how_stays
    assert running(stays) >= before, how_stays
    if owed and how_gone != "duplicate":
        assert running(stays), how_stays
    if how_gone in ("queue", "mql", "sal", "sql") and how_stays != "sql":
        assert Metric.SPEED_TO_LEAD in running(stays) or Metric.SPEED_TO_LEAD not in owed, how_stays
    assert_consistent()


@pytest.mark.parametrize("how", ["raw", "mql", "answered"])
def test_an_opportunity_is_not_merged(how: str, world: World) -> None:
    gone, stays = stand("opportunity", "Twin Gone", world), stand(how, "Twin Stays", world)
    with pytest.raises(WrongState):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)


def test_without_an_own_clock_the_lead_that_stays_takes_over_none_of_an_earlier_stage(world: World) -> None:
    """Acceptance is awaited on one; the other is accepted, and nothing runs on it."""
    make_policy(Metric.TIME_TO_ACCEPT)
    gone, stays = stand("mql", "Twin Gone", world), stand("sal", "Twin Stays", world)
    with pytest.raises(FactsRefused, match=f"Time to accept of lead {gone.pk} would end.*Bring lead {gone.pk} as far"):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    workflow.accept(gone.pk, by=world.ada)
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)


def twins(world: World) -> tuple[Lead, Lead]:
    """Two MQLs of one buyer: ada's at 09:00, which vanishes, and ben's at 09:05."""
    gone, stays = make_lead("Twin Gone"), make_lead("Twin Stays")
    with moment(0):
        workflow.promote(gone.pk, by=world.mia, owner=world.ada)
    with moment(5):
        workflow.promote(stays.pk, by=world.mia, owner=world.ben)
    return gone, stays


def clock(lead: Lead, metric: str, state: str = "running") -> Clock:
    return Clock.objects.get(lead=lead, metric=metric, state=state)


def by_email(audience: str = "owner") -> Destination:
    return Destination.objects.create(name=f"{audience} by email", audience=audience, medium="email")


@pytest.mark.parametrize("metric", [Metric.SPEED_TO_LEAD, Metric.TIME_TO_TOUCH])
def test_the_earliest_genuine_touch_counts_wherever_it_was_logged(metric: str, world: World) -> None:
    policy = make_policy(metric)
    gone, stays = twins(world)
    with moment(6):
        for lead, rep in ((gone, world.ada), (stays, world.ben)):
            workflow.accept(lead.pk, by=rep)
    with moment(8):
        workflow.touch(gone.pk, by=world.ada, **CALL, automatic=True)
        workflow.touch(gone.pk, by=world.ada, **CALL)
    with moment(20):
        workflow.touch(stays.pk, by=world.ben, **CALL)
    with moment(30):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    sweep(at(500))
    met = clock(stays, metric, "met")
    assert (met.stopped_at, met.policy) == (at(8), policy)
    assert not Alarm.objects.exists()
    assert_consistent()


def test_a_touch_that_comes_with_a_merge_starts_the_wait_for_the_next(world: World) -> None:
    make_policy(Metric.TIME_TO_NEXT_TOUCH)
    gone, stays = twins(world)
    with moment(6):
        workflow.accept(stays.pk, by=world.ben)
    with moment(8):
        workflow.touch(gone.pk, by=world.ada, **CALL)
    with moment(10):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    assert clock(stays, Metric.TIME_TO_NEXT_TOUCH).due_at == at(68)
    assert_consistent()


def test_the_earlier_promise_to_the_buyer_is_the_one_that_stands(world: World) -> None:
    make_policy(Metric.SPEED_TO_LEAD, steps=[(75, 0), (100, 0)])
    gone, stays = twins(world)
    sweep(at(46))
    with moment(47):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    assert clock(stays, Metric.SPEED_TO_LEAD).due_at == at(60)
    assert_consistent()
    sweep(at(61))
    fired = Alarm.objects.order_by("due_at").values_list("clock__lead", "step__percent")
    assert list(fired) == [(gone.pk, 75), (stays.pk, 100)]  # the warning was sent, and is not sent again
    assert_consistent()


def test_a_promise_that_runs_on_one_lead_alone_goes_on_with_its_due_time(world: World) -> None:
    make_policy(Metric.SPEED_TO_LEAD)
    stays = make_lead("Old Enquiry")
    with moment(-600):
        bring_to(State.SQL, stays, world)
    gone, _ = twins(world)
    with moment(10):
        workflow.pause(gone.pk, by=world.ada, cause="buyer_away", until=at(20))
    with moment(25):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    assert clock(stays, Metric.SPEED_TO_LEAD).due_at == at(70)
    with moment(40):
        workflow.touch(stays.pk, by=world.ada, **CALL)
    own, promised = Clock.objects.filter(lead=stays, metric=Metric.SPEED_TO_LEAD, state="met").order_by("round")
    assert (own.stopped_at, promised.stopped_at) == (at(-600), at(40))
    assert running(stays) == set()
    assert_consistent()


def test_a_breach_stays_with_whoever_owed_it_and_the_buyer_is_not_forgotten(world: World) -> None:
    make_policy(Metric.SPEED_TO_LEAD)
    stays = make_lead("Old Enquiry")
    with moment(-600):
        bring_to(State.SQL, stays, world)
    with moment(-500):
        workflow.assign(stays.pk, by=world.max, owner=world.ben)
    gone, _ = twins(world)
    with moment(90):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    breached = clock(gone, Metric.SPEED_TO_LEAD, "breached")
    assert (breached.owner, breached.due_at) == (world.ada, at(60))
    afresh = clock(stays, Metric.SPEED_TO_LEAD)
    assert (afresh.owner, afresh.due_at) == (world.ben, at(150))
    assert_consistent()


def test_facts_that_come_along_choose_the_policies_again(world: World) -> None:
    hot = [{"field": "score", "op": "at_least", "value": 80}]
    make_policy(Metric.TIME_TO_ACCEPT, 7200, key="calm", position=2)
    make_policy(Metric.TIME_TO_ACCEPT, 3600, key="hot", position=1, conditions=hot)
    gone = make_lead("Twin Gone", score=90, phone="+49 30 1", country="DE")
    stays = make_lead("Twin Stays", country="FR")
    with moment(0):
        workflow.promote(stays.pk, by=world.mia, owner=world.ben)
    with moment(10):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    stays.refresh_from_db()
    assert (stays.score, stays.phone, stays.country) == (90, "+49 30 1", "FR")
    assert (clock(stays, Metric.TIME_TO_ACCEPT).policy.key, clock(stays, Metric.TIME_TO_ACCEPT).due_at) == (
        "hot",
        at(60),
    )
    assert_consistent()


def test_how_the_buyer_came_in_as_the_other_lead_is_something_they_did(world: World) -> None:
    gone, stays = make_lead("Twin Gone", source="webinar"), make_lead("Twin Stays", source="google")
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    stays.refresh_from_db()
    assert stays.source == "google"
    assert [(point.source, point.at) for point in stays.touchpoints.all()] == [("webinar", gone.created_at)]
    again = workflow.upsert({"email": gone.email, "source": "webinar", "created_at": gone.created_at})
    assert (again.lead, again.intent) == (stays, None)


def test_a_date_to_come_back_is_kept_and_holds_up_nobody(world: World) -> None:
    gone, stays = stand("recycled", "Twin Gone", world), make_lead("Twin Stays")
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    stays.refresh_from_db()
    assert str(stays.reenter_on) == "2031-01-01"
    workflow.promote(stays.pk, by=world.mia, owner=world.ada)


def test_merging_a_duplicate_answers_its_rejection(world: World) -> None:
    make_policy(Metric.TIME_TO_ANSWER)
    with moment(0):
        gone = stand("duplicate", "Twin Gone", world)
    with moment(10):
        workflow.merge(gone.pk, by=world.olga, into=make_lead("Twin Stays").pk)
    rejection = Rejection.objects.get(lead=gone)
    assert (rejection.answer, rejection.answered_by) == ("acknowledge", world.olga)
    assert clock(gone, Metric.TIME_TO_ANSWER, "met").stopped_at == at(10)
    assert_consistent()


def test_a_subscription_is_told_of_both_leads(world: World) -> None:
    Subscription.objects.create(verb=Verb.MERGE, destination=by_email())
    gone, stays = twins(world)
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    assert sorted(Delivery.objects.values_list("address", flat=True)) == [world.ada.email, world.ben.email]


def test_both_owners_are_notified_without_a_subscription_and_whoever_merged_is_not(world: World) -> None:
    gone, stays = twins(world)
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    assert sorted(Delivery.objects.values_list("address", flat=True)) == [world.ada.email, world.ben.email]


def test_a_moved_touch_is_not_announced_again(world: World) -> None:
    Subscription.objects.create(verb=Verb.TOUCH, destination=by_email("manager"))
    gone, stays = twins(world)
    with moment(8):
        workflow.touch(gone.pk, by=world.ada, **CALL)
    with moment(9):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    assert Delivery.objects.filter(transition__verb=Verb.TOUCH).count() == 1


def test_what_was_said_of_the_duplicate_is_read_on_the_lead_that_stays(world: World, client: Client) -> None:
    oldest, gone, stays = make_lead("Twin Oldest"), stand("duplicate", "Twin Gone", world), make_lead("Twin Stays")
    workflow.comment(oldest.pk, by=world.mia, text="Wants the demo on Friday")
    workflow.merge(oldest.pk, by=world.mia, into=gone.pk)
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    client.force_login(world.mia)
    pages = {lead: reverse("admin:leads_lead_change", args=[lead.pk]) for lead in (oldest, gone, stays)}
    page = client.get(pages[stays]).content.decode()
    for text in ("Wants the demo on Friday", "Twin Oldest", "Twin Gone", "Duplicate", pages[oldest], pages[gone]):
        assert text in page
    assert pages[stays] in client.get(pages[gone]).content.decode()
    acts = client.get(f"/api/v1/leads/{stays.pk}/transitions/").json()["results"]
    assert {(act["lead"], act["verb"]) for act in acts} >= {(oldest.pk, "comment"), (gone.pk, "reject")}


def test_rings_and_merges_into_what_has_gone_are_refused(world: World) -> None:
    one, two, three = (make_lead(name) for name in ("Twin One", "Twin Two", "Twin Three"))
    workflow.merge(one.pk, by=world.mia, into=two.pk)
    for gone, stays in ((two, one), (three, one), (three, three)):
        with pytest.raises(Refused):
            workflow.merge(gone.pk, by=world.mia, into=stays.pk)


@pytest.mark.parametrize("kind", ["touches", "outcomes", "pauses"])
def test_a_file_that_was_imported_before_the_merge_is_known_after_it(kind: str, world: World, tmp_path: Path) -> None:
    texts = {
        "touches": "Email,At,By,Channel,Outcome\ntwin.one@buyer.example,2026-03-02 09:20,ada,call,reached\n",
        "outcomes": "Email,Reason,Rejected at\ntwin.one@buyer.example,wrong_territory,2026-03-02 09:30\n",
        "pauses": "Email,Cause,From,Until\ntwin.one@buyer.example,buyer_away,2026-03-02 09:20,2026-03-02 09:40\n",
    }
    file = tmp_path / "file.csv"
    file.write_text(texts[kind])
    one, two, three = (make_lead(f"Twin {name}", created_at=at(-60)) for name in ("One", "Two", "Three"))
    with moment(0):
        for lead in (one, two, three):
            workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    with moment(60):
        call_command("import_csv", kind, str(file), "--system", "crm")
        if kind == "outcomes":
            workflow.answer(one.pk, by=world.mia, kind="acknowledge")
        workflow.merge(one.pk, by=world.mia, into=two.pk)
        workflow.merge(two.pk, by=world.mia, into=three.pk)
        before = [three.touches.count(), three.transitions.count(), Rejection.objects.count()]
        call_command("import_csv", kind, str(file), "--system", "crm")
    assert [three.touches.count(), three.transitions.count(), Rejection.objects.count()] == before


def test_a_version_of_a_policy_that_carried_a_clock_explains_it(world: World) -> None:
    """The history alone makes the clocks again."""
    make_policy(Metric.SPEED_TO_LEAD)
    gone, stays = twins(world)
    with moment(30):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    before = list(Clock.objects.filter(lead=stays).order_by("started_by").values("metric", "state", "due_at"))
    Clock.objects.filter(lead=stays, stopped_at=None).update(due_at=at(999))
    with moment(31):
        call_command("rebuild_clocks")
    assert list(Clock.objects.filter(lead=stays).order_by("started_by").values("metric", "state", "due_at")) == before
    assert Policy.objects.count() == 1
