"""People: users with their roles, their teams, and the groups that are the roles.

RevOps keeps them all; anyone else sees themselves and says when to be notified, and a manager sees their team.
"""

import calendar
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin import display
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.forms import AdminPasswordChangeForm

from handoff.alerts.letters import invite
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.dialogs import back
from handoff.console.frame.fields import ZoneField
from handoff.console.frame.page import EVERYBODY, REVOPS, Page, Tool
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import ago, badge, moment, two_lines
from handoff.console.settings.absences import AbsenceRows, keeps_absences
from handoff.console.settings.person_forms import (
    WISHES,
    NewPersonForm,
    PersonForm,
    WishesForm,
    hours_of,
    slack_address,
)
from handoff.engine import agenda
from leads.models import Absence, Role, Team, User
from sla.models import Calendar, OwnerHours

LETTERS = 5  # the latest that are shown
NOTIFICATION_TIMES: Any = (
    "Notification times (in this person's time zone)",
    {"fields": [("quiet_from", "quiet_until"), "digest_at", ("agenda_at", "agenda_days")]},
)


class UserPage(Page, UserAdmin):  # type: ignore[misc, type-arg]
    title = "Users"
    readers = acting = EVERYBODY
    form = PersonForm
    inlines = [AbsenceRows]
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    add_form_template = None  # as every other form, with its head and its buttons
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
        (None, {"fields": [("first_name", "last_name"), "email", "username"]}),
        ("Work", {"fields": ["groups", "team", "time_zone"]}),
        ("Set a password instead of an invitation", {"fields": ["password1", "password2"], "classes": ["collapse"]}),
    ]
    change_form_outer_after_template = "handoff/console/settings/letters.html"

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
        if not change and form.is_invited:
            invite(obj)
            messages.info(request, f"An invitation is on its way to {obj.email}.")
        if "agenda_at" in form.fields and {"agenda_at", "agenda_days"} & set(form.changed_data):
            agenda.begin_with_next(obj, timezone.now())
            obj.save(update_fields=["agenda_on"])
        if "hours" in form.changed_data:
            _keep_hours(obj, form.cleaned_data["hours"])

    def get_urls(self) -> list[URLPattern]:
        return [self.extra_path("invite", self.invite_view), *super().get_urls()]

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        may = viewer(request).has_role(Role.REVOPS) and self.has_change_permission(request, obj)
        return [Tool("Send a link to set the password", self.url("invite", obj.pk))] if may and obj.is_active else []

    def invite_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = get_object_or_404(User, pk=pk)
        if not (viewer(request).has_role(Role.REVOPS) and self.has_change_permission(request, user)):
            raise PermissionDenied

        def do() -> str:
            if not user.email:
                raise ValidationError(f"{user} has no email address: give one first.")
            invite(user)
            return f"A link is on its way to {user.email}."

        explained = f"{user} gets a mail with a link by which they set their password. It works once."
        question = Question(f"Send {user} a link to set the password", explained, "Send", "primary")
        return confirm(request, question, self.url("change", pk), do)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Back to where one came from; Django's own goes on to the page of the user in any case."""
        skipped: Any = UserAdmin if back(request, "") else UserPage
        response: HttpResponse = super(skipped, self).response_add(request, obj, post_url_continue)
        return response

    def beside(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        is_shown = obj is not None and viewer(request).has_role(Role.REVOPS)
        return {"letters": list(obj.letters.all()[:LETTERS]) if is_shown else []}

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
        hours = Calendar.objects.filter(key=hours_of(user), retired_at=None).first()
        return hours.name if hours else "Those of the policy"

    @display(description="Agenda on")
    def agenda_days_shown(self, user: User) -> str:
        return ", ".join(calendar.day_abbr[int(day) - 1] for day in user.agenda_days) or "No day"

    @display(description="Last login", ordering="last_login")
    def last_seen(self, user: User) -> SafeString:
        return ago(user.last_login)


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

    def clean_slack_channel(self) -> str:
        return slack_address(self.cleaned_data["slack_channel"])


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
