"""Which sources are believed more than others, in an order that RevOps sets."""

from typing import Any

from django import forms
from django.contrib.admin import display
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from handoff.console.frame.page import REVOPS, Page
from handoff.console.frame.site import site
from handoff.console.frame.words import badge
from leads.facts import facts
from leads.incoming import ATTRIBUTION
from leads.models import PERSON, SourceRank
from leads.normalise import normalise_system


def _choices() -> list[tuple[str, str]]:
    ranked = [(card.name, card.label) for card in facts() if card.name not in ATTRIBUTION]
    return [("", "Every fact without an order of its own"), *ranked]


class SourceRankForm(forms.ModelForm):  # type: ignore[type-arg]
    system = forms.CharField(
        label="System",
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text="The system as files and the API name it, like hubspot. “person” is whoever corrects a lead by hand; "
        "“api” and “console” are what names no system.",
    )
    fact = forms.ChoiceField(choices=_choices, required=False, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = SourceRank
        fields = ["system", "fact", "position", "is_final"]
        labels = {"is_final": "Its values stay"}

    def clean_system(self) -> str:
        return normalise_system(self.cleaned_data["system"])

    def clean(self) -> dict[str, Any]:
        """Systems whose values stay come first: one below another whose values give way would beat it all the same."""
        values = super().clean() or self.cleaned_data
        position, is_final = values.get("position"), values.get("is_final", False)
        if position is not None:
            others = SourceRank.objects.filter(fact=values.get("fact", "")).exclude(pk=self.instance.pk)
            stronger, weaker = others.filter(position__lt=position), others.filter(position__gt=position)
            if is_final and stronger.filter(is_final=False).exists():
                self.add_error("position", "Systems whose values stay come before those whose values give way.")
            if not is_final and weaker.filter(is_final=True).exists():
                self.add_error("position", "Systems whose values give way come after those whose values stay.")
        return values


class SourceRankPage(Page):
    title = "Systems"
    empty = "No system is ranked: what a person corrects stays, and between systems the later value wins."
    form = SourceRankForm
    readers = REVOPS
    list_display = ["source", "of_fact", "position", "stays"]
    ordering = ["fact", "position", "system"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and self.has_change_permission(request)

    @display(description="System", ordering="system")
    def source(self, rank: SourceRank) -> str:
        return "A person, by hand" if rank.system == PERSON else rank.system

    @display(description="Fact", ordering="fact")
    def of_fact(self, rank: SourceRank) -> str:
        return dict(_choices()).get(rank.fact, rank.fact)

    @display(description="Values", ordering="is_final")
    def stays(self, rank: SourceRank) -> SafeString:
        return badge("Stay", "primary") if rank.is_final else badge("The later wins")


site.register(SourceRank, SourceRankPage)
