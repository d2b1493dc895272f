"""How people come in without anybody knowing their password: they set it themselves, by a link from a mail."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from handoff.alerts import letters
from handoff.console.frame.site import refuse_nul, site

MOST, WITHIN = 10, 3600  # requests from one address, and seconds
LATER = "Too many requests came from here. Try again in an hour, or ask RevOps for a link."


class ForgotForm(forms.Form):
    email = forms.EmailField(max_length=254, widget=forms.EmailInput({"autocomplete": "email", "autofocus": True}))


@never_cache
def forgot(request: HttpRequest) -> HttpResponse:
    """Whether an address is known is not said: the answer is the same, and the mail is sent afterwards."""
    refuse_nul(request)
    form = ForgotForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {**site.each_context(request), "title": "Forgot your password?", "form": form}
    status = 200
    if request.method == "POST" and form.is_valid():
        if _is_within_bounds(request):
            letters.remind(form.cleaned_data["email"])
            context["sent_to"] = form.cleaned_data["email"]
        else:
            form.add_error(None, LATER)
            status = 429
    return TemplateResponse(request, "handoff/console/settings/forgot.html", context, status=status)


def _is_within_bounds(request: HttpRequest) -> bool:
    """By the address that asks. Without a cache nobody is counted: each person gets few letters in any case."""
    key = f"forgot:{request.META.get('REMOTE_ADDR', '')}"
    try:
        cache.add(key, 0, WITHIN)
        return cache.incr(key) <= MOST
    except Exception:
        return True


class SetPasswordView(PasswordResetConfirmView):
    """The link leads here, and its token moves into the session: no page that follows repeats it."""

    template_name = "handoff/console/settings/set_password.html"
    post_reset_login = True
    post_reset_login_backend = settings.AUTHENTICATION_BACKENDS[-1]
    success_url = reverse_lazy("admin:index")
    title = "Set your password"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown: dict[str, Any] = {**site.each_context(self.request), **super().get_context_data(**kwargs)}
        return shown | {"title": self.title, "person": self.user}


site.mount_public("forgot-password/", forgot, "admin_password_reset")
site.mount_public(
    "set-password/<uidb64>/<token>/", sensitive_post_parameters()(SetPasswordView.as_view()), "set_password"
)
