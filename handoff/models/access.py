"""Keys to the API."""

import hashlib
import secrets
from functools import cache

from django.conf import settings
from django.db import models
from django.utils import timezone

from leads.models import User

PREFIX = "hfo_"


class ApiToken(models.Model):
    """A token that acts for a person. Only its hash is kept: it is shown once, when it is issued."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False, help_text="Its last four characters.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.user} …{self.hint}"

    @classmethod
    def issue(cls, user: models.Model) -> str:
        """Make a token for a person and return its text, which is not kept."""
        text = PREFIX + secrets.token_urlsafe(32)
        cls.objects.create(user=user, digest=cls.digest_of(text), hint=text[-4:])
        return text

    @classmethod
    def bearer(cls, text: str) -> User | None:
        """For whom a token acts, if it is valid: known, not revoked, and of somebody active."""
        return next(iter(User.objects.raw(_bearer(), [cls.digest_of(text)])), None)

    @staticmethod
    def digest_of(text: str) -> str:
        # The text has 256 random bits: a plain hash cannot be guessed back, and it can be looked up by index.
        return hashlib.sha256(text.encode()).hexdigest()


@cache
def _bearer() -> str:
    """The statement that finds the bearer by the digest. The ORM composes it once, as every request sends it."""
    of_token = {"api_tokens__digest": "the digest", "api_tokens__revoked_at": None}
    statement, (_digest,) = User.with_rights().filter(**of_token, is_active=True).query.sql_with_params()
    return statement
