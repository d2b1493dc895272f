"""Policies: what was promised, with the ladder of who is notified when."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import display
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from handoff.agreement.ladders import LadderStep
from handoff.agreement.sla_table import write_policy
from handoff.console.frame.conditions import ConditionsField
from handoff.console.frame.fields import SpanField
from handoff.console.frame.page import Rows, Tool
from handoff.console.frame.site import site, viewer
from handoff.console.frame.versioned import InForceFilter, VersionedPage, drafted_of
from handoff.console.frame.words import conditions_of, two_lines
from handoff.console.settings import applying, stopping
from handoff.console.settings.comparing_sla import signed_values
from handoff.models import Destination, SlaTable
from leads.finding import is_id
from sla.durations import BUSINESS_FORMS, in_business_days, in_words
from sla.models import Calendar, Policy, Step

DAY = "A plain number is minutes, and a plain day 24 h. A business day is as long as most days of the calendar."
BUSINESS_TIME = ("target_seconds", "floor_seconds", "pause_budget_seconds", "after_seconds")
CIRCUMSTANCES = ["whose_hours", "on_reassign", "floor_seconds", "pause_budget_seconds"]


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    key = forms.SlugField(
        required=False,
        max_length=50,
        widget=UnfoldAdminTextInputWidget,
        help_text="The same for all versions, in lower case, like accept. Empty: made from the name.",
    )
    target_seconds = SpanField(label="Target", help_text=f"Business time by its calendar, like {BUSINESS_FORMS}. {DAY}")
    conditions = ConditionsField(label="Segment")
    floor_seconds = SpanField(
        label="Minimum left after reassignment",
        required=False,
        initial=0,
        help_text="Business time that a new owner has at least, like 30 min.",
    )
    pause_budget_seconds = SpanField(
        label="Maximum paused time",
        required=False,
        if_empty=None,
        help_text="Business time that pauses may take out of one clock, like 8 h. Empty: any; 0 min: none.",
    )

    class Meta:
        model = Policy
        fields = ["name", "key", "metric", "target_seconds", "calendar", "conditions", "position", *CIRCUMSTANCES]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "calendar" in self.fields:
            self.fields["calendar"].queryset = Calendar.objects.filter(retired_at=None)  # type: ignore[attr-defined]
        _count_business_days(self, self.instance.calendar_id)

    def clean_target_seconds(self) -> int:
        seconds: int = self.cleaned_data["target_seconds"]
        if seconds < 1:
            raise forms.ValidationError("Give a target longer than nothing.")
        return seconds

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"] or slugify(self.cleaned_data.get("name", ""))[:50]
        if not key:
            raise forms.ValidationError("Give a key, like accept: none can be made from this name.")
        if Policy.objects.filter(key=key).exists():
            raise forms.ValidationError("A policy with this key exists: open it to write its next version.")
        return key


class StepForm(forms.ModelForm):  # type: ignore[type-arg]
    after_seconds = SpanField(
        label="After the target", required=False, initial=0, help_text="Business time; only with 100 per cent."
    )
    destinations = forms.ModelMultipleChoiceField(
        Destination.objects.filter(active=True),
        label="Notifies",
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="A breach that reaches no one goes to the manager, or else to RevOps.",
    )
    out_of_rotation_seconds = SpanField(
        label="Out of rotation", required=False, initial=0, help_text="So long its late owner is given no other lead."
    )

    class Meta:
        model = Step
        fields = ["percent", "after_seconds", "pierces", "does", "out_of_rotation_seconds"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            kept = list(self.instance.destinations.all())
            self.initial["destinations"] = kept
            # Else whoever changes a target would take one that is switched off from the ladder, unseen.
            offered = Destination.objects.filter(Q(active=True) | Q(pk__in=[each.pk for each in kept]))
            self.fields["destinations"].queryset = offered  # type: ignore[attr-defined]
        _count_business_days(self, self.instance.policy.calendar_id if self.instance.policy_id else None)
        # In a table the head of the column labels a field for the eye only.
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label


def _count_business_days(form: forms.ModelForm, calendar_id: int | None) -> None:  # type: ignore[type-arg]
    """Those of the calendar that the page has chosen, or else of the one that the policy has."""
    chosen = str(form.data.get("calendar", calendar_id or ""))
    calendar = Calendar.objects.filter(pk=chosen).first() if is_id(chosen) else None
    for name in BUSINESS_TIME:
        if isinstance(field := form.fields.get(name), SpanField):
            field.business_day = calendar.business_day if calendar else None


class StepRows(Rows):
    model = Step
    form = StepForm
    hide_title = True
    fields = ["percent", "after_seconds", "destinations", "pierces", "does", "out_of_rotation_seconds"]
    read_as = {"after_seconds": "after", "destinations": "notified", "out_of_rotation_seconds": "benched"}
    verbose_name_plural = "Ladder: who is notified when, and what is done"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.retired_at is None)

    @display(description="After the target")
    def after(self, step: Step) -> str:
        return in_business_days(step.after_seconds, step.policy.calendar.business_day)

    @display(description="Notifies")
    def notified(self, step: Step) -> str:
        return ", ".join(map(str, step.destinations.all())) or "No one"

    @display(description="Out of rotation")
    def benched(self, step: Step) -> str:
        return in_words(step.out_of_rotation_seconds, exact=True) if step.out_of_rotation_seconds else "–"


class PolicyPage(VersionedPage):
    title = "Policies"
    empty = "No policy yet, so no clock runs. Add one for each promise, like “Accept within 4 business hours”."
    form = PolicyForm
    inlines = [StepRows]
    list_display = ["name_shown", "metric", "target", "calendar", "segment", "position", "version_badge"]
    fieldsets = [
        (None, {"fields": ["name", "key", "metric", "target_seconds", "calendar", "conditions", "position"]}),
        ("Hours, reassignment and pauses", {"fields": CIRCUMSTANCES}),
    ]
    read_as = {
        "conditions": "segment",
        "target_seconds": "target",
        "floor_seconds": "floor",
        "pause_budget_seconds": "pause_budget",
    }
    list_filter = [InForceFilter, ("metric", ChoicesDropdownFilter)]
    list_filter_submit = True
    list_select_related = ["calendar"]
    search_fields = ["name", "key"]
    prepopulated_fields = {"key": ["name"]}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["key", "metric"] if obj else [])]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, list[str]]:  # noqa: ARG002
        return {} if obj else {"key": ["name"]}

    def get_urls(self) -> list[URLPattern]:
        return [self.extra_path("apply", applying.page), self.extra_path("stop", stopping.page), *super().get_urls()]

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        tools = super().tools(request, obj)
        if tools and applying.is_offered(obj):
            tools.insert(0, Tool("Apply to running clocks", self.url("apply", obj.pk), "primary", in_dialog=False))
        if stopping.is_offered(obj, viewer(request)):
            tools.append(Tool("Declare a mistake", self.url("stop", obj.pk), "danger", in_dialog=False))
        return tools

    def publish(self, form: Any, formsets: list[Any]) -> Policy | SlaTable:
        return write_policy(form.instance, {}, _ladder(formsets), seen=form.data.get("seen"))

    def revise(self, form: Any, formsets: list[Any]) -> Policy | SlaTable:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        # One that is as it was leaves alone what a draft makes of it.
        ladder = _ladder(formsets) if any(formset.has_changed() for formset in formsets) else None
        return write_policy(Policy.objects.get(pk=form.instance.pk), changes, ladder, seen=form.data.get("seen"))

    def beside(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        return {**super().beside(request, obj), **signed_values(obj, viewer(request).roles)}

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        self._warn_of_silence(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        self._warn_of_silence(request, obj)
        return super().response_change(request, obj)

    def _warn_of_silence(self, request: HttpRequest, policy: Policy) -> None:
        if drafted_of(policy):
            return
        silent = Step.objects.filter(policy=policy.pk).exclude(destinations__active=True)
        if not silent:
            return
        words = format_html(
            'No one is notified by {} of “{}”. <a href="{}" class="underline">Choose destinations on its ladder</a>, '
            'or <a href="{}" class="underline">add a destination</a> first.',
            ", ".join(str(step).lower() for step in silent),
            policy.name,
            self.url("change", policy.pk),
            reverse("admin:handoff_destination_add", query={"next": self.url("change", policy.pk)}),
        )
        messages.warning(request, words)

    @display(description="Policy", ordering="name")
    def name_shown(self, policy: Policy) -> SafeString:
        return two_lines(policy.name, policy.key)

    @display(description="Target", ordering="target_seconds")
    def target(self, policy: Policy) -> str:
        return in_business_days(policy.target_seconds, policy.calendar.business_day)

    @display(description="Minimum left after reassignment")
    def floor(self, policy: Policy) -> str:
        return in_business_days(policy.floor_seconds, policy.calendar.business_day)

    @display(description="Maximum paused time")
    def pause_budget(self, policy: Policy) -> str:
        budget = policy.pause_budget_seconds
        return "Any" if budget is None else in_business_days(budget, policy.calendar.business_day)

    @display(description="Segment")
    def segment(self, policy: Policy) -> str:
        return conditions_of(policy.conditions)


def _ladder(formsets: list[Any]) -> list[LadderStep]:
    kept = [form for formset in formsets for form in formset.forms if form not in formset.deleted_forms]
    given = [form for form in kept if form.cleaned_data and (form.instance.pk or form.has_changed())]
    return [step_of(form.cleaned_data) for form in given]


def step_of(step: Mapping[str, Any]) -> LadderStep:
    """The step that a form of it describes."""
    return LadderStep(
        percent=step["percent"],
        after_seconds=step["after_seconds"] or 0,
        does=step["does"],
        out_of_rotation_seconds=step["out_of_rotation_seconds"] or 0,
        pierces=step["pierces"],
        recipients=tuple(step["destinations"]),
    )


site.register(Policy, PolicyPage)
