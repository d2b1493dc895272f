"""Every page of every role: what a keyboard and a screen reader need of its markup."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.urls import reverse

from leads.models import State
from sla.metrics import Metric
from tests.world import World, bring_to, make_lead, make_policy

EMPTY_TAGS = {"input", "link", "meta", "img", "br", "hr", "source", "wbr"}
CONTROLS = {"input", "select", "textarea"}
HIDDEN_TYPES = {"hidden", "submit", "button"}
FORMS = {
    "mia": ["leads_lead_add", "handoff_import_add"],
    "olga": [
        "leads_user_add",
        "sla_policy_add",
        "sla_calendar_add",
        "handoff_destination_add",
        "handoff_apitoken_add",
        "leads_campaign_add",
        "password_change",
    ],
}


class Document(HTMLParser):
    """A page as its elements: the tag, the attributes, and the tags around it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], list[tuple[str, dict[str, str]]]]] = []
        self._around: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes, list(self._around)))
        if tag not in EMPTY_TAGS:
            self._around.append((tag, attributes))

    def handle_endtag(self, tag: str) -> None:
        while self._around and self._around.pop()[0] != tag:
            pass

    def faults(self) -> list[str]:
        tags = [tag for tag, _, _ in self.elements]
        counts = [f"{tags.count(tag)} {tag}" for tag in ("h1", "main") if tags.count(tag) != 1]
        return [*counts, *self._skip_link(), *(fault for element in self.elements for fault in self._of(*element))]

    def _skip_link(self) -> list[str]:
        first = next((attributes for tag, attributes, _ in self.elements if tag == "a"), {})
        is_there = any(tag == "main" and attributes.get("id") == "main" for tag, attributes, _ in self.elements)
        return [] if first.get("href") == "#main" and is_there else ["the first link does not lead to the content"]

    def _of(self, tag: str, attributes: dict[str, str], around: list[tuple[str, dict[str, str]]]) -> list[str]:
        faults = []
        if int(attributes.get("tabindex") or 0) > 0:
            faults.append("positive tabindex")
        if tag == "a" and "href" not in attributes and "data-href-template" not in attributes:
            faults.append(f"a link without an address: {attributes}")
        if {"onclick", "x-on:click", "@click"} & attributes.keys() and tag not in ("a", "button", "summary"):
            faults.append(f"{tag} is clicked and cannot be focused")
        is_control = tag in CONTROLS and attributes.get("type") not in HIDDEN_TYPES
        if is_control and not self._is_named(attributes, around):
            faults.append(f"{tag} {attributes.get('name')} has no name")
        is_icon = "material-symbols-outlined" in attributes.get("class", "").split()
        if is_icon and not any(each.get("aria-hidden") == "true" for _, each in [*around, (tag, attributes)]):
            faults.append("the name of an icon is read aloud")
        return faults

    def _is_named(self, attributes: dict[str, str], around: list[tuple[str, dict[str, str]]]) -> bool:
        labels = {each.get("for") for tag, each, _ in self.elements if tag == "label"}
        is_inside = any(tag == "label" for tag, _ in around)
        is_template = any("empty-form" in each.get("class", "") for _, each in around)
        has_own = bool(attributes.get("aria-label") or attributes.get("aria-labelledby"))
        return has_own or is_inside or is_template or attributes.get("id") in labels


@pytest.fixture
def busy(world: World) -> None:
    """Something on every list."""
    for metric in (Metric.TIME_TO_ACCEPT, Metric.TIME_TO_ANSWER):
        make_policy(metric)
    for state in (State.RAW, State.MQL, State.SAL, State.REJECTED):
        bring_to(state, make_lead(f"Dana {state.label}"), world)


@pytest.mark.parametrize("name", ["ada", "max", "mia", "nora", "olga"])
def test_every_page_of_the_menu_is_sound(name: str, busy: None, world: World, as_) -> None:
    client = as_(getattr(world, name))
    home = client.get(reverse("admin:index"), follow=True)
    links = [item["link"] for group in home.context["sidebar_navigation"] for item in group["items"]]
    addresses = [*links, reverse("admin:find"), *(reverse(f"admin:{page}") for page in FORMS.get(name, []))]
    assert len(addresses) > 15

    faults = {address: fault for address in addresses if (fault := _faults(client, address))}

    assert not faults


def _faults(client: Any, address: str) -> list[str]:
    answer = client.get(address)
    page = answer.content.decode()
    document = Document(page)
    here = [each["href"] for tag, each, _ in document.elements if tag == "a" and each.get("aria-current") == "page"]
    in_menu = [link for link in here if link.startswith("/")]
    faults = document.faults() if answer.status_code == 200 else [f"status {answer.status_code}"]
    return [*faults, *([f"lit: {in_menu}"] if len(in_menu) > 1 else [])]


def test_the_pages_of_one_lead_are_sound(busy: None, world: World, as_) -> None:
    client = as_(world.olga)
    lists = ("leads_lead", "sla_policy", "sla_clock", "leads_user", "leads_transition", "handoff_rejection")

    for name in lists:
        rows = client.get(reverse(f"admin:{name}_changelist")).context["cl"].result_list
        address = reverse(f"admin:{name}_change", args=[rows[0].pk])
        assert not _faults(client, address), address


def test_the_login_page_is_sound_and_begins_with_the_name(client, db) -> None:
    page = client.get(reverse("admin:login")).content.decode()
    document = Document(page)

    assert [fault for fault in document.faults() if "first link" not in fault] == []
    assert [each["name"] for tag, each, _ in document.elements if "autofocus" in each] == ["username"]
    assert "Return to site" not in page


def test_a_page_before_the_login_has_one_place_of_its_content(client, db) -> None:
    tags = [tag for tag, *_ in Document(client.get(reverse("admin:admin_password_reset")).content.decode()).elements]

    assert (tags.count("main"), tags.count("h1")) == (1, 1)


def test_a_row_is_chosen_by_its_name(world: World, as_) -> None:
    make_lead("Dana Fox")

    page = as_(world.mia).get(reverse("admin:leads_lead_changelist")).content.decode()

    assert 'aria-label="Select Dana Fox"' in page
    assert "Select record" not in page
