"""Which role opens which page, and where each lands."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from handoff.console.frame.site import site
from handoff.reports.registry import REPORTS
from tests.world import World, make_lead, person

SALES, MARKETING, REVOPS = {"ada", "max"}, {"mia", "nora"}, {"olga"}
ALL = SALES | MARKETING | REVOPS
PAGES = {
    "my_leads": SALES,
    "board": {"max"} | REVOPS,
    "leads_lead_changelist": ALL,
    "handoff_rejection_changelist": ALL,
    "handoff_dispute_changelist": ALL,
    "signatures": ALL,
    "returns": ALL,
    "sheet": ALL,
    "review": ALL,
    "required_actions": ALL,
    "leads_possibleduplicate_changelist": ALL,
    "leads_campaign_changelist": ALL,
    "attainment": ALL,
    "numbers": ALL,
    "home": ALL,
    "firm": REVOPS,
    "agreement": ALL,
    "field_notes": ALL,
    "finder": ALL,
    "leads_scoringmodel_changelist": ALL,
    "leads_handoffrules_changelist": ALL,
    "handoff_slatable_changelist": ALL,
    "handoff_scoreflag_changelist": MARKETING | {"max"} | REVOPS,
    "sla_policy_changelist": ALL,
    "sla_calendar_changelist": ALL,
    "leads_definition_changelist": ALL,
    "leads_reason_changelist": ALL,
    "leads_attribute_changelist": ALL,
    "handoff_handoff_changelist": ALL,
    "sla_clock_changelist": ALL,
    "sla_alarm_changelist": ALL,
    "leads_transition_changelist": ALL,
    "handoff_destination_changelist": REVOPS,
    "leads_team_changelist": ALL,
    "handoff_subscription_changelist": REVOPS,
    "handoff_standardmessage_changelist": REVOPS,
    "handoff_scheduledreport_changelist": ALL,
    "handoff_goal_changelist": ALL,
    "handoff_rate_changelist": ALL,
    "handoff_weeklycapacity_changelist": ALL,
    "leads_sourcerank_changelist": REVOPS,
    "handoff_delivery_changelist": REVOPS,
    "leads_user_changelist": ALL,
    "auth_group_changelist": REVOPS,
    "handoff_apitoken_changelist": REVOPS,
    "handoff_bulkact_changelist": REVOPS,
    "handoff_import_changelist": MARKETING | REVOPS,
    "engine": REVOPS,
    "find": ALL,
}
TESTED_ELSEWHERE = {
    "answer_all",
    "assign_all",
    "my_leads_export",
    "my_leads_changes",
    "conditions_count",
    "finder_draft",
    "holiday_parts",
    "excuse",
    "what_if",
    *(f"sheet_{part}" for part in ("close", "restatements")),
    *(f"review_{part}" for part in ("pdf", "csv", "agree", "finish", "end")),
    *(f"{name}{part}" for name in REPORTS for part in ("", "_export", "_workbook", "_leads")),
}
ADDS = {
    "leads_lead_add": MARKETING | REVOPS,
    "leads_campaign_add": MARKETING | REVOPS,
    "sla_policy_add": REVOPS,
    "leads_handoffrules_add": REVOPS,
    "handoff_slatable_add": set(),
    "sla_calendar_add": REVOPS,
    "leads_definition_add": REVOPS,
    "leads_reason_add": REVOPS,
    "leads_scoringmodel_add": REVOPS,
    "handoff_scoreflag_add": set(),
    "leads_attribute_add": REVOPS,
    "handoff_destination_add": REVOPS,
    "handoff_subscription_add": REVOPS,
    "handoff_standardmessage_add": set(),
    "handoff_scheduledreport_add": set(),
    "handoff_goal_add": REVOPS,
    "handoff_rate_add": REVOPS,
    "handoff_weeklycapacity_add": REVOPS,
    "leads_sourcerank_add": REVOPS,
    "leads_team_add": REVOPS,
    "leads_user_add": REVOPS,
    "handoff_apitoken_add": REVOPS,
    "handoff_handoff_add": set(),
    "sla_clock_add": set(),
    "sla_alarm_add": set(),
    "leads_transition_add": set(),
    "handoff_delivery_add": set(),
    "handoff_bulkact_add": set(),
    "handoff_import_add": MARKETING | REVOPS,
    "handoff_rejection_add": set(),
    "handoff_dispute_add": set(),
    "leads_possibleduplicate_add": set(),
    "auth_group_add": set(),
}


@pytest.mark.parametrize("name", sorted(ALL | {"eve"}))
def test_a_page_opens_for_its_roles_alone(name: str, world: World, as_) -> None:
    client = as_(getattr(world, name))
    opened = {page: client.get(reverse(f"admin:{page}")).status_code for page in (PAGES | ADDS)}
    assert opened == {page: 200 if name in readers else 403 for page, readers in (PAGES | ADDS).items()}


def test_every_page_is_in_these_tables() -> None:
    """So that who reads a new page is decided, and not left to its default."""
    models = {f"{model._meta.app_label}_{model._meta.model_name}" for model in site._registry}
    assert {f"{model}_changelist" for model in models} <= set(PAGES)
    mounted = {name for route, _, name in site.mounted if "<" not in route}
    assert mounted - TESTED_ELSEWHERE <= set(PAGES)


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("ada", "my_leads"),
        ("max", "my_leads"),
        ("mia", "handoff_rejection_changelist"),
        ("nora", "handoff_rejection_changelist"),
        ("olga", "setup"),
    ],
)
def test_each_role_lands_where_its_day_begins(name: str, page: str, world: World, as_) -> None:
    response = as_(getattr(world, name)).get(reverse("admin:index"))

    assert response.headers["Location"] == reverse(f"admin:{page}")


def test_somebody_without_a_role_is_told_to_ask_revops(world: World, as_) -> None:
    response = as_(world.eve).get(reverse("admin:index"))

    assert "Ask RevOps to give you a role" in response.content.decode()


def test_a_stranger_is_sent_to_the_login(db: None, client) -> None:
    response = client.get(reverse("admin:my_leads"))

    assert response.headers["Location"].startswith(reverse("admin:login"))


def test_login_needs_no_staff_flag(world: World, client) -> None:
    response = client.post(reverse("admin:login"), {"username": "ada", "password": "demo"})

    assert response.headers["Location"] == reverse("admin:index")


def test_a_rep_does_not_see_the_leads_of_another_team(world: World, as_) -> None:
    lead = make_lead("Dana Fox", team=world.new_york)
    client = as_(world.ada)

    assert "Dana Fox" not in client.get(reverse("admin:leads_lead_changelist")).content.decode()
    assert client.get(reverse("admin:leads_lead_change", args=[lead.pk])).status_code == 302
    assert client.get(reverse("admin:act", args=["comment", lead.pk])).status_code == 404


def test_revops_cannot_take_a_superusers_place(world: World, as_) -> None:
    root = person("root")
    root.is_superuser = True
    root.save()
    client = as_(world.olga)

    assert client.get(reverse("admin:auth_user_password_change", args=[root.pk])).status_code == 403
    client.post(reverse("admin:handoff_apitoken_add"), {"user": root.pk})
    assert not root.api_tokens.exists()


@pytest.mark.parametrize("wish", ["", "https://evil.com"])
def test_an_empty_or_foreign_wish_lands_on_the_console(wish: str, world: World, client) -> None:
    address = f"{reverse('admin:login')}?{urlencode({'next': wish})}"

    for sent in ({}, {"next": wish}):
        response = client.post(address, {"username": "ada", "password": "demo"} | sent)

        assert response.headers["Location"] == reverse("admin:index")
