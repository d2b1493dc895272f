"""The page of the first account, which its link opens once: it has the role RevOps, and is logged in at once."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login, password_validation
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from handoff.console.frame.fields import ZoneField
from handoff.console.frame.site import refuse_nul, site
from handoff.engine import first_account
from leads.models import Role, User

ALSO = [role for role in Role if role != Role.REVOPS]


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    first_name = forms.CharField(max_length=150, widget=forms.TextInput({"autocomplete": "given-name"}))
    last_name = forms.CharField(max_length=150, widget=forms.TextInput({"autocomplete": "family-name"}))
    email = forms.EmailField(
        max_length=150,
        help_text="You log in with it, and you are notified there if something is wrong with Handoff.",
        widget=forms.EmailInput({"autocomplete": "username"}),
    )
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text="At least 8 characters, and not one of the common ones.",
    )
    time_zone = ZoneField()
    also = forms.MultipleChoiceField(
        label="What else do you do?",
        choices=[(role.value, role.value) for role in ALSO],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="RevOps sets Handoff up. Marketing hands leads over, and sales works them: roles can be added later.",
    )

    class Meta:
        model = User
        fields = ["first_name", "last_name", "email", "password", "time_zone"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        person = User(username=data.get("email", ""), email=data.get("email", ""))
        try:
            password_validation.validate_password(data.get("password", ""), person)
        except ValidationError as error:
            self.add_error("password", error)
        return data

    def account(self) -> User:
        user = User(
            username=self.cleaned_data["email"],
            **{name: self.cleaned_data[name] for name in ("first_name", "last_name", "email", "time_zone")},
        )
        user.set_password(self.cleaned_data["password"])
        return user


@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """For nobody in particular: the token in the link is all there is to show."""
    refuse_nul(request)
    context: dict[str, Any] = {**site.each_context(request), "title": "Set up Handoff"}
    if not (first_account.is_wanted() and first_account.is_valid(request.GET.get("token", ""))):
        return TemplateResponse(request, "handoff/console/settings/first_account.html", context, status=403)
    form = AccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = first_account.make(form.account(), set(form.cleaned_data["also"]))
        except first_account.TooLate:
            return TemplateResponse(request, "handoff/console/settings/first_account.html", context, status=403)
        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return redirect("admin:setup")
    context |= {"form": form, "action": request.get_full_path()}
    return TemplateResponse(request, "handoff/console/settings/first_account.html", context)


first_account_page = sensitive_post_parameters()(page)
