"""The page of a lead and the board in a real chromium: by mouse, by keyboard, on a phone, in light and dark."""

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from handoff import workflow
from handoff.models import Delivery
from leads.models import Lead, State, Touchpoint, Verb
from sla.metrics import Metric
from tests.world import World, bring_to, last, make_lead, make_policy

pytestmark = [pytest.mark.ui, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
OURS = ("lead-", "board", "cards", "give", "menu", "timeline", "origin")
SMALL = """() => [".lead-top a", ".lead-top button", ".board a", ".board .act", ".board summary"]
    .flatMap(each => [...document.querySelectorAll(each)])
    .filter(each => each.offsetParent && each.getBoundingClientRect().height < 43.5)
    .map(each => each.outerHTML.slice(0, 120))"""
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def lead(world: World) -> Lead:
    make_policy(Metric.TIME_TO_ACCEPT)
    make_policy(Metric.SPEED_TO_LEAD, 7200)
    made = make_lead(company="Fox Ltd", phone="+49 30 901820", source="trade_show")
    workflow.promote(made.pk, by=world.mia, owner=world.ada, note="Asked about SSO")
    made.refresh_from_db()
    return made


@pytest.fixture
def open_(log_in: Any, live_server: Any) -> Any:
    def open_as(username: str, name: str, *args: Any) -> Page:
        page: Page = log_in(username)
        page.goto(f"{live_server.url}{reverse(name, args=args)}")
        page.wait_for_load_state("networkidle")
        return page

    return open_as


def clicks(page: Page) -> int:
    """Counted by the page itself from `count_clicks` on; a label that passes its click on to its box counts once."""
    return int(page.evaluate("window.clicks"))


def count_clicks(page: Page) -> None:
    page.evaluate("window.clicks = 0; addEventListener('pointerdown', () => { window.clicks += 1; }, true)")


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    ours = [each for each in found if each["id"] in ("color-contrast", "label", "aria-allowed-attr", "button-name")]
    ours += [each for each in found if each["impact"] in ("serious", "critical") and each not in ours]
    return [
        f"{each['id']} at {node['target']}: {node['html'][:140]}"
        for each in ours
        for node in each["nodes"]
        if any(
            part in str(node["target"]) for part in ("lead-", "board", "cards", "give", "menu", "timeline", "origin")
        )
    ]


def test_a_manager_reassigns_in_two_clicks(world: World, lead: Lead, open_) -> None:
    page = open_("max", "admin:board")
    count_clicks(page)
    page.get_by_label("Choose Dana Fox").click()
    page.get_by_role("button", name="Ben").click()
    page.get_by_text("Given to Ben.").wait_for()
    assert clicks(page) == 2
    assert page.evaluate("document.activeElement.id") == "board-results"
    assert last(lead).owner == world.ben


def test_the_same_by_keyboard_alone(world: World, lead: Lead, open_) -> None:
    page = open_("max", "admin:board")
    page.get_by_label("Ada: 1 MQL").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'board-cell-title'")
    assert "who=ada" in page.url
    page.get_by_label("Choose Dana Fox").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Ben").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Given to Ben.").wait_for()
    assert last(lead).owner == world.ben


def test_a_card_is_dropped_on_the_row_of_a_person(world: World, lead: Lead, open_) -> None:
    page = open_("max", "admin:board")
    page.locator("li[data-lead]").drag_to(page.locator("tr[data-to=ben]"))
    page.get_by_text("Given to Ben.").wait_for()
    assert last(lead).owner == world.ben


def test_what_others_do_is_shown_without_taking_the_focus(world: World, lead: Lead, open_) -> None:
    page = open_("max", "admin:board")
    page.get_by_label("Ada: 1 MQL").focus()
    bring_to(State.MQL, make_lead("Anna Two"), world)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_label("Choose Anna Two").wait_for()
    assert page.evaluate("document.activeElement.closest('tr').dataset.to") == "ada"


def test_older_events_come_in_place(world: World, lead: Lead, open_) -> None:
    now = timezone.now() - timedelta(days=1)
    Touchpoint.objects.bulk_create(
        Touchpoint(lead=lead, kind="visit", at=now - timedelta(minutes=n), detail=f"page {n}") for n in range(70)
    )
    page = open_("ada", "admin:leads_lead_change", lead.pk)
    address = page.url
    page.get_by_role("link", name="Show older").click()
    page.get_by_text("page 69", exact=True).wait_for()
    assert page.url == address
    assert page.evaluate("document.activeElement.tagName") == "LI"
    assert page.get_by_role("link", name="Show older").count() == 0


def test_the_head_stays_and_its_menu_opens_by_keyboard(world: World, lead: Lead, open_) -> None:
    page = open_("ada", "admin:leads_lead_change", lead.pk)
    page.set_viewport_size({"width": 1280, "height": 400})
    page.evaluate("window.scrollTo(0, 400)")
    accept = page.get_by_role("button", name="Accept Dana Fox")
    box = accept.bounding_box()
    assert box
    assert 0 <= box["y"] < 100
    page.get_by_label("More to do with Dana Fox").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('.menu-items') !== null")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert not page.locator("details.menu").first.evaluate("menu => menu.open")


def test_the_number_and_the_phone_are_copied(world: World, lead: Lead, open_) -> None:
    page = open_("ada", "admin:leads_lead_change", lead.pk)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_label("Copy the number of the lead").click()
    page.get_by_label("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == str(lead.pk)


def test_somebody_is_mentioned_by_keyboard_and_notified_once(world: World, lead: Lead, open_) -> None:
    page = open_("ada", "admin:leads_lead_change", lead.pk)
    page.get_by_label("Comment on Dana Fox").focus()
    page.keyboard.type("Please help @be")
    page.get_by_role("option", name="Ben").wait_for()
    page.keyboard.press("Enter")
    assert page.get_by_label("Comment on Dana Fox").input_value() == "Please help @ben "
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Commented on Dana Fox.").wait_for()
    assert Delivery.objects.filter(transition__verb=Verb.COMMENT, recipient=world.ben).count() == 1


def test_people_are_offered_in_the_dialog_too_and_escape_closes_only_them(world: World, lead: Lead, open_) -> None:
    page = open_("ada", "admin:leads_lead_change", lead.pk)
    page.evaluate(
        """address => { const link = document.createElement("a"); link.href = address; link.dataset.dialog = "";
        document.body.append(link); link.click(); }""",
        reverse("admin:act", args=[Verb.COMMENT, lead.pk]),
    )
    page.get_by_role("dialog").get_by_label("Text").fill("@")
    page.get_by_role("dialog").get_by_label("Text").press_sequentially("ma")
    page.get_by_role("option", name="Max").wait_for()
    page.keyboard.press("Escape")
    assert page.get_by_role("option", name="Max").count() == 0
    assert page.get_by_role("dialog").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1440, "height": 900}, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    size: dict[str, int], scheme: Any, world: World, lead: Lead, open_
) -> None:
    world.ben.capacity = 3
    world.ben.save()
    for username, name, args in (("ada", "admin:leads_lead_change", [lead.pk]), ("max", "admin:board", [])):
        page = open_(username, name, *args)
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        page.wait_for_timeout(300)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        if size is PHONE:
            assert page.evaluate(SMALL) == []
