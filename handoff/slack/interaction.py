"""What Slack sends when somebody clicks or submits, as far as we read it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from leads.models import User
from leads.normalise import is_storable


class Malformed(Exception):
    """Not what Slack sends."""


@dataclass(frozen=True)
class Interaction:
    """One click, or one dialog that was submitted."""

    payload: Mapping[str, Any]

    @classmethod
    def read(cls, body: bytes) -> "Interaction":
        try:
            payload = json.loads(parse_qs(body.decode(), strict_parsing=True)["payload"][0])
        except (ValueError, KeyError, RecursionError) as error:
            raise Malformed from error
        if not isinstance(payload, dict):
            raise Malformed
        return cls(payload)

    @property
    def type(self) -> str:
        return self.text("type")

    @property
    def member(self) -> str:
        """The id of the person in Slack."""
        return self.text("user", "id")

    @property
    def key(self) -> str:
        """What makes it one: Slack gives each interaction a trigger of its own, and a retry has the same."""
        return f"trigger {self.text('trigger_id') or self.text('view', 'id') + self.text('view', 'hash')}"

    def text(self, *path: str) -> str:
        """A text somewhere in it that a database takes; empty when there is none."""
        value: Any = self.payload
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, str) and is_storable(value) else ""

    @property
    def action(self) -> "Interaction":
        """The element that was clicked."""
        actions = self.payload.get("actions")
        if not isinstance(actions, list) or not actions or not isinstance(actions[0], dict):
            raise Malformed
        return Interaction(actions[0])

    @property
    def values(self) -> dict[str, Any]:
        """What is filled in, by the name of its block."""
        blocks: Any = self.payload
        for name in ("view", "state", "values"):
            blocks = _object(_object(blocks).get(name))
        return {
            name: _value(_object(element))
            for name, block in _object(blocks).items()
            for element in _object(block).values()
        }


def _value(element: Mapping[str, Any]) -> Any:
    """Of one input: each kind has its value under another name."""
    if "selected_options" in element:
        return [_object(choice).get("value") for choice in element["selected_options"] or ()]
    if "selected_option" in element:
        return _object(element["selected_option"]).get("value")
    return element.get("selected_date") if "selected_date" in element else element.get("value")


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def person_of(member: str) -> User | None:
    """The one active person with this Slack member id; nobody when two have it."""
    people = list(User.with_rights().filter(is_active=True, slack_member_id=member)[:2]) if member else []
    return people[0] if len(people) == 1 else None


def how_to_be_known(member: str) -> str:
    return (
        f"Handoff does not know who you are. Ask RevOps to enter {member} as the Slack member id on your page in "
        "Handoff (People and access, Users), on nobody else's, and press the button once more."
    )
