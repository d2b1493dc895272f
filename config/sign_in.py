"""Who is signed in to the console."""

from django.contrib.auth.backends import ModelBackend

from leads.internals.composed import Composed
from leads.models import User

_WITH_RIGHTS = Composed(lambda pk: User.with_rights().filter(pk=pk))


class Backend(ModelBackend):
    """Passwords, as Django checks them; each request reads the person with all that the rights look at."""

    def get_user(self, user_id: int) -> User | None:
        people = _WITH_RIGHTS(user_id)
        return people[0] if people and self.user_can_authenticate(people[0]) else None
