"""The scoring model in the console: written as rows, signed beside the version in force, doubted on a lead's page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from handoff.agreement.scoring import draft, sign
from handoff.models import ScoreFlag, ScoreReview
from leads.models import ScoringModel, Touchpoint
from leads.scoring import rescore
from tests.world import World, make_lead

TERMS: dict[str, Any] = {
    "text": "Who asks for something.",
    "fit_rules": [
        {"name": "German firm", "points": 10, "conditions": [{"field": "country", "op": "is", "value": "DE"}]},
    ],
    "behaviour_rules": [{"name": "Sent a form", "kinds": ["form"], "points": 20, "half_life": 30, "cap": None}],
    "exclusions": [],
    "grade_a": 30,
    "grade_b": 20,
    "grade_c": 10,
    "review_months": 12,
}


def in_force(world: World) -> ScoringModel:
    model = draft(TERMS)
    sign(model.pk, by=world.nora, seen=model.digest)
    return sign(model.pk, by=world.max, seen=model.digest)


def test_a_model_is_written_as_rows(client: Client, world: World) -> None:
    client.force_login(world.olga)
    rows = {
        "behaviour_rules_rows": "1",
        "behaviour_rules_key": ["", ""],
        "behaviour_rules_name": ["Sent a form", ""],
        "behaviour_rules_kinds": ["Form, reply", ""],
        "behaviour_rules_points": ["20", ""],
        "behaviour_rules_half_life": ["30", ""],
        "behaviour_rules_cap": ["", ""],
        "fit_rules_rows": "1",
        "fit_rules_key": ["", "", ""],
        "fit_rules_name": ["German firm", "", ""],
        "fit_rules_points": ["10", "", ""],
        "fit_rules_field": ["country", "company", ""],
        "fit_rules_op": ["is", "given", "is"],
        "fit_rules_value": ["Germany", "", ""],
    }
    numbers = {"grade_a": "30", "grade_b": "20", "grade_c": "10", "review_months": "12"}
    answer = client.post(reverse("admin:leads_scoringmodel_add"), {"text": "Who asks.", **rows, **numbers})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    model = ScoringModel.objects.get()
    assert model.behaviour_rules == [
        {"key": "sent_a_form", "name": "Sent a form", "kinds": ["form", "reply"], "points": 20, "half_life": 30}
        | {"cap": None}
    ]
    [rule] = model.fits
    assert (rule.key, rule.points, [each["field"] for each in rule.conditions]) == (
        "german_firm",
        10,
        ["country", "company"],
    )
    page = client.get(reverse("admin:leads_scoringmodel_change", args=[model.pk])).content.decode()
    assert 'value="Sent a form"' in page
    assert 'value="form, reply"' in page


def test_a_draft_is_signed_beside_the_version_in_force(client: Client, world: World) -> None:
    in_force(world)
    draft(TERMS | {"behaviour_rules": [TERMS["behaviour_rules"][0] | {"points": 5}]})
    client.force_login(world.nora)
    page = client.get(reverse("admin:signatures")).content.decode()
    assert "<del>Sent a form: +20 for each form, halved every 30 days</del>" in page
    assert "<ins>Sent a form: +5 for each form, halved every 30 days</ins>" in page
    following = ScoringModel.objects.get(version=2)
    url = reverse("admin:leads_scoringmodel_sign", args=[following.pk])
    client.post(url, {"seen": following.digest})
    following.refresh_from_db()
    assert following.marketing_signatory == world.nora


def test_the_page_of_a_lead_shows_the_parts_and_takes_a_flag(client: Client, world: World) -> None:
    in_force(world)
    lead = make_lead(owner=world.ada, team=world.berlin, country="DE", score=7)
    point = Touchpoint.objects.create(lead=lead, kind="form", at=timezone.now())
    rescore([lead])
    client.force_login(world.ada)
    page = client.get(reverse("admin:leads_lead_change", args=[lead.pk])).content.decode()
    for words in ("Score 30", "fit grade C", "Sent a form", "+20", "German firm", "+10", "Other systems say 7"):
        assert words in page
    url = f"{reverse('admin:flag_score', args=[lead.pk])}?rule=sent_a_form&touchpoint={point.pk}"
    client.post(url, {"reason": "A job application."})
    assert ScoreFlag.objects.get().touchpoint == point
    client.force_login(world.max)
    queue = client.get(reverse("admin:handoff_scoreflag_changelist")).content.decode()
    assert "A job application." in queue
    answer = reverse("admin:handoff_scoreflag_answer", args=[ScoreFlag.objects.get().pk])
    client.post(answer, {"decision": "changed", "note": "It goes."})
    assert ScoreFlag.objects.get().decided_by == world.max


def test_a_review_that_is_due_is_shown_and_written_in_its_form(client: Client, world: World) -> None:
    model = in_force(world)
    ScoringModel.objects.update(review_on=timezone.now().date() - timedelta(days=1))
    client.force_login(world.nora)
    page = client.get(reverse("admin:leads_scoringmodel_change", args=[model.pk])).content.decode()
    assert "The review was due" in page
    url = reverse("admin:leads_scoringmodel_review", args=[model.pk])
    client.post(url, {"examined": "", "verdict": "keep"})
    assert not ScoreReview.objects.exists()
    client.post(url, {"examined": "We looked at all flags of the year.", "verdict": "keep"})
    assert ScoreReview.objects.get().by == world.nora


@pytest.mark.parametrize("name", ["mia", "ada"])
def test_who_signs_for_no_side_does_neither(client: Client, world: World, name: str) -> None:
    model = in_force(world)
    client.force_login(getattr(world, name))
    for url in ("sign", "review", "discard"):
        answer = client.get(reverse(f"admin:leads_scoringmodel_{url}", args=[model.pk]))
        assert answer.status_code == 403
