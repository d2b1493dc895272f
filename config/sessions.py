"""Sessions of the console: in the database alone, so that they outlive Redis, and a logout is one at once."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

# As every request reads it, which the ORM would compose anew.
_READ = "SELECT session_key, session_data, expire_date FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        for session in Session.objects.raw(_READ, [self.session_key, timezone.now()]):
            return session
        self._session_key = None
        return None
