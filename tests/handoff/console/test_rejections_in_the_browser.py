"""Rejections in a real chromium: by keyboard, with the picker, on a phone; an answer and a decision in dialogs."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from handoff import workflow
from handoff.models import Dispute, Rejection
from leads.models import Lead, State
from sla.metrics import Metric
from tests.handoff.console.conftest import by_keyboard
from tests.world import World, bring_to, make_lead, make_policy

pytestmark = [pytest.mark.ui, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
DEAD, RIGHT = "+493012345678", "+493087654321"
CLIPPED = """() => [...document.querySelectorAll('.answers .act, .with-chosen .act')].filter((each) => {
    const box = each.getBoundingClientRect();
    return box.right > innerWidth || box.left < 0 || box.height < 44;
}).map((each) => each.textContent)"""


@pytest.fixture
def lead(world: World) -> Lead:
    for metric in (Metric.TIME_TO_ACCEPT, Metric.TIME_TO_ANSWER, Metric.TIME_TO_DECIDE):
        make_policy(metric)
    return bring_to(State.MQL, make_lead(company="Fox Ltd", phone=DEAD), world)


def open_dialog(page: Page, live_server: Any, lead: Lead) -> Any:
    page.goto(f"{live_server.url}/console/leads/lead/{lead.pk}/change/")
    page.locator(".lead-acts summary").press("Enter")
    page.locator(".lead-acts").get_by_role("link", name="Reject").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    return dialog


def violations(page: Page) -> set[str]:
    found = Axe().run(page, "main, dialog").response["violations"]
    return {f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]}


def test_a_reason_is_given_by_its_key_and_enter(lead: Lead, log_in, live_server) -> None:
    page = log_in("ada")
    dialog = open_dialog(page, live_server, lead)
    labels = dialog.locator(".radio").all_inner_texts()
    number = next(place for place, label in enumerate(labels, 1) if label.startswith("Wrong territory"))
    page.keyboard.press(str(number))
    page.keyboard.press("Enter")
    page.get_by_text("Rejected Dana Fox.").wait_for()
    assert Rejection.objects.get().reason.code == "wrong_territory"


def test_another_reason_clears_what_was_wrong_with_the_first(lead: Lead, log_in, live_server) -> None:
    page = log_in("ada")
    dialog = open_dialog(page, live_server, lead)
    page.keyboard.press("n")  # the first of those that begin with it: it needs nothing or a date
    dialog.get_by_label("Not enough information").check()
    dialog.get_by_role("button", name="Reject").click()
    dialog.get_by_text("needs a note").wait_for()
    dialog.get_by_label("Spam or test").check()
    assert dialog.get_by_text("needs a note").count() == 0
    assert not violations(page)


def test_the_other_lead_is_picked_by_its_name(lead: Lead, world: World, log_in, live_server) -> None:
    other = make_lead("Dana Fox", email="d.fox@other.example", company="Fox Ltd", team=world.berlin)
    page = log_in("ada")
    dialog = open_dialog(page, live_server, lead)
    dialog.get_by_label("Duplicate of another lead").check()
    field = dialog.get_by_label("The other lead")
    field.press_sequentially("d.fox@")
    dialog.locator(".picker [data-value]").wait_for()
    assert not violations(page)
    field.press("ArrowDown")
    field.press("Enter")
    assert field.input_value() == str(other.pk)
    assert "d.fox@other.example" in dialog.locator(".picked").inner_text()
    dialog.get_by_role("button", name="Reject").click()
    page.get_by_text("Rejected Dana Fox.").wait_for()
    assert Rejection.objects.get().duplicate_of == other


def test_escape_closes_the_list_of_the_picker_and_not_the_dialog(lead: Lead, log_in, live_server) -> None:
    page = log_in("ada")
    dialog = open_dialog(page, live_server, lead)
    dialog.get_by_label("Duplicate of another lead").check()
    field = dialog.get_by_label("The other lead")
    field.press_sequentially("nobody")
    dialog.get_by_text("No other lead fits").wait_for()
    field.press("Escape")
    assert not dialog.locator(".picker").is_visible()
    assert dialog.is_visible()


def test_a_marketer_corrects_the_wrong_detail_in_the_dialog(lead: Lead, world: World, log_in, live_server) -> None:
    workflow.reject(lead.pk, by=world.ada, reason="bad_contact_data", wrong_field="phone", note="Dead.")
    page = log_in("mia")
    assert not violations(page)
    page.get_by_role("link", name="Fix and resubmit Dana Fox").click()
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_label("Phone").input_value() == DEAD
    dialog.get_by_label("Phone").fill(RIGHT)
    dialog.get_by_label("What was fixed").fill("Asked the buyer.")
    dialog.get_by_role("button", name="Resubmit").click()
    page.get_by_text("Resubmitted Dana Fox.").wait_for()
    lead.refresh_from_db()
    assert (lead.state, lead.phone) == (State.MQL, RIGHT)


def test_an_arbiter_decides_beside_both_arguments(lead: Lead, world: World, log_in, live_server) -> None:
    workflow.reject(lead.pk, by=world.ada, reason="packet_insufficient", note="No need stated.")
    workflow.dispute(lead.pk, by=world.mia, argument="The need stands in the message.")
    page = log_in("olga")
    page.goto(f"{live_server.url}/console/handoff/dispute/")
    assert not violations(page)
    page.get_by_role("link", name="Decide Dana Fox").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Grounds").fill("I read both.")
    assert not violations(page)
    dialog.get_by_role("button", name="Overturn").click()
    page.get_by_role("link", name="Decide Dana Fox").wait_for(state="detached")
    assert Dispute.objects.get().decision == "overturned"


def test_a_rejection_is_disputed_and_decided_by_keyboard_alone(lead: Lead, world: World, log_in, live_server) -> None:
    workflow.reject(lead.pk, by=world.ada, reason="packet_insufficient", note="No need stated.")
    page = log_in("mia")
    by_keyboard(page.get_by_label("More for Dana Fox"))
    by_keyboard(page.get_by_role("link", name="Dispute", exact=True))
    page.get_by_role("dialog").wait_for()
    page.keyboard.type("The need stands in the message.")  # the dialog begins at its first field
    by_keyboard(page.get_by_role("dialog").get_by_role("button", name="Dispute"))
    page.get_by_text("Disputed the rejection of Dana Fox.").wait_for()

    page = log_in("olga")
    page.goto(f"{live_server.url}/console/handoff/dispute/")
    by_keyboard(page.get_by_role("link", name="Decide Dana Fox"))
    page.get_by_role("dialog").wait_for()
    page.keyboard.type("I read both.")
    by_keyboard(page.get_by_role("dialog").get_by_role("button", name="Uphold"))
    page.get_by_role("link", name="Decide Dana Fox").wait_for(state="detached")
    dispute = Dispute.objects.get()
    assert (dispute.argument, dispute.decision) == ("The need stands in the message.", "upheld")


def test_on_a_phone_no_button_is_cut_off_or_small(lead: Lead, world: World, log_in, live_server) -> None:
    workflow.reject(lead.pk, by=world.ada, reason="not_now", retry_on="2031-03-01", note="Budget next year.")
    page = log_in("mia")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/console/handoff/rejection/")
    assert page.evaluate(CLIPPED) == []
    page.get_by_label("More for Dana Fox").click()
    box = page.locator(".menu > div").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
