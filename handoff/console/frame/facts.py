"""Form fields for facts that have no column of their own: each with the widget that fits its type."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from leads.facts import Fact, FactType

UNKNOWN = ("", "–")


class FactField(forms.Field):
    """One fact: it cleans as every other door does, and shows a value as it would be typed."""

    def __init__(self, fact: Fact, value: Any = None) -> None:
        self.fact = fact
        super().__init__(
            required=False,
            label=fact.label,
            help_text=fact.help or _hint(fact),
            initial=value,
            widget=_widget(fact, value),
        )

    def prepare_value(self, value: Any) -> Any:
        if value in (None, "") or isinstance(value, str):
            return value
        if self.fact.type == FactType.CHOICES:
            return value
        return self.fact.as_text(value)

    def clean(self, value: Any) -> Any:
        cleaned = self.fact.clean(value)
        if complaint := self.fact.complaint(cleaned, self.initial):
            raise ValidationError(complaint)
        return cleaned

    def has_changed(self, initial: Any, data: Any) -> bool:
        if self.disabled:  # a browser sends nothing of it, and what is not edited is stated by no one
            return False
        try:
            return bool(self.fact.clean(data) != initial)
        except ValidationError:
            return True


def _hint(fact: Fact) -> str:
    return "Like 1200.50 EUR." if fact.type == FactType.MONEY else ""


def _widget(fact: Fact, value: Any) -> forms.Widget:
    """What fits the type; the value decides which archived choices are still offered."""
    widget: forms.Widget
    match fact.type:
        case FactType.LONG_TEXT:
            widget = UnfoldAdminTextareaWidget({"rows": 4})
        case FactType.DATE:
            widget = forms.DateInput({"type": "date", "class": " ".join(INPUT_CLASSES)})
        case FactType.YES_NO:
            widget = UnfoldAdminSelectWidget(choices=[UNKNOWN, ("yes", "Yes"), ("no", "No")])
        case FactType.CHOICE:
            widget = UnfoldAdminSelectWidget(choices=[UNKNOWN, *_offered(fact, value)])
        case FactType.CHOICES:
            widget = UnfoldAdminCheckboxSelectMultipleWidget(choices=_offered(fact, value))
        case _:
            widget = UnfoldAdminTextInputWidget()
    return widget


def _offered(fact: Fact, value: Any) -> list[tuple[str, str]]:
    """What may be chosen, with what was chosen before it was archived."""
    chosen = value if isinstance(value, list) else [value]
    return [(each.key, each.label) for each in fact.choices if not each.is_archived or each.key in chosen]
