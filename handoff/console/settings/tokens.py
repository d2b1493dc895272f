"""API tokens: issued once, shown once, revoked at any time."""

from typing import Any

from django import forms
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.safestring import SafeString

from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.page import REVOPS, Page, Tool
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import ago, badge
from handoff.models import ApiToken
from leads.models import User


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ApiToken
        fields = ["user"]
        help_texts = {"user": "The token acts for this person, with their roles."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "user" in self.fields:
            self.fields["user"].queryset = User.objects.filter(is_active=True)  # type: ignore[attr-defined]


class TokenPage(Page):
    title = "API tokens"
    empty = "No token yet. Add one for a person: any program holding it acts as this user."
    readers = REVOPS
    form = TokenForm
    list_display = ["__str__", "user", "issued", "standing_shown"]
    list_select_related = ["user"]
    search_fields = ["user__username", "hint"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002
        if _is_above(obj, request):
            raise PermissionDenied
        text = ApiToken.issue(obj.user)
        obj.pk = ApiToken.objects.get(digest=ApiToken.digest_of(text)).pk
        obj.text = text

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:  # noqa: ARG002
        """Show the text on this one page: it is not kept, and no message or cookie carries it."""
        context = {"title": f"Token for {obj.user}", "text": obj.text, "back": self.url("changelist")}
        response = TemplateResponse(request, "handoff/console/token.html", site.each_context(request) | context)
        response["Cache-Control"] = "no-store"
        return response

    def get_urls(self) -> list[URLPattern]:
        return [self.extra_path("revoke", self.revoke_view), *super().get_urls()]

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        may = self.has_change_permission(request) and obj.revoked_at is None and not _is_above(obj, request)
        return [Tool("Revoke", self.url("revoke", obj.pk), "danger")] if may else []

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        token = get_object_or_404(ApiToken.objects.select_related("user"), pk=pk)
        if _is_above(token, request):
            raise PermissionDenied

        def do() -> str:
            ApiToken.objects.filter(pk=pk, revoked_at=None).update(revoked_at=timezone.now())
            return f"Revoked the token {token}."

        explained = "Whatever uses it is refused from now. This cannot be undone."
        return confirm(request, Question(f"Revoke the token {token}", explained, "Revoke"), self.url("changelist"), do)

    @display(description="Issued", ordering="created_at")
    def issued(self, token: ApiToken) -> SafeString:
        return ago(token.created_at)

    @display(description="Status", ordering="revoked_at")
    def standing_shown(self, token: ApiToken) -> SafeString:
        return badge("Revoked") if token.revoked_at else badge("Valid", "success")


def _is_above(token: ApiToken, request: HttpRequest) -> bool:
    """What a superuser's programs may do, superusers alone begin and end."""
    return token.user.is_superuser and not viewer(request).is_superuser


site.register(ApiToken, TokenPage)
