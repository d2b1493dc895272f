"""The console as a whole: who may enter, in whose time zone, and where each role lands."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, cast

from django.contrib.auth.forms import AuthenticationForm as PlainAuthenticationForm
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from leads.internals.admin import replace_admin_site
from leads.models import MARKETING, SALES, Role, User
from sla.models import Clock


def viewer(request: HttpRequest) -> User:
    """Who looks at a page; behind the login it is always somebody."""
    return cast("User", request.user)


class LoginForm(AuthenticationForm):  # type: ignore[misc]
    """Whoever is active may log in; what they see there, their roles decide."""

    error_messages = PlainAuthenticationForm.error_messages

    def confirm_login_allowed(self, user: Any) -> None:
        PlainAuthenticationForm.confirm_login_allowed(self, user)


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc]
    """Django's admin with the roles of Handoff in the place of Django's permissions."""

    login_form = LoginForm
    empty_value_display = "–"
    enable_nav_sidebar = True

    def __init__(self) -> None:
        super().__init__()
        self.mounted: list[tuple[str, Callable[..., HttpResponseBase], str]] = []
        self.public: list[URLPattern] = []

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.is_active

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Every page speaks in the time zone of who looks at it: what it shows, and what is typed into it."""

        def in_zone(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refuse_nul(request)
            if not request.user.is_authenticated:
                return view(request, *args, **kwargs)
            with timezone.override(viewer(request).zone):
                response = view(request, *args, **kwargs)
                # Rendered here, as later the zone is no longer active.
                return response.render() if isinstance(response, SimpleTemplateResponse) else response

        return super().admin_view(update_wrapper(in_zone, view), cacheable)

    def mount(self, route: str, view: Callable[..., HttpResponseBase], name: str) -> None:
        """Serve a page that belongs to no model; its module calls this, as those of models call `register`."""
        self.mounted.append((route, view, name))

    def mount_public(self, route: str, view: Callable[..., HttpResponseBase], name: str) -> None:
        """Serve a page to those who cannot log in yet."""
        self.public.append(path(route, view, name=name))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own = [path(route, self.admin_view(view), name=name) for route, view, name in self.mounted]
        return [*self.public, *own, *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        page = landing(viewer(request))
        if page:
            return redirect(f"{self.name}:{page}")
        context = {**self.each_context(request), "title": "Welcome", **(extra_context or {})}
        return TemplateResponse(request, "handoff/console/no_role.html", context)


def refuse_nul(request: HttpRequest) -> None:
    """No person types a NUL, and PostgreSQL keeps none: whoever sends one hears 400 and not 500."""
    sent = [request.path_info]
    for fields in (request.GET, request.POST):
        for name, values in fields.lists():
            sent += [name, *map(str, values)]
    if any("\0" in text for text in sent):
        raise SuspiciousOperation("The request contains a NUL character.")


def landing(user: User) -> str:
    """The page where a person's day begins; empty for somebody without a role. RevOps begins by setting Handoff up."""
    if user.has_role(Role.REVOPS) and not Clock.objects.exists():
        return "setup"
    if user.has_role(*SALES):
        return "my_leads"
    if user.has_role(*MARKETING):
        return "handoff_rejection_changelist"
    return "leads_lead_changelist" if user.has_role(Role.REVOPS) else ""


site = ConsoleSite()
replace_admin_site(site)
