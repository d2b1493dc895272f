"""The whole loop in a real chromium, by four roles: from a brief over an overturned dispute to a signed change."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from handoff.models import Dispute
from leads.models import Attribute, Campaign, Definition, Lead, Stage, State
from sla.metrics import Metric
from sla.models import Clock
from tests.handoff.improving.conftest import OFFERED, HandOverAll, employees, hand_over_all
from tests.world import World, make_lead, make_policy

__all__ = ["employees", "hand_over_all"]  # fixtures
pytestmark = [pytest.mark.ui, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
LogIn = Callable[[str], Page]
BRIEF = {
    "name": "Spring fair",
    "promise": "A demo within a day",
    "target_audience": "Plants with their own maintenance",
    "offer": "Three months free",
    "talk_track": "Ask for the last breakdown.",
    "expected_leads": "200",
    "expected_acceptance": "70",
}


@pytest.fixture
def a_year(hand_over_all: HandOverAll, employees: Attribute) -> None:
    """Sales has rejected nearly all of the small firms, and the definition does not ask how large they are."""
    for metric in (Metric.TIME_TO_ACCEPT, Metric.TIME_TO_ANSWER, Metric.TIME_TO_DECIDE):
        make_policy(metric)
    endings = [("accepted", 300), ("not_our_customer", 7), ("won", 300), ("not_our_customer", 7), ("accepted", 7)]
    hand_over_all(
        [
            {"became": became, "at": OFFERED + timedelta(hours=n), "attributes": {"employees": size}}
            for n, (became, size) in enumerate(endings * 40)
        ]
    )


def open_page(page: Page, path: str) -> None:
    page.goto(f"{page.url.partition('/console/')[0]}/console/{path}")


def act(page: Page, link: str, **fields: str) -> None:
    """Open a dialog by its link, fill it in, and confirm it by the button that it ends with."""
    page.get_by_role("link", name=link, exact=True).first.click()
    dialog = page.get_by_role("dialog")
    for label, value in fields.items():
        dialog.get_by_label(label).fill(value)
    dialog.get_by_role("button").last.click()
    dialog.wait_for(state="hidden")


def test_from_a_brief_to_an_overturned_dispute_and_a_signed_change(world: World, a_year: None, log_in: LogIn) -> None:
    mia, ada, olga, nora, max_ = (log_in(name) for name in ("mia", "ada", "olga", "nora", "max"))
    for page in (mia, ada, olga, nora, max_):
        page.set_default_timeout(8000)

    # Marketing briefs sales; until sales has acknowledged it, no lead of the campaign is handed over.
    open_page(mia, "leads/campaign/add/")
    for name, text in BRIEF.items():
        mia.locator(f"#id_{name}").fill(text)
    mia.locator("#id_brief_rule").select_option("refuse")
    mia.locator("[name=_save]").click()
    mia.get_by_text("was added").wait_for()
    lead = a_lead_of(Campaign.objects.get(name="Spring fair"), employees=400)
    open_page(mia, f"leads/lead/{lead.pk}/change/")
    mia.get_by_role("link", name="Promote").first.click()
    dialog = mia.get_by_role("dialog")
    dialog.locator("[name=owner]").select_option("ada")
    dialog.get_by_role("button", name="Promote").click()
    expect(dialog).to_contain_text("acknowledge")
    open_page(max_, f"leads/campaign/{lead.campaign_id}/change/")
    act(max_, "Acknowledge the brief")
    dialog.get_by_role("button", name="Promote").click()
    dialog.wait_for(state="hidden")

    # Sales rejects it; marketing disputes that, and is right: sales has to decide again.
    open_page(ada, f"leads/lead/{lead.pk}/change/")
    expect(ada.locator("main")).to_contain_text("Three months free")
    ada.locator(".lead-acts summary").click()
    ada.locator(".lead-acts").get_by_role("link", name="Reject").click()
    ada.get_by_role("dialog").get_by_label("Not enough information").check()
    ada.get_by_role("dialog").get_by_label("Note").fill("No need stated.")
    ada.get_by_role("dialog").get_by_role("button", name="Reject").click()
    ada.get_by_role("dialog").wait_for(state="hidden")
    open_page(mia, "handoff/rejection/")
    mia.get_by_label("More for Dana Fox").click()
    act(mia, "Dispute", Argument="The need stands in the message.")
    open_page(olga, "handoff/dispute/")
    olga.get_by_role("link", name="Decide Dana Fox").click()
    olga.get_by_role("dialog").get_by_label("Grounds").fill("I read both.")
    olga.get_by_role("dialog").get_by_role("button", name="Overturn").click()
    olga.get_by_role("link", name="Decide Dana Fox").wait_for(state="detached")
    assert Dispute.objects.get().decision == "overturned"
    assert Lead.objects.get(pk=lead.pk).state == State.MQL
    assert Clock.objects.get(lead=lead, metric=Metric.TIME_TO_ACCEPT, stopped_at=None).owner == world.ada

    # The reasons of the year point at a criterion, which both sides sign after they have seen what it would have done.
    open_page(nora, "finder/")
    expect(nora.locator("main")).to_contain_text("1. Ask for Employees at least 300")
    nora.get_by_role("button", name="Draft this change").first.click()
    expect(nora.locator("main")).to_contain_text("What it would have done")
    for page in (nora, max_):
        open_page(page, "signatures/")
        expect(page.locator("main")).to_contain_text("Employees at least 300")
        page.get_by_role("link", name="Sign MQL definition").click()
        page.get_by_role("dialog").get_by_role("button").last.click()
        page.get_by_text("Nothing waits for your signature.").wait_for()
    definition = Definition.active(Stage.MQL)
    assert definition is not None
    assert (definition.marketing_signatory, definition.sales_signatory) == (world.nora, world.max)

    # From now on such a lead is not handed over.
    small = a_lead_of(Campaign.objects.get(name="Spring fair"), employees=7)
    open_page(mia, f"leads/lead/{small.pk}/change/")
    mia.get_by_role("link", name="Promote").first.click()
    mia.get_by_role("dialog").locator("[name=owner]").select_option("ada")
    mia.get_by_role("dialog").get_by_role("button", name="Promote").click()
    expect(mia.get_by_role("dialog")).to_contain_text("Employees is 7, must be at least 300")
    assert Lead.objects.get(pk=small.pk).state == State.RAW


def a_lead_of(campaign: Campaign, employees: int) -> Lead:
    facts = {"campaign": campaign, "company": "Fox Works", "attributes": {"employees": employees}}
    return make_lead("Dana Fox" if employees > 300 else "Small Fox", **facts)
