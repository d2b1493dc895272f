"""Attributes: the facts of a lead that RevOps adds. One that is not needed any more is archived; its values stay."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.safestring import SafeString
from django.utils.text import slugify
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.page import Page, Tool
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import badge, two_lines
from leads.models import WITH_CHOICES, Attribute, Definition, Role
from leads.models.attribute import LONGEST_LABEL
from leads.normalise import is_storable
from sla.models import Policy

STEP = 10  # between the positions of two attributes, so that one fits in between


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    def __init__(self, *, rows: int = 5, **kwargs: Any) -> None:
        super().__init__(required=False, widget=UnfoldAdminTextareaWidget({"rows": rows}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(self.as_line, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = filter(None, (" ".join(line.split()) for line in (value or "").splitlines()))
        return [self.read(line) for line in dict.fromkeys(lines)]

    def as_line(self, entry: Any) -> str:
        return str(entry)

    def read(self, line: str) -> Any:
        if len(line) > LONGEST_LABEL or not is_storable(line):
            raise ValidationError(
                f"“{line[:LONGEST_LABEL]}…” is too long: use at most {LONGEST_LABEL} characters a line."
            )
        return line


class ChoicesField(LinesField):
    """Choices, one a line: `key: Label`, or a label alone, of which the key is made."""

    def prepare_value(self, value: Any) -> Any:
        return super().prepare_value(
            [each for each in value if not each.get("archived")] if isinstance(value, list) else value
        )

    def as_line(self, entry: Any) -> str:
        return f"{entry['key']}: {entry['label']}"

    def read(self, line: str) -> Any:
        key, colon, label = super().read(line).partition(":")
        if not colon:
            return {"key": _key_of(key), "label": key}
        if not key.strip() or not label.strip() or any(mark in key for mark in ";,|"):
            raise ValidationError(f"“{line}” is not a valid choice: write it like gold: Gold.")
        return {"key": key.strip(), "label": label.strip()}

    def to_python(self, value: Any) -> Any:
        choices = super().to_python(value)
        for name in ("key", "label"):
            spelled = [each[name].casefold() for each in choices]
            if repeated := [text for text in spelled if spelled.count(text) > 1]:
                raise ValidationError(f"Two choices have the {name} “{repeated[0]}”: give each its own.")
        return choices

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != "\n".join((data or "").split("\r\n")))


def _key_of(label: str) -> str:
    """Like `very_large` for “Very large”; a label in a script that has no small letters of ours is its own key."""
    return slugify(label).replace("-", "_") or label.casefold().translate(str.maketrans(";,|", "___"))


class RolesField(forms.MultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=[(role, role) for role in Role.values],
            required=False,
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
            **kwargs,
        )


class AttributeForm(forms.ModelForm):  # type: ignore[type-arg]
    choices = ChoicesField(
        help_text="For a choice or several choices. One a line, in their order. To rename one, change what stands "
        "after its colon. One that is taken out stays readable where it was chosen.",
    )
    synonyms = LinesField(
        rows=4, help_text="What the headers of files call it besides its key and label. One a line.", label="In files"
    )
    seen_by = RolesField(help_text="None: everyone who sees the lead. RevOps sees all.", label="Seen by")
    edited_by = RolesField(
        help_text="Of those who see it. A salesperson edits it on leads that they work.", label="Edited by"
    )

    class Meta:
        model = Attribute
        fields = [
            "label", "key", "type", "choices", "help", "synonyms", "seen_by", "edited_by", "in_packet", "in_messages",
            "position",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            self.fields["key"].required = False
            self.fields["key"].help_text = f"{self.fields['key'].help_text} Empty: made of the label."
        if "position" in self.fields and not self.instance.pk:
            last = Attribute.objects.aggregate(last=Max("position"))["last"] or 0
            self.initial["position"] = min(last + STEP, 32000)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "key" in self.fields and not values.get("key") and "key" not in self.errors:
            values["key"] = _key_of(values.get("label", ""))[:40]
        if values.get("type", self.instance.type) not in WITH_CHOICES:
            values["choices"] = []
        elif "choices" in values:
            values["choices"] = [*values["choices"], *self._taken_out(values["choices"])]
        return values

    def _taken_out(self, choices: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Those that are not offered any more: leads may have them."""
        kept = {each["key"] for each in choices}
        for each in self.instance.choices if self.instance.pk else ():
            if each["key"] not in kept:
                yield {"key": each["key"], "label": each["label"], "archived": True}


class AttributePage(Page):
    title = "Attributes"
    empty = "There are no attributes yet. Add one for what your leads have and the fields of every lead do not say."
    form = AttributeForm
    list_display = ["label_shown", "type", "choices_shown", "seen_shown", "edited_shown", "used_in", "standing"]
    search_fields = ["label", "key"]
    ordering = ["position", "id"]
    fieldsets = [
        (None, {"fields": ["label", "key", "type", "choices", "help", "synonyms", "position"]}),
        ("Who", {"fields": ["seen_by", "edited_by"]}),
        ("Where", {"fields": ["in_packet", "in_messages"]}),
    ]
    read_as = {
        "choices": "choices_shown",
        "synonyms": "synonyms_shown",
        "seen_by": "seen_shown",
        "edited_by": "edited_shown",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attribute]:
        """Those that the viewer's roles may see."""
        seen = Q(seen_by=[])
        for role in viewer(request).roles:
            seen |= Q(seen_by__contains=[role])
        attributes: QuerySet[Attribute] = super().get_queryset(request).filter(seen)
        return attributes

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = ["key", *(["type"] if obj.is_used() else [])] if obj else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    def get_urls(self) -> list[URLPattern]:
        archive, restore = (self.extra_path(name, getattr(self, f"{name}_view")) for name in ("archive", "restore"))
        return [archive, restore, *super().get_urls()]

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        if not self.has_change_permission(request):
            return []
        name, label, tone = ("restore", "Restore", "plain") if obj.archived_at else ("archive", "Archive", "danger")
        return [Tool(label, self.url(name, obj.pk), tone)]

    def archive_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        explained = "It is asked for no more. What leads have of it is kept, and shown again when it is restored."
        return self._set_archived(request, pk, Question("Archive “{}”", explained, "Archive"), archived=True)

    def restore_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        question = Question("Restore “{}”", "It is shown and asked for again.", "Restore", "primary")
        return self._set_archived(request, pk, question, archived=False)

    def _set_archived(self, request: HttpRequest, pk: int, question: Question, *, archived: bool) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        attribute = get_object_or_404(Attribute, pk=pk)

        def do() -> str:
            attribute.archive(archived=archived)
            return f"{'Archived' if archived else 'Restored'} “{attribute}”."

        explained = " ".join(filter(None, (question.explained, _asked_for(attribute) if archived else "")))
        asked = Question(question.title.format(attribute), explained, question.submit, question.tone)
        return confirm(request, asked, self.url("changelist"), do)

    @display(description="Attribute", ordering="label")
    def label_shown(self, attribute: Attribute) -> SafeString:
        return two_lines(attribute.label, attribute.name)

    @display(description="Choices")
    def choices_shown(self, attribute: Attribute) -> str:
        return ", ".join(each["label"] for each in attribute.choices if not each.get("archived")) or "–"

    @display(description="In files")
    def synonyms_shown(self, attribute: Attribute) -> str:
        return ", ".join(attribute.synonyms) or "–"

    @display(description="Seen by")
    def seen_shown(self, attribute: Attribute) -> str:
        return ", ".join(attribute.seen_by) or "Everyone"

    @display(description="Edited by")
    def edited_shown(self, attribute: Attribute) -> str:
        return ", ".join(attribute.edited_by)

    @display(description="Shown in")
    def used_in(self, attribute: Attribute) -> str:
        places = [("packet", attribute.in_packet), ("messages", attribute.in_messages)]
        return ", ".join(name for name, is_shown in places if is_shown).capitalize() or "–"

    @display(description="Status", ordering="archived_at")
    def standing(self, attribute: Attribute) -> SafeString:
        return badge("Archived") if attribute.archived_at else badge("In use", "success")


def _asked_for(attribute: Attribute) -> str:
    """What goes on asking for it: the clocks of leads depend on that."""
    policies = [str(each) for each in Policy.objects.filter(retired_at=None) if attribute.is_asked_for(each.conditions)]
    stages = [
        each for stage in ("mql", "sql") if (each := Definition.active(stage)) and attribute.is_asked_for(each.criteria)
    ]
    names = [*policies, *map(str, stages)]
    return f"It is still asked for by: {', '.join(names)}." if names else ""


site.register(Attribute, AttributePage)
