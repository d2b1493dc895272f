"""A marketer brings a workbook in, fixes what is wrong with it, and undoes it, in a real chromium."""

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from handoff.imports import job
from handoff.models import Import, ImportState
from leads.models import Lead
from tests.workbooks import workbook
from tests.world import World

pytestmark = [pytest.mark.ui, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
SERIOUS = ("serious", "critical")
ROWS, BAD = 300, range(30, 301, 30)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three hundred leads, of which ten have no email that is one, nor an id."""
    headers = [
        "Record ID",
        "Email",
        "First Name",
        "Last Name",
        "Company Name",
        "Lead Status",
        "Contact owner",
        "Firm size",
    ]
    rows = [
        [
            "" if n in BAD else 39_779_212_000 + n,
            f"lead{n} at buyer.example" if n in BAD else f"lead{n}@buyer.example",
            *(f"First {n}", f"Last {n}", f"Acme {n}", "Open", "ada", n),
        ]
        for n in range(1, ROWS + 1)
    ]
    path = tmp_path / "leads of spring.xlsx"
    path.write_bytes(workbook({"Leads": [headers, *rows]}))
    return path


def picture(page: Page, name: str) -> None:
    """Kept where somebody wants to look at it, at the widths of a laptop and of a phone."""
    if folder := os.environ.get("PICTURES"):
        for width, height in ((1280, 720), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1440, "height": 900})


def check(page: Page, name: str) -> None:
    picture(page, name)
    found = [each for each in Axe().run(page).response["violations"] if each["impact"] in SERIOUS]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_three_hundred_rows_ten_bad_ones_fixed_and_undone(
    world: World, log_in: Any, live_server: Any, file: Path
) -> None:
    page = log_in("mia")
    page.goto(live_server.url + reverse("admin:leads_lead_changelist"))
    page.get_by_role("link", name="Import a file").click()
    check(page, "1-new")
    page.get_by_label("Drop a file here").set_input_files(file)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="How this file was understood")).to_be_visible()
    record = Import.objects.get()
    job.run_in_turn()
    page.reload()
    preview = page.get_by_label("Preview")
    expect(preview).to_contain_text("290 created")
    expect(preview).to_contain_text("10 refused")
    check(page, "2-draft")

    page.get_by_label("Field of Firm size").select_option("score")
    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_text("look at it, then start")).to_be_visible()
    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_text("0 of 300 rows")).to_be_visible()
    picture(page, "3-waiting")
    job.run_in_turn()
    expect(page.get_by_role("heading", name="Refused rows")).to_be_visible(timeout=15_000)
    check(page, "4-done")
    assert Lead.objects.count() == ROWS - len(BAD)
    assert Lead.objects.get(email="lead7@buyer.example").score == 7

    for n in BAD:
        page.get_by_label(f"Column 2 of row {n + 1}").fill(f"lead{n}@buyer.example")
    page.get_by_role("button", name="Load these rows again").click()
    expect(page.get_by_text("10 rows came in.")).to_be_visible()
    assert Lead.objects.count() == ROWS

    page.get_by_role("link", name="Undo", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Undo the import").click()
    expect(page.get_by_text("It is being undone.")).to_be_visible()
    while Import.objects.get(pk=record.pk).is_in_progress:  # a turn ends after a while, however slow the machine is
        job.run_in_turn()
    expect(page.get_by_text("300 leads as before")).to_be_visible(timeout=15_000)
    picture(page, "5-undone")
    assert not Lead.objects.exists()
    record.refresh_from_db()
    assert (record.state, record.reverted, record.kept) == (ImportState.UNDONE, ROWS, 0)
    assert page.url.endswith(reverse("admin:handoff_import_change", args=[record.pk]))
    page.goto(live_server.url + reverse("admin:handoff_import_changelist"))
    check(page, "6-list")
