"""Attributes that RevOps adds: what each type keeps, who shares the catalogue, and that no edit loses another one."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from leads import catalogue, conditions
from leads.cards import Fact
from leads.correct import correct
from leads.facts import FactType, as_columns, columns, fact, facts, keep, kept, seen_attributes, value_of
from leads.finding import having
from leads.identity import Incoming, upsert, upsert_many
from leads.models import Attribute, AttributeType, Lead, Role
from leads.normalise import is_storable
from leads.values import Choice
from tests.leads.conftest import at_once

GOLD = [{"key": "gold", "label": "Gold"}, {"key": "silver", "label": "Silver, plain"}]


def attribute(key: str = "tier", kind: str = AttributeType.CHOICE, **fields: Any) -> Attribute:
    fields.setdefault("choices", GOLD if kind in (AttributeType.CHOICE, AttributeType.CHOICES) else [])
    return Attribute.objects.create(key=key, label=fields.pop("label", key.title()), type=kind, **fields)


def card(kind: FactType, **fields: Any) -> Fact:
    choices = (Choice("gold", "Gold"), Choice("silver", "Silver, plain"), Choice("tin", "Tin", is_archived=True))
    longest = 10_000 if kind == FactType.LONG_TEXT else 200
    return Fact(name="attributes.x", label="X", type=kind, choices=choices, longest=longest, **fields)


KEPT = [
    (FactType.TEXT, "  a  b ", "a b"),
    (FactType.TEXT, "n/a", None),
    (FactType.LONG_TEXT, " one\r\ntwo ", "one\ntwo"),
    (FactType.LONG_TEXT, " - ", None),
    (FactType.DECIMAL, "12.50", 12.5),
    (FactType.DECIMAL, "12.0", 12),
    (FactType.DECIMAL, 0, 0),
    (FactType.DECIMAL, Decimal("0.000001"), 0.000001),
    (FactType.DECIMAL, "999999999999999", 999999999999999),
    (FactType.DECIMAL, "", None),
    (FactType.MONEY, "1200.50 eur", {"amount": 1200.5, "currency": "EUR"}),
    (FactType.MONEY, "USD 7", {"amount": 7, "currency": "USD"}),
    (FactType.MONEY, {"amount": "7.10", "currency": "usd"}, {"amount": 7.1, "currency": "USD"}),
    (FactType.MONEY, {"amount": None, "currency": ""}, None),
    (FactType.DATE, "2026-03-31", "2026-03-31"),
    (FactType.DATE, " ", None),
    (FactType.YES_NO, "Ja", True),
    (FactType.YES_NO, False, False),
    (FactType.YES_NO, 0, False),
    (FactType.YES_NO, "-", None),
    (FactType.CHOICE, "GOLD", "gold"),
    (FactType.CHOICE, "silver, plain", "silver"),
    (FactType.CHOICE, "", None),
    (FactType.CHOICES, "silver; gold", ["gold", "silver"]),
    (FactType.CHOICES, ["Gold", "gold"], ["gold"]),
    (FactType.CHOICES, "Silver, plain", ["silver"]),
    (FactType.CHOICES, [], None),
]


@pytest.mark.parametrize(("kind", "value", "kept_as"), KEPT)
def test_a_value_is_kept_in_one_form(kind: FactType, value: Any, kept_as: Any) -> None:
    assert card(kind).clean(value) == kept_as
    assert type(card(kind).clean(value)) is type(kept_as)


REFUSED = [
    (FactType.TEXT, 5, "X: This must be a text."),
    (FactType.TEXT, "x" * 201, "at most 200 characters"),
    (FactType.DECIMAL, "1.1234567", "is not a valid number: write one like 12.5"),
    (FactType.DECIMAL, "1000000000000000", "is not a valid number"),
    (FactType.DECIMAL, "1_000", "is not a valid number"),
    (FactType.DECIMAL, True, "is not a valid number"),
    (FactType.DECIMAL, "1e999999999", "is not a valid number"),
    (FactType.DECIMAL, float("inf"), "is not a valid number"),
    (FactType.MONEY, "1200", "Give the currency of the amount by its three letters"),
    (FactType.MONEY, 1200, "is not a valid amount: write one like 1200.50 EUR"),
    (FactType.MONEY, "1.005 EUR", "is not a valid amount"),
    (FactType.DATE, "31.03.2026", "is not a valid date: write one like 2026-03-31"),
    (FactType.DATE, "1900-01-01", "out of range"),
    (FactType.DATE, "2026-02-30", "is not a valid date"),
    (FactType.YES_NO, "maybe", "is not a valid answer: write yes or no"),
    (FactType.YES_NO, 2, "is not a valid answer"),
    (FactType.CHOICE, "bronze", "X: “bronze” is not a valid choice: use Gold, Silver, plain (silver)."),
    (FactType.CHOICES, ["gold", "bronze"], "“bronze” is not a valid choice"),
    (FactType.CHOICES, {"gold": 1}, "This must be a text"),
]


@pytest.mark.parametrize(("kind", "value", "words"), REFUSED)
def test_a_wrong_value_is_refused_with_the_label_and_what_to_write(kind: FactType, value: Any, words: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        card(kind).clean(value)
    assert words in " ".join(refusal.value.messages)


WEIRD = st.text(st.one_of(st.characters(), st.sampled_from("\0\ud800\u200b\ufeff８.,;|-+eE01 \r\n\tgold")), max_size=40)
VALUES = st.recursive(
    st.one_of(WEIRD, st.integers(), st.floats(), st.booleans(), st.none(), st.dates(), st.decimals()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["amount", "currency"]), inner),
    max_leaves=4,
)


def refusal_of(wanted: Fact, value: Any) -> str:
    """The words in which a value is refused; empty when it is not."""
    try:
        wanted.clean(value)
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    return ""


@pytest.mark.parametrize("kind", [FactType(each) for each in AttributeType])
@settings(max_examples=100, deadline=None)
@given(value=VALUES)
def test_any_value_is_kept_as_json_that_fits_or_refused_in_words(kind: FactType, value: Any) -> None:
    wanted = card(kind)
    if refusal := refusal_of(wanted, value):
        assert len(refusal) < 600
        return
    cleaned = wanted.clean(value)
    assert json.loads(json.dumps(cleaned, allow_nan=False)) == cleaned
    assert is_storable(json.dumps(cleaned, ensure_ascii=False))
    assert wanted.clean(cleaned) == cleaned, "cleaned once more it stays"
    assert wanted.clean(wanted.as_text(cleaned)) == cleaned, "a file of ours comes back as it went"
    assert wanted.shown(cleaned) or cleaned is None


@given(number=st.decimals(-(10**9), 10**9, places=6))
@settings(max_examples=50, deadline=None)
def test_a_number_is_exactly_what_was_written(number: Decimal) -> None:
    assert Decimal(str(card(FactType.DECIMAL).clean(str(number)))) == number


@pytest.mark.django_db
def test_numbers_compare_as_numbers_in_the_database() -> None:
    attribute("size", AttributeType.NUMBER)
    for name, size in (("a", 9), ("b", "10.0"), ("c", 100), ("d", "0.5")):
        upsert({"email": f"{name}@buyer.example", "attributes.size": size})
    assert [lead.email[0] for lead in Lead.objects.order_by("attributes__size")] == ["d", "a", "b", "c"]
    assert {lead.email[0] for lead in Lead.objects.filter(attributes__size__gte=10)} == {"b", "c"}
    [ten] = Lead.objects.filter(having(fact("attributes.size"), ["10.00"]))
    assert ten.email == "b@buyer.example"


@pytest.mark.django_db
def test_what_is_not_known_is_not_there() -> None:
    attribute()
    lead = upsert({"email": "dana@buyer.example", "attributes.tier": "gold"}).lead
    upsert({"email": "dana@buyer.example", "attributes.tier": ""})
    assert Lead.objects.get(pk=lead.pk).attributes == {"tier": "gold"}, "a blank never erases"
    correct(lead.pk, {"attributes.tier": None})
    assert Lead.objects.get(pk=lead.pk).attributes == {}
    assert Lead.objects.filter(having(fact("attributes.tier"), [""])).count() == 1


@pytest.mark.django_db
def test_the_same_again_changes_nothing() -> None:
    attribute("tags", AttributeType.CHOICES)
    facts_of_row = {"email": "dana@buyer.example", "attributes.tags": "silver; gold"}
    outcomes = [upsert(facts_of_row).outcome, upsert(facts_of_row | {"attributes.tags": ["gold", "silver"]}).outcome]
    assert outcomes == ["created", "unchanged"]


@pytest.mark.django_db
def test_an_archived_choice_stays_readable_and_is_not_chosen_any_more() -> None:
    tier = attribute()
    lead = upsert({"email": "dana@buyer.example", "attributes.tier": "gold"}).lead
    tier.choices = [{**GOLD[0], "archived": True}, GOLD[1]]
    tier.save()
    assert fact("attributes.tier").shown(value_of(lead, fact("attributes.tier"))) == "Gold"
    assert upsert({"email": "dana@buyer.example", "attributes.tier": "gold"}).outcome == "unchanged"
    with pytest.raises(ValidationError, match="“gold” is not a valid choice: use Silver, plain"):
        upsert({"email": "ben@buyer.example", "attributes.tier": "gold"})
    other = upsert({"email": "ben@buyer.example"}).lead
    with pytest.raises(ValidationError, match="“gold” is not a valid choice"):
        correct(other.pk, {"attributes.tier": "Gold"})


@pytest.mark.django_db
def test_an_archived_attribute_keeps_its_values_and_takes_none() -> None:
    tier = attribute()
    lead = upsert({"email": "dana@buyer.example", "attributes.tier": "gold"}).lead
    tier.archive(archived=True)
    assert seen_attributes(None) == ()
    assert value_of(lead, fact("attributes.tier")) == "gold"
    with pytest.raises(ValidationError, match="“Tier” is archived: leave it out"):
        correct(lead.pk, {"attributes.tier": "silver"})
    assert conditions.all_hold([{"field": "attributes.tier", "op": "is", "value": "gold"}], lead.facts())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"key": "email"}, "is the name of a field that every lead has"),
        ({"key": "owner"}, "is the name of a field that every lead has"),
        ({"key": "Big Key"}, "Use small letters"),
        ({"key": "tier"}, "already exists"),
        ({"key": "x", "kind": AttributeType.CHOICE, "choices": []}, "Give at least one choice"),
        ({"key": "x", "seen_by": [Role.REVOPS], "in_messages": True}, "only what everyone may see"),
    ],
)
def test_an_attribute_that_would_mislead_is_refused(fields: dict[str, Any], words: str) -> None:
    attribute()
    fields = {"kind": AttributeType.TEXT, **fields}
    with pytest.raises(ValidationError, match=words):
        Attribute(label="X", type=fields.pop("kind"), **fields).full_clean()


@pytest.mark.django_db
def test_the_key_stays_and_the_type_stays_once_a_lead_has_a_value() -> None:
    size = attribute("size", AttributeType.NUMBER)
    size.type = AttributeType.TEXT
    size.full_clean()
    upsert({"email": "dana@buyer.example", "attributes.size": 5})
    with pytest.raises(ValidationError, match="Leads have values of this type already"):
        size.full_clean()
    size.type, size.key = AttributeType.NUMBER, "weight"
    with pytest.raises(ValidationError, match="cannot be changed"):
        size.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        attribute("size")


@pytest.mark.django_db
def test_the_catalogue_is_read_once_and_again_after_a_change(django_assert_num_queries: Any, settings: Any) -> None:
    attribute()
    with django_assert_num_queries(1):
        assert [facts()[-1].name for _ in range(100)] == ["attributes.tier"] * 100
    attribute("size", AttributeType.NUMBER)
    assert facts()[-1].name == "attributes.size"
    # What another process changes is seen once the catalogue is not fresh any more.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE leads_attribute SET label = 'Rank' WHERE key = 'tier'")
    assert fact("attributes.tier").label == "Tier"
    settings.ATTRIBUTES_FRESH_SECONDS = 0
    assert fact("attributes.tier").label == "Rank"


@pytest.mark.django_db
def test_many_leads_with_attributes_cost_no_more_statements(django_assert_max_num_queries: Any) -> None:
    attribute("size", AttributeType.NUMBER)
    facts()

    def rows(count: int, at: int) -> list[Incoming]:
        return [Incoming({"email": f"{n}@{at}.example", "attributes.size": n}) for n in range(1, count + 1)]

    with django_assert_max_num_queries(12):
        upsert_many(rows(2, 1))
    with django_assert_max_num_queries(12):
        upsert_many(rows(200, 2))


def test_names_of_attributes_are_kept_in_one_column() -> None:
    lead = Lead(**as_columns({"name": "Dana", "attributes.size": 5}))
    assert (lead.name, lead.attributes) == ("Dana", {"size": 5})
    keep(lead, "attributes.tier", "gold")
    keep(lead, "attributes.size", None)
    keep(lead, "title", "Admiral")
    assert (kept(lead, "attributes.tier"), kept(lead, "attributes.size"), lead.title) == ("gold", None, "Admiral")
    assert columns(["title", "attributes.tier", "attributes.size"]) == {"title", "attributes"}


@pytest.mark.django_db(transaction=True)
def test_two_who_edit_different_attributes_at_once_lose_nothing() -> None:
    keys = [f"a{number}" for number in range(6)]
    for key in keys:
        attribute(key, AttributeType.NUMBER)
    lead = upsert({"email": "dana@buyer.example"}).lead

    def edit(number: int) -> None:
        if number % 2:
            correct(lead.pk, {f"attributes.a{number}": number})
        else:
            upsert({"email": "dana@buyer.example", f"attributes.a{number}": number})

    at_once(len(keys), edit)
    assert Lead.objects.get(pk=lead.pk).attributes == {f"a{number}": number for number in range(6)}


@pytest.mark.django_db
def test_an_equality_is_answered_by_the_index() -> None:
    attribute()
    Lead.objects.bulk_create(
        Lead(email=f"{n}@buyer.example", attributes={"tier": "gold" if n == 7 else "silver"}) for n in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_lead")
    plan = Lead.objects.order_by().filter(having(fact("attributes.tier"), ["gold"])).explain()
    assert "lead_attributes" in plan


CONDITIONS = [
    ("size", "at_least", 10, True),
    ("size", "at_least", "10.5", False),
    ("size", "is", 10.0, True),
    ("size", "in", ["10", 11], True),
    ("size", "not_in", [10], False),
    ("tier", "is", "Gold", True),
    ("tier", "is_not", "silver", True),
    ("tags", "is", "silver", True),
    ("tags", "not_in", ["Gold"], False),
    ("tags", "in", ["Gold"], True),
    ("since", "at_most", "2026-03-31", True),
    ("since", "at_least", "2026-04-01", False),
    ("budget", "at_least", "1000 EUR", True),
    ("budget", "at_least", "1 USD", False),
    ("is_new", "is", False, True),
    ("is_new", "is", "no", True),
    ("note", "present", False, True),
    ("note", "is", "x", False),
    ("note", "is_not", "x", True),
    ("note", "at_most", "x", None),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "op", "wanted", "holds"), CONDITIONS)
def test_every_condition_may_ask_for_an_attribute(key: str, op: str, wanted: Any, holds: bool | None) -> None:
    for name, kind in (
        *(("size", AttributeType.NUMBER), ("tier", AttributeType.CHOICE), ("tags", AttributeType.CHOICES)),
        *(("since", AttributeType.DATE), ("budget", AttributeType.MONEY), ("is_new", AttributeType.YES_NO)),
        ("note", AttributeType.TEXT),
    ):
        attribute(name, kind)
    values = {"size": 10, "tier": "gold", "tags": ["gold", "silver"], "since": "2026-03-31", "is_new": False}
    lead = Lead(email="dana@buyer.example", attributes=values | {"budget": {"amount": 1000, "currency": "EUR"}})
    asked = [{"field": f"attributes.{key}", "op": op, "value": wanted}]
    if holds is None:
        with pytest.raises(ValidationError, match=r"compares numbers: use it with score or attributes\.size"):
            conditions.validate_conditions(asked)
        return
    conditions.validate_conditions(asked)
    assert conditions.all_hold(asked, lead.facts()) is holds
    assert bool(conditions.unmet(asked, lead.facts())) is not holds


@pytest.mark.django_db
def test_a_condition_names_label_and_choices_and_hides_what_may_not_be_seen() -> None:
    attribute(seen_by=[Role.REVOPS])
    with pytest.raises(ValidationError, match="Tier: “bronze” is not a valid choice: use Gold"):
        conditions.validate_conditions([{"field": "attributes.tier", "op": "is", "value": "bronze"}])
    asked = [{"field": "attributes.tier", "op": "is", "value": "gold"}]
    lead = Lead(email="dana@buyer.example", attributes={"tier": "silver"})
    assert conditions.unmet(asked, lead.facts()) == ["Tier is Silver, plain, must be exactly Gold"]
    [hidden] = conditions.unmet(asked, lead.facts(), roles=[Role.SALES_REP])
    assert "Silver" not in hidden
    assert "Tier" not in hidden


@pytest.mark.django_db
def test_a_condition_on_what_is_not_there_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"Unknown field “attributes\.tier”"):
        conditions.validate_conditions([{"field": "attributes.tier", "op": "is", "value": "gold"}])


def test_the_catalogue_of_a_test_is_empty() -> None:
    assert catalogue.attributes() == ()
