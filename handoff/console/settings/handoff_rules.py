"""The handoff rules: the numbers by which leads go to and fro, in versions that both sides sign."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import display
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from handoff.agreement.handoff_rules import TERMS, discard, draft, edit, sign
from handoff.alerts.content import sentence
from handoff.console.frame.site import site
from handoff.console.frame.words import badge
from handoff.console.settings.comparing import Compared
from handoff.console.settings.signed import SeenForm, SignedPage
from leads.models import HandoffRules, User


class HandoffRulesForm(SeenForm):
    class Meta:
        model = HandoffRules
        fields = [*TERMS, "seen"]


class HandoffRulesPage(SignedPage):
    title = "Handoff rules"
    signing = (
        "It comes into force as soon as one person of each side has signed these numbers. Leads that are with sales "
        "or come back from there keep those of the version that was in force when they were handed over."
    )
    sign, discard = staticmethod(sign), staticmethod(discard)
    form = HandoffRulesForm
    list_display = ["version_shown", "standing_shown", "marketing_signatory", "sales_signatory", "active_since"]
    list_select_related = ["marketing_signatory", "sales_signatory"]
    readonly_fields = ["version", "marketing_signatory", "sales_signatory", "active_from"]
    _back = ["recycle_limit", "cool_off_days", "needs_evidence", "score_rise", "needs_other_rep"]
    _sales = ["touches_to_qualify", "touches_to_give_up", "dispute_days"]
    _values = ["sla_changes_need_signatures"]
    fieldsets = [
        (None, {"fields": ["version"]}),
        ("Back from sales", {"fields": _back}),
        ("Touches and disputes", {"fields": _sales}),
        ("SLA values", {"fields": _values}),
        ("Signatures", {"fields": ["marketing_signatory", "sales_signatory", "active_from", "seen"]}),
    ]
    add_fieldsets = [
        ("Back from sales", {"fields": _back}),
        ("Touches and disputes", {"fields": _sales}),
        ("SLA values", {"fields": _values}),
    ]
    read_as = {"active_from": "active_since"}

    def title_of(self, obj: Any) -> str:
        return sentence(str(obj))

    @display(description="Version", ordering="version")
    def version_shown(self, rules: HandoffRules) -> str:
        return f"Version {rules.version}"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return self.fieldsets if obj else self.add_fieldsets

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:  # noqa: ARG002
        """A new version begins as the one in force is."""
        return dict(HandoffRules.active().covered)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        terms = {name: form.cleaned_data[name] for name in TERMS}
        if not change:
            written = draft(terms)
            obj.pk, obj.version = written.pk, written.version
            return
        _, voided = edit(obj.pk, terms, seen=form.cleaned_data["seen"])
        if voided:
            messages.warning(
                request, "The signatures of this draft were given for other numbers: both sides sign again."
            )

    def compared(self, version: HandoffRules, user: User) -> dict[str, Any]:  # noqa: ARG002
        in_force = HandoffRules.active()
        return {"compared": compare_rules(in_force, version), "in_force": in_force}

    def words_of(self, version: HandoffRules) -> list[tuple[str, Any]]:
        sentences = format_html_join("", "<li>{}: {}</li>", version.in_words())
        return [("Rules", format_html("<ul>{}</ul>", sentences))]

    @display(description="Status", ordering="active_from")
    def standing_shown(self, rules: HandoffRules) -> SafeString:
        if rules.active_from is None:
            return badge("Draft", "warning")
        return badge("In force", "success") if rules == HandoffRules.active() else badge("Past")


def compare_rules(before: HandoffRules | None, after: HandoffRules) -> list[Compared]:
    """Number by number, in words."""
    was = dict(before.in_words()) if before else {}
    return [_compared(label, was.get(label, ""), now) for label, now in after.in_words()]


def _compared(label: str, old: str, new: str) -> Compared:
    if old == new:
        return Compared(label, old, new, is_changed=False)
    return Compared(label, format_html("<del>{}</del>", old), format_html("<ins>{}</ins>", new), is_changed=True)


site.register(HandoffRules, HandoffRulesPage)
