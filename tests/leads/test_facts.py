"""A card for each fact of a lead: every door has it, and a hostile value is kept in a form that fits or refused."""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, CharField, IntegerField
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.agreement.packet import snapshot
from handoff.api.bodies import CorrectionBody
from handoff.api.shapes import LeadShape
from handoff.console.leads.lead_form import LeadForm
from handoff.console.leads.lead_list import EXPORTED
from handoff.console.leads.leads import LeadPage
from handoff.imports.leads import ALIASES
from leads import conditions
from leads.conditions.fields import DERIVED
from leads.facts import FactType, built_in_facts, contact_facts, fact, value_of
from leads.models import Campaign, Lead
from leads.normalise import is_storable

DOCS = Path(__file__).parents[2] / "docs"
NAMES = [each.name for each in built_in_facts()]
BY_VERBS_AND_ENGINE = {
    *("id", "state", "owner", "team", "entered_at", "cycle", "reason", "last_touch_at", "reenter_on"),
    *("paused_at", "paused_until", "snoozed_until", "merged_into", "created_at", "updated_at"),
    *("stated_score", "fit_grade", "scored_at", "scored_by"),
    *("attributes", "consent", "do_not_contact_since", "provenance"),  # the catalogue, and what the doors keep
}


def test_every_column_of_a_lead_has_a_card_or_is_moved_by_verbs() -> None:
    assert {column.name for column in Lead._meta.concrete_fields} - BY_VERBS_AND_ENGINE == set(NAMES)


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_every_door_has_every_fact(name: str) -> None:
    shown = [field for row in LeadPage.fieldsets[0][1]["fields"] for field in row]
    doors: dict[str, Any] = {
        "conditions": conditions.fields(),
        "request": CorrectionBody().fields,
        "answer": LeadShape.Meta.fields,
        "files": ALIASES,
        "form": LeadForm.base_fields,
        "page": shown,
        "new lead": LeadPage.add_fieldsets[0][1]["fields"],
        "export": EXPORTED,
        "packet": snapshot(Lead(pk=1)),
    }
    assert [door for door, names in doors.items() if name not in names] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_documentation_names_every_fact(name: str) -> None:
    segments = (DOCS / "sla.md").read_text().partition("## Segments")[2]
    assert re.search(rf"\b{name}\b", segments.partition("Operators:")[0])


@pytest.mark.parametrize("each", built_in_facts(), ids=str)
def test_the_column_holds_what_the_card_lets_pass(each: Any) -> None:
    column = Lead._meta.get_field(each.name)
    if each.is_number:
        assert isinstance(column, IntegerField)
    elif each.type == FactType.YES_NO:
        assert isinstance(column, BooleanField)
    elif each.type == FactType.CAMPAIGN:
        assert Campaign._meta.get_field("name").max_length == each.longest
    else:
        assert isinstance(column, CharField)
        assert column.max_length == (2 if each.type == FactType.COUNTRY else each.longest)


def test_headers_belong_to_one_fact_each() -> None:
    called = [alias for aliases in ALIASES.values() for alias in aliases]
    assert sorted(called) == sorted(set(called))


def test_whoever_works_a_lead_corrects_how_the_buyer_is_reached() -> None:
    """Score, source and campaign carry attribution: they are marketing's."""
    assert [each.name for each in contact_facts()] == [
        *("name", "first_name", "last_name", "email", "company", "title", "phone", "mobile_phone"),
        *("preferred_channel", "do_not_contact", "do_not_contact_reason", "country"),
    ]


def test_a_lead_gives_its_facts_by_name() -> None:
    lead = Lead(name="Dana", score=80, campaign=Campaign(name="Spring"))
    values = lead.facts()
    assert (values["name"], values["score"], values["campaign"], values["owner"]) == ("Dana", 80, "Spring", "")
    assert set(values) == {*NAMES, *(field.name for field in DERIVED)}
    assert len(values) == len(list(values))
    with pytest.raises(KeyError):
        values["state"]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [("source", "paid_search", "Paid search"), ("score", 0, "0"), ("score", None, ""), ("company", "", "")],
)
def test_a_value_is_shown_as_people_read_it(name: str, value: Any, shown: str) -> None:
    assert fact(name).shown(value) == shown


WEIRD = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\0\ud800\u200b\u202e\ufeff\uff1d\uff20＝＠８\x1b\r\n\t @.,-+eE0159"),
    ),
    max_size=60,
)
VALUES = st.one_of(WEIRD, st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.text(max_size=3)))


def refusal_of(check: Callable[[Any], Any], value: Any) -> str:
    """The words in which a value is refused; empty when it is not."""
    try:
        check(value)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


@pytest.mark.parametrize("each", built_in_facts(), ids=str)
@settings(max_examples=50, deadline=None)
@given(value=VALUES)
def test_any_value_is_kept_in_a_form_that_fits_or_refused_in_words(each: Any, value: Any) -> None:
    refusal = refusal_of(each.clean, value)
    if refusal:
        assert 0 < len(refusal) < 400
        return
    kept = each.clean(value)
    if isinstance(kept, str):
        assert is_storable(kept)
        assert len(kept) <= each.longest
        assert kept == kept.strip()
    else:
        assert kept is None or -(2**31) <= kept < 2**31
    assert each.clean(kept) == kept, "cleaned once more it stays"


NUMBERS = [
    *("1e999999999", "-1e999999999", "1e-999999999", "1e99999999999999999999", "9" * 5000, "Infinity", "-Infinity"),
    *("sNaN", "0x10", "2147483648", "-2147483649", "8.5", "1_000_000_000_000", "\u0000", True, [], {}),
    *(10**5000, float("inf"), Decimal("1e999999")),
]


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: f"{type(value).__name__}")
def test_a_number_beyond_measure_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="is not a valid whole number: write one like 85"):
        fact("score").clean(value)


@pytest.mark.parametrize(
    ("value", "kept"), [("85", 85), ("85.0", 85), (" 8e1 ", 80), ("８５", 85), ("-3", -3), ("n/a", None), ("", None)]
)
def test_a_number_as_files_write_it(value: str, kept: int | None) -> None:
    assert fact("score").clean(value) == kept


@pytest.mark.parametrize("text", ["\u200b", "\ufeff Dana \u200b", "Da\u00adna", "\u2060Dana"])
def test_what_nobody_sees_makes_no_other_name(text: str) -> None:
    assert fact("name").clean(text) in ("", "Dana")


def test_a_value_is_read_by_one_accessor() -> None:
    lead = Lead(email="dana@buyer.example")
    assert {each.name: value_of(lead, each) for each in built_in_facts()} == {
        **dict.fromkeys(NAMES, ""),
        "email": "dana@buyer.example",
        "score": None,
        "do_not_contact": False,
    }


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WEIRD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["field", "op", "value", "x"]), inner),
    max_leaves=12,
)
CONDITION = st.fixed_dictionaries(
    {
        "field": st.sampled_from([*conditions.fields(), "state", ""]) | HOSTILE,
        "op": st.sampled_from([*conditions.OPERATORS]) | HOSTILE,
        "value": HOSTILE,
    }
)


@settings(max_examples=50, deadline=None)
@given(wanted=HOSTILE | st.lists(CONDITION, max_size=3))
def test_conditions_are_refused_in_words_or_can_be_judged(wanted: Any) -> None:
    if refusal := refusal_of(conditions.validate_conditions, wanted):
        assert len(refusal) < 500
        return
    values = Lead(name="Dana", score=50).facts()
    assert conditions.all_hold(wanted, values) == (conditions.unmet(wanted, values) == [])


@pytest.mark.parametrize(
    ("op", "field", "value"),
    [
        ("at_least", "company", 5),
        ("at_least", "score", True),
        ("at_least", "score", float("inf")),
        ("is", "name", "a\0b"),
        ("is", "name", ["Dana"]),
        ("in", "name", [["Dana"]]),
        ("in", "name", "Dana"),
        ("present", "name", 1),
    ],
)
def test_a_condition_that_the_database_or_a_reader_cannot_hold_is_refused(op: str, field: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=r"is not a valid value|compares numbers: use it with score"):
        conditions.validate_conditions([{"field": field, "op": op, "value": value}])
