"""Why a message did not get through."""

from datetime import timedelta


class TransportError(Exception):
    """A message was not taken. Permanent: it will never be. `retry_after` is what the receiver asked for.

    The message is shown and logged: it must not repeat an address that is a secret, nor what a server answered.
    """

    def __init__(self, message: str, permanent: bool = False, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.retry_after = retry_after
