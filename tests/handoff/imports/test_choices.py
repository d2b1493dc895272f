"""Values that stand for words of a list: which fields have one, and that each of its words is understood."""

from typing import Any

import pytest

from handoff.doors import SHELL
from handoff.imports import drafts, previews
from handoff.imports.choices import choices_of, value_columns
from handoff.imports.plan import Plan
from handoff.imports.stage_words import COLUMNS, stage_of
from handoff.models import Import
from leads.identity import upsert
from leads.models import Attribute, AttributeType, Campaign, Role, User
from tests.world import World

pytestmark = pytest.mark.django_db
GOLD = [{"key": "gold", "label": "Gold"}, {"key": "silver", "label": "Silver", "archived": True}]


def draft_of(text: str, by: User, **stated: Any) -> Import:
    draft = drafts.bring(text.encode(), "f.csv", {"kind": "leads", "system": "crm", **stated}, by=by, door=SHELL)
    assert draft.layout, draft.understanding
    return draft


@pytest.mark.parametrize("field", [("stages", "stage"), *(("leads", name) for name in COLUMNS)])
def test_stages_have_choices_that_are_read_as_such(field: tuple[str, str]) -> None:
    keys = [key for key, _ in choices_of(*field)]
    assert keys == ["raw", "mql", "sal", "sql", "opportunity", "customer", "rejected"]
    assert [stage_of(key) for key in keys] == keys


@pytest.mark.parametrize("kind", ["leads", "stages", "outcomes"])
def test_rejections_have_the_reasons_of_the_list(kind: str) -> None:
    assert "wrong_territory" in dict(choices_of(kind, "reason"))


def test_touchpoints_and_facts_have_choices(db: None) -> None:
    Attribute.objects.create(key="tier", label="Tier", type=AttributeType.CHOICE, choices=GOLD)
    Attribute.objects.create(key="vip", label="VIP", type=AttributeType.YES_NO)
    Attribute.objects.create(key="words", label="Words", type=AttributeType.TEXT)
    assert ("page_visit", "Page visit") in choices_of("touchpoints", "kind")
    assert choices_of("leads", "attributes.tier") == [("gold", "Gold")]
    assert dict(choices_of("leads", "attributes.vip")).keys() == {"yes", "no"}
    assert not choices_of("leads", "attributes.words")
    assert not choices_of("leads", "title")


def test_a_word_of_another_system_is_mapped_to_the_choice_of_an_attribute(world: World) -> None:
    Attribute.objects.create(key="tier", label="Tier", type=AttributeType.CHOICE, choices=GOLD)
    draft = draft_of("Email,Tier\nann@buyer.example,A1\nbob@buyer.example,\n", world.mia, values=["Tier:A1=gold"])
    plan = Plan.load(draft.layout)
    [column] = value_columns("leads", plan.columns, (line for line, _ in plan.rows(bytes(draft.content or b""))))
    assert (column.field, [(value.text, value.meaning) for value in column.values]) == (
        "attributes.tier",
        [("A1", "gold")],
    )


def test_a_preview_shows_attributes_and_campaigns_as_people_read_them(world: World) -> None:
    Attribute.objects.create(key="tier", label="Tier", type=AttributeType.CHOICE, choices=GOLD)
    Attribute.objects.create(key="size", label="Size", type=AttributeType.NUMBER)
    Attribute.objects.create(key="margin", label="Margin", type=AttributeType.NUMBER, seen_by=[Role.REVOPS])
    spring = Campaign.objects.create(name="Spring", system="crm", external_id="c1")
    upsert({"email": "ann@buyer.example", "attributes.size": 3})
    text = "Email,Tier,Size,Margin,Campaign\nann@buyer.example,gold,3,7,Spring\n"

    def changes(by: User) -> list[list[str]]:
        draft = draft_of(text, by)
        previews.sample(draft)
        [change] = draft.preview["changes"]
        return [field for field in change["fields"] if field[0] in ("Campaign", "Tier", "Size", "Margin")]

    shown = [["Campaign", "", spring.name], ["Tier", "", "Gold"]]
    assert sorted(changes(world.mia)) == shown
    assert sorted(changes(world.olga)) == [shown[0], ["Margin", "", "7"], shown[1]]
