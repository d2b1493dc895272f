"""Goals of a period, and how many leads people take in a week. RevOps enters them; everyone with a role reads them."""

from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils import timezone

from handoff.console.frame.page import Page
from handoff.console.frame.site import site, viewer
from handoff.models import Goal, WeeklyCapacity
from leads.models import SALES, User


class _Entered(Page):
    """Whoever saves it last is kept with it."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.set_by, obj.set_at = viewer(request), timezone.now()
        super().save_model(request, obj, form, change)


class GoalPage(_Entered):
    title: ClassVar[str] = "Goals"
    empty = "No goal yet. Add one, like so many delivered leads in a month."
    fields = ["measure", "length", "starts_on", "team", "value"]
    list_display = ["measure", "length", "starts_on", "team", "value"]
    list_select_related = ["team"]


class WeeklyCapacityPage(_Entered):
    title: ClassVar[str] = "Weekly capacities"
    empty = "No capacity yet. Say how many new leads a person can take in a full week."
    fields = ["person", "starts_on", "leads"]
    list_display = ["person", "leads", "starts_on"]
    list_select_related = ["person"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "person":
            kwargs["queryset"] = User.objects.filter(is_active=True, groups__name__in=SALES).distinct()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


site.register(Goal, GoalPage)
site.register(WeeklyCapacity, WeeklyCapacityPage)
