"""Where leads are searched, and how they are found by their attributes: in the way that the index answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from leads.facts import Fact, FactType
from leads.normalise import quoted

SEARCHED = ("name", "company", "email", "phone", "mobile_phone")
"""The columns in which every search for a lead looks, in the console and in the API."""
LONGEST_ID = 18


def is_id(text: str) -> bool:
    """The text can be the number of a row. `isdigit` alone takes ² too, and the database no longer number."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_ID


def having(attribute: Fact, wanted: Iterable[Any]) -> Q:
    """Leads that have one of these values of an attribute; a blank one is met where nothing is known."""
    condition = Q()
    for value in wanted:
        condition |= _having(attribute, attribute.clean(value))
    return condition


def _having(attribute: Fact, value: Any) -> Q:
    if value is None:
        return ~Q(attributes__has_key=attribute.key)
    return Q(attributes__contains={attribute.key: value})


def unknown_attribute(name: str) -> str:
    """Of one that there is not, or that this person may not see."""
    return f"{quoted(name.partition('.')[2])} is not a valid attribute: use one that /api/v1/attributes/ lists."


def with_attributes(asked: Mapping[str, Iterable[Any]], known: Iterable[Fact]) -> Q:
    """All of these must hold: values by the names of attributes. ValidationError for one that is not known."""
    by_name = {each.name: each for each in known}
    errors: dict[str, list[str]] = {}
    condition = Q()
    for name, wanted in asked.items():
        try:
            condition &= having(by_name[name], wanted)
        except KeyError:
            errors[name] = [unknown_attribute(name)]
        except ValidationError as error:
            errors[name] = error.messages
    if errors:
        raise ValidationError(errors)
    return condition


FILTERED = (FactType.CHOICE, FactType.CHOICES, FactType.YES_NO)
"""Types of which a page offers the values to choose from."""
