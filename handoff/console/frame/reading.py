"""How the fields of a page are asked for, and how whoever may not change them reads them."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import DateField, DateTimeField, TimeField
from django.http import HttpRequest

from handoff.console.frame.fields import DayInput, MomentField, TimeOfDayInput


class ReadAs:
    """Who may not change a row reads it in words. `read_as` names, for a field of raw values, what is shown instead."""

    read_as: ClassVar[Mapping[str, str]] = {}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)  # type: ignore[misc]
        if obj is None or self.has_change_permission(request, obj):  # type: ignore[attr-defined]
            return fieldsets
        return [(name, {**options, "fields": self._worded(options["fields"])}) for name, options in fieldsets]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = list(super().get_readonly_fields(request, obj))  # type: ignore[misc]
        is_read = obj is not None and not self.has_change_permission(request, obj)  # type: ignore[attr-defined]
        return [*fields, *self.read_as.values()] if is_read else fields

    def _worded(self, fields: Sequence[Any]) -> list[Any]:
        names = [name for name in fields if name not in self.read_as.values()]
        return [
            self._worded(name) if isinstance(name, list | tuple) else self.read_as.get(name, name) for name in names
        ]


class PlainTimes:
    """Dates and times in the browser's own controls: unfold's need a script, and warn of zones where none matters."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        match db_field:
            case DateTimeField():
                return db_field.formfield(**{"form_class": MomentField} | kwargs)
            case DateField():
                return db_field.formfield(**{"widget": DayInput()} | kwargs)
            case TimeField():
                return db_field.formfield(**{"widget": TimeOfDayInput()} | kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
