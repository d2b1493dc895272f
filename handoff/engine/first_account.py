"""The first account of an empty installation: made by whoever has the link that the shell prints."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.core import signing
from django.db import connection, transaction

from leads.models import Role, User

SALT = "handoff.first_account"
DAYS = 7
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('handoff.first_account'))"


class TooLate(Exception):
    """There is an account already."""


def is_wanted() -> bool:
    return not User.objects.exists()


def link() -> str:
    """It works while Handoff has no accounts, so once; and for some days, as it is printed to a terminal."""
    return f"{settings.BASE_URL}/console/setup/?token={signing.dumps('first', salt=SALT)}"


def is_valid(token: str) -> bool:
    try:
        return bool(signing.loads(token, salt=SALT, max_age=DAYS * 86_400) == "first")
    except signing.BadSignature:
        return False


@transaction.atomic
def make(user: User, roles: set[str]) -> User:
    """Save the first account with the role RevOps, and with others. Of two at once, one is too late."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
    if not is_wanted():
        raise TooLate
    user.save()
    user.groups.set(Group.objects.filter(name__in={*roles, Role.REVOPS}))
    return user
