"""Rates of currencies: RevOps brings them as lines or as a file, and everyone with a role reads which hold."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin import SimpleListFilter, display
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter

from handoff.console.frame import export
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.dialogs import dress
from handoff.console.frame.page import Page, Tool
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import badge, moment
from handoff.models import Rate, RateSet
from handoff.refusals import Refused
from handoff.reports import rate_file, rates

COLUMNS: dict[str, export.Column] = {
    "set": lambda row: row.of_set.name,
    "from": lambda row: row.from_currency,
    "to": lambda row: row.to_currency,
    "day": lambda row: row.starts_on,
    "rate": lambda row: row.worth,
    "since_version": lambda row: row.since_version,
    "until_version": lambda row: row.until_version,
    "note": lambda row: row.note,
    "set_by": lambda row: row.set_by,
    "set_at": lambda row: row.set_at,
}


class BringForm(forms.Form):
    """Rates of one set, pasted or in a file."""

    name = forms.CharField(
        label="Name of the set", max_length=60, help_text="Who says so, and how: like ECB month-end. Reports name it."
    )
    lines = forms.CharField(
        label="Rates",
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 8, "placeholder": rate_file.EXAMPLE}),
        help_text="A line for each: from, to, the day from which it holds, and what one unit of the first is worth in "
        f"the second, like {rate_file.EXAMPLE}. A rate holds until the next one of the same two currencies.",
    )
    file = forms.FileField(label="Or a CSV file of such lines", required=False)
    note = forms.CharField(
        label="Note", max_length=300, required=False, help_text="Why, where rates of a closed period change."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        try:
            values["given"] = rate_file.read(self._text(values))
        except rate_file.RatesRefused as refusal:
            self.add_error("lines", refusal.complaints)
        return values

    def _text(self, values: dict[str, Any]) -> str:
        file = values.get("file")
        if not file:
            return str(values.get("lines") or "")
        if file.size > rate_file.LARGEST:
            raise rate_file.RatesRefused(["The file is too large: bring it in parts."])
        return rate_file.decoded(file.read())


class StandingFilter(SimpleListFilter):
    title = "Standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("holds", "Holds"), ("ended", "Replaced or withdrawn")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:  # noqa: ARG002
        if self.value() not in ("holds", "ended"):
            return queryset
        return queryset.filter(until_version__isnull=self.value() == "holds")


class RatePage(Page):
    title: ClassVar[str] = "Rates"
    empty = "No rate yet, so amounts of several currencies stand apart. Add some, like those of a month's end."
    export_name = "admin:handoff_rate_export"
    list_display = ["of_set", "from_currency", "to_currency", "starts_on", "worth_shown", "standing", "note", "set_by"]
    list_select_related = ["of_set", "set_by", "ended_by"]
    list_filter = [("of_set", RelatedDropdownFilter), StandingFilter]
    search_fields = ["from_currency", "to_currency"]
    fields = [
        "of_set", "from_currency", "to_currency", "starts_on", "worth_shown", "standing", "note", "set_by", "entered",
        "ended_by", "ended",
    ]  # fmt: skip
    acts = "add rates"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False  # another rate for a day is another row

    def get_urls(self) -> list[URLPattern]:
        all_rows = path("export/", self.admin_site.admin_view(self.export_view), name="handoff_rate_export")
        return [all_rows, self.extra_path("withdraw", self.withdraw_view), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        return self.as_csv(request, COLUMNS, "rates")

    def add_view(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = BringForm(request.POST, request.FILES) if request.method == "POST" else BringForm()
        if form.is_bound and form.is_valid() and self._bring(request, form):
            return redirect(self.url("changelist"))
        context = {
            **site.each_context(request),
            "title": "Add rates",
            "form": form,
            "sets": RateSet.objects.all(),
            "list_title": self.title,
            "list_url": self.url("changelist"),
        }
        return TemplateResponse(request, "handoff/console/settings/rates.html", context)

    def _bring(self, request: HttpRequest, form: BringForm) -> bool:
        asked = form.cleaned_data
        try:
            brought = rates.bring(asked["name"], asked["given"], by=viewer(request), note=asked["note"])
        except Refused as refusal:
            form.add_error("note" if "note" in refusal.fields else None, refusal.message)
            return False
        words = f"{brought.added} added, {brought.replaced} replaced, {brought.unchanged} the same as before."
        messages.success(request, f"{asked['name']}: {words}")
        return True

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        may_withdraw = self.has_add_permission(request) and obj.until_version is None
        return [Tool("Withdraw", self.url("withdraw", obj.pk), "danger")] if may_withdraw else []

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        rate = get_object_or_404(Rate.objects.select_related("of_set"), pk=pk)

        def do() -> str:
            return f"Withdrawn: {rate}." if rates.withdraw(rate, by=viewer(request)) else f"It was out already: {rate}."

        explained = "The rate before it holds on, if there is one; else amounts of these days have no rate."
        return confirm(request, Question(f"Withdraw {rate}", explained, "Withdraw"), self.url("changelist"), do)

    @display(description="Rate", ordering="rate")
    def worth_shown(self, rate: Rate) -> str:
        return rate.worth

    @display(description="Standing", ordering="until_version")
    def standing(self, rate: Rate) -> SafeString:
        if rate.until_version is None:
            return badge("Holds", "success")
        return badge("Replaced or withdrawn", hint=f"By {rate.ended_by or 'Handoff'}, version {rate.until_version}")

    @display(description="Entered", ordering="set_at")
    def entered(self, rate: Rate) -> SafeString:
        return moment(rate.set_at)

    @display(description="Ended", ordering="ended_at")
    def ended(self, rate: Rate) -> SafeString:
        return moment(rate.ended_at)


site.register(Rate, RatePage)
