"""Who is asking: the owner of a token, or the person logged in to the console."""

from typing import cast

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from handoff.models import ApiToken
from leads.models import User

SCHEMES = ("bearer", "token")


def asker(request: Request) -> User:
    """Whoever asks, in a view that lets nobody in who has not said."""
    return cast("User", request.user)


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer hfo_…`, or `Token hfo_…`."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() not in SCHEMES:
            return None
        user = ApiToken.bearer(text.strip())
        if user is None:
            raise AuthenticationFailed("This token is not valid: it is unknown or revoked, or its owner is inactive.")
        return user, None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 the signature is DRF's
        return 'Bearer realm="handoff"'
