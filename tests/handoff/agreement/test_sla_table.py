"""Where the agreement says so, a change of an SLA value is a draft that both sides sign, and then a version."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from handoff.agreement import handoff_rules, sla_table, starting
from handoff.agreement.ladders import LadderStep, ladder_of, revise_policy
from handoff.agreement.sla_table import propose, sign, take_out, write_calendar, write_policy
from handoff.amending import stopping
from handoff.models import Delivery, Destination, SlaTable, StandardKind, StandardMessage, StepRecipient
from handoff.refusals import FactsRefused, WrongState
from leads.models import HandoffRules, State, User
from sla import versions
from sla.metrics import Metric
from sla.models import Calendar, Clock, Holiday, Policy, Step
from tests.world import ALWAYS, World, bring_to, make_calendar, make_lead

pytestmark = pytest.mark.django_db
by_both_sides = pytest.mark.usefixtures("signed_values")
HOURS = 3600


def in_force(key: str = "accept") -> Policy:
    return Policy.objects.get(key=key, retired_at=None)


def to(hours: int, policy: Policy | None = None) -> SlaTable:
    policy = policy or in_force()
    written = write_policy(policy, {"target_seconds": hours * HOURS}, ladder_of(policy))
    assert isinstance(written, SlaTable)
    return written


def signed(table: SlaTable, *people: User) -> SlaTable:
    for person in people:
        table = sign(table.pk, by=person, seen=SlaTable.objects.get(pk=table.pk).digest)
    return table


def switch(*, on: bool) -> None:
    version = (HandoffRules.active().version or 1) + 1
    HandoffRules.objects.create(version=version, sla_changes_need_signatures=on, active_from=timezone.now())


@by_both_sides
def test_a_change_is_in_force_once_both_sides_have_signed_it_and_running_clocks_keep_theirs(world: World) -> None:
    bring_to(State.MQL, make_lead(), world)
    table = to(2)
    signed(table, world.nora)
    assert (in_force().version, in_force().target_seconds) == (1, 4 * HOURS)

    signed(table, world.max)

    revised = in_force()
    assert (revised.version, revised.target_seconds) == (2, 2 * HOURS)
    assert [step.destinations.get().name for step in revised.steps.all()] == ["Owner by email"] * 2
    assert Clock.objects.get().policy.version == 1
    table.refresh_from_db()
    assert (table.version, table.active_from is not None) == (1, True)
    [change] = table.listed
    assert [(terms or {})["target_seconds"] for terms in change.both] == [4 * HOURS, 2 * HOURS]


def test_without_the_rule_a_change_is_made_at_once(world: World, accept: Policy) -> None:
    written = write_policy(accept, {"target_seconds": HOURS}, ladder_of(accept))
    assert isinstance(written, Policy)
    assert in_force().target_seconds == HOURS
    assert not SlaTable.objects.exists()


@by_both_sides
def test_all_kinds_of_changes_are_one_draft_and_come_into_force_together(world: World) -> None:
    stays, goes = make_calendar("spare"), make_calendar("old")
    write_calendar(Calendar(key="new", name="New", weekly=ALWAYS), {})
    new = Calendar.objects.get(key="new")
    answer = Policy(key="answer", name="Answer", metric=Metric.TIME_TO_ANSWER, target_seconds=HOURS, calendar=new)
    write_policy(answer, {}, [])
    write_policy(in_force(), {"conditions": [{"field": "score", "op": "at_least", "value": 80}]}, [LadderStep(60)])
    write_calendar(make_calendar(), {"zone": "Europe/Berlin"})
    sla_table.retire(stays)
    table = sla_table.retire(goes)
    assert table
    assert SlaTable.objects.get() == table
    assert [change.in_words for change in SlaTable.objects.get().listed] == [
        "Changes the calendar Always",
        "Retires the calendar Old",
        "Retires the calendar Spare",
        "Changes the policy Accept a lead",
        "Adds the policy Answer",
    ]

    signed(table, world.nora, world.max)

    assert in_force().calendar.zone == "Europe/Berlin"
    assert [step.percent for step in in_force().steps.all()] == [60, 100]
    assert in_force("answer").calendar.key == "new"
    assert not Calendar.objects.filter(key__in=["spare", "old"], retired_at=None).exists()


@by_both_sides
def test_a_further_change_adds_to_the_draft_and_voids_its_signatures(world: World) -> None:
    table = to(2)
    read = table.digest
    signed(table, world.nora)
    write_policy(in_force(), {"position": 5}, ladder_of(in_force()))

    with pytest.raises(FactsRefused, match="was changed after you opened it"):
        sign(table.pk, by=world.max, seen=read)
    table.refresh_from_db()
    assert table.marketing_signatory is None
    signed(table, world.max, world.nora)
    assert (in_force().target_seconds, in_force().position) == (2 * HOURS, 5)


@by_both_sides
def test_of_two_editors_the_second_reads_first_what_the_first_has_drafted(world: World) -> None:
    opened = sla_table.digest_of_draft()
    for hours, refused in ((2, False), (3, True)):
        try:
            write_policy(in_force(), {"target_seconds": hours * HOURS}, ladder_of(in_force()), seen=opened)
            was_refused = False
        except FactsRefused as refusal:
            was_refused = "was changed after you opened it" in refusal.message
        assert was_refused is refused
    [change] = SlaTable.objects.get().listed
    assert change.after
    assert change.after["target_seconds"] == 2 * HOURS


@by_both_sides
def test_what_could_not_come_into_force_is_not_drafted(world: World) -> None:
    accept = in_force()
    for attempt, words in (
        (lambda: sla_table.retire(accept.calendar), "Policies in force count by"),
        (lambda: propose(accept, {"whose_hours": "nobody"}), "is not a valid choice"),
        (lambda: propose(accept, {"target_seconds": 4 * HOURS}), "nothing would change"),
    ):
        with pytest.raises((FactsRefused, versions.Outdated), match=words):
            attempt()
    assert not SlaTable.objects.exists()


@by_both_sides
def test_what_was_changed_meanwhile_without_signatures_is_drafted_again(world: World) -> None:
    table = to(2)
    switch(on=False)
    revise_policy(in_force(), {"target_seconds": HOURS})
    switch(on=True)

    with pytest.raises(FactsRefused, match="Accept a lead was changed after this was drafted"):
        signed(table, world.nora)
    to(3)
    signed(table, world.nora, world.max)
    assert in_force().target_seconds == 3 * HOURS


@by_both_sides
def test_a_change_is_taken_out_and_the_draft_goes_with_its_last_one(world: World) -> None:
    table = to(2)
    write_calendar(make_calendar(), {"zone": "Europe/Berlin"})
    signed(table, world.nora)
    take_out(table.pk, "policy", "accept", by=world.olga, seen=sla_table.digest_of_draft())
    table.refresh_from_db()
    assert (len(table.listed), table.marketing_signatory) == (1, None)

    signed(table, world.nora)
    take_out(table.pk, "calendar", "always", by=world.olga, seen=table.digest)
    assert not SlaTable.objects.exists()


def _crash(*_: Any) -> None:
    raise KeyboardInterrupt


@by_both_sides
def test_killed_between_the_second_signature_and_the_change_neither_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = signed(to(2), world.nora)
    monkeypatch.setattr(sla_table, "carry_out", _crash)
    with pytest.raises(KeyboardInterrupt):
        signed(table, world.max)
    monkeypatch.undo()
    table.refresh_from_db()
    assert (table.sales_signatory, table.active_from, in_force().version) == (None, None, 1)
    signed(table, world.max)
    assert in_force().version == 2


@by_both_sides
def test_direct_and_bulk_writing_is_refused_by_the_database() -> None:
    step = Step.objects.earliest("pk")
    attempts: list[Callable[[], object]] = [
        lambda: Policy.objects.update(target_seconds=1),
        lambda: in_force().delete(),
        lambda: Policy.objects.bulk_create([Policy(key="x", name="X", metric="time_to_accept", target_seconds=1,
                                                   calendar=make_calendar())]),
        lambda: Step.objects.create(policy=in_force(), percent=50),
        lambda: StepRecipient.objects.filter(step=step).delete(),
        lambda: Destination.objects.all().delete(),
        lambda: Calendar.objects.update(zone="Europe/Berlin"),
        lambda: Calendar.objects.bulk_create([Calendar(key="x", name="X", weekly=ALWAYS)]),
        lambda: Holiday.objects.create(calendar=make_calendar(), day="2031-01-01", name="New Year"),
    ]  # fmt: skip
    for attempt in attempts:
        with pytest.raises(IntegrityError, match="Both sides sign each change of an SLA value"), transaction.atomic():
            attempt()


@by_both_sides
def test_what_writes_versions_says_what_to_do_instead(world: World) -> None:
    past = make_past(in_force())
    for attempt in (
        lambda: revise_policy(in_force(), {"target_seconds": 1}),
        lambda: versions.retire(in_force()),
        lambda: versions.revise_calendar(make_calendar(), {"zone": "Europe/Berlin"}),
        lambda: versions.publish_policy(Policy(key="x", name="X", metric="time_to_accept", target_seconds=1), []),
    ):
        with pytest.raises(versions.NeedsSignatures, match="draft it on the page of the policy"):
            attempt()
    with pytest.raises(WrongState, match="declare this one a mistake once that is signed"):
        stopping.declare(in_force(), by=world.olga, reason="It was a typo.")
    assert stopping.declare(past, by=world.olga, reason="It was a typo.").mistake_at


def make_past(policy: Policy) -> Policy:
    """An earlier version, which both sides have replaced."""
    with versions.signed():
        revise_policy(policy, {"position": 7})
    return policy


@by_both_sides
def test_the_holidays_of_years_to_come_need_no_signature() -> None:
    calendar = versions.publish_calendar(Calendar(key="de", name="DE", weekly=ALWAYS, holiday_country="DE"))
    with versions.signed():
        Calendar.objects.update(holidays_through=calendar.holidays_through - 1)
        Holiday.objects.filter(day__year=calendar.holidays_through).delete()
    versions.extend_holidays()
    assert Holiday.objects.filter(day__year=calendar.holidays_through).exists()


@by_both_sides
def test_each_side_is_notified_of_a_draft_of_several_changes_once(world: World) -> None:
    StandardMessage.objects.update_or_create(kind=StandardKind.TO_SIGN, defaults={"active": True})
    with versions.signed():
        Policy.objects.update(retired_at=timezone.now())
    made = starting.begin(starting.Usual("Sales", "UTC", "09:00", "17:00", 4 * HOURS))
    assert made[-1] == "a draft of three policies, which both sides sign"
    assert len(SlaTable.objects.get().listed) == 3
    sent = Delivery.objects.filter(notice__subject__contains="SLA table").values_list("recipient__username", flat=True)
    assert sorted(sent) == ["max", "nora"]
    assert starting.begin(starting.Usual("Sales", "UTC", "09:00", "17:00", 4 * HOURS)) == []


def test_the_rule_itself_is_signed_by_both_sides(world: World, accept: Policy) -> None:
    rules = handoff_rules.draft({"sla_changes_need_signatures": True})
    assert ("SLA values", "Both sides sign each change") in rules.in_words()
    handoff_rules.sign(rules.pk, by=world.nora, seen=rules.digest)
    assert not versions.needs_signatures()
    handoff_rules.sign(rules.pk, by=world.max, seen=rules.digest)
    assert versions.needs_signatures()


@pytest.mark.django_db(transaction=True)
def test_at_once_two_editors_make_one_draft_and_two_signers_one_version(world: World, accept: Policy) -> None:
    switch(on=True)
    other, both = make_calendar(), Barrier(2)

    def at_once(*acts: Callable[[], object]) -> None:
        def act(do: Callable[[], object]) -> None:
            try:
                both.wait(30)
                do()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(act, each) for each in acts]:
                done.result(60)

    at_once(lambda: to(2, accept), lambda: write_calendar(other, {"zone": "Europe/Berlin"}))
    table = SlaTable.objects.get()
    assert len(table.listed) == 2
    at_once(*(lambda by=by: sign(table.pk, by=by, seen=table.digest) for by in (world.nora, world.max)))
    table.refresh_from_db()
    assert table.active_from
    assert Policy.objects.filter(key="accept", retired_at=None, target_seconds=2 * HOURS).count() == 1
    assert Calendar.objects.filter(key=other.key).count() == 2
