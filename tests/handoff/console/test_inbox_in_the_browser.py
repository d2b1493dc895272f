"""A rep's day in the inbox, by mouse, by keyboard alone and on a phone: clicks counted, focus and scroll kept."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from handoff import workflow
from handoff.models import Rejection
from leads.models import Lead, State, Touch
from sla.metrics import Metric
from tests.world import World, bring_to, make_lead, make_policy

pytestmark = [pytest.mark.ui, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
NAMES = ["Aaron Ash", "Bella Birch", "Carl Cedar", "Dora Dale"]


@pytest.fixture
def leads(world: World) -> dict[str, Lead]:
    for number, metric in enumerate((Metric.TIME_TO_ACCEPT, Metric.TIME_TO_TOUCH)):
        make_policy(metric, target_seconds=(30 + number) * 3600)
    return {
        name: bring_to(State.MQL, make_lead(name, company="Tree Ltd", phone="+493012345678"), world) for name in NAMES
    }


def row(page: Page, name: str) -> Any:
    return page.locator(".section li", has_text=name)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent"))


def loads_no_page(page: Page) -> None:
    page.evaluate("window.stays = true")


def test_a_day_by_mouse(leads, world: World, log_in) -> None:
    page = log_in("ada")
    loads_no_page(page)
    clicks: list[str] = []

    def click(target: Any, what: str) -> None:
        target.click()
        clicks.append(what)

    click(row(page, "Aaron Ash").get_by_role("button", name="Accept Aaron Ash"), "accept")
    page.get_by_text("Accepted Aaron Ash.").wait_for()
    expect(row(page, "Aaron Ash").get_by_role("button", name="Log a touch Aaron Ash")).to_be_visible()

    row(page, "Aaron Ash").locator("[href^=tel]").evaluate(
        "link => link.addEventListener('click', e => e.preventDefault())"
    )
    click(row(page, "Aaron Ash").locator("[href^=tel]"), "call")
    click(row(page, "Aaron Ash").get_by_role("button", name="Left a message"), "call")
    page.get_by_text("Logged a touch with Aaron Ash.").wait_for()
    assert [(touch.channel, touch.outcome) for touch in Touch.objects.all()] == [("call", "left_message")]

    click(page.locator("#toast").get_by_role("link", name="Next:"), "next")
    assert focused(page) in NAMES

    click(row(page, "Bella Birch").get_by_role("button", name="Reject Bella Birch"), "reject")
    dialog = page.get_by_role("dialog", name="Reject Bella Birch")
    dialog.get_by_label("Wrong territory").check()
    clicks.append("reject")
    click(dialog.get_by_role("button", name="Reject"), "reject")
    expect(row(page, "Bella Birch")).to_have_count(0)
    assert Rejection.objects.get().lead == leads["Bella Birch"]

    assert {name: clicks.count(name) for name in clicks} == {"accept": 1, "call": 2, "next": 1, "reject": 3}
    assert page.evaluate("window.stays")
    assert page.locator("[data-tab=mine]").inner_text() == "3"


def test_a_day_by_keyboard_alone(leads, world: World, log_in) -> None:
    page = log_in("ada")
    loads_no_page(page)
    keys: list[str] = []

    def press(key: str, what: str) -> None:
        page.keyboard.press(key)
        keys.append(what)

    page.keyboard.press("j")
    assert focused(page) == "Aaron Ash"
    page.keyboard.press("j")
    page.keyboard.press("k")
    press("a", "accept")
    page.get_by_text("Accepted Aaron Ash.").wait_for()
    assert focused(page) == "Aaron Ash"

    press("e", "next")
    assert focused(page) == "Bella Birch"
    press("r", "reject")
    dialog = page.get_by_role("dialog", name="Reject Bella Birch")
    dialog.wait_for()
    reasons = dialog.locator(".radio").all_inner_texts()
    press(str(next(n for n, text in enumerate(reasons, 1) if text.startswith("Wrong territory"))), "reject")
    press("Enter", "reject")
    expect(row(page, "Bella Birch")).to_have_count(0)
    assert focused(page) == "Carl Cedar"
    assert {name: keys.count(name) for name in keys} == {"accept": 1, "next": 1, "reject": 3}

    page.keyboard.press("c")
    page.get_by_role("dialog", name="Comment on Carl Cedar").wait_for()
    page.keyboard.type("a r j ?")
    page.keyboard.press("Escape")
    assert focused(page) == "Carl Cedar"
    page.keyboard.press("Enter")
    page.locator("#preview").get_by_text("Last events").wait_for()
    page.keyboard.press("Escape")
    expect(page.locator("#preview")).to_be_hidden()
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keys").get_by_text("Log a touch").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(page.get_by_text("1 selected:")).to_be_visible()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    assert page.evaluate("window.stays")
    assert set(Lead.objects.values_list("name", "state")) == {
        ("Aaron Ash", "sal"),
        ("Bella Birch", "rejected"),
        ("Carl Cedar", "mql"),
        ("Dora Dale", "mql"),
    }


def test_what_others_do_moves_the_rows_and_keeps_the_focus(leads, world: World, log_in) -> None:
    page = log_in("ada")
    loads_no_page(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    workflow.assign(leads["Aaron Ash"].pk, by=world.max, owner=world.ben)
    workflow.accept(leads["Carl Cedar"].pk, by=world.max)

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(row(page, "Aaron Ash")).to_have_count(0)
    expect(row(page, "Carl Cedar").get_by_role("button", name="Log a touch Carl Cedar")).to_be_visible()
    assert focused(page) == "Bella Birch"

    workflow.assign(leads["Bella Birch"].pk, by=world.max, owner=world.ben)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(row(page, "Bella Birch")).to_have_count(0)
    assert focused(page) in NAMES
    assert page.evaluate("window.stays")


def test_the_packet_beside_the_list_and_its_verbs(leads, world: World, log_in) -> None:
    page = log_in("ada")
    row(page, "Aaron Ash").get_by_role("link", name="Aaron Ash").first.click()
    preview = page.locator("#preview")
    preview.get_by_role("link", name="Aaron Ash").wait_for()
    preview.get_by_role("button", name="Next", exact=True).click()
    preview.get_by_role("link", name="Bella Birch").wait_for()

    preview.get_by_role("button", name="Accept Bella Birch").click()

    page.get_by_text("Accepted Bella Birch.").wait_for()
    preview.get_by_role("button", name="Log a touch Bella Birch").wait_for()
    assert Lead.objects.get(name="Bella Birch").state == State.SAL


def test_what_is_folded_stays_folded(leads, log_in, live_server) -> None:
    page = log_in("ada")
    page.locator("#section-new > summary").click()
    page.goto(f"{live_server.url}{reverse('admin:my_leads')}")
    expect(page.locator("#section-new ol")).to_be_hidden()


def test_eight_rows_and_their_verbs_fit_a_small_screen(leads, world: World, log_in) -> None:
    for number in range(8):
        bring_to(State.MQL, make_lead(f"Number {number}", company="Tree Ltd", phone="+493012345678"), world)
    page = log_in("ada")
    page.set_viewport_size({"width": 1280, "height": 720})

    ends = page.locator(".section li .act-primary").evaluate_all(
        "buttons => buttons.map(button => { const box = button.getBoundingClientRect();"
        " return [box.bottom, box.right]; })"
    )

    assert sum(bottom <= 720 and right <= 1280 for bottom, right in ends) >= 8


def test_on_a_phone_nothing_is_cut_off_and_each_target_is_large(leads, world: World, log_in) -> None:
    page = log_in("ada")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    row(page, "Aaron Ash").locator("details.more summary").click()
    small = page.locator(".inbox :is(a, button, summary, select, [type=search])").evaluate_all(
        "all => all.filter(one => { const box = one.getBoundingClientRect();"
        " return box.width && (box.height < 43.5 || box.left < 0 || box.right > 390) && !one.closest('.narrow'); })"
        ".map(one => `${one.textContent.trim()} ${one.getBoundingClientRect().height}`)"
    )
    assert small == []
    row(page, "Aaron Ash").locator("details.more summary").click()  # above the row it would be in the way

    row(page, "Aaron Ash").get_by_role("link", name="Aaron Ash").first.click()
    page.get_by_role("button", name="Accept Aaron Ash").click()
    page.get_by_text("Accepted Aaron Ash.").wait_for()
    assert reverse("admin:my_leads") in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_of_ours(scheme: Any, leads, world: World, log_in) -> None:
    workflow.promote(make_lead("Unowned").pk, by=world.mia, team=world.berlin)
    page = log_in("max")
    page.emulate_media(color_scheme=scheme)
    page.reload()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("#preview").get_by_text("Last events").wait_for()

    results = Axe().run(page, context="#content")

    assert [
        f"{violation['id']} at {node['target']}: {node['html'][:160]}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ] == []
