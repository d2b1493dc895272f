"""What is kept by day is what the tables say: for every report and all its rows, whoever writes, at every moment."""

import contextlib
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from handoff import workflow
from handoff.doors import Door
from handoff.models import Firm, ReportMark, ReportQuestion, ReportSpan, RequiredActions, Tier
from handoff.refusals import FactsRefused
from handoff.reports import keeping, proving, renewing
from handoff.reports.counting import Counted, CountedRow
from handoff.reports.tiles import Bounds
from leads.correct import correct
from leads.models import (
    Attribute,
    Campaign,
    DealState,
    Lead,
    Opportunity,
    ScoringModel,
    State,
    Touchpoint,
    User,
    Via,
)
from sla.models import Clock
from tests.handoff.reports.clocks import HOUR, NOON
from tests.world import World, bring_to, make_lead

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PERIODS = [(None, None), (NOON - 40 * DAY, None), (NOON - 30 * DAY - timedelta(hours=5), NOON + timedelta(hours=1))]
ASKED = {"metric": "time_to_accept", "hours": "business", "model": "linear", "as_at": None}
Case = tuple[Counted, dict[str, Any]]


def questions() -> list[Case]:
    """All that can be kept, and between them all rows that there are."""
    Attribute.objects.create(key="tags", label="Tags", type="choices", choices=[{"key": "a", "label": "A"}])
    counted = [each for each in keeping.offered.values() if isinstance(each, Counted)]
    return [
        (each, ASKED | {"by": str(by), "convert": ("", "EUR/ECB month-end")[number % 2]})
        for place, each in enumerate(counted)
        for number, by in enumerate([*list(each.rows)[place % 4 :: 4], "attributes.tags"])
    ]


def renewed() -> None:
    while not renewing.renew():
        pass


def assert_exact(cases: list[Case], is_kept: bool = True, after: timedelta = timedelta()) -> None:
    """What runs meanwhile falls due by itself: at a later moment it is counted in another way."""
    now = timezone.now() + after
    for counted, asked in cases:
        for start, end in PERIODS:
            question = asked | {"from": start, "to": end}
            assert figures(counted.answer(question, now)) == figures(counted.from_tables(question, now)), question
    assert ReportSpan.objects.exists() == is_kept


def figures(rows: list[CountedRow]) -> list[Any]:
    return [(row.key, row.label, dict(row.figures)) for row in rows]


@pytest.fixture
def cases(history: None) -> list[Case]:
    """All of them, asked once, and kept."""
    cases = questions()
    assert_exact(cases, is_kept=False)
    renewed()
    return cases


@pytest.fixture
def few(history: None) -> list[Case]:
    """Some of them likewise."""
    cases = questions()[::15]
    for counted, asked in cases:
        counted.answer(asked | {"from": None, "to": None}, timezone.now())
    renewed()
    return cases


def test_after_random_acts(cases: list[Case], world: World) -> None:
    rng = random.Random(1)
    assert_nothing_is_counted_again(cases)
    for number in range(4):
        disturb(rng, world, number)
        assert_exact(rng.sample(cases, 12))
    renewed()
    assert_exact(cases)
    assert_exact([case for case in cases if case[0].due], after=DAY)
    assert not ReportMark.objects.exists()


def assert_nothing_is_counted_again(cases: list[Case]) -> None:
    """Of what is kept: whoever adds a report need not do anything for that."""
    midnight = NOON.astimezone(Firm.of_now().zone).replace(hour=0)
    with pytest.MonkeyPatch.context() as patch:
        for way in ("total", "from_tables"):
            patch.setattr(Counted, way, lambda *_: pytest.fail("counted again"))
        for counted, asked in cases:
            question = counted.question(asked)
            if counted.is_kept(question.rows):
                for start in (None, midnight):
                    counted.answer(asked | {"from": start, "to": None}, timezone.now())


def disturb(rng: random.Random, world: World, number: int) -> None:
    """A lead goes its way, and something of the past is changed."""
    past = NOON - rng.randrange(60) * DAY
    lead = make_lead(f"Lead {number}", source=rng.choice(["google", "friend"]), created_at=past)
    bring_to(rng.choice(State.values), lead, world)
    Touchpoint.objects.create(lead=lead, kind="enquiry", source="google", at=past + DAY)
    some = list(Lead.objects.filter(merged_into=None).order_by("pk"))
    correct(rng.choice(some).pk, {"source": f"source {number}", "campaign": Campaign.objects.first()})
    Opportunity.objects.filter(pk__in=[rng.choice([0, *Opportunity.objects.values_list("pk", flat=True)])]).update(
        state=DealState.WON, closed_at=rng.choice([None, past]), amount=number
    )
    ended = rng.choice(list(Clock.objects.exclude(stopped_at=None)))
    Clock.objects.filter(pk=ended.pk).update(elapsed=timedelta(minutes=number))
    runs = rng.choice(list(Clock.objects.filter(stopped_at=None)))
    Clock.objects.filter(pk=runs.pk).update(due_at=timezone.now() + rng.choice([-2, 2]) * HOUR)
    for each in Lead.objects.filter(state=State.SAL).order_by("pk")[number : number + 2]:  # in a row, by one person
        workflow.touch(each.pk, by=each.owner, channel="call", outcome="no_answer", door=Door(via=Via.CONSOLE))
    Lead.objects.filter(pk=rng.choice(some).pk).update(created_at=past)
    if number % 2:
        loser, winner = rng.sample([each for each in some if each.state in (State.RAW, State.MQL, State.SAL)], 2)
        with contextlib.suppress(FactsRefused):  # by chance, the direction that is refused
            workflow.merge(loser.pk, by=world.mia, into=winner)


@pytest.mark.usefixtures("history")
def test_what_a_report_counts_by_is_a_moment_that_marks_name() -> None:
    """Otherwise the figures of a day would stay though something of it has changed."""
    for counted in (each for each in keeping.offered.values() if isinstance(each, Counted)):
        question = counted.question(ASKED | {"by": "source" if "source" in counted.rows else next(iter(counted.rows))})
        values = counted._asked(question, Bounds(None, None), timezone.now())
        for items in (counted._items, *counted._due):
            statement = f"SELECT lead_id, at FROM ({items}) item EXCEPT SELECT lead_id, at FROM handoff_reportmoment"  # noqa: S608
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                assert cursor.fetchall() == [], counted.items


@pytest.mark.usefixtures("few")
def test_what_changes_a_name_makes_all_of_it_stale(world: World) -> None:
    assert keeping.stale_days(Firm.of_now()) == set()
    type(world.ada).objects.filter(pk=world.ada.pk).update(last_login=timezone.now())
    assert keeping.stale_days(Firm.of_now()) == set()
    User.objects.create(username="new")
    assert keeping.stale_days(Firm.of_now()) == set()
    Campaign.objects.update(name="Autumn")
    assert keeping.stale_days(Firm.of_now()) is None
    renewing.forget()
    assert not ReportSpan.objects.exists()


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    "change",
    [
        lambda world: User.objects.filter(pk=world.ada.pk).update(team=None),
        lambda _world: RequiredActions.objects.create(tier=Tier.A, actions=3, starts_on=NOON.date()),
        lambda _world: ScoringModel.objects.create(version=9, text="Another one"),
    ],
    ids=["a person moves", "other actions are required", "another model"],
)
def test_what_may_change_any_day_makes_all_of_it_stale(change: Callable[[World], object], world: World) -> None:
    change(world)
    assert keeping.stale_days(Firm.of_now()) is None


@pytest.mark.usefixtures("few")
def test_what_is_kept_wrongly_is_named_and_forgotten() -> None:
    assert list(proving.disagreements(None)) == []
    span = ReportSpan.objects.exclude(figures="[]").first()
    assert span
    ReportSpan.objects.filter(pk=span.pk).update(figures="[]", runs=b"")
    [words] = proving.disagreements(None)
    assert str(span.first) in words
    assert proving.repair() == 1
    assert not ReportSpan.objects.filter(pk=span.pk).exists()


@pytest.mark.usefixtures("few")
def test_what_nobody_asks_for_any_more_is_forgotten() -> None:
    ReportQuestion.objects.update(asked_at=timezone.now() - renewing.FORGOTTEN - DAY)
    renewing.renew()
    assert (ReportQuestion.objects.count(), ReportSpan.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_acts_and_renewals_at_the_same_time(history: None, world: World) -> None:
    """Each on a connection of its own: at the end all that is kept is true."""
    cases = questions()[::15]
    assert_exact(cases, is_kept=False)
    with ThreadPoolExecutor(2) as threads:
        acting = threads.submit(
            _in_a_thread, lambda: [bring_to(State.SAL, make_lead(f"L{n}"), world) for n in range(6)]
        )
        while not acting.done():
            threads.submit(_in_a_thread, renewing.renew).result()
            assert_exact(cases[:2])
        acting.result()
    assert list(proving.disagreements(None)) == []
    assert_exact(cases)


def _in_a_thread(act: Callable[[], object]) -> None:
    try:
        act()
    finally:
        connection.close()
