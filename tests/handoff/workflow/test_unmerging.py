"""Undoing a merge gives both leads back what they were; what happened since stays with the lead that stayed."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff import workflow
from handoff.ladder.sweep import sweep
from handoff.models import Delivery, Destination, Rejection
from handoff.refusals import FactsRefused, NotAllowed, Refused, WrongState
from handoff.workflow import rights
from handoff.workflow.merge_outlook import undone
from leads.identity import upsert
from leads.models import (
    Consent,
    ConsentStatement,
    ExternalId,
    Lead,
    Opportunity,
    Purpose,
    State,
    Touch,
    Touchpoint,
    Transition,
    Verb,
)
from leads.permission import may_use
from sla.metrics import Metric
from sla.models import Alarm, Clock, PendingAlarm
from tests.world import FACTS, MONDAY, World, assert_consistent, bring_to, last, make_lead, make_policy

pytestmark = pytest.mark.django_db
CALL: dict[str, Any] = {"channel": "call", "outcome": "reached"}
WHY = "They are father and son."


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


@contextmanager
def moment(minutes: float) -> Iterator[None]:
    with time_machine.travel(at(minutes), tick=False):
        yield


def rows(model: Any, *but: str) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name not in but} for row in model.objects.order_by("pk").values()
    ]


def figures() -> list[Any]:
    """What the reports count."""
    with connection.cursor() as cursor:
        counted = []
        for table in ("handoff_countedclock", "handoff_funnelshare"):
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")  # noqa: S608
            counted.append(cursor.fetchall())
        return counted


def everything() -> dict[str, Any]:
    """All but the history, which a merge and its undoing stay in."""
    facts = {
        model.__name__: rows(model) for model in (ExternalId, Opportunity, Touch, Touchpoint, Consent, Rejection, Alarm)
    }
    waiting = sorted(PendingAlarm.objects.values_list("clock", "step", "due_at"))
    return facts | {"Lead": rows(Lead, "updated_at"), "Clock": rows(Clock), "waiting": waiting, "figures": figures()}


def running(lead: Lead) -> dict[str, datetime | None]:
    return dict(Clock.objects.filter(lead=lead, stopped_at=None).values_list("metric", "due_at"))


def two(world: World) -> tuple[Lead, Lead]:
    """Ada's MQL of 09:00, with all that a lead may have, and ben's of 09:05."""
    gone = make_lead("Twin Gone", phone="+49 30 1", title="CEO", source="webinar")
    stays = make_lead("Twin Stays", country="DE", source="google")
    ExternalId.objects.create(lead=gone, system="crm", value="1")
    Touchpoint.objects.create(lead=gone, kind="webinar", at=at(-10))
    with moment(0):
        workflow.promote(gone.pk, by=world.mia, owner=world.ada)
        workflow.accept(gone.pk, by=world.ada)
    with moment(5):
        workflow.promote(stays.pk, by=world.mia, owner=world.ben)
        workflow.accept(stays.pk, by=world.ben)
    with moment(8):
        workflow.touch(gone.pk, by=world.ada, **CALL)
    return gone, stays


@pytest.fixture
def merged(world: World) -> tuple[Lead, Lead]:
    for metric in Metric:
        make_policy(metric)
    gone, stays = two(world)
    with moment(10):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    gone.refresh_from_db()
    stays.refresh_from_db()
    return gone, stays


def test_both_are_what_they_were(world: World) -> None:
    for metric in Metric:
        make_policy(metric)
    gone, stays = two(world)
    Opportunity.objects.create(lead=gone, name="Old deal", state="won", closed_at=at(-500), opened_at=at(-900))
    before = everything()
    with moment(10):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk, take=["name", "email", "source"])
        assert everything() != before
        workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
        assert everything() == before


def test_it_is_an_act_of_its_own_on_both_and_the_merge_stays_in_the_history(
    world: World, merged: tuple[Lead, Lead]
) -> None:
    gone, stays = merged
    workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
    assert last(gone, Verb.MERGE).facts["into"] == stays.pk
    assert (last(gone, Verb.UNMERGE).facts["from"], last(stays, Verb.UNMERGE).facts["separated"]) == (stays.pk, gone.pk)
    assert last(stays, Verb.UNMERGE).facts["reason"] == WHY


def test_clocks_go_on_with_their_due_times_and_alarms_fire_when_they_were_due(
    world: World, merged: tuple[Lead, Lead]
) -> None:
    gone, stays = merged
    with moment(100):
        workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
        assert running(gone) == {
            Metric.TIME_TO_NEXT_TOUCH: at(68),
            Metric.TIME_TO_QUALIFY: at(60),
        }
        assert running(stays) == {
            Metric.TIME_TO_TOUCH: at(65),
            Metric.SPEED_TO_LEAD: at(65),
            Metric.TIME_TO_QUALIFY: at(65),
        }
        sweep(at(100))
    breaches = Alarm.objects.filter(clock__lead=gone, step__percent=100).order_by("due_at")
    assert [alarm.due_at for alarm in breaches] == [at(60), at(68)]
    with moment(101):
        assert_consistent()


def test_what_happened_since_stays_where_it_happened(world: World, merged: tuple[Lead, Lead]) -> None:
    gone, stays = merged
    with moment(20):
        workflow.touch(stays.pk, by=world.ben, **CALL, note="Since the merge")
        workflow.comment(stays.pk, by=world.ben, text="Nice people")
        workflow.correct(stays.pk, {"phone": "+49 30 999"})
    with moment(30):
        shown = dict(undone(Lead.objects.get(pk=gone.pk)))
        assert shown[f"Stays with lead {stays.pk}"] == "1 touch, 1 comment, Phone, corrected since"
        workflow.unmerge(gone.pk, by=world.olga, reason=WHY)
        gone.refresh_from_db()
        stays.refresh_from_db()
        assert [touch.note for touch in stays.touches.all()] == ["Since the merge"]
        assert (gone.phone, stays.phone, stays.title) == ("+49 30 1", "+49 30 999", "")
        assert (gone.last_touch_at, stays.last_touch_at) == (at(8), at(20))
        assert Clock.objects.get(lead=stays, metric=Metric.SPEED_TO_LEAD).stopped_at == at(20)
        assert_consistent()


def test_a_clock_that_came_along_and_has_fired_ends_with_the_merge(world: World) -> None:
    """Whoever was notified of it was: it does not vanish. On its own lead it runs again."""
    owner = Destination.objects.create(name="Owner", audience="owner", medium="email")
    make_policy(Metric.SPEED_TO_LEAD, steps=[(50, 0), (100, 0)], tells=[owner])
    gone, stays = make_lead("Twin Gone"), make_lead("Old Enquiry")
    with moment(-600):
        bring_to(State.SQL, stays, world)
    with moment(0):
        workflow.promote(gone.pk, by=world.mia, owner=world.ada)
    with moment(10):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    sweep(at(31))
    assert Alarm.objects.filter(clock__lead=stays, step__percent=50).count() == 1
    with moment(40):
        workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
        carried = Clock.objects.get(lead=stays, started_by__verb=Verb.REEVALUATE)
        assert (carried.state, carried.stopped_at) == ("cancelled", at(40))
        assert running(gone) == {Metric.SPEED_TO_LEAD: at(60)}
        assert_consistent()
    sweep(at(70))
    with moment(71):
        assert Delivery.objects.filter(alarm__clock__lead=gone).exists()
        assert_consistent()


def test_a_clock_that_came_along_and_was_breached_stays_a_breach_and_may_be_excused(world: World) -> None:
    make_policy(Metric.SPEED_TO_LEAD)
    gone, stays = make_lead("Twin Gone"), make_lead("Old Enquiry")
    with moment(-600):
        bring_to(State.SQL, stays, world)
    with moment(0):
        workflow.promote(gone.pk, by=world.mia, owner=world.ada)
    with moment(10):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    sweep(at(61))
    with moment(62):
        workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
        carried = Clock.objects.get(lead=stays, started_by__verb=Verb.REEVALUATE)
        assert (carried.state, carried.due_at) == ("breached", at(60))
    with moment(63):
        workflow.excuse(stays.pk, by=world.olga, clock=carried.pk, reason="The merge was a mistake.")
        assert_consistent()


def test_a_rejection_that_the_merge_answered_waits_for_an_answer_again(world: World) -> None:
    make_policy(Metric.TIME_TO_ANSWER)
    stays = make_lead("Twin Stays", team=world.berlin)
    gone = make_lead("Twin Gone")
    with moment(0):
        bring_to(State.MQL, gone, world)
        workflow.reject(gone.pk, by=world.ada, reason="duplicate", duplicate_of=stays.pk)
    with moment(5):
        before = everything()
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
        workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
        assert everything() == before
        workflow.answer(gone.pk, by=world.mia, kind="acknowledge")
        assert_consistent()


def test_a_deal_that_was_changed_since_comes_back_as_it_stands(world: World) -> None:
    stays = bring_to(State.OPPORTUNITY, make_lead("Twin Stays"), world)
    gone = make_lead("Twin Gone")
    deal = Opportunity.objects.create(lead=gone, name="Deal of Gone", opened_at=at(0))
    act = Transition.objects.create(
        lead=gone,
        verb=Verb.UPDATE_DEAL,
        from_state="raw",
        to_state="raw",
        cycle=0,
        at=at(0),
        via="import",
        facts={"deal": deal.pk, "name": "Deal of Gone", "state": "open", "opened_at": at(0).isoformat()},
    )
    assert act.pk
    assert_consistent()
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    workflow.update_deal(stays.pk, by=world.ada, deal=deal.pk, name="Deal of Gone", stage="Offer")
    assert_consistent()
    workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
    deal.refresh_from_db()
    assert (deal.lead, deal.stage) == (gone, "Offer")
    assert_consistent()


def test_a_merge_that_was_undone_may_be_made_and_undone_again(world: World, merged: tuple[Lead, Lead]) -> None:
    gone, stays = merged
    with moment(20):
        workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
        between = everything()
    with moment(21):
        workflow.merge(gone.pk, by=world.mia, into=stays.pk)
        assert_consistent()
        workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
        assert everything() == between
        assert_consistent()


def test_of_merges_in_a_row_the_last_is_undone_first(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    one, two_, three = (make_lead(f"Twin {name}") for name in ("One", "Two", "Three"))
    touch = Touch.objects.create(lead=one, at=at(0), channel="call", outcome="reached")
    before = everything()
    workflow.merge(one.pk, by=world.mia, into=two_.pk)
    workflow.merge(two_.pk, by=world.mia, into=three.pk)
    with pytest.raises(
        FactsRefused, match=f"Lead {two_.pk} was merged into lead {three.pk} since: undo that merge first"
    ):
        workflow.unmerge(one.pk, by=world.mia, reason=WHY)
    touch.refresh_from_db()
    assert touch.lead == three
    workflow.unmerge(two_.pk, by=world.mia, reason=WHY)
    touch.refresh_from_db()
    assert touch.lead == two_
    workflow.unmerge(one.pk, by=world.mia, reason=WHY)
    assert everything() == before


def test_it_is_refused_while_another_lead_has_the_email(world: World) -> None:
    gone, stays = make_lead("Twin Gone"), make_lead("Twin Stays")
    workflow.merge(gone.pk, by=world.mia, into=stays.pk, take=["email"])
    workflow.correct(stays.pk, {"email": "new@buyer.example"})
    third = make_lead("Third", email="twin.gone@buyer.example")
    with pytest.raises(FactsRefused, match=r"Another lead has the email twin\.gone@buyer\.example by now"):
        workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
    workflow.correct(third.pk, {"email": "third@buyer.example"})
    workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
    emails = dict(Lead.objects.values_list("name", "email"))
    assert emails == {
        "Twin Gone": "twin.gone@buyer.example",
        "Twin Stays": "new@buyer.example",
        "Third": "third@buyer.example",
    }


def test_a_merge_of_an_earlier_release_cannot_be_undone(world: World) -> None:
    gone, stays = make_lead("Twin Gone"), make_lead("Twin Stays")
    Transition.objects.create(
        lead=gone,
        verb="merge",
        from_state="raw",
        to_state="raw",
        cycle=0,
        at=at(0),
        via="console",
        facts={"into": stays.pk},
    )
    Lead.objects.filter(pk=gone.pk).update(merged_into=stays)
    with pytest.raises(FactsRefused, match=r"did not record what it moved\. Correct lead \d+, and add the other"):
        workflow.unmerge(gone.pk, by=world.olga, reason=WHY)


def test_revops_and_whoever_merged_may_undo_it(world: World, merged: tuple[Lead, Lead]) -> None:
    gone, stays = merged
    for person in (world.nora, world.ada, world.max):
        with pytest.raises(NotAllowed, match="RevOps and whoever merged it may"):
            workflow.unmerge(gone.pk, by=person, reason=WHY)
    with pytest.raises(FactsRefused, match="Give the reason"):
        workflow.unmerge(gone.pk, by=world.mia, reason="")
    with pytest.raises(WrongState, match="it is not merged into another lead"):
        workflow.unmerge(stays.pk, by=world.olga, reason=WHY)
    assert Verb.UNMERGE in rights.can(world.mia, gone, at(11))
    assert Verb.UNMERGE not in rights.can(world.mia, stays, at(11))
    workflow.unmerge(gone.pk, by=world.mia, reason=WHY)


def test_a_date_to_come_back_goes_back(world: World) -> None:
    gone, stays = make_lead("Twin Gone", reenter_on=date(2031, 1, 1)), make_lead("Twin Stays")
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
    stays.refresh_from_db()
    assert stays.reenter_on is None


MARCH, APRIL, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5))
NO, YES = False, True


def says(lead: Lead, purpose: str, granted: bool, when: datetime | None) -> None:
    workflow.record_consent(lead.pk, ConsentStatement(purpose, granted, when))


def means_of(lead: Lead) -> list[str]:
    lead.refresh_from_db()
    return [purpose for purpose in (Purpose.EMAIL, Purpose.PHONE) if may_use(lead, purpose)]


@pytest.mark.parametrize(
    ("of_gone", "of_stays", "left"),
    [
        ([("email", NO, MARCH)], [("email", YES, APRIL)], ["phone"]),
        ([("email", YES, APRIL)], [("email", NO, MARCH)], ["phone"]),
        ([("all", NO, MARCH)], [("email", YES, APRIL)], []),
        ([("email", YES, APRIL)], [("all", NO, MARCH)], []),
        ([("phone", NO, MARCH)], [("all", YES, MAY)], ["email"]),
        ([("all", NO, MARCH), ("email", YES, APRIL)], [("all", YES, MAY)], ["email"]),
        ([("email", NO, MARCH)], [("email", YES, None)], ["phone"]),
        ([], [("email", YES, APRIL)], ["email", "phone"]),
    ],
)
def test_a_merge_gives_nothing_back_and_its_undoing_changes_no_word(
    world: World, of_gone: list[Any], of_stays: list[Any], left: list[str]
) -> None:
    gone, stays = make_lead("Twin Gone"), make_lead("Twin Stays")
    for lead, words in ((gone, of_gone), (stays, of_stays)):
        for word in words:
            says(lead, *word)
    before, means = everything(), [means_of(gone), means_of(stays)]
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    assert means_of(stays) == left
    workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
    assert everything() == before
    assert [means_of(gone), means_of(stays)] == means


def test_what_the_buyer_says_after_the_merge_stays_with_the_lead_that_stayed(world: World) -> None:
    gone, stays = make_lead("Twin Gone"), make_lead("Twin Stays")
    says(gone, "email", NO, MARCH)
    says(stays, "email", YES, APRIL)
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    says(stays, "email", NO, None)  # which the merge had withdrawn already
    workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
    assert means_of(stays) == ["phone"]


def test_what_a_merge_withdrew_is_removed_by_its_undoing_alone(world: World) -> None:
    gone, stays = make_lead("Twin Gone"), make_lead("Twin Stays")
    says(gone, "email", NO, MARCH)
    says(stays, "email", YES, APRIL)
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        stays.consents.filter(is_inferred=False).update(is_inferred=True)
    assert stays.consents.filter(is_inferred=True).count() == 1


def test_a_block_comes_and_goes_with_whose_it_is(world: World) -> None:
    gone, stays = make_lead("Twin Gone"), make_lead("Twin Stays")
    workflow.correct(gone.pk, {"do_not_contact": True, "do_not_contact_reason": "Asked us"}, by=world.ada)
    before = everything()
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    stays.refresh_from_db()
    assert stays.provenance["do_not_contact"]["by"] == world.ada.pk
    workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
    assert everything() == before


def test_a_block_that_was_confirmed_since_stays(world: World) -> None:
    gone, stays = make_lead("Twin Gone"), make_lead("Twin Stays")
    workflow.correct(gone.pk, {"do_not_contact": True}, by=world.ada)
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    workflow.correct(stays.pk, {"do_not_contact": True}, by=world.olga)
    workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
    stays.refresh_from_db()
    assert stays.do_not_contact


def test_what_somebody_confirmed_since_was_changed_since(world: World) -> None:
    gone, stays = make_lead("Twin Gone", phone="+49 30 1", title="CEO"), make_lead("Twin Stays")
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    upsert({"email": stays.email, "title": "CEO"}, system="crm", at=MAY)
    gone.refresh_from_db()
    assert dict(undone(gone))[f"Stays with lead {stays.pk}"] == "Title, corrected since"
    workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
    stays.refresh_from_db()
    assert (stays.title, stays.phone) == ("CEO", "")
    assert stays.provenance["title"]["system"] == "crm"


def test_a_name_follows_a_part_that_was_taken_and_back(world: World) -> None:
    gone = make_lead("Dana Wolf", first_name="Dana", last_name="Wolf", email="wolf@buyer.example")
    stays = make_lead("Dana Fox", first_name="Dana", last_name="Fox", email="fox@buyer.example")
    before = everything()
    workflow.merge(gone.pk, by=world.mia, into=stays.pk, take=["last_name"])
    stays.refresh_from_db()
    assert stays.name == "Dana Wolf"
    workflow.unmerge(gone.pk, by=world.mia, reason=WHY)
    assert everything() == before


def test_a_clock_that_was_overdue_before_the_merge_began_it_goes_with_its_undoing(world: World) -> None:
    for metric in Metric:
        make_policy(metric, 3600)
    gone, stays = make_lead("Twin Gone", team=world.berlin), make_lead("Twin Stays", team=world.berlin)
    with moment(0):
        workflow.promote(stays.pk, by=world.mia, owner=world.ben)
        workflow.accept(stays.pk, by=world.ben)
    with moment(1):
        workflow.touch(gone.pk, by=world.max, **CALL)
    with moment(90):
        before = everything()
        workflow.merge(gone.pk, by=world.olga, into=stays.pk)
        assert running(stays)[Metric.TIME_TO_NEXT_TOUCH] == at(61)
        workflow.unmerge(gone.pk, by=world.olga, reason=WHY)
        assert everything() == before


# Random lives.

VERBS = [verb for verb in workflow.VERBS if verb not in (Verb.MERGE, Verb.UNMERGE)]
MARKETING = (Verb.PROMOTE, Verb.RECYCLE, Verb.RESUBMIT, Verb.ANSWER, Verb.DISPUTE)
ARBITRATING = (Verb.OVERTURN, Verb.UPHOLD, Verb.PAUSE, Verb.RESUME)
steps = st.lists(st.tuples(st.booleans(), st.integers(0, 40), st.integers(1, 50), st.booleans()), max_size=14)


def buyer_says(lead: Lead, draw: int, minute: int) -> None:
    """Now and then they agree to something, take it back, or want to hear no more of us."""
    if draw % 4 == 0:
        purpose, is_dated = [*Purpose][draw % 3], draw % 8 == 0
        statement = ConsentStatement(purpose, draw % 5 < 2, at(minute) if is_dated else None)
        workflow.record_consent(lead.pk, statement)
    if draw % 11 == 0:
        workflow.correct(lead.pk, {"do_not_contact": not lead.do_not_contact, "do_not_contact_reason": f"At {minute}"})


def live(leads: Any, world: World, life: list[tuple[bool, int, int, bool]], minute: int = 0) -> int:
    """Do with one of the leads what applies, and return the minute in which it ends."""
    for of_first, draw, minutes, sweeps in life:
        minute += minutes
        with moment(minute):
            if sweeps:
                sweep(at(minute))
            lead = Lead.objects.get(pk=leads[of_first].pk)
            buyer_says(lead, draw, minute)
            applying = [verb for verb in VERBS if rights.applies(verb, lead, at(minute))]
            verb = applying[draw % len(applying)]
            by = world.mia if verb in MARKETING else world.olga if verb in ARBITRATING else world.max
            facts = dict(FACTS.get(verb, {})) | ({"owner": "ada", "team": "Berlin"} if verb == Verb.PROMOTE else {})
            with suppress(Refused), transaction.atomic():
                workflow.perform(verb, lead.pk, by=by, door=workflow.Door(), facts=facts)
    return minute


def merge_somehow(leads: tuple[Lead, Lead], world: World) -> Lead | None:
    for gone, stays in (leads, leads[::-1]):
        try:
            with transaction.atomic():
                workflow.merge(gone.pk, by=world.olga, into=stays.pk, take=["title"])
        except Refused:
            continue
        return gone
    return None


@pytest.fixture
def agreed(world: World) -> World:
    hot = [{"field": "score", "op": "at_least", "value": 80}]
    for metric in Metric:
        make_policy(metric, 3600, position=2)
        make_policy(metric, 1800, position=1, conditions=hot)
    return world


def lives_of(world: World, life: list[tuple[bool, int, int, bool]]) -> tuple[tuple[Lead, Lead], int]:
    leads = (
        make_lead("Twin One", score=90, title="CEO", team=world.berlin, created_at=at(-60), entered_at=at(-60)),
        make_lead("Twin Two", title="CTO", team=world.berlin, phone="1", created_at=at(-60), entered_at=at(-60)),
    )
    return leads, live(leads, world, life)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=steps)
def test_after_any_lives_a_merge_and_its_undoing_change_nothing(agreed: World, life: Any) -> None:
    with transaction.atomic():
        leads, minute = lives_of(agreed, life)
        with moment(minute + 1):
            before = everything()
            gone = merge_somehow(leads, agreed)
            assert_consistent()
            if gone is not None:
                workflow.unmerge(gone.pk, by=agreed.olga, reason=WHY)
            assert_consistent()
            assert everything() == before
        transaction.set_rollback(True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(14))
def test_after_any_lives_and_whatever_came_since_everything_agrees(agreed: World, seed: int) -> None:
    rng = random.Random(seed)

    def life() -> list[tuple[bool, int, int, bool]]:
        count = rng.randint(3, 14)
        return [(rng.random() < 0.5, rng.randint(0, 40), rng.randint(1, 50), rng.random() < 0.5) for _ in range(count)]

    leads, minute = lives_of(agreed, life())
    with moment(minute + 1):
        gone = merge_somehow(leads, agreed)
    stays = Lead.objects.filter(pk__in=[lead.pk for lead in leads], merged_into=None)[0]
    end = live((stays, stays), agreed, life(), minute + 1) + rng.randint(1, 300)
    with moment(end):
        if rng.random() < 0.5:
            sweep(at(end))
        if gone is not None:
            with suppress(FactsRefused):
                workflow.unmerge(gone.pk, by=agreed.olga, reason=WHY)
        assert_consistent()
        sweep(at(end))
        assert_consistent()
