"""Attributes: the facts of a lead that RevOps has added. They are archived, never removed, and so are their choices."""

from collections.abc import Iterable, Mapping
from typing import Any

from handoff.ascode.document import Entry, FileRefused
from handoff.ascode.kind import Kind, Shape, Value, fill, refuse, unknown
from handoff.ascode.writing import Line
from handoff.console.settings.attributes import AttributeForm
from leads.models import Attribute, User
from leads.models.attribute import default_editors

_OF_CHOICE = ("key", "label", "archived")


class Attributes(Kind):
    section, noun, identity = "attributes", "attribute", ("key",)
    keeps_retired = True
    order = ("position",)
    values = (
        Value("key"),
        Value("label"),
        Value("type"),
        Value("choices", Shape.ENTRIES, default=[]),
        Value("help"),
        Value("in_files", Shape.TEXTS, default=[]),
        Value("seen_by", Shape.TEXTS, default=[]),
        Value("edited_by", Shape.TEXTS, default=default_editors()),
        Value("in_packet", Shape.SWITCH, default=True),
        Value("in_messages", Shape.SWITCH, default=False),
        Value("position", Shape.NUMBER, default=100),
    )

    def rows(self) -> Iterable[Attribute]:
        return Attribute.objects.all()

    def find(self, wanted: Mapping[str, Any]) -> Attribute | None:
        return Attribute.objects.filter(key=wanted["key"]).select_for_update(no_key=True).first()

    def read(self, row: Attribute) -> dict[str, Any]:
        same = {name: getattr(row, name) for name in ("key", "label", "type", "help", "in_packet", "in_messages")}
        return same | {
            "choices": [_choice(each) for each in sorted(row.choices, key=_is_archived)],
            "in_files": list(row.synonyms),
            "seen_by": list(row.seen_by),
            "edited_by": list(row.edited_by),
            "position": row.position,
            "retired": row.archived_at is not None,
        }

    def write(self, row: Attribute | None, wanted: Entry, by: User) -> Attribute:  # noqa: ARG002
        choices = _choices(wanted, row)
        written = self._save(row, wanted, choices)
        if gone := {each["key"] for each in choices if each.get("archived")}:
            self._save(written, wanted, [each for each in choices if each["key"] not in gone])
        if wanted["retired"] != (written.archived_at is not None):
            written.archive(archived=wanted["retired"])
        return Attribute.objects.get(pk=written.pk)

    def _save(self, row: Attribute | None, wanted: Entry, choices: list[dict[str, Any]]) -> Attribute:
        data = {name: wanted[name] for name in ("key", "label", "type", "help", "in_packet", "in_messages", "position")}
        data |= {"synonyms": "\n".join(wanted["in_files"]), "seen_by": wanted["seen_by"]}
        data |= {"edited_by": wanted["edited_by"]}
        data |= {"choices": "\n".join(f"{each['key']}: {each['label']}" for each in choices)}
        form = fill(AttributeForm, row or Attribute(), data, wanted, {"synonyms": "in_files"}, fixed=["key"])
        saved: Attribute = form.save()
        return saved


def _is_archived(choice: Mapping[str, Any]) -> bool:
    return bool(choice.get("archived"))


def _choice(choice: Mapping[str, Any]) -> Line:
    return Line({name: choice[name] for name in _OF_CHOICE if choice.get(name)})


def _choices(wanted: Entry, row: Attribute | None) -> list[dict[str, Any]]:
    """Those of the file, in their order, and after them those that the attribute has besides."""
    for each in wanted["choices"]:
        _check(each)
    named = {each["key"] for each in wanted["choices"]}
    return [*wanted["choices"], *(each for each in (row.choices if row else ()) if each["key"] not in named)]


def _check(choice: Entry) -> None:
    for name in choice:
        if name not in _OF_CHOICE:
            raise FileRefused([unknown(choice, name, _OF_CHOICE, "a choice")])
    if not all(isinstance(choice.get(name), str) and choice[name] for name in ("key", "label")):
        raise refuse(choice, "key", "choices: give each a key and a label, like {key: gold, label: Gold}.")
