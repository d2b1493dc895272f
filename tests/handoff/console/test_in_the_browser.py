"""The console in a real chromium: dialogs, the keyboard, the loser of a race, and what axe finds."""

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from handoff import workflow
from handoff.amending import bulk
from handoff.doors import SHELL
from handoff.models import BulkAct, Rejection, WorkState
from leads.models import State
from sla.metrics import Metric
from sla.models import Clock
from tests.world import World, bring_to, make_lead, make_policy

pytestmark = [pytest.mark.ui, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
SERIOUS = ("serious", "critical")


@pytest.fixture
def lead(world: World) -> Any:
    for metric in (Metric.TIME_TO_ACCEPT, Metric.TIME_TO_ANSWER):
        make_policy(metric)
    return bring_to(State.MQL, make_lead(company="Fox Ltd"), world)


def test_a_rep_rejects_with_a_reason_and_marketing_sees_it(lead, log_in) -> None:
    page = log_in("ada")
    assert page.url.endswith("/console/my-leads/")

    page.get_by_role("button", name="Reject Dana Fox").click()
    dialog = page.get_by_role("dialog", name="Reject Dana Fox")
    dialog.get_by_label("Duplicate of another lead").check()
    assert dialog.get_by_label("The other lead").is_visible()
    assert not dialog.get_by_label("Retry on").is_visible()
    dialog.get_by_label("Other", exact=True).check()
    assert not dialog.get_by_label("The other lead").is_visible()
    dialog.get_by_label("Note").fill("too short")
    dialog.get_by_role("button", name="Reject").click()
    dialog.get_by_text("needs a note of at least 15 characters").wait_for()
    assert dialog.get_by_label("Note").input_value() == "too short"
    dialog.get_by_label("Note").fill("They asked us about another product.")
    dialog.get_by_role("button", name="Reject").click()
    page.get_by_text("Rejected Dana Fox.").wait_for()

    assert Rejection.objects.get().reason.code == "other"
    marketing = log_in("mia")
    row = marketing.locator("tr", has_text="Dana Fox")
    assert "They asked us about another product." in row.inner_text()
    row.get_by_label("More for Dana Fox").click()
    row.get_by_role("link", name="Acknowledge").click()
    marketing.get_by_role("dialog").get_by_role("button", name="Answer").click()
    marketing.get_by_text("Answered the rejection of Dana Fox.").wait_for()


def test_the_loser_of_a_race_reads_who_was_faster(lead, world: World, log_in) -> None:
    page = log_in("ada")
    workflow.accept(lead.pk, by=world.max)

    page.get_by_role("button", name="Accept Dana Fox").click()

    page.get_by_text("already accepted by Max").wait_for()
    assert page.url.endswith("/console/my-leads/")


def test_a_refused_dialog_leads_to_the_field_that_is_wrong(lead, log_in) -> None:
    page = log_in("ada")
    page.get_by_role("button", name="Reject Dana Fox").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Other", exact=True).check()

    dialog.get_by_role("button", name="Reject").click()
    dialog.get_by_text("needs a note").wait_for()

    assert page.evaluate("document.activeElement.name") == "note"


def test_words_outlive_the_session(lead, log_in) -> None:
    page = log_in("ada")
    page.get_by_role("button", name="Reject Dana Fox").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Other", exact=True).check()
    dialog.get_by_label("Note").fill("They asked us about another product.")
    page.context.clear_cookies(name="sessionid")

    dialog.get_by_role("button", name="Reject").click()
    dialog.get_by_text("You were logged out. Copy your words, then log in again.").wait_for()

    assert dialog.get_by_label("Note").input_value() == "They asked us about another product."
    page.context.clear_cookies()
    dialog.get_by_role("button", name="Reject").click()  # now without the token: 403
    page.wait_for_load_state("networkidle")
    assert dialog.get_by_label("Note").input_value() == "They asked us about another product."
    assert dialog.get_by_text("You were logged out.").count() == 1


def test_the_keyboard_is_enough(lead, log_in) -> None:
    page = log_in("ada")

    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.get_by_role("button", name="Reject Dana Fox").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    assert page.evaluate("document.activeElement.name") == "reason"
    for _press in range(12):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0


def test_axe_finds_nothing_serious(lead, world: World, log_in, live_server) -> None:
    other = bring_to(State.REJECTED, make_lead("Lena Kurz"), world)
    page = log_in("ada")
    found = _violations(page)
    page.get_by_role("button", name="Reject Dana Fox").click()
    page.get_by_role("dialog").wait_for()
    found |= _violations(page)
    for path in (f"leads/lead/{lead.pk}/change/", "handoff/rejection/", f"leads/lead/{other.pk}/change/"):
        page.goto(f"{live_server.url}/console/{path}")
        page.wait_for_load_state("networkidle")
        found |= _violations(page)

    assert not found


def _violations(page: Page) -> set[str]:
    results = Axe().run(page)
    return {
        f"{violation['id']} at {node['target']}: {node['html'][:120]}"
        for violation in results.response["violations"]
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    }


def test_the_page_of_a_bulk_act_follows_it_to_its_end(lead, world: World, log_in, live_server) -> None:
    clock = Clock.objects.get(lead=lead)
    Clock.objects.update(started_at=clock.started_at - timedelta(hours=2), due_at=timezone.now() - timedelta(hours=1))
    day = timedelta(days=1)
    act = bulk.ask_to_excuse(timezone.now() - day, timezone.now(), by=world.olga, reason="Mail was down", door=SHELL)
    page = log_in("olga")
    page.goto(f"{live_server.url}{reverse('admin:handoff_bulkact_change', args=[act.pk])}")
    page.get_by_text("0 of 1 clocks").wait_for()
    assert not _violations(page)

    BulkAct.objects.update(state=WorkState.DONE, done=1, finished_at=timezone.now())
    page.get_by_text("1 of 1 clocks").wait_for()
    page.get_by_role("link", name="Stop").wait_for(state="detached")
