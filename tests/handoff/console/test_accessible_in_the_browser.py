"""axe on every page of the menu, by role, in light and dark and on the phone: no finding, however minor."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from leads.models import Campaign, State
from sla.metrics import Metric
from tests.world import World, bring_to, make_lead, make_policy

pytestmark = [pytest.mark.ui, pytest.mark.slow, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}
FORMS = {
    "ada": [],
    "max": [],
    "mia": ["leads/lead/add/"],
    "olga": ["sla/policy/add/", "sla/calendar/add/", "leads/user/add/", "handoff/destination/add/", "password_change/"],
}


@pytest.fixture
def busy(world: World) -> None:
    """Something on every list."""
    for metric in (Metric.TIME_TO_ACCEPT, Metric.TIME_TO_ANSWER):
        make_policy(metric)
    campaign = Campaign.objects.create(name="Fair")
    for state in (State.RAW, State.MQL, State.SAL, State.REJECTED):
        bring_to(state, make_lead(f"Dana {state.label}", source="organic_search", campaign=campaign), world)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", FORMS)
def test_axe_finds_nothing(name: str, look: str, busy: None, browser: Browser, live_server) -> None:
    context = browser.new_context(**LOOKS[look])
    page = context.new_page()
    page.goto(f"{live_server.url}/console/login/")
    findings = _findings(page)
    page.fill("[name=username]", name)
    page.fill("[name=password]", "demo")
    page.click("[type=submit]")
    page.wait_for_load_state()
    links = page.eval_on_selector_all("#nav-sidebar nav a", "links => links.map(link => link.href)")
    assert len(links) > 15
    for address in [*links, *(f"{live_server.url}/console/{path}" for path in [*FORMS[name], "find/?q=dana"])]:
        page.goto(address)
        findings |= _findings(page)
    page.keyboard.press("Control+k")
    page.get_by_role("option").first.wait_for()
    findings |= _findings(page)
    context.close()

    assert not findings


def _findings(page: Page) -> set[str]:
    return {
        f"{violation['id']} on {page.url}: {node['html'][:120]}"
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
    }
