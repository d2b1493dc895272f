"""What one section of the file is about: how its rows are found, read, written by a form, and retired."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms import modelform_factory
from django.utils.datastructures import MultiValueDict

from handoff.ascode.document import Complaint, Entry, FileRefused
from leads.models import User


class Shape(Enum):
    """What a value must be before a form is asked about it. A form speaks of everything else that is wrong."""

    TEXT = "text"
    NUMBER = "a whole number"
    SWITCH = "true or false"
    TEXTS = "a list of texts, like [one, two]"
    ENTRIES = "a list of entries, each like {key: value}"
    TABLE = "a mapping, like {key: value}"

    def holds(self, value: Any) -> bool:
        match self:
            case Shape.TEXT:
                return isinstance(value, str)
            case Shape.NUMBER:
                return isinstance(value, int) and not isinstance(value, bool)
            case Shape.SWITCH:
                return isinstance(value, bool)
            case Shape.TEXTS:
                return isinstance(value, list) and all(isinstance(each, str) for each in value)
            case Shape.ENTRIES:
                return isinstance(value, list) and all(isinstance(each, Entry) for each in value)
        return isinstance(value, dict)


@dataclass(frozen=True)
class Value:
    """One value of an entry. `of_form` is the field of the form that takes it, where that is called otherwise."""

    name: str
    shape: Shape = Shape.TEXT
    of_form: str = ""
    default: Any = ""
    """For a new row of which the file does not say it."""
    may_be_null: bool = False

    def complaint(self, value: Any) -> str:
        if self.shape.holds(value) or (value is None and self.may_be_null):
            return ""
        quotes = ": put it in quotes" if self.shape is Shape.TEXT and isinstance(value, int | float) else ""
        return f"“{self.name}” must be {self.shape.value}{quotes}."


class Kind:
    """One section. What the file leaves out of an entry stays as it is, and so do rows that it does not name."""

    section: ClassVar[str]
    noun: ClassVar[str]
    identity: ClassVar[Sequence[str]]
    values: ClassVar[Sequence[Value]]
    keeps_retired: ClassVar[bool] = False
    """A retired row goes on to exist, and the file names it."""
    order: ClassVar[Sequence[str]] = ()
    """The values that rows are sorted by before their identity."""

    def rows(self) -> Iterable[Any]:
        """Those that an export writes."""
        raise NotImplementedError

    def find(self, wanted: Mapping[str, Any]) -> Any | None:
        """The row that an entry is about, locked."""
        raise NotImplementedError

    def read(self, row: Any) -> dict[str, Any]:
        """The row as the file says it."""
        raise NotImplementedError

    def write(self, row: Any | None, wanted: Entry, by: User) -> Any:
        """Make or change a row as the console does, and return it as it is then."""
        raise NotImplementedError

    def retire(self, row: Any, by: User) -> None:  # noqa: ARG002
        raise ValidationError(f"A {self.noun} cannot be retired.")

    def note(self, row: Any, is_new: bool) -> str:  # noqa: ARG002
        """What follows from the change, for whoever reviews it."""
        return ""

    def note_retired(self, row: Any) -> str:  # noqa: ARG002
        """What follows from retiring a row."""
        return ""

    def logged(self, row: Any) -> Any:
        """The record under which the log keeps a change."""
        return row

    def all_read(self) -> list[dict[str, Any]]:
        """The rows as the file says them, sorted here: each database sorts text in its own way."""
        by = (*self.order, *self.identity)
        return sorted(map(self.read, self.rows()), key=lambda read: [read[name] for name in by])

    def name_of(self, wanted: Mapping[str, Any]) -> str:
        return ", ".join(str(wanted[name]) for name in self.identity if wanted.get(name))


def fill(
    form: type[forms.ModelForm],  # type: ignore[type-arg]
    instance: Any,
    data: Mapping[str, Any],
    entry: Entry,
    names: Mapping[str, str] | None = None,
    *,
    fixed: Sequence[str] = (),
) -> Any:
    """The form filled in, valid; or FileRefused with the line of each value that it refuses.

    `fixed` are fields that the console does not offer for a row that is there. `names` says what fields are called in
    the file, where that is not their own name.
    """
    bound = _without(form, fixed if instance.pk else ())(_as_sent(data), instance=instance)
    if not bound.is_valid():
        raise FileRefused(_complaints(bound, entry, names or {}))
    return bound


def refuse(entry: Entry, name: str, message: str) -> FileRefused:
    return FileRefused([Complaint(entry.line_of(name), message)])


def unknown(entry: Entry, name: str, allowed: Sequence[str], about: str) -> Complaint:
    close = difflib.get_close_matches(name, allowed, 1)
    hint = f"did you mean “{close[0]}”?" if close else f"use {', '.join(allowed)}."
    return Complaint(entry.line_of(name), f"“{name[:80]}” is not known of {about}: {hint}")


def _as_sent(data: Mapping[str, Any]) -> MultiValueDict[str, Any]:
    """As a browser sends it: lists are several values, and a switch that is off is left out."""
    sent: MultiValueDict[str, Any] = MultiValueDict()
    for name, value in data.items():
        if isinstance(value, list):
            sent.setlist(name, value)
        elif value is not False and value is not None:
            sent[name] = value
    return sent


def _without(form: Any, fixed: Sequence[str]) -> Any:
    if not fixed:
        return form
    meta = form._meta
    declared = dict.fromkeys(name for name in fixed if name in form.declared_fields)
    shown = [name for name in meta.fields if name not in fixed]
    return modelform_factory(meta.model, form=type(form.__name__, (form,), declared), fields=shown)


def _complaints(form: Any, entry: Entry, names: Mapping[str, str]) -> list[Complaint]:
    return [
        Complaint(entry.line_of(name), message if field == "__all__" else f"{name}: {message}")
        for field, messages in form.errors.items()
        for name in [names.get(field, field)]
        for message in messages
    ]
