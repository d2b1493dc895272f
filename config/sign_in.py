"""Who is signed in to the console, who is kept out, and what a new password ends."""

from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.contrib.auth.backends import ModelBackend
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

from handoff.models import ApiToken
from leads.internals.composed import Composed
from leads.models import User

LONGEST_NAME = 255  # of what a failed login is noted under
NAMES_OF_ADDRESS = 10  # how many names an address may use up before it is locked out for all names

_WITH_RIGHTS = Composed(lambda pk: User.with_rights().filter(pk=pk))


class Backend(ModelBackend):
    """Passwords, as Django checks them; each request reads the person with all that the rights look at."""

    def get_user(self, user_id: int) -> User | None:
        people = _WITH_RIGHTS(user_id)
        return people[0] if people and self.user_can_authenticate(people[0]) else None


class Lockout(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts failed logins of a name from an address, and those of an address with whatever names it tries."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        address = {"ip_address": request.axes_ip_address}  # type: ignore[attr-defined]
        lately = AccessAttempt.objects.filter(attempt_time__gte=get_cool_off_threshold(request), **address)
        of_address: int = lately.aggregate(sum=Sum("failures_since_start"))["sum"] or 0
        of_name: int = super().get_failures(request, credentials)
        return max(of_name, of_address // NAMES_OF_ADDRESS)


class TokensEnd:
    """A password validator that refuses nothing: with a new password the API tokens of a person end, as sessions do."""

    def validate(self, password: str, user: User | None = None) -> None:
        pass

    def get_help_text(self) -> str:
        return "API tokens of this person are revoked."

    def password_changed(self, _password: str, user: User | None = None) -> None:
        if user:
            ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


def attempted_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """Under which name a login is counted, as long as its column."""
    name = (credentials or request.POST).get("username")
    return str(name)[:LONGEST_NAME] if name else None
