"""A replay says what a draft would have done to the leads on record, as they were, and writes nothing."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from handoff.improving.behind import Number, behind
from handoff.improving.cases import Filter
from handoff.improving.replay import Outcomes, Verdict, replay
from handoff.models import Handoff
from leads.models import Attribute, AttributeType, Lead
from tests.handoff.improving.conftest import OFFERED, HandOver, HandOverAll
from tests.world import World

pytestmark = pytest.mark.django_db
DRAFT = [
    {"field": "score", "op": "at_least", "value": 50},
    {"field": "attributes.employees", "op": "at_least", "value": 50},
]
# Ten leads each: score, employees, source, and how many were accepted (not won), won, rejected and not decided.
LABELLED = [
    (80, 100, "webinar", (5, 3, 2, 0)),
    (80, 10, "webinar", (2, 0, 8, 0)),
    (30, 100, "webinar", (2, 1, 7, 0)),
    (30, 10, "fair", (0, 0, 10, 0)),
    (60, 60, "fair", (7, 2, 1, 0)),
    (60, None, "fair", (5, 0, 5, 0)),
    (50, 50, "fair", (5, 1, 4, 0)),
    (49, 50, "webinar", (4, 0, 6, 0)),
    (90, 49, "webinar", (1, 0, 9, 0)),
    (90, 500, "", (5, 2, 2, 1)),
]
ENDINGS = ("accepted", "won", "not_our_customer", "")


@pytest.fixture
def labelled(hand_over_all: HandOverAll, employees: Attribute) -> None:
    made: list[dict[str, Any]] = []
    for score, size, source, numbers in LABELLED:
        known = {} if size is None else {"employees": size}
        for became, number in zip(ENDINGS, numbers, strict=True):
            made += [{"became": became, "score": score, "source": source, "attributes": known}] * number
    hand_over_all(made)


def counts(outcomes: Outcomes) -> tuple[int, int, int, int, int]:
    return outcomes.handoffs, outcomes.decided, outcomes.accepted, outcomes.rejected, outcomes.won


def test_a_hundred_labelled_leads_come_to_what_one_counts_by_hand(labelled: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        replayed = replay(DRAFT)
    passing, failing = replayed.verdicts[Verdict.PASS], replayed.verdicts[Verdict.FAIL]
    assert counts(replayed.all) == (100, 99, 45, 54, 9)
    assert counts(passing) == (40, 39, 30, 9, 8)  # the 1st, 5th, 7th and last ten
    assert counts(failing) == (60, 60, 15, 45, 1)
    assert counts(replayed.verdicts[Verdict.UNKNOWN]) == (0, 0, 0, 0, 0)
    assert passing.acceptance.value == 30 / 39
    assert failing.win_rate.value == 1 / 60
    assert passing.amount == {"EUR": Decimal(8000)}
    assert (replayed.failing[0], replayed.failing[1]) == (30, 40)
    assert {name: counts(group[Verdict.PASS])[:3] for name, group in replayed.sources.items()} == {
        "webinar": (10, 10, 8),
        "fair": (20, 20, 15),
        "": (10, 9, 7),
    }
    assert all(query["sql"].startswith("SELECT") for query in asked)


# Of the same hundred leads, counted by hand: passing, decided, accepted and won; and what fails, likewise.
BY_VERSION = {
    "any lead": ([], (100, 99, 45, 9), (0, 0, 0, 0)),
    "by score": (DRAFT[:1], (70, 69, 38, 8), (30, 30, 7, 1)),
    "by size": (
        [{"field": "attributes.employees", "op": "at_least", "value": 100}],
        (30, 29, 18, 6),
        (70, 70, 27, 3),
    ),
}


@pytest.mark.parametrize("version", BY_VERSION)
def test_each_version_has_its_own_rates(labelled: None, version: str) -> None:
    criteria, passing, failing = BY_VERSION[version]
    replayed = replay(criteria)
    for verdict, (handoffs, decided, accepted, won) in ((Verdict.PASS, passing), (Verdict.FAIL, failing)):
        outcomes = replayed.verdicts[verdict]
        assert (outcomes.handoffs, outcomes.decided, outcomes.accepted, outcomes.won) == (
            handoffs,
            decided,
            accepted,
            won,
        )
        assert outcomes.acceptance.value == (accepted / decided if decided else None)
        assert outcomes.win_rate.value == (won / decided if decided else None)


def test_the_leads_behind_each_number_are_as_many(labelled: None) -> None:
    replayed = replay(DRAFT)
    for verdict, outcomes in replayed.verdicts.items():
        for ending, number in zip(("", "decided", "accepted", "rejected", "won"), counts(outcomes), strict=True):
            assert len(behind(DRAFT, Filter(), Number(verdict, ending), most=1000)) == number
    stopped = behind(DRAFT, Filter(), Number(stopped_by=1), most=1000)
    assert len(stopped) == replayed.failing[1]
    pages = [behind(DRAFT, Filter(), Number(), most=60)]
    pages.append(behind(DRAFT, Filter(), Number(), most=60, after=pages[0][-1]))
    assert [case.id for page in pages for case in page] == list(
        Handoff.objects.order_by("-offered_at", "-pk").values_list("pk", flat=True)
    )


def test_a_lead_is_judged_as_it_was_and_not_as_it_is(hand_over: HandOver, employees: Attribute) -> None:
    lead = hand_over("accepted", score=80, attributes={"employees": 100}, points=(1, 2, 40))
    Lead.objects.filter(pk=lead.pk).update(score=1, attributes={"employees": 1}, owner=None)
    lead.touchpoints.all().delete()
    asked: Sequence[dict[str, Any]] = [
        *DRAFT,
        {"field": "touchpoints", "op": "at_least", "value": 2, "within_days": 30},
        {"field": "touchpoints", "op": "at_most", "value": 2, "within_days": 30},
        {"field": "owner", "op": "is", "value": "ada"},
    ]
    assert replay(asked).verdicts[Verdict.PASS].handoffs == 1


def test_what_was_not_recorded_then_cannot_be_known(hand_over: HandOver) -> None:
    old = hand_over("accepted", score=80)
    Handoff.objects.filter(lead=old).update(facts=None)
    hand_over("accepted", score=80)  # recorded by this release, before there was such an attribute
    Attribute.objects.create(key="employees", label="Employees", type=AttributeType.NUMBER)
    hand_over("accepted", score=80)  # there was, and nobody knew it
    hand_over("accepted", score=10)
    replayed = replay(DRAFT)
    assert {verdict: outcomes.handoffs for verdict, outcomes in replayed.verdicts.items()} == {
        Verdict.PASS: 0,
        Verdict.UNKNOWN: 2,
        Verdict.FAIL: 2,  # one as it is known that nothing was, one by its score, whatever else
    }
    assert replayed.unsure[1] == 2
    assert replay([{"field": "owner", "op": "present", "value": True}]).unsure[0] == 1


def test_a_period_a_campaign_and_a_source_narrow_it(hand_over: HandOver, world: World) -> None:
    hand_over("accepted", source="fair")
    hand_over("accepted", source="webinar", at=OFFERED + timedelta(days=1))
    later = Filter(start=OFFERED + timedelta(hours=1))
    assert replay([], later).all.handoffs == 1
    assert replay([], Filter(source="fair")).all.handoffs == 1
    assert replay([], Filter(campaign="None of these")).all.handoffs == 0


def test_a_deal_counts_for_the_last_handoff_that_was_accepted_once_in_all_currencies(hand_over: HandOver) -> None:
    lead = hand_over("won")
    lead.deals.create(name="Second", amount=500, currency="USD", state="won")
    lead.deals.create(name="Third", amount=1, currency="EUR", state="won")
    replayed = replay([])
    assert counts(replayed.all) == (1, 1, 1, 0, 1)
    assert replayed.all.amount == {"EUR": Decimal(1001), "USD": Decimal(500)}
