"""A scoring model comes into force by two signatures, is looked at again within a year, and is doubted in a queue."""

from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from handoff.agreement import score_flags, score_reviews
from handoff.agreement.score_reviews import review
from handoff.agreement.scoring import discard, draft, drafts, edit, sign, waiting_for
from handoff.amending.scoring import current, score_all
from handoff.models import Delivery, Notice, ScoreFlag, ScoringRun
from handoff.refusals import FactsRefused, NotAllowed, WrongState
from handoff.workflow.touchpoints import record_touchpoint
from leads.incoming import Incoming
from leads.models import Lead, ScoringModel, Touchpoint
from leads.models.scoring import months_after
from leads.scoring import parts_of, rescore
from leads.touchpoints import Stated
from sla.metrics import Metric
from sla.models import Clock
from tests.world import World, bring_to, make_lead, make_policy

FORM = {"name": "Sent a form", "kinds": ["form"], "points": 20, "half_life": 30}
EXAMINED = "We looked at the flags of the year: the form still tells who buys."


def terms(**changes: Any) -> dict[str, Any]:
    return {
        "text": "Who asks for something.",
        "fit_rules": [],
        "behaviour_rules": [FORM],
        "exclusions": [],
        "grade_a": 30,
        "grade_b": 20,
        "grade_c": 10,
        "review_months": 12,
    } | changes


def in_force(world: World, **changes: Any) -> ScoringModel:
    model = draft(terms(**changes))
    sign(model.pk, by=world.nora, seen=model.digest)
    return sign(model.pk, by=world.max, seen=model.digest)


def lead_with_form(days_ago: float = 0) -> Lead:
    lead = make_lead()
    Touchpoint.objects.create(lead=lead, kind="form", at=timezone.now() - timedelta(days=days_ago))
    rescore([lead])
    return lead


def overdue(model: ScoringModel) -> ScoringModel:
    ScoringModel.objects.filter(pk=model.pk).update(review_on=timezone.now().date() - timedelta(days=1))
    model.refresh_from_db()
    return model


def test_a_model_is_in_force_once_both_sides_have_signed_it(world: World) -> None:
    model = draft(terms())
    assert (waiting_for(world.nora), waiting_for(world.mia)) == ([model], [])
    sign(model.pk, by=world.nora, seen=model.digest)
    assert (waiting_for(world.nora), waiting_for(world.max), ScoringModel.active()) == ([], [model], None)
    sign(model.pk, by=world.max, seen=model.digest)
    active = ScoringModel.active()
    assert (active, drafts()) == (model, [])
    assert active.review_on == months_after(timezone.now().date(), 12)  # type: ignore[union-attr]


def test_an_edit_voids_the_signatures_and_a_signature_covers_what_was_read(world: World) -> None:
    model = draft(terms())
    read = model.digest
    sign(model.pk, by=world.nora, seen=read)
    _, voided = edit(model.pk, terms(review_months=6), seen=read)
    assert voided
    with pytest.raises(FactsRefused, match="was changed after you opened it"):
        sign(model.pk, by=world.max, seen=read)
    assert ScoringModel.objects.get(marketing_signatory=None).review_months == 6


def test_who_may_not_sign_is_refused_and_nothing_in_force_is_edited(world: World) -> None:
    model = draft(terms())
    with pytest.raises(NotAllowed):
        sign(model.pk, by=world.ada, seen=model.digest)
    active = in_force(world)
    with pytest.raises(WrongState, match="is in force"):
        edit(active.pk, terms(), seen=active.digest)
    assert "version 1" in discard(model.pk, by=world.olga)


def test_a_rule_keeps_its_key_from_version_to_version(world: World) -> None:
    first = draft(terms(behaviour_rules=[FORM, FORM | {"name": "Sent a form!"}]))
    assert [rule["key"] for rule in first.behaviour_rules] == ["sent_a_form", "sent_a_form_2"]
    renamed = draft(terms(behaviour_rules=[first.behaviour_rules[1] | {"name": "Wrote to us"}]))
    assert renamed.behaviours[0].key == "sent_a_form_2"


def test_what_makes_no_sense_is_refused_in_words(world: World) -> None:
    with pytest.raises(FactsRefused, match="points for A must be above"):
        draft(terms(grade_a=5))
    with pytest.raises(FactsRefused, match="at least one rule"):
        draft(terms(behaviour_rules=[]))
    with pytest.raises(FactsRefused, match="less than or equal to 12"):
        draft(terms(review_months=13))


def test_all_leads_are_scored_when_a_model_comes_into_force_and_as_points_fade(world: World) -> None:
    fading, other = lead_with_form(), make_lead("Someone Else", score=12)
    in_force(world)
    run = score_all()
    assert (run.done, run.changed, run.total) == (2, 2, 2)  # type: ignore[union-attr]
    assert current() is None
    later = timezone.now() + timedelta(days=30)
    with patch("handoff.amending.scoring.timezone.now", return_value=later):
        score_all()
    fading.refresh_from_db()
    other.refresh_from_db()
    assert (fading.score, other.score, other.stated_score) == (10, 0, 12)
    assert sum(part.points for part in parts_of([fading])[fading.pk]) == 10


def test_a_run_that_is_killed_goes_on_from_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handoff.amending.scoring.CHUNK", 1)
    for number in range(3):
        make_lead(f"Lead {number}")
    in_force(world)
    turns = iter([True, True, False])
    run = score_all(lambda: next(turns))
    assert (run.done, run.finished_at) == (2, None)  # type: ignore[union-attr]
    score_all()
    done = ScoringRun.objects.get()
    assert (done.done, done.changed, Lead.objects.filter(scored_by=None).count()) == (3, 3, 0)


def test_a_run_of_a_model_that_was_replaced_ends(world: World) -> None:
    lead_with_form()
    in_force(world)
    old = current()
    newer = in_force(world, behaviour_rules=[FORM | {"points": 8}])
    score_all()
    assert list(Lead.objects.values_list("score", "scored_by")) == [(8, newer.pk)]
    assert old != current()


def test_a_score_that_changes_chooses_the_policies_again(world: World) -> None:
    make_policy(
        Metric.TIME_TO_ACCEPT, key="hot", position=0, conditions=[{"field": "score", "op": "at_least", "value": 20}]
    )
    make_policy(Metric.TIME_TO_ACCEPT, key="usual", position=1)
    lead = bring_to("mql", make_lead(), world)
    in_force(world)
    score_all()
    assert Clock.objects.get(stopped_at=None).policy.key == "usual"
    record_touchpoint(Stated(Incoming({"email": lead.email}), "form", external_id="1"))
    assert Clock.objects.get(stopped_at=None).policy.key == "hot"


def test_a_rep_flags_a_part_and_it_is_answered_once(world: World) -> None:
    in_force(world)
    lead = lead_with_form()
    lead.owner, lead.team = world.ada, world.berlin
    lead.save()
    [part] = parts_of([lead])[lead.pk]
    flagged: dict[str, Any] = {"rule": part.rule, "touchpoint": part.touchpoint}
    with pytest.raises(FactsRefused, match="why"):
        score_flags.flag(lead, **flagged, by=world.ada, reason=" ")
    with pytest.raises(NotAllowed):
        score_flags.flag(lead, **flagged, by=world.zoe, reason="Not theirs to see.")
    flag = score_flags.flag(lead, **flagged, by=world.ada, reason="It was a job application.")
    with pytest.raises(WrongState, match="flagged already"):
        score_flags.flag(lead, **flagged, by=world.ben, reason="I think so too.")
    assert (flag.name, flag.points, flag.evidence) == ("Sent a form", 20, "Form")
    assert score_flags.counts() == [score_flags.RuleCount("sent_a_form", "Sent a form", 1, 0, 0)]
    with pytest.raises(NotAllowed):
        score_flags.answer(flag.pk, by=world.ada, decision="changed", note="Yes.")
    score_flags.answer(flag.pk, by=world.nora, decision="kept", note="It was one of many.")
    with pytest.raises(WrongState, match="answered it already"):
        score_flags.answer(flag.pk, by=world.max, decision="changed", note="No.")
    assert score_flags.counts() == [score_flags.RuleCount("sent_a_form", "Sent a form", 0, 1, 0)]
    assert ScoreFlag.objects.get().decided_by == world.nora


def test_both_sides_are_notified_once_that_a_review_is_due(world: World) -> None:
    model = in_force(world)
    Delivery.objects.all().delete()
    score_reviews.tell()
    assert not Notice.objects.filter(key__startswith="score review").exists()
    for _ in range(2):
        score_reviews.tell(today=timezone.now().date() + timedelta(days=366))
    people = {delivery.recipient for delivery in Delivery.objects.all()}
    assert people == {world.nora, world.max}
    assert f"Review due: {model}" == Notice.objects.get(key__startswith="score review").subject


def test_a_review_is_a_form_of_each_side_and_moves_the_date(world: World) -> None:
    model = in_force(world)
    with pytest.raises(FactsRefused, match="not before"):
        review(model.pk, by=world.nora, examined=EXAMINED, verdict="keep")
    overdue(model)
    with pytest.raises(FactsRefused, match="what you looked at"):
        review(model.pk, by=world.nora, examined="ok", verdict="keep")
    review(model.pk, by=world.nora, examined=EXAMINED, verdict="keep")
    with pytest.raises(FactsRefused, match="other side"):
        review(model.pk, by=world.nora, examined=EXAMINED, verdict="keep")
    model.refresh_from_db()
    assert score_reviews.due(model)
    review(model.pk, by=world.max, examined=EXAMINED, verdict="keep")
    model.refresh_from_db()
    assert model.review_on == months_after(timezone.now().date(), 12)


def test_while_a_review_is_due_the_next_version_is_not_approved_without_it(world: World) -> None:
    model = overdue(in_force(world))
    following = draft(terms(behaviour_rules=[FORM | {"points": 10}]))
    with pytest.raises(FactsRefused, match="fill in the review first"):
        sign(following.pk, by=world.nora, seen=following.digest)
    review(model.pk, by=world.nora, examined=EXAMINED, verdict="change")
    assert sign(following.pk, by=world.nora, seen=following.digest).marketing_signatory == world.nora


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        pytest.param(date(2026, 3, 2), 12, date(2027, 3, 2), id="a-year"),
        pytest.param(date(2026, 8, 31), 6, date(2027, 2, 28), id="a-shorter-month"),
        pytest.param(date(2027, 12, 31), 2, date(2028, 2, 29), id="a-leap-year"),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(day: date, months: int, later: date) -> None:
    assert months_after(day, months) == later
