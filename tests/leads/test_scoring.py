"""A score is the sum of its parts: what counts, for how much, and how it fades."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError

from leads.conditions import all_hold
from leads.correct import correct
from leads.identity import upsert
from leads.incoming import Incoming
from leads.models import Lead, ScoringModel, Touchpoint
from leads.score_rules import validate_behaviour_rules, validate_fit_rules
from leads.scoring import Part, parts_of, rescore, score_between
from leads.touchpoints import Stated, record
from tests.world import MONDAY, World, make_lead

FORM = {"key": "form", "name": "Sent a form", "kinds": ["form"], "points": 20}
PAGES = {"key": "pages", "name": "Looked at pages", "kinds": ["page_visit", "download"], "points": 5}
LEFT = {"key": "left", "name": "Unsubscribed", "kinds": ["unsubscribe"], "points": -15}


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with patch("leads.scoring.evaluating.timezone.now", return_value=MONDAY):
        yield


def model(*behaviour: Mapping[str, Any], **fields: Any) -> ScoringModel:
    people = fields.pop("people")
    version = ScoringModel.objects.count() + 1
    return ScoringModel.objects.create(
        version=version,
        text="Who asks for something.",
        behaviour_rules=list(behaviour),
        marketing_signatory=people.nora,
        sales_signatory=people.max,
        active_from=MONDAY + timedelta(seconds=version),
        review_on="2027-03-01",
        **fields,
    )


def did(lead: Lead, kind: str, days_ago: float = 0) -> Touchpoint:
    return Touchpoint.objects.create(lead=lead, kind=kind, at=MONDAY - timedelta(days=days_ago))


def scored(lead: Lead) -> tuple[int | None, list[int]]:
    """The score, and the points of the parts, in the order in which they are shown."""
    rescore([lead])
    lead.refresh_from_db()
    return lead.score, [part.points for part in parts_of([lead])[lead.pk]]


@pytest.mark.parametrize(
    ("points", "half_life", "days_ago", "part"),
    [
        pytest.param(20, None, 5000, 20, id="without-a-half-life-nothing-fades"),
        pytest.param(20, 30, 0, 20, id="at-once-all-of-it"),
        pytest.param(20, 30, 30, 10, id="half-after-a-half-life"),
        pytest.param(20, 30, 60, 5, id="a-quarter-after-two"),
        pytest.param(5, 30, 30, 3, id="a-half-is-rounded-up"),
        pytest.param(-5, 30, 30, -3, id="and-away-from-zero-below-it"),
        pytest.param(10, 1, 0.5, 7, id="7.07-after-half-of-one"),
        pytest.param(10, 7, 60, 0, id="at-last-nothing"),
        pytest.param(20, 30, -3, 20, id="what-is-dated-ahead-counts-whole"),
    ],
)
def test_the_points_of_a_touchpoint_halve_with_each_half_life(
    world: World, points: int, half_life: int | None, days_ago: float, part: int
) -> None:
    model(FORM | {"points": points, "half_life": half_life}, people=world)
    lead = make_lead()
    did(lead, "form", days_ago)
    assert scored(lead) == (part, [part])


@pytest.mark.parametrize(
    ("rules", "score", "parts"),
    [
        pytest.param([FORM, PAGES, LEFT], 35, [5, 20, 5, 20, -15], id="all"),
        pytest.param([FORM], 40, [20, 20], id="a-kind-without-a-rule-counts-for-nothing"),
        pytest.param([FORM | {"cap": 30}], 30, [20, 10], id="the-newest-count-first-up-to-the-cap"),
        pytest.param([FORM | {"cap": 20}], 20, [20, 0], id="what-is-over-the-cap-adds-nothing"),
        pytest.param([LEFT | {"cap": 10}], -10, [-10], id="a-cap-holds-below-zero"),
        pytest.param([FORM, FORM | {"key": "again", "points": 1}], 42, [20, 1, 20, 1], id="two-rules-for-one-kind"),
        pytest.param([], 0, [], id="no-rule"),
    ],
)
def test_a_score_is_the_sum_of_its_parts(
    world: World, rules: Sequence[Mapping[str, Any]], score: int, parts: list[int]
) -> None:
    model(*rules, people=world)
    lead, other = make_lead(), make_lead("Someone Else")
    for days_ago, kind in enumerate(["page_visit", "form", "download", "form", "unsubscribe", "webinar"], start=1):
        did(lead, kind, days_ago)
    did(other, "form")
    assert scored(lead) == (score, parts)
    assert sum(parts) == score


def test_without_an_event_the_score_is_lower_by_exactly_its_part(world: World) -> None:
    model(FORM | {"half_life": 30}, PAGES | {"half_life": 7}, people=world)
    lead = make_lead()
    points = [did(lead, kind, days) for kind, days in (("form", 3), ("page_visit", 2), ("form", 40), ("download", 9))]
    assert scored(lead) == (33, [4, 19, 2, 8])
    for point in points:
        parts = {part.touchpoint: part.points for part in parts_of([lead])[lead.pk]}
        expected = (lead.score or 0) - parts[point.pk]
        point.delete()
        assert scored(lead)[0] == expected


def test_a_part_says_what_for_and_when(world: World) -> None:
    in_force = model(FORM, people=world)
    lead = make_lead()
    point = did(lead, "form", 2)
    rescore([lead])
    [part] = parts_of([lead])[lead.pk]
    assert part == Part("form", "Sent a form", part.kind, 20, "Form", MONDAY - timedelta(days=2), point.pk)
    scored_by: Any = lead.scored_by
    assert (scored_by, lead.scored_at) == (in_force, MONDAY)


def test_a_touchpoint_changes_the_score_in_its_own_transaction(world: World) -> None:
    model(FORM, people=world)
    lead = make_lead()
    at = datetime(2026, 3, 1, tzinfo=UTC)
    record([Stated(Incoming({"email": lead.email, "created_at": at}, system="web"), "form", external_id="f1")])
    lead.refresh_from_db()
    assert lead.score == 20


def test_without_a_model_the_score_is_the_one_from_outside(world: World) -> None:
    lead = make_lead(score=70)
    assert scored_parts(lead) == (70, None, {})
    model(FORM, people=world)
    rescore([lead])
    lead.refresh_from_db()
    assert (lead.score, lead.stated_score) == (0, 70)


def scored_parts(lead: Lead) -> tuple[int | None, int | None, dict[int, list[Part]]]:
    rescore([lead])
    lead.refresh_from_db()
    return lead.score, lead.scored_by_id, parts_of([lead])


def test_a_range_of_leads_gets_the_scores_that_each_would_get_alone(world: World) -> None:
    in_force = model(FORM | {"half_life": 11, "cap": 35}, PAGES, LEFT, people=world)
    leads = [make_lead(f"Lead {number}", score=number) for number in range(8)]
    for number, lead in enumerate(leads):
        for step in range(number):
            did(lead, ["form", "page_visit", "unsubscribe", "other"][step % 4], step * 3.7)
    ids = [lead.pk for lead in leads]
    changed = score_between(in_force, min(ids) - 1, max(ids), MONDAY)
    at_once = dict(Lead.objects.values_list("pk", "score"))
    assert changed
    assert score_between(in_force, min(ids) - 1, max(ids), MONDAY) == []
    assert {lead.pk: scored(lead)[0] for lead in leads} == at_once


IN_DE = {"field": "country", "op": "is", "value": "DE"}
BIG = {"field": "company", "op": "present", "value": True}
RIVAL = {"field": "email", "op": "is", "value": "spy@rival.example"}


@pytest.mark.parametrize(
    ("facts", "score", "grade", "parts"),
    [
        pytest.param({"country": "DE", "company": "Acme"}, 35, "A", {"german": 25, "firm": 10}, id="all-rules"),
        pytest.param({"country": "DE"}, 25, "B", {"german": 25}, id="one-rule"),
        pytest.param({"country": "FR", "company": "Acme"}, 6, "D", {"firm": 10, "abroad": -4}, id="points-off"),
        pytest.param({"country": "FR"}, -4, "D", {"abroad": -4}, id="below-zero"),
        pytest.param(
            {"country": "DE", "email": "spy@rival.example"}, 25, "X", {"german": 25, "rival": 0}, id="excluded"
        ),
    ],
)
def test_the_fit_grade_follows_from_the_points_of_facts(
    world: World, facts: dict[str, Any], score: int, grade: str, parts: dict[str, int]
) -> None:
    rules = [
        {"key": "german", "name": "In Germany", "points": 25, "conditions": [IN_DE]},
        {"key": "firm", "name": "A firm", "points": 10, "conditions": [BIG]},
        {"key": "abroad", "name": "Abroad", "points": -4, "conditions": [IN_DE | {"op": "is_not"}]},
    ]
    excluded = [{"key": "rival", "name": "A rival", "conditions": [RIVAL]}]
    model(people=world, fit_rules=rules, exclusions=excluded, grade_a=30, grade_b=20, grade_c=10)
    lead = make_lead(**facts)
    rescore([lead])
    lead.refresh_from_db()
    assert (lead.score, lead.fit_grade) == (score, grade)
    assert {part.rule: part.points for part in parts_of([lead])[lead.pk]} == parts
    assert sum(parts.values()) == score
    assert all_hold([{"field": "fit_grade", "op": "at_least", "value": "B"}], lead.facts()) == (grade in "AB")


def test_a_corrected_fact_changes_the_score_and_the_score_itself_is_not_corrected(world: World) -> None:
    rule = {"key": "german", "name": "In Germany", "points": 25, "conditions": [IN_DE]}
    model(people=world, fit_rules=[rule])
    lead = correct(make_lead(score=3).pk, {"country": "DE"})
    assert (lead.score, lead.stated_score) == (25, 3)
    assert correct(lead.pk, {"score": 25}).score == 25
    with pytest.raises(ValidationError, match="scoring model gives the score"):
        correct(lead.pk, {"score": 90})


def test_what_another_system_says_of_the_score_is_kept_beside_it(world: World) -> None:
    model(FORM, people=world)
    lead = upsert({"email": "dana@buyer.example", "score": 85}, system="crm").lead
    assert (lead.score, lead.stated_score) == (0, 85)
    upsert({"email": "dana@buyer.example", "score": 88}, system="crm")
    lead.refresh_from_db()
    assert (lead.score, lead.stated_score) == (0, 88)


@pytest.mark.parametrize("field", ["score", "fit_grade", "owner", "touchpoints"])
def test_a_rule_on_facts_asks_for_facts_of_the_buyer_alone(db: None, field: str) -> None:
    condition = {"field": field, "op": "at_least", "value": "A" if field == "fit_grade" else 3}
    condition |= {"op": "is", "value": "ada"} if field == "owner" else {}
    with pytest.raises(ValidationError, match="facts of the buyer"):
        validate_fit_rules([{"key": "x", "name": "X", "points": 1, "conditions": [condition]}])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param({"points": 0}, "not 0", id="no-points"),
        pytest.param({"points": 1.5}, "whole number", id="parts-of-points"),
        pytest.param({"kinds": []}, "kinds of touchpoints", id="no-kind"),
        pytest.param({"half_life": 0}, "half-life", id="half-life-of-nothing"),
        pytest.param({"cap": -1}, "cap", id="cap-below-zero"),
        pytest.param({"name": " "}, "name", id="no-name"),
        pytest.param({"weight": 3}, "not a rule", id="something-else"),
    ],
)
def test_rules_that_make_no_sense_are_refused(db: None, change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        validate_behaviour_rules([FORM | change])
