"""People: users with their roles, their teams, and the groups that are the roles."""

from typing import Any

from django import forms
from django.contrib.admin import display
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from handoff.console.fields import ZoneField
from handoff.console.page import REVOPS, Page
from handoff.console.site import site, viewer
from handoff.console.words import ago, badge, two_lines
from leads.models import Role, Team, User


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def __init__(self, **kwargs: Any) -> None:
        roles = Group.objects.filter(name__in=Role.values)
        super().__init__(roles, label="Roles", required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget, **kwargs)


class PersonForm(UserChangeForm):  # type: ignore[misc]
    time_zone = ZoneField()
    groups = RolesField(help_text="What this person may see and do follows from these alone.")

    class Meta(UserChangeForm.Meta):  # type: ignore[misc]
        model = User


class NewPersonForm(UserCreationForm):  # type: ignore[misc]
    time_zone = ZoneField()
    groups = RolesField()

    class Meta(UserCreationForm.Meta):  # type: ignore[misc]
        model = User
        fields = ("username", "first_name", "last_name", "email", "team", "time_zone", "groups")


class UserPage(Page, UserAdmin):  # type: ignore[misc, type-arg]
    title = "Users"
    readers = REVOPS
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    change_user_password_template = None
    list_display = ["person", "roles_shown", "team", "time_zone", "standing_shown", "last_seen"]
    list_filter = ["groups", "team", "is_active"]
    list_select_related = ["team"]
    search_fields = ["username", "first_name", "last_name", "email"]
    ordering = ["username"]
    filter_horizontal = ()
    fieldsets = [
        (None, {"fields": ["username", "password", ("first_name", "last_name"), "email", "is_active"]}),
        ("Work", {"fields": ["groups", "team", "time_zone", "slack_member_id"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "password1", "password2", ("first_name", "last_name"), "email"]}),
        ("Work", {"fields": ["groups", "team", "time_zone"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser is changed by superusers alone: else RevOps could take his place with a new password."""
        is_above = obj is not None and obj.is_superuser and not viewer(request).is_superuser
        return super().has_change_permission(request, obj) and not is_above

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

    @display(description="Last login", ordering="last_login")
    def last_seen(self, user: User) -> SafeString:
        return ago(user.last_login)


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
