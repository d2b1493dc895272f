"""Why a verb was refused, in words that a person can act on. A refusal has written nothing."""

from collections.abc import Mapping, Sequence


class Refused(Exception):
    """A verb was refused. `status` is the HTTP status that fits; `fields` says what is wrong with which fact."""

    status = 400
    code = "refused"

    def __init__(self, message: str, fields: Mapping[str, Sequence[str]] | None = None, state: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fields = {name: list(messages) for name, messages in (fields or {}).items()}
        self.state = state


class NoSuchLead(Refused):
    """There is no such lead, or the person may not see it."""

    status = 404
    code = "not_found"


class WrongState(Refused):
    """The lead is in a state where the verb does not apply; often someone was faster. `state` says which."""

    status = 409
    code = "wrong_state"


class NotAllowed(Refused):
    """The verb applies, but this is not the person to do it."""

    status = 403
    code = "not_allowed"


class FactsRefused(Refused):
    """A fact that the verb demands is missing or wrong, or the lead does not meet what the stage demands."""

    code = "facts_refused"
