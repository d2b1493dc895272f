"""Fields of rows, like the hours of a week: filled in by hand, kept as JSON. The JSON can be written, too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES, TEXTAREA_CLASSES

from handoff.console.frame.fields import ReadableJSONField

Row = tuple[str, ...]
LONGEST = 500  # rows that a form may send
INPUT, SELECT = (
    " ".join(name for name in classes if name not in {"w-full", "max-w-2xl"})
    for classes in (INPUT_CLASSES, SELECT_CLASSES)
)


@dataclass(frozen=True)
class Written:
    """What the page shows and sends: the rows, and the JSON beside what it was. No rows: JSON that they cannot say."""

    rows: Sequence[Row] | None
    text: str
    before: str

    @property
    def is_json_changed(self) -> bool:
        return self.rows is None or self.text.split() != self.before.split()


class RowsInput(forms.Widget):
    """Inputs of the same names for each row, so that a script, or nobody at all, adds and takes away rows."""

    columns: ClassVar[Sequence[str]] = ()
    template: ClassVar[str] = ""

    class Media:
        css = {"all": ["handoff/settings.css"]}
        js = ["handoff/settings.js"]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:  # noqa: ARG002
        if f"{name}_rows" not in data:
            return data.get(name)
        columns = [data.getlist(f"{name}_{column}")[:LONGEST] for column in self.columns]
        return Written(list(zip(*columns, strict=False)), data.get(name, ""), data.get(f"{name}_before", ""))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:  # noqa: ARG002
        return name not in data and f"{name}_rows" not in data

    def id_for_label(self, id_: str) -> str:  # noqa: ARG002 each input has a label of its own
        return ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002
        written = value if isinstance(value, Written) else Written(None, str(value or ""), "")
        context: dict[str, Any] = {
            "name": name,
            "written": written,
            "id": (attrs or {}).get("id", f"id_{name}"),
            "input": INPUT,
            "select": SELECT,
            "textarea": " ".join([*TEXTAREA_CLASSES, "code-input"]),
        }
        return render_to_string(self.template, context | self.context(written.rows or []))

    def context(self, rows: Sequence[Row]) -> dict[str, Any]:
        return {"rows": rows}


class RowsField(ReadableJSONField):
    """JSON that people fill in as rows. What they write as JSON wins, unless they have changed both."""

    widget: Any = RowsInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": self.widget} | kwargs)

    def rows_of(self, value: Any) -> list[Row] | None:
        """The rows that say this; None if no rows do."""
        raise NotImplementedError

    def from_rows(self, rows: Iterable[Row]) -> Any:
        raise NotImplementedError

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data if isinstance(data, Written) or data is None else super().bound_data(data, initial)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Written):
            return value
        text = super().prepare_value(value)
        return Written(self._rows_or_none(value), str(text), str(text))

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, Written):
            return super().to_python(value)
        if not value.is_json_changed:
            return self.from_rows(value.rows or [])
        as_json = super().to_python(value.text)
        if value.rows is not None and self.from_rows(value.rows) != self._before(value):
            raise ValidationError("The rows and the JSON under Advanced were both changed: change one of them.")
        return as_json

    def has_changed(self, initial: Any, data: Any) -> bool:
        rows = self._rows_or_none(initial)
        try:
            value = self.to_python(data)
            return bool(value != initial and (rows is None or value != self.from_rows(rows)))
        except ValidationError:
            return True

    def _before(self, value: Written) -> Any:
        try:
            rows = self._rows_or_none(super().to_python(value.before))
        except ValidationError:
            return None
        return None if rows is None else self.from_rows(rows)

    def _rows_or_none(self, value: Any) -> list[Row] | None:
        """Those that lose nothing: what is made of them again is as good as what is kept."""
        try:
            rows = self.rows_of(value)
            if rows is not None:
                self.from_rows(rows)
        except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return rows
