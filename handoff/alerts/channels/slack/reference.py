"""What a button and a dialog are about, signed: it comes back from Slack as it was sent."""

from dataclasses import asdict, dataclass
from typing import Self

from django.core import signing

_SALT = "handoff.slack"


@dataclass(frozen=True)
class Reference:
    """A lead, the message about it, and its alarm; in a dialog also the verb, and who asked for it."""

    lead: int
    key: str
    alarm: int | None = None
    verb: str = ""
    member: str = ""
    nonce: str = ""  # to Slack a menu in a block of the same name is the same, and would keep showing what was chosen
    url: str = ""  # where to answer to the click, of a message that cannot be updated otherwise

    def signed(self) -> str:
        return signing.dumps({name: value for name, value in asdict(self).items() if value}, salt=_SALT)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None of what we have not signed."""
        try:
            return cls(**signing.loads(text, salt=_SALT))
        except (signing.BadSignature, TypeError):
            return None
