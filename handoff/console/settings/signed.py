"""What the pages of versions share that both sides sign: a draft is signed, or discarded."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString

from handoff.agreement.signing import SIGNATORIES, roles_to_sign, side_to_sign
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.dialogs import back
from handoff.console.frame.page import Page, Tool
from handoff.console.frame.site import viewer
from handoff.console.frame.words import moment
from handoff.refusals import Refused
from leads.models import Role, User

DISCARDED = "Nobody has signed it. Whoever was notified of it is not notified again; the log keeps who discarded it."


class SeenForm(forms.ModelForm):  # type: ignore[type-arg]
    """It carries the digest of what its reader saw, so that an edit covers that and nothing else."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = self.instance.digest


class SignedPage(Page):
    """A version that is in force is read alone; a draft is edited, signed or discarded."""

    signing: ClassVar[str]
    """What the question says comes of the second signature."""
    sign: ClassVar[Callable[..., Any]]
    discard: ClassVar[Callable[..., str]]

    def compared(self, version: Any, user: User) -> dict[str, Any]:
        """The version beside the one in force, for the question."""
        raise NotImplementedError

    def words_of(self, version: Any) -> list[tuple[str, Any]]:
        """What is shown of a draft that is about to be discarded."""
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.active_from is None)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:
            messages.warning(request, refusal.message)
            return redirect(request.get_full_path())
        return response

    def get_urls(self) -> list[URLPattern]:
        own = [self.extra_path("sign", self.sign_view), self.extra_path("discard", self.discard_view)]
        return [*own, *super().get_urls()]

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        user, tools = viewer(request), []
        if side_to_sign(user, obj):
            tools.append(Tool("Sign this version", self.url("sign", obj.pk), "primary"))
        if roles_to_sign(obj) and user.has_role(Role.REVOPS):
            tools.append(Tool("Discard this draft", self.url("discard", obj.pk), "danger"))
        return tools

    def sign_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = viewer(request)
        if not user.has_role(*SIGNATORIES):
            raise PermissionDenied
        version = get_object_or_404(self.model, pk=pk)
        carried = {"seen": version.digest}
        beside = self.compared(version, user)
        question = Question(f"Sign the {version}", self.signing, "Sign", "primary", beside=beside, carried=carried)
        seen, to = request.POST.get("seen", ""), back(request, self.url("change", pk))
        return confirm(request, question, to, lambda: self._signed(pk, user, seen))

    def _signed(self, pk: int, user: User, seen: str) -> str:
        version = type(self).sign(pk, by=user, seen=seen)
        return f"Signed. The {version} is in force." if version.active_from else "Signed. The other side signs next."

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Remove a draft that nobody has signed."""
        user = viewer(request)
        if not user.has_role(Role.REVOPS):
            raise PermissionDenied
        version = get_object_or_404(self.model, pk=pk)
        question = Question(f"Discard the {version}", DISCARDED, "Discard", shown=self.words_of(version))
        to = reverse("admin:signatures")
        return confirm(request, question, to, lambda: f"Discarded: {type(self).discard(pk, by=user)}.")

    @display(description="In force since", ordering="active_from")
    def active_since(self, version: Any) -> SafeString:
        return moment(version.active_from)
