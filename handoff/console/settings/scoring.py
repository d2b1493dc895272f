"""The scoring model: versions of its rules, their signatures, and the review that is due within a year."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.safestring import SafeString

from handoff.agreement import score_reviews
from handoff.agreement.scoring import COVERED, discard, draft, edit, sign
from handoff.console.frame.dialogs import back, dress, is_in_dialog, leave
from handoff.console.frame.page import Tool
from handoff.console.frame.score_rules import BehaviourField, ExclusionField, FitField
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import badge, day
from handoff.console.settings.comparing_models import compare_models, rules_in_words
from handoff.console.settings.signed import SeenForm, SignedPage
from handoff.models import ReviewVerdict
from handoff.refusals import Refused
from leads.models import ScoringModel, User

EXPLAINED = "Say what both sides should know: which parts were flagged, and whether a high score still means a sale."


class ScoringForm(SeenForm):
    fit_rules = FitField(label="Points for facts", initial=list)
    behaviour_rules = BehaviourField(label="Points for what buyers do", initial=list)
    exclusions = ExclusionField(label="Excluded", initial=list)

    class Meta:
        model = ScoringModel
        fields = [*COVERED, "seen"]


class ReviewForm(forms.Form):
    """What one side says of the model in force."""

    examined = forms.CharField(label="What you looked at, and what follows", widget=forms.Textarea(attrs={"rows": 5}))
    verdict = forms.ChoiceField(choices=ReviewVerdict.choices, label="The model")


class ScoringPage(SignedPage):
    title = "Scoring model"
    signing = (
        "It comes into force as soon as one person of each side has signed these rules. All leads are then scored."
    )
    sign, discard = staticmethod(sign), staticmethod(discard)
    empty = "No model scores leads: their scores are those of other systems. Add a model to give them signed ones."
    form = ScoringForm
    list_display = ["__str__", "standing_shown", "marketing_signatory", "sales_signatory", "active_since", "review_on"]
    list_select_related = ["marketing_signatory", "sales_signatory"]
    readonly_fields = ["version", "marketing_signatory", "sales_signatory", "active_from", "review_on"]
    fieldsets = [
        (None, {"fields": ["version", "text", "behaviour_rules", "fit_rules", "exclusions"]}),
        ("Fit grade", {"fields": ["grade_a", "grade_b", "grade_c"]}),
        ("Review and signatures", {"fields": [
            "review_months", "review_on", "marketing_signatory", "sales_signatory", "active_from", "seen",
        ]}),
    ]  # fmt: skip
    add_fieldsets = [
        (None, {"fields": ["text", "behaviour_rules", "fit_rules", "exclusions"]}),
        ("Fit grade", {"fields": ["grade_a", "grade_b", "grade_c", "review_months"]}),
    ]
    read_as = {
        "fit_rules": "fit_shown", "behaviour_rules": "behaviour_shown", "exclusions": "exclusions_shown",
        "active_from": "active_since",
    }  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return self.fieldsets if obj else self.add_fieldsets

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:  # noqa: ARG002
        """A new version begins as the one in force is."""
        in_force = ScoringModel.active()
        return {name: getattr(in_force, name) for name in COVERED} if in_force else {}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        terms = {name: form.cleaned_data[name] for name in COVERED}
        if not change:
            written = draft(terms)
            obj.pk, obj.version = written.pk, written.version
            return
        _, voided = edit(obj.pk, terms, seen=form.cleaned_data["seen"])
        if voided:
            messages.warning(request, "The signatures of this draft were given for other rules: both sides sign again.")

    def get_urls(self) -> list[URLPattern]:
        return [self.extra_path("review", self.review_view), *super().get_urls()]

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        may = obj == ScoringModel.active() and score_reviews.side_to_review(viewer(request), obj)
        review = [Tool("Review the model", self.url("review", obj.pk), "primary")] if may else []
        return [*review, *super().tools(request, obj)]

    def compared(self, version: ScoringModel, user: User) -> dict[str, Any]:
        in_force = ScoringModel.active()
        return {"compared": compare_models(in_force, version, user.roles), "in_force": in_force}

    def words_of(self, version: ScoringModel) -> list[tuple[str, Any]]:
        return [("Model", version.text)]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        obj = kwargs.get("obj")
        if obj is not None and obj == ScoringModel.active():
            self._say_how_it_stands(request, obj)
        return super().render_change_form(request, context, *args, **kwargs)

    def review_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask what one side says of the model in force, or keep it."""
        user = viewer(request)
        if not user.has_role(*score_reviews.SIDES):
            raise PermissionDenied
        model, to = get_object_or_404(ScoringModel, pk=pk), back(request, self.url("change", pk))
        form = ReviewForm(request.POST if request.method == "POST" else None, auto_id="fact_%s")
        if form.is_bound and form.is_valid() and _is_reviewed(request, form, model):
            return leave(request, to)
        dress(form)
        context = {"title": f"Review the {model}", "submit": "Keep the review", "tone": "primary", "form": form}
        context |= {"action": request.get_full_path(), "explained": EXPLAINED, "back": to}
        if is_in_dialog(request):
            return TemplateResponse(request, "handoff/console/dialog_body.html", context)
        return TemplateResponse(request, "handoff/console/dialog.html", site.each_context(request) | context)

    def _say_how_it_stands(self, request: HttpRequest, model: ScoringModel) -> None:
        run = model.runs.first()
        if run is not None and run.finished_at is None:
            messages.info(request, f"Leads are being scored: {run.done} of about {run.total}.")
        if model.review_on and score_reviews.due(model):
            left = " and ".join(score_reviews.sides_left(model))
            missing = f"That of {left} is missing." if left else "A next version is needed, as one side wants."
            messages.warning(request, f"The review was due on {day(model.review_on)}. {missing}")

    @display(description="Status", ordering="active_from")
    def standing_shown(self, model: ScoringModel) -> SafeString:
        if model.active_from is None:
            return badge("Draft", "warning")
        if model != ScoringModel.active():
            return badge("Past")
        return badge("Review due", "danger") if score_reviews.due(model) else badge("In force", "success")

    @display(description="Points for facts")
    def fit_shown(self, model: ScoringModel) -> SafeString:
        return rules_in_words(model.fits)

    @display(description="Points for what buyers do")
    def behaviour_shown(self, model: ScoringModel) -> SafeString:
        return rules_in_words(model.behaviours)

    @display(description="Excluded")
    def exclusions_shown(self, model: ScoringModel) -> SafeString:
        return rules_in_words(model.excluding)


def _is_reviewed(request: HttpRequest, form: ReviewForm, model: ScoringModel) -> bool:
    try:
        score_reviews.review(model.pk, by=viewer(request), **form.cleaned_data)
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return False
    messages.success(request, f"Reviewed the {model}.")
    return True


site.register(ScoringModel, ScoringPage)
