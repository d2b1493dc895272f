"""Attributes from files: recognised by key, label and synonym, and read as people write them."""

from typing import Any

import pytest

from handoff.imports.attributes import values_of
from handoff.imports.kind import Reading, Row
from leads.models import Attribute, AttributeType, Lead, Role
from tests.handoff.imports.conftest import Explain, Import

GOLD = [{"key": "gold", "label": "Gold"}, {"key": "silver", "label": "Silver"}]
pytestmark = pytest.mark.django_db


def attribute(key: str, kind: str, **fields: Any) -> None:
    choices = GOLD if kind in (AttributeType.CHOICE, AttributeType.CHOICES) else []
    label = fields.pop("label", key.title())
    Attribute.objects.create(key=key, label=label, type=kind, choices=choices, **fields)


def test_whoever_imports_writes_what_they_may_edit_and_sees_nothing_else() -> None:
    attribute("tier", AttributeType.CHOICE, edited_by=[Role.SALES_REP])
    attribute("size", AttributeType.NUMBER)
    attribute("margin", AttributeType.NUMBER, seen_by=[Role.REVOPS])
    row = Row(2, {"attributes.tier": "gold", "attributes.size": "5", "attributes.margin": "9"})
    reading = Reading("x", frozenset(row.cells), roles=frozenset({Role.MARKETER}))
    assert values_of(row, reading) == {"attributes.tier": None, "attributes.size": 5}
    assert row.remarks == ["attributes.tier: Tier is not edited by your roles. It was left out."]


@pytest.mark.parametrize("header", ["company_tier", "Company Tier", "Kundenklasse", "attributes.company_tier", "Role"])
def test_a_column_is_known_by_key_label_and_synonym(bring_in: Import, header: str) -> None:
    attribute("company_tier", AttributeType.CHOICE, label="Company tier", synonyms=["Kundenklasse", "Role"])
    assert bring_in("leads", f"Email,{header}\ndana@buyer.example,GOLD\n").outcomes == ["created"]
    assert Lead.objects.get().attributes == {"company_tier": "gold"}


VALUES = [
    (AttributeType.NUMBER, '"1.234,5"', 1234.5),
    (AttributeType.NUMBER, "12%", 12),
    (AttributeType.NUMBER, "0.125", 0.125),
    (AttributeType.NUMBER, '"1,200"', 1200),
    (AttributeType.MONEY, '"$1,200.50"', {"amount": 1200.5, "currency": "USD"}),
    (AttributeType.MONEY, '"1.200,50 €"', {"amount": 1200.5, "currency": "EUR"}),
    (AttributeType.DATE, "31.03.2026", "2026-03-31"),
    (AttributeType.YES_NO, "Ja", True),
    (AttributeType.YES_NO, "0", False),
    (AttributeType.CHOICES, "Gold; Silver", ["gold", "silver"]),
    (AttributeType.LONG_TEXT, '"one\ntwo"', "one\ntwo"),
    (AttributeType.TEXT, "n/a", None),
]


@pytest.mark.parametrize(("kind", "cell", "kept"), VALUES)
def test_a_value_is_read_as_people_write_it(bring_in: Import, kind: str, cell: str, kept: Any) -> None:
    attribute("x", kind, label="Special value")
    first = bring_in("leads", f"Email,Special value\ndana@buyer.example,{cell}\n")
    again = bring_in("leads", f"Email,Special value\ndana@buyer.example,{cell}\n")
    assert (first.outcomes, again.outcomes) == (["created"], ["unchanged"])
    assert Lead.objects.get().attributes.get("x") == kept


def test_money_takes_its_currency_from_its_header_or_column(bring_in: Import) -> None:
    attribute("budget", AttributeType.MONEY)
    bring_in("leads", "Email,Budget (EUR)\nann@buyer.example,1200\n")
    bring_in("leads", "Email,Budget,Currency Code\nben@buyer.example,1300,USD\n")
    kept = dict(Lead.objects.values_list("email", "attributes"))
    assert kept["ann@buyer.example"] == {"budget": {"amount": 1200, "currency": "EUR"}}
    assert kept["ben@buyer.example"] == {"budget": {"amount": 1300, "currency": "USD"}}


def test_what_cannot_be_read_is_left_out_with_a_remark_and_refused_when_strict(bring_in: Import) -> None:
    attribute("tier", AttributeType.CHOICE)
    file = "Email,Tier\ndana@buyer.example,bronze\n"
    strict = bring_in("leads", file, "--strict")
    assert strict.outcomes == ["refused"]
    lax = bring_in("leads", file)
    assert lax.outcomes == ["created"]
    assert "Tier: “bronze” is not a valid choice: use Gold, Silver. It was left out." in lax.reasons[0]
    assert Lead.objects.get().attributes == {}


def test_the_dates_of_an_attribute_help_to_tell_their_order(explain: Explain) -> None:
    attribute("renewal", AttributeType.DATE)
    text = explain("Email,Renewal\na@buyer.example,03/04/2026\nb@buyer.example,03/31/2026\n", "--system", "x")
    assert "MDY" in text
    assert "attributes.renewal" in text


def test_a_file_of_ours_comes_back_as_it_went(bring_in: Import) -> None:
    for kind in AttributeType:
        attribute(str(kind), kind)
    header = "Email," + ",".join(f"attributes.{kind}" for kind in AttributeType)
    row = "dana@buyer.example,a,b,1.125,1200.5 EUR,2026-03-31,yes,gold,gold; silver"
    bring_in("leads", f"{header}\n{row}\n")
    kept = Lead.objects.get().attributes
    assert kept["decimal"] == 1.125
    assert len(kept) == 8
    assert bring_in("leads", f"{header}\n{row}\n").outcomes == ["unchanged"]


def test_a_second_phone_and_the_parts_of_a_name_are_apart(bring_in: Import) -> None:
    bring_in("leads", "Email,First Name,Last Name,Phone,Mobile\na@buyer.example,Ann,Fox,030 1,0170 2\n")
    bring_in("leads", "Email,Mobile\nb@buyer.example,0170 3\n")
    bring_in("leads", "Email,Phone,Mobile\nc@buyer.example,,0170 4\n")
    ann, ben, cid = Lead.objects.order_by("email")
    assert (ann.name, ann.first_name, ann.last_name) == ("Ann Fox", "Ann", "Fox")
    assert (ann.phone, ann.mobile_phone) == ("030 1", "0170 2")
    assert (ben.phone, ben.mobile_phone) == ("0170 3", "")
    assert (cid.phone, cid.mobile_phone) == ("0170 4", "")


def test_a_preferred_channel_is_known_by_the_words_of_others(bring_in: Import) -> None:
    done = bring_in("leads", "Email,Preferred Contact Method\na@buyer.example,Phone\nb@buyer.example,Pigeon\n")
    assert list(Lead.objects.order_by("email").values_list("preferred_channel", flat=True)) == ["call", ""]
    assert "“Pigeon” is not a valid choice" in done.reasons[1]
