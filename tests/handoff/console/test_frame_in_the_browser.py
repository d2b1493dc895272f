"""The frame in a real chromium: the palette, what the keyboard opens, the phone, and the focus after an act."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from leads.models import State
from sla.metrics import Metric
from tests.world import World, bring_to, make_lead, make_policy

pytestmark = [pytest.mark.ui, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
PHONE = {"width": 390, "height": 844}
TOO_SMALL = """() => [...document.querySelectorAll("a[href], button, select, input:not([type=hidden])")]
    .filter((one) => one.closest("main"))
    .filter((one) => one.getBoundingClientRect().width && !one.closest("p, [hidden]"))
    .filter((one) => {
        const heights = [one, one.closest("label, .tick")].map((box) => box ? box.getBoundingClientRect().height : 0);
        return Math.max(...heights) < 43.5;
    })
    .map((one) => one.outerHTML.slice(0, 90))"""
CUT_OFF = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden])")]
    .filter((one) => one.getBoundingClientRect().right > window.innerWidth + 1)
    .map((one) => one.outerHTML.slice(0, 90))"""


@pytest.fixture
def leads(world: World) -> list[Any]:
    for metric in (Metric.TIME_TO_ACCEPT, Metric.TIME_TO_ANSWER):
        make_policy(metric)
    made = [make_lead(name, company="Fox Ltd") for name in ("Anna Larkspur", "Dana Fox", "Lena Kurz")]
    return [bring_to(State.REJECTED, lead, world) for lead in made]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"))


def test_a_lead_is_reached_by_its_name_from_anywhere(leads, log_in) -> None:
    page = log_in("mia")

    page.keyboard.press("Control+k")
    page.keyboard.type("fox ltd")
    options = page.get_by_role("option")
    expect(options).to_have_count(3)
    first = options.nth(0).inner_text()
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    page.wait_for_url("**/leads/lead/*/change/**")
    assert page.get_by_role("heading", level=1).inner_text().split("/")[-1].strip() in first


def test_the_palette_says_when_nothing_matches_and_leaves_the_focus_where_it_was(leads, log_in) -> None:
    page = log_in("mia")
    page.get_by_role("link", name="Export CSV").focus()

    page.keyboard.press("Control+k")
    page.keyboard.type("nobody of this name")
    page.get_by_text("Nothing matches “nobody of this name”").wait_for()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert focused(page) == "Export CSV"


def test_what_opens_is_opened_by_the_keyboard_and_says_so(leads, log_in) -> None:
    page = log_in("mia")

    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for name, inside in (("Filters", "Apply"), ("Records", "Clocks"), ("Mia", "Log out")):
        button = page.get_by_role("button", name=name)
        expect(button).to_have_attribute("aria-expanded", "false")
        expect(page.get_by_text(inside, exact=True)).to_be_hidden()
        button.focus()
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-expanded", "true")
        expect(page.get_by_text(inside, exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Log out")).to_be_hidden()
    assert "Mia" in focused(page)


def test_after_an_act_one_goes_on_where_one_was(leads, log_in, live_server) -> None:
    page = log_in("mia")
    page.goto(f"{live_server.url}/console/leads/lead/")
    second = page.locator("#result_list tbody tr").nth(1)
    second.get_by_label("More for").click()
    second.get_by_role("link", name="Comment").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("textarea").fill("Called.")
    dialog.get_by_role("button", name="Comment").click()
    page.get_by_text("Commented on").wait_for()

    assert page.evaluate("document.activeElement.closest('tr')?.rowIndex") == 2


def test_the_colours_follow_the_choice_of_the_reader(leads, log_in) -> None:
    page = log_in("mia")
    page.get_by_role("button", name="Mia").click()
    page.get_by_role("button", name="Dark", exact=True).click()

    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.classList.contains('dark')")


def test_on_the_phone_nothing_is_cut_off_and_all_can_be_tapped(leads, log_in, live_server) -> None:
    page = log_in("mia")
    page.set_viewport_size(PHONE)
    for path in ("handoff/rejection/", "leads/lead/", "sla/clock/", "leads/user/", "leads/transition/"):
        page.goto(f"{live_server.url}/console/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        assert page.evaluate(CUT_OFF) == [], path
        assert page.evaluate(TOO_SMALL) == [], path
    expect(page.get_by_role("navigation", name="Pages", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(page.get_by_role("navigation", name="Pages", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation", name="Pages", exact=True)).to_be_hidden()


def test_without_a_script_everything_is_there(leads, browser, live_server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/console/")
    page.fill("[name=username]", "mia")
    page.fill("[name=password]", "demo")
    page.click("[type=submit]")

    for name in ("Clocks", "Find", "Change password"):
        expect(page.get_by_role("link", name=name).first).to_be_visible()
    page.get_by_role("link", name="Find").click()
    page.get_by_label("Find a lead").fill("Larkspur")
    page.get_by_role("main").get_by_role("button", name="Find").click()
    expect(page.get_by_role("main").get_by_role("link", name="Anna Larkspur")).to_be_visible()
    context.close()
