"""The forms of people: what RevOps keeps of them, what they wish themselves, and how one is added."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from unfold.forms import UserChangeForm, UserCreationForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from handoff.alerts.channels import CHANNELS
from handoff.console.frame.fields import DaysField, TimeOfDayInput, ZoneField
from leads.models import Role, User
from sla.models import Calendar, OwnerHours

WISHES = ["quiet_from", "quiet_until", "digest_at", "agenda_at", "agenda_days"]
TIMES = [name for name in WISHES if name != "agenda_days"]
NOTIFICATION_HELP = {
    "quiet_from": "From then on messages wait.",
    "quiet_until": "Then they are sent; on the next day if it is earlier than “from”.",
    "digest_at": "Daily digest: sends everything in one message at this time. Empty: messages are sent immediately.",
    "agenda_at": "A list of what waits for you and by when, at this time; none when nothing waits. Empty: never.",
}

ACCOUNT_HELP = {
    "username": "To log in with: letters, digits and @ . + - _",
    "is_active": "Whoever has left is switched off, and never deleted: the history names them.",
}


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def __init__(self, **kwargs: Any) -> None:
        roles = Group.objects.filter(name__in=Role.values)
        super().__init__(roles, label="Roles", required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget, **kwargs)


class PersonForm(UserChangeForm):  # type: ignore[misc]
    time_zone = ZoneField()
    groups = RolesField(help_text="What this person may see and do follows from these alone.")
    agenda_days = DaysField(label="Agenda on", required=False, help_text="The days of that list.")
    hours = forms.ChoiceField(
        label="Working hours",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="For the policies that count in the owner's hours: the version in force as a clock starts.",
    )

    class Meta(UserChangeForm.Meta):  # type: ignore[misc]
        model = User
        help_texts = NOTIFICATION_HELP | ACCOUNT_HELP
        widgets = dict.fromkeys(TIMES, TimeOfDayInput)

    def clean_slack_member_id(self) -> str:
        return slack_address(self.cleaned_data["slack_member_id"])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "password" in self.fields:
            self.fields["password"].help_text = "Nobody can read it. Whoever has forgotten it is sent a link."
        if "hours" in self.fields:
            in_force = Calendar.objects.filter(retired_at=None).values_list("key", "name")
            self.fields["hours"].choices = [("", "Those of the policy"), *in_force]
            self.fields["hours"].initial = hours_of(self.instance)


class WishesForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person may change about themselves; the password has a page of its own."""

    agenda_days = DaysField(label="Agenda on", required=False, help_text="The days of that list.")

    class Meta:
        model = User
        fields = WISHES
        help_texts = NOTIFICATION_HELP
        widgets = dict.fromkeys(TIMES, TimeOfDayInput)


class NewPersonForm(UserCreationForm):  # type: ignore[misc]
    """Without a password the person sets one themselves, by the link of an invitation."""

    username = forms.CharField(
        max_length=150,
        required=False,
        validators=[UnicodeUsernameValidator()],
        widget=UnfoldAdminTextInputWidget,
        help_text="To log in with. Empty: the email address.",
    )
    time_zone = ZoneField()
    groups = RolesField(help_text="What this person may see and do follows from these alone.")

    class Meta(UserCreationForm.Meta):  # type: ignore[misc]
        model = User
        fields = ("username", "first_name", "last_name", "email", "team", "time_zone", "groups")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        self.fields["email"].help_text = "An invitation is sent there, unless you set a password."
        for name in ("password1", "password2"):
            self.fields[name].required = False
        self.fields["password1"].help_text = "Empty: the person sets it, by a link that is mailed to them."

    def clean_username(self) -> str:
        name: str = self.cleaned_data.get("username") or self.data.get(self.add_prefix("email"), "").strip()
        if not name:
            raise ValidationError("Give a user name or an email address.")
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(f"There is a user “{name[:150]}” already.")
        return name[:150]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if bool(given.get("password1")) != bool(given.get("password2")):
            self.add_error("password2", "Give the password twice, or not at all.")
        given["usable_password"] = "false" if self.is_invited else "true"  # Django's own name for no password
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.is_invited and "email" in data and not data["email"]:
            self.add_error("email", "Give an address for the invitation, or a password.")
        return data

    @property
    def is_invited(self) -> bool:
        return not self.cleaned_data.get("password1")


def slack_address(address: str) -> str:
    if address:
        CHANNELS["slack"].check_address(address)
    return address


def hours_of(user: User) -> str:
    return OwnerHours.objects.filter(user=user.pk).values_list("calendar_key", flat=True).first() or ""
