"""People: users with their roles, their teams, and the groups that are the roles.

RevOps keeps them all; anyone else sees themselves and says when to be notified, and a manager sees their team.
"""

import calendar
from typing import Any, ClassVar

from django import forms
from django.contrib.admin import display
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from handoff.console.frame.fields import TimeOfDayInput, ZoneField
from handoff.console.frame.page import EVERYBODY, REVOPS, Page
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import ago, badge, moment, two_lines
from handoff.console.settings.absences import AbsenceRows, keeps_absences
from handoff.engine import agenda
from leads.models import Absence, Role, Team, User
from sla.models import Calendar, OwnerHours

WISHES = ["quiet_from", "quiet_until", "digest_at", "agenda_at", "agenda_days"]
TIMES = [name for name in WISHES if name != "agenda_days"]
NOTIFICATION_TIMES: Any = (
    "Notification times (in this person's time zone)",
    {"fields": [("quiet_from", "quiet_until"), "digest_at", ("agenda_at", "agenda_days")]},
)


NOTIFICATION_HELP = {
    "quiet_from": "From then on messages wait.",
    "quiet_until": "Then they are sent; on the next day if it is earlier than “from”.",
    "digest_at": "Daily digest: sends everything in one message at this time. Empty: messages are sent immediately.",
    "agenda_at": "A list of what waits for you and by when, at this time; none when nothing waits. Empty: never.",
}


class DaysField(forms.MultipleChoiceField):
    """Days of the week, kept as their numbers in a row: 1 is Monday."""

    def __init__(self, **kwargs: Any) -> None:
        names = [(str(number), name) for number, name in enumerate(calendar.day_name, 1)]
        super().__init__(
            choices=names,
            required=False,
            label="Agenda on",
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
            help_text="The days of that list.",
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        return "".join(sorted(super().clean(value)))


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def __init__(self, **kwargs: Any) -> None:
        roles = Group.objects.filter(name__in=Role.values)
        super().__init__(roles, label="Roles", required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget, **kwargs)


class PersonForm(UserChangeForm):  # type: ignore[misc]
    time_zone = ZoneField()
    groups = RolesField(help_text="What this person may see and do follows from these alone.")
    agenda_days = DaysField()
    hours = forms.ChoiceField(
        label="Working hours",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="For the policies that count in the owner's hours: the version in force as a clock starts.",
    )

    class Meta(UserChangeForm.Meta):  # type: ignore[misc]
        model = User
        help_texts = NOTIFICATION_HELP
        widgets = dict.fromkeys(TIMES, TimeOfDayInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "hours" in self.fields:
            in_force = Calendar.objects.filter(retired_at=None).values_list("key", "name")
            self.fields["hours"].choices = [("", "Those of the policy"), *in_force]
            self.fields["hours"].initial = _hours_of(self.instance)


class WishesForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person may change about themselves; the password has a page of its own."""

    agenda_days = DaysField()

    class Meta:
        model = User
        fields = WISHES
        help_texts = NOTIFICATION_HELP
        widgets = dict.fromkeys(TIMES, TimeOfDayInput)


class NewPersonForm(UserCreationForm):  # type: ignore[misc]
    time_zone = ZoneField()
    groups = RolesField()

    class Meta(UserCreationForm.Meta):  # type: ignore[misc]
        model = User
        fields = ("username", "first_name", "last_name", "email", "team", "time_zone", "groups")


class UserPage(Page, UserAdmin):  # type: ignore[misc, type-arg]
    title = "Users"
    readers = EVERYBODY
    form = PersonForm
    inlines = [AbsenceRows]
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    change_user_password_template = None
    list_display = ["person", "roles_shown", "team", "time_zone", "away", "standing_shown", "last_seen"]
    list_filter = ["groups", "team", "is_active"]
    list_select_related = ["team"]
    search_fields = ["username", "first_name", "last_name", "email"]
    ordering = ["username"]
    filter_horizontal = ()
    fieldsets = [
        (None, {"fields": ["username", "password", ("first_name", "last_name"), "email", "is_active"]}),
        ("Work", {"fields": ["groups", "team", "time_zone", "hours", "slack_member_id"]}),
        NOTIFICATION_TIMES,
    ]
    own_fieldsets: ClassVar[Any] = [
        (None, {"fields": ["person", "roles_shown", ("team", "time_zone"), ("hours_shown", "away")]}),
        NOTIFICATION_TIMES,
    ]
    read_fieldsets: ClassVar[Any] = [
        own_fieldsets[0],
        (
            NOTIFICATION_TIMES[0],
            {"fields": [*NOTIFICATION_TIMES[1]["fields"][:-1], ("agenda_at", "agenda_days_shown")]},
        ),
    ]
    read_as = {"hours": "hours_shown", "agenda_days": "agenda_days_shown"}
    add_fieldsets = [
        (None, {"fields": ["username", "password1", "password2", ("first_name", "last_name"), "email"]}),
        ("Work", {"fields": ["groups", "team", "time_zone"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        now, by = timezone.now(), viewer(request)
        absences = Absence.objects.filter(user=OuterRef("pk"), starts_at__lte=now, ends_at__gt=now)
        away = Subquery(absences.order_by("-ends_at").values("ends_at")[:1])
        users = super().get_queryset(request).prefetch_related("groups").annotate(away_until=away)
        if by.has_role(Role.REVOPS):
            return users
        return users.filter(Q(pk=by.pk) | Q(team__in=by.team_ids if by.has_role(Role.SALES_MANAGER) else []))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser is changed by superusers alone: else RevOps could take their place with a new password."""
        by = viewer(request)
        if obj is None or by.has_role(Role.REVOPS):
            is_above = obj is not None and obj.is_superuser and not by.is_superuser
            return super().has_change_permission(request, obj) and not is_above
        return self.has_view_permission(request, obj) and keeps_absences(by, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if not self._is_limited(request, obj):
            return super().get_fieldsets(request, obj)
        return self.own_fieldsets if obj == viewer(request) else self.read_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if not self._is_limited(request, obj):
            return super().get_readonly_fields(request, obj)
        changes = WISHES if obj == viewer(request) else []
        return [name for name in flatten_fieldsets(self.get_fieldsets(request, obj)) if name not in changes]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        limited = {"form": WishesForm} if self._is_limited(request, obj) else {}
        return super().get_form(request, obj, change=change, **limited | kwargs)

    def _is_limited(self, request: HttpRequest, obj: Any) -> bool:
        return obj is not None and not viewer(request).has_role(Role.REVOPS)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:  # noqa: ARG002
        return self.inlines if obj else []

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """For RevOps alone: whoever keeps the absences of another must not take their place."""
        if not viewer(request).has_role(Role.REVOPS):
            raise PermissionDenied
        response: HttpResponse = super().user_change_password(request, id, form_url)
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "agenda_at" in form.fields and {"agenda_at", "agenda_days"} & set(form.changed_data):
            agenda.begin_with_next(obj, timezone.now())
            obj.save(update_fields=["agenda_on"])
        if "hours" in form.changed_data:
            _keep_hours(obj, form.cleaned_data["hours"])

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        if self._is_limited(request, obj):
            return HttpResponseRedirect(self.url("change", obj.pk))
        return super().response_post_save_change(request, obj)

    @display(description="Person", ordering="first_name")
    def person(self, user: User) -> SafeString:
        return two_lines(user, user.email or user.username)

    @display(description="Roles")
    def roles_shown(self, user: User) -> SafeString:
        names = [group.name for group in user.groups.all()] + ["Superuser"] * user.is_superuser
        return (
            format_html_join(" ", "{}", ((badge(name, "info"),) for name in names))
            if names
            else badge("No role", "warning")
        )

    @display(description="Active", ordering="is_active")
    def standing_shown(self, user: User) -> SafeString:
        return badge("Active", "success") if user.is_active else badge("Inactive")

    @display(description="Away", ordering="away_until")
    def away(self, user: Any) -> SafeString:
        return format_html("Until {}", moment(user.away_until)) if user.away_until else SafeString("–")

    @display(description="Working hours")
    def hours_shown(self, user: User) -> str:
        hours = Calendar.objects.filter(key=_hours_of(user), retired_at=None).first()
        return hours.name if hours else "Those of the policy"

    @display(description="Agenda on")
    def agenda_days_shown(self, user: User) -> str:
        return ", ".join(calendar.day_abbr[int(day) - 1] for day in user.agenda_days) or "No day"

    @display(description="Last login", ordering="last_login")
    def last_seen(self, user: User) -> SafeString:
        return ago(user.last_login)


def _hours_of(user: User) -> str:
    return OwnerHours.objects.filter(user=user.pk).values_list("calendar_key", flat=True).first() or ""


def _keep_hours(user: User, key: str) -> None:
    if key:
        OwnerHours.objects.update_or_create(user=user, defaults={"calendar_key": key})
    else:
        OwnerHours.objects.filter(user=user).delete()


class GroupPage(Page, GroupAdmin):  # type: ignore[misc]
    """The roles are groups of fixed names; others mean nothing here."""

    title = "Roles"
    readers = REVOPS
    writers = frozenset[str]()
    list_display = ["name", "members"]
    fields = ["name", "members_shown"]
    readonly_fields = ["members_shown"]
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(number=Count("user"))

    @display(description="Members", ordering="number")
    def members(self, group: Any) -> int:
        number: int = group.number
        return number

    @display(description="Members")
    def members_shown(self, group: Group) -> str:
        return ", ".join(str(user) for user in User.objects.filter(groups=group).order_by("username")) or "Nobody"


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]
    time_zone = ZoneField()

    class Meta:
        model = Team
        fields = ["name", "manager", "time_zone", "email", "slack_channel"]


class TeamPage(Page):
    title = "Teams"
    empty = "No team yet. Add one with its manager: leads wait in the queue of a team."
    form = TeamForm
    list_display = ["name", "manager", "members_shown", "time_zone", "email", "slack_channel"]
    list_select_related = ["manager"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(number=Count("members"))

    @display(description="Members", ordering="number")
    def members_shown(self, team: Any) -> int:
        number: int = team.number
        return number


site.register(User, UserPage)
site.register(Group, GroupPage)
site.register(Team, TeamPage)
