"""Absences: when someone is given no lead. They enter them themselves, and so do their manager and RevOps."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from handoff.console.frame.fields import MomentField
from handoff.console.frame.page import Rows
from handoff.console.frame.site import viewer
from leads.models import Absence, Role, User


def keeps_absences(by: User, of: User) -> bool:
    return by == of or by.has_role(Role.REVOPS) or manages(by, of)


def manages(by: User, of: User) -> bool:
    return by.has_role(Role.SALES_MANAGER) and of.team_id in by.team_ids


class AbsenceForm(forms.ModelForm):  # type: ignore[type-arg]
    starts_at = MomentField(label="From")
    ends_at = MomentField(label="Until")

    class Meta:
        model = Absence
        fields = ["starts_at", "ends_at", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # In a table the head of the column labels a field for the eye only.
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label


class AbsenceRows(Rows):
    """What is over is left out; and no one takes back what a ladder has imposed on them."""

    model = Absence
    form = AbsenceForm
    hide_title = True
    verbose_name_plural = "Absences: no new leads meanwhile, and the clocks go on"

    def get_queryset(self, request: HttpRequest) -> Any:
        # A day longer than needed, so that one that ends while the page is open can still be saved.
        going_on = super().get_queryset(request).filter(ends_at__gt=timezone.now() - timedelta(days=1))
        return going_on.exclude(imposed=True, user=viewer(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and keeps_absences(viewer(request), obj)

    has_add_permission = has_change_permission
    has_delete_permission = has_change_permission
