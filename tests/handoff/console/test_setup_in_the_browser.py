"""From empty to the first running clock in a real browser, counted; and the rows of the settings by keyboard."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from handoff.engine import first_account
from leads.models import Team, User
from sla.models import Calendar, Clock, Policy
from tests.handoff.console.conftest import by_keyboard
from tests.world import World, make_calendar, make_lead, make_policy

pytestmark = [pytest.mark.ui, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
MOST_CLICKS = 12
SLOWEST = 120_000  # milliseconds, on a busy machine


class Counted:
    """A person who counts their clicks, or the keys that they press instead; typing is none."""

    def __init__(self, page: Page, has_mouse: bool) -> None:
        self.page = page
        self.has_mouse = has_mouse
        self.clicks = 0

    def click(self, role: Any, name: str, within: Any = None) -> None:
        self.clicks += 1
        target = (within or self.page).get_by_role(role, name=name, exact=True).first
        if self.has_mouse:
            target.click()
        else:
            by_keyboard(target, "Space" if role == "checkbox" else "Enter")
        self.page.wait_for_load_state()

    def choose_first(self, field: Any) -> None:
        self.clicks += 1
        if self.has_mouse:
            field.select_option(index=1)
        else:
            by_keyboard(field, "ArrowDown")


@pytest.fixture
def page(browser: Browser) -> Any:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="Europe/Berlin")
    opened = context.new_page()
    opened.set_default_timeout(SLOWEST)
    yield opened
    context.close()


@pytest.mark.parametrize("has_mouse", [True, False], ids=["mouse", "keyboard"])
def test_from_empty_to_the_first_running_clock_in_twelve_clicks(has_mouse: bool, page: Page, live_server: Any) -> None:
    User.objects.all().delete()
    link = first_account.link().partition("/console/")[2]
    olga = Counted(page, has_mouse)
    page.goto(f"{live_server.url}/console/{link}")
    for name, text in {"first_name": "Olga", "last_name": "Brandt", "email": "olga@example.org"}.items():
        page.fill(f"[name={name}]", text)
    page.fill("[name=password]", "a long enough one")
    assert page.input_value("[name=time_zone]") == "Europe/Berlin"  # suggested
    olga.click("checkbox", "Marketer")
    olga.click("button", "Create the account")

    olga.click("button", "Make them")
    page.get_by_text("Made: the team Sales").wait_for()

    olga.click("link", "Invite a person: People")
    page.fill("[name=first_name]", "Ada")
    page.fill("[name=email]", "ada@example.org")
    olga.click("checkbox", "Sales rep")
    olga.click("button", "Save")

    olga.click("link", "Add a lead: Leads")
    page.fill("[name=name]", "Dana Fox")
    page.fill("[name=email]", "dana@fox.example")
    olga.click("button", "Save")
    olga.click("link", "Promote Dana Fox")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    olga.choose_first(dialog.get_by_label("Owner"))
    olga.click("button", "Promote", dialog)
    page.get_by_text("Promoted Dana Fox").first.wait_for()

    assert Clock.objects.filter(stopped_at=None).exists()
    assert olga.clicks <= MOST_CLICKS, olga.clicks
    page.goto(f"{live_server.url}{reverse('admin:setup')}")
    expect(page.get_by_role("listitem").filter(has_text="The first clock").get_by_label("Done")).to_be_visible()
    assert not _violations(page)


def test_a_week_is_filled_in_by_keyboard(world: World, log_in, live_server: Any) -> None:
    page = log_in("olga")
    page.set_default_timeout(SLOWEST)
    page.goto(f"{live_server.url}{reverse('admin:sla_calendar_add')}")
    page.fill("[name=name]", "Munich")
    page.select_option("[name=zone]", "Europe/Berlin")
    add = page.get_by_role("button", name="Add hours on Saturday")
    add.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Saturday opens"
    page.get_by_label("Saturday opens").fill("10:00")
    page.get_by_label("Saturday closes").fill("14:00")
    page.get_by_role("button", name="Remove these hours of Friday").press("Enter")
    page.get_by_label("Monday opens").fill("08:00")
    page.get_by_role("button", name="Copy the hours of Monday to all weekdays").press("Enter")
    page.select_option("[name=holiday_country]", "DE")
    page.wait_for_function("document.querySelector('[data-parts]').options.length > 10")
    page.select_option("[name=holiday_subdivision]", "BY")
    assert not _violations(page)
    page.get_by_role("button", name="Save", exact=True).press("Enter")
    page.get_by_text("was added successfully").wait_for()

    made = Calendar.objects.get(name="Munich")
    assert made.weekly["fri"] == made.weekly["mon"] == [["08:00", "17:00"]]
    assert made.weekly["sat"] == [["10:00", "14:00"]]
    assert made.holiday_subdivision == "BY"


def test_a_segment_is_built_with_the_choices_of_the_field_and_counted(world: World, log_in, live_server: Any) -> None:
    make_calendar()
    policy = make_policy("time_to_accept")
    make_lead("Dana Fox", email="d@example.org", country="DE", source="webinar")
    make_lead("Lena Kurz", email="l@example.org", country="AT", source="webinar")
    page = log_in("olga")
    page.set_default_timeout(SLOWEST)
    page.goto(f"{live_server.url}{reverse('admin:sla_policy_change', args=[policy.pk])}")
    page.get_by_text("2 of 2 leads match").wait_for()

    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Fact").select_option("country")
    page.get_by_label("Comparison").select_option("in")
    page.get_by_label("Value").locator("visible=true").select_option(["DE", "FR"])
    page.get_by_text("1 of 2 leads match").wait_for()
    assert not _violations(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("is in force; running clocks keep theirs").wait_for()

    written = Policy.objects.get(key=policy.key, retired_at=None)
    assert written.conditions == [{"field": "country", "op": "in", "value": ["FR", "DE"]}] or written.conditions == [
        {"field": "country", "op": "in", "value": ["DE", "FR"]}
    ]


def test_on_a_phone_nothing_is_cut_off(world: World, browser: Browser, live_server: Any, log_in) -> None:
    page = log_in("olga")
    page.set_default_timeout(SLOWEST)
    page.set_viewport_size({"width": 390, "height": 844})
    Team.objects.first()
    for name in ("setup", "sla_calendar_add", "sla_policy_add", "leads_user_add"):
        page.goto(f"{live_server.url}{reverse(f'admin:{name}')}")
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth <= 390"), name
        cut = page.evaluate(
            "[...document.querySelectorAll('.row button:not([hidden]), .form-end .act, .step .act')]"
            ".filter(e => e.offsetParent && (e.getBoundingClientRect().right > 391 || e.offsetHeight < 40))"
            ".map(e => e.outerHTML)"
        )
        assert not cut, (name, cut)


def _violations(page: Page) -> set[str]:
    results = Axe().run(page)
    return {
        f"{violation['id']} at {node['target']}: {node['html'][:160]}"
        for violation in results.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    }
