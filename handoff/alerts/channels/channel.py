"""What a channel is: how messages reach addresses of one medium. Each folder beside this file declares one."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from handoff.models import Delivery


class Session(Protocol):
    """A connection that is kept for a run."""

    def send(self, address: str, deliveries: Sequence[Delivery]) -> None:
        """Send one delivery, or several as one message, or raise TransportError."""


@dataclass(frozen=True)
class Channel:
    """One medium. A channel without fields takes addresses of its own only, like a webhook."""

    medium: str
    label: str
    address_help: str
    check_address: Callable[[str], None]  # raises ValidationError in words for whoever typed it
    open: Callable[[], AbstractContextManager[Session]]
    person_field: str = ""  # the field of a user that holds their address
    team_field: str = ""  # the field of a team that holds its address
    address_is_secret: bool = False
    signs: bool = False  # a destination of it gets a secret, by which the receiver knows that we sent it

    @property
    def fixed_only(self) -> bool:
        return not self.person_field and not self.team_field
